package genevent

import (
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// add adds a handler once begin has succeeded; op names begin. The reply is nil or a *HandlerError.
func (m *manager[E]) add(c *proc.Ctx, h installed[E], op string, begin func(c *proc.Ctx) error) any {
	if err := begin(c); err != nil {
		return &HandlerError{h.id, op, err}
	}
	m.handlers = append(m.handlers, h)
	return nil
}

// link links the adder of a supervised handler, before anything happens, and returns what undoes that; ok is false when the adder does not live. To
// link one that does not is no error for a process that traps exits, as a manager does, and a goroutine that calls never lives.
func (m *manager[E]) link(c *proc.Ctx, adder proc.PID) (undo func(), ok bool) {
	if adder == 0 {
		return func() {}, true
	}
	linked := slices.Contains(c.Info().Links, adder)
	c.TrapExit(false) // no signal is taken inside a handler
	err := c.Link(adder)
	c.TrapExit(true)
	return func() {
		if !linked {
			_ = c.Unlink(adder) // its PID is of this runtime
		}
	}, err == nil
}

// delete removes a handler.
func (m *manager[E]) delete(c *proc.Ctx, r DeleteRequest) any {
	i := m.find(r.ID)
	if i < 0 {
		return &HandlerError{r.ID, "Delete", ErrNotFound}
	}
	h := m.take(i)
	v := m.terminate(c, h, r.Why)
	m.exited(c, h, proc.Normal)
	if p, ok := v.(*proc.Panic); ok {
		return &HandlerError{r.ID, "Terminate", p}
	}
	return v
}

// insert adds a handler because of an AddRequest.
func (m *manager[E]) insert(c *proc.Ctx, r AddRequest[E], adder proc.PID) any {
	h := installed[E]{id: name(r.ID, r.Handler), h: r.Handler, adder: adder}
	undo, ok := m.link(c, adder)
	if !ok {
		return &HandlerError{h.id, "Add", ErrNotProcess}
	}
	v := m.add(c, h, "Init", initOf(r.Handler))
	if v != nil {
		undo()
	}
	return v
}

// swap removes one handler, if it is there, and adds another. The new one is its adder's who wants it, else its that had the old one.
func (m *manager[E]) swap(c *proc.Ctx, r SwapRequest[E], adder proc.PID) any {
	next := installed[E]{id: name(r.ID, r.Handler), h: r.Handler, adder: adder}
	undo, ok := m.link(c, adder)
	if !ok {
		return &HandlerError{next.id, "Swap", ErrNotProcess}
	}
	var last any
	i := m.find(r.Old)
	if i >= 0 {
		h := m.take(i)
		if adder == 0 {
			next.adder = h.adder
		}
		last = m.terminate(c, h, r.Why)
		m.exited(c, h, &Swapped{next.id, next.adder})
	}
	v := m.add(c, next, "TakeOver", func(c *proc.Ctx) error { return handleTakeOver(c, r.Handler, last, i >= 0) })
	if e, failed := v.(*HandlerError); failed {
		undo()
		if adder == 0 {
			m.exited(c, next, e.Err) // who had the old one has not asked for this, and would never know
		}
	}
	return v
}

// adderEnded removes the handlers of an adder that has ended.
func (m *manager[E]) adderEnded(c *proc.Ctx, e proc.Exit) {
	for i := len(m.handlers) - 1; i >= 0; i-- {
		if m.handlers[i].adder == e.From {
			h := m.take(i)
			_ = m.terminate(c, h, AdderEnded{e.Reason})
			m.exited(c, h, proc.Shutdown) // it lives if it has sent an exit signal
		}
	}
}
