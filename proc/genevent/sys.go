package genevent

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// Installed is a handler of a manager: sys.GetState of a manager returns an []Installed, the newest first, and sys.ReplaceState takes one
// with the same ids in the same order (OTP: sys:get_state/1 of gen_event).
type Installed[E any] struct {
	ID      string
	Handler Handler[E]
	Adder   proc.PID // who supervises it, or zero; not to be changed
}

// Status is a handler as sys.GetStatus shows it, in a []Status, the newest first.
type Status struct {
	ID    string
	Adder proc.PID
	State any // what FormatStatus of the handler returns, or the handler
}

// Change is what sys.ChangeCode of a manager takes as its implementation: a handler that New makes, a CodeChanger, replaces each handler
// of the id (OTP: gen_event's code_change).
type Change[E any] struct {
	ID  string
	New func() Handler[E]
}

// SysState is part of sys.Behaviour.
func (m *manager[E]) SysState() any {
	s := make([]Installed[E], 0, len(m.handlers))
	for _, h := range slices.Backward(m.handlers) {
		s = append(s, Installed[E]{h.id, h.h, h.adder})
	}
	return s
}

// SysReplace is part of sys.Behaviour.
func (m *manager[E]) SysReplace(v any) error {
	s, ok := v.([]Installed[E])
	if !ok {
		return fmt.Errorf("genevent: the state is a %T; it must be an %T", v, s)
	}
	if len(s) != len(m.handlers) {
		return fmt.Errorf("genevent: the state has %d handlers; it must have the %d that there are", len(s), len(m.handlers))
	}
	n := len(s)
	for i, h := range s {
		old := m.handlers[n-1-i]
		switch {
		case h.ID != old.id:
			return fmt.Errorf("genevent: handler %d of the state has the id %q; it must keep %q", i, h.ID, old.id)
		case h.Adder != old.adder:
			return fmt.Errorf("genevent: handler %q of the state has the adder %v; it must keep %v", h.ID, h.Adder, old.adder)
		case h.Handler == nil:
			return fmt.Errorf("genevent: handler %q of the state is nil", h.ID)
		}
	}
	for i, h := range s {
		m.handlers[n-1-i].h = h.Handler
	}
	return nil
}

// SysStatus is part of sys.Behaviour.
func (m *manager[E]) SysStatus() any {
	s := make([]Status, 0, len(m.handlers))
	for _, h := range slices.Backward(m.handlers) {
		s = append(s, Status{h.id, h.adder, shown(h.h)})
	}
	return s
}

// SysChange is part of sys.Behaviour. It changes all handlers or none.
func (m *manager[E]) SysChange(c *proc.Ctx, impl any, old string, extra any) error {
	ch, ok := impl.(Change[E])
	switch {
	case !ok:
		return fmt.Errorf("genevent: the implementation is a %T; it must be a %T", impl, ch)
	case ch.New == nil:
		return fmt.Errorf("genevent: Change: New is nil; give a function that returns the new handler")
	}
	changed := slices.Clone(m.handlers)
	found := false
	for i, h := range slices.Backward(changed) {
		if h.id != ch.ID {
			continue
		}
		found = true
		next := ch.New()
		n, ok := next.(CodeChanger)
		if !ok {
			return fmt.Errorf("genevent: Change: handler %q: New returns a %T; it must have a CodeChange", ch.ID, next)
		}
		if err := n.CodeChange(c, old, h.h, extra); err != nil {
			return err
		}
		changed[i].h = next
	}
	if !found {
		return &HandlerError{ch.ID, "CodeChange", ErrNotFound}
	}
	m.handlers = changed
	return nil
}

// SysTerminate is part of sys.Behaviour.
func (m *manager[E]) SysTerminate(c *proc.Ctx, reason error) error {
	m.stop(c, reason)
	return reason
}

// CrashReport adds the handlers to a report of the manager's own crash.
func (m *manager[E]) CrashReport(error) []slog.Attr {
	return []slog.Attr{slog.String("handlers", show(m.SysStatus()))}
}
