package group

import (
	"errors"

	"github.com/thrum-go/thrum/proc"
)

// MonitorRef names one monitor of a group or of a scope, among all.
type MonitorRef struct{ alias proc.Alias }

// Event is the body of the message that a monitor sends for each change: some PIDs have joined a group, or left it. Its sender is
// the process of the scope. (Erlang: {Ref, join | leave, Group, Pids}.)
type Event[K comparable] struct {
	Monitor MonitorRef
	Group   K
	Joined  bool // false: they have left, or ended
	// PIDs is what one Join or Leave was given and has changed, or a process that has ended, as often as it was in the group. All
	// who get the event share it: do not write to it.
	PIDs []proc.PID
}

// Process is a process as its own code has it: a *proc.Ctx or *proc.Self.
type Process interface {
	Alias(kind proc.AliasKind) proc.Alias
	Unalias(a proc.Alias) bool
	Flush(match func(proc.Message) bool) int
}

// monitor is under life.mu, but for ref, which does not change.
type monitor[K comparable] struct {
	ref   MonitorRef
	owner *member[K]
	group *group[K] // nil: the whole scope
	at    int       // in the list of group, or of the scope
}

// Monitor has the process p told of every change of the group, by an [Event], and returns the members of now: these and the events
// make up the members at any later time. Every call makes a monitor of its own; each event is sent once to each, in the order in
// which the changes were made. The group need not have members. A mailbox with a bound loses events that do not fit, as it does
// other messages. (Erlang: pg:monitor/2.)
//
// The monitor ends with Demonitor, with p, or with the scope, silently: who wants to know of that monitors the scope's process by its
// name, see [proc.Ctx.MonitorName].
//
// Only p itself may call it; it does not wait.
//
// Errors: ErrEnded; proc.ErrWrongRuntime when p is of another runtime; proc.ErrWrongGoroutine; a nil p; a group that is unequal to
// itself.
func (s *Scope[K]) Monitor(p Process, group K) (MonitorRef, List, error) {
	if err := s.checkGroup("Monitor", group); err != nil {
		return MonitorRef{}, List{}, err
	}
	l, ref, err := s.watching("Monitor", p)
	if err != nil {
		return MonitorRef{}, List{}, err
	}
	l.mu.Lock()
	defer l.unlock(s.rt)
	g := l.group(group)
	l.watch(ref, g)
	return ref, List{*g.list.Load()}, nil
}

// MonitorScope is Monitor for all groups of the scope, those that come later too. It returns the members of each group that has any.
// A process that monitors a scope and one of its groups is told twice. (Erlang: pg:monitor_scope/1.)
//
// Errors: as Monitor.
func (s *Scope[K]) MonitorScope(p Process) (MonitorRef, map[K]List, error) {
	l, ref, err := s.watching("MonitorScope", p)
	if err != nil {
		return MonitorRef{}, nil, err
	}
	l.mu.Lock()
	defer l.unlock(s.rt)
	l.watch(ref, nil)
	now := map[K]List{}
	l.groups.Range(func(k key[K], g *group[K]) bool {
		if v := g.list.Load(); v.n > 0 {
			now[k.name] = List{*v}
		}
		return true
	})
	return ref, now, nil
}

// Demonitor ends a monitor of the process p and reports whether there was one. After it no event of the monitor is received; those
// that have been received already are removed from the mailbox. (Erlang: pg:demonitor/2.)
//
// Only p itself may call it; it does not wait.
func (s *Scope[K]) Demonitor(p Process, ref MonitorRef) bool {
	if p == nil || !unalias(p, ref.alias) {
		return false
	}
	if l := s.live(); l != nil {
		l.forget(s.rt, ref)
	}
	p.Flush(func(m proc.Message) bool {
		e, ok := m.Body.(Event[K])
		return ok && e.Monitor == ref
	})
	return true
}

// watching makes the alias that the events of a new monitor go to. Once it is gone the runtime drops those that come late.
func (s *Scope[K]) watching(where string, p Process) (*life[K], MonitorRef, error) {
	l, err := s.running(where)
	if err != nil {
		return nil, MonitorRef{}, err
	}
	if p == nil {
		return nil, MonitorRef{}, errors.New("group: " + where + ": p is nil; give the *proc.Ctx or *proc.Self of the process that monitors")
	}
	a, err := alias(p)
	if err != nil {
		return nil, MonitorRef{}, wrap(where, err)
	}
	if !s.rt.Owns(a.PID()) {
		p.Unalias(a)
		return nil, MonitorRef{}, wrap(where, proc.ErrWrongRuntime)
	}
	return l, MonitorRef{a}, nil
}

// alias is p.Alias with an error in place of the panic by which a *proc.Self refuses a foreign goroutine.
func alias(p Process) (a proc.Alias, err error) {
	defer refused(&err)
	return p.Alias(proc.AliasExplicit), nil
}

// unalias is p.Unalias, likewise.
func unalias(p Process, a proc.Alias) (ok bool) {
	var err error
	defer refused(&err)
	return p.Unalias(a)
}

func refused(err *error) {
	if v := recover(); v == any(proc.ErrWrongGoroutine) {
		*err = proc.ErrWrongGoroutine
	} else if v != nil {
		panic(v)
	}
}

// watch adds a monitor of g, or of everything for nil. With mu held.
func (l *life[K]) watch(ref MonitorRef, g *group[K]) {
	owner := l.member(ref.alias.PID())
	m := &monitor[K]{ref: ref, owner: owner, group: g}
	l.monitors[ref.alias] = m
	if owner.monitors == nil {
		owner.monitors = map[proc.Alias]*monitor[K]{}
	}
	owner.monitors[ref.alias] = m
	list := l.listOf(m)
	m.at = list.n
	*list = list.push(m)
}

// forget ends a monitor, if it is one of this life.
func (l *life[K]) forget(rt *proc.Runtime, ref MonitorRef) {
	l.mu.Lock()
	defer l.unlock(rt)
	if m := l.monitors[ref.alias]; m != nil {
		l.unwatch(m)
		l.settle(m.owner)
	}
}

// unwatch removes m. With mu held; then the owner is to be settled.
func (l *life[K]) unwatch(m *monitor[K]) {
	delete(l.monitors, m.ref.alias)
	delete(m.owner.monitors, m.ref.alias)
	list := l.listOf(m)
	last := list.at(list.n - 1)
	if *list = list.pop(); last != m {
		*list = list.set(m.at, last)
		last.at = m.at
	}
	if m.group != nil {
		l.clear(m.group)
	}
}

func (l *life[K]) listOf(m *monitor[K]) *vec[*monitor[K]] {
	if m.group != nil {
		return &m.group.monitors
	}
	return &l.all
}
