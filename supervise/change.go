package supervise

import (
	"errors"
	"fmt"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// Change is what sys.ChangeCode and sys.Upgrade give a running supervisor: new flags and specifications (OTP: supervisor:code_change/3).
// Children that run go on; their new specifications hold from the next start on, and those of ids that are new do not run until
// RestartChild. Children whose ids are not among Specs stay as they are, before the others in the order of start.
type Change struct {
	Flags Flags
	Specs []Spec
}

// State is a supervisor as package sys shows it.
type State struct {
	Flags    Flags
	Children []ChildInfo // as WhichChildren returns them
	Restarts int         // within the last period
}

// SysState returns a State: a copy.
func (s *supervisor) SysState() any {
	return State{Flags: s.flags, Children: s.which(), Restarts: s.restarts.n}
}

// SysStatus returns what SysState does.
func (s *supervisor) SysStatus() any { return s.SysState() }

// SysReplace refuses: what a supervisor knows of its children must be true.
func (s *supervisor) SysReplace(any) error {
	return errors.New("supervise: a supervisor's state cannot be replaced; use StartChild and its relatives, or sys.ChangeCode")
}

// SysTerminate begins the end.
func (s *supervisor) SysTerminate(c *proc.Ctx, reason error) error { return s.end(c, reason) }

// SysChange takes a Change.
func (s *supervisor) SysChange(_ *proc.Ctx, impl any, _ string, _ any) error {
	n, ok := impl.(Change)
	switch {
	case !ok:
		return fmt.Errorf("supervise: a supervisor takes a supervise.Change, not a %T", impl)
	case s.op.kind != opNone:
		return errors.New("supervise: children are being started or stopped; try again later")
	case (n.Flags.Strategy == SimpleOneForOne) != s.dynamic():
		return fmt.Errorf("supervise: Flags.Strategy %v cannot replace %v", n.Flags.Strategy, s.flags.Strategy)
	}
	if err := n.Flags.check(); err != nil {
		return err
	}
	if err := checkSpecs(&n.Flags, n.Specs); err != nil {
		return err
	}
	for _, ch := range s.children {
		named := s.dynamic() || slices.ContainsFunc(n.Specs, func(p Spec) bool { return p.ID == ch.spec.ID })
		if !named && ch.spec.Significant && n.Flags.AutoShutdown == Never {
			return &SpecError{ch.spec.ID, "Significant", errors.New("the new Flags.AutoShutdown is Never, and the child stays")}
		}
	}
	s.flags = n.Flags
	if s.dynamic() {
		s.template = n.Specs[0].prepare()
		for _, ch := range s.children {
			ch.use(s.template)
		}
		return nil
	}
	s.respecify(n.Specs)
	return nil
}

// respecify gives the children new specifications and order.
func (s *supervisor) respecify(specs []Spec) {
	named := make(map[string]bool, len(specs))
	for i := range specs {
		named[specs[i].ID] = true
	}
	old := s.children
	s.children = make([]*child, 0, len(old)+len(specs))
	for _, ch := range old {
		if !named[ch.spec.ID] {
			s.add(ch)
		}
	}
	for i := range specs {
		ch := s.byID[specs[i].ID]
		if ch == nil {
			ch = newChild(specs[i].prepare(), nil)
		} else {
			ch.use(specs[i].prepare())
		}
		s.add(ch)
	}
}
