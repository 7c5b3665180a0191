package genevent

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// manager is the machine of an event manager. A handler is in the list while it may be called: not in its Init, nor from its Terminate on. So whatever
// ends a callback, Terminate is called once.
type manager[E any] struct {
	handlers []installed[E] // the oldest first, so that the newest is added at the end and a loop backwards may remove
	control  sys.Control
	options  options
}

// installed is a handler in the list.
type installed[E any] struct {
	id    string
	h     Handler[E]
	adder proc.PID // who supervises it, or zero
}

func (m *manager[E]) Init(c *proc.Ctx) error {
	if m.options.given && m.options.hibernate <= 0 {
		return fmt.Errorf("genevent: HibernateAfter: d is %v; it must be positive (leave the option out for never)", m.options.hibernate)
	}
	c.TrapExit(true)
	return m.wait(c)
}

// wait asks for a message when nothing comes for long.
func (m *manager[E]) wait(c *proc.Ctx) error {
	if m.options.hibernate > 0 {
		return c.ReceiveTimeout(m.options.hibernate)
	}
	return nil
}

func (m *manager[E]) Handle(c *proc.Ctx, msg proc.Message) error {
	if m.control.Takes(msg) {
		if taken, err := m.control.Handle(c, msg, m); taken {
			if err != nil {
				return err
			}
			if m.control.Suspended() {
				return nil // a time that is over would be put aside, again and again
			}
			return m.wait(c)
		}
	}
	if err := m.handle(c, msg); err != nil {
		return err
	}
	if m.control.Watched() {
		m.control.Tell(c, sys.Event{Kind: sys.State, Value: m.SysStatus()})
	}
	return m.wait(c)
}

func (m *manager[E]) handle(c *proc.Ctx, msg proc.Message) error {
	if msg.Word == eventWord {
		if e, ok := msg.Body.(E); ok {
			m.event(c, e)
			return nil
		}
		if msg.Body == nil { // E is an interface, and this its nil
			var e E
			m.event(c, e)
			return nil
		}
	}
	switch b := msg.Body.(type) {
	case request:
		if k, ok := c.Caller(); ok {
			m.reply(c, k, m.answer(c, k, b))
			return nil
		}
	case proc.Exit:
		switch {
		case b.Reason == nil: // no signal, but somebody's message
		case b.From == 0 || b.From == c.Parent():
			m.stop(c, b.Reason)
			return b.Reason
		default:
			m.adderEnded(c, b)
		}
	case proc.ReceiveTimeout:
		if m.options.hibernate > 0 {
			c.Hibernate()
			return nil
		}
	}
	m.info(c, msg)
	return nil
}

// reply replies with v. The caller may have given up, or a handler may have replied: then that counts.
func (m *manager[E]) reply(c *proc.Ctx, k proc.Caller, v any) {
	if c.Reply(v) == nil && m.control.Watched() {
		m.control.Tell(c, sys.Event{Kind: sys.Out, To: k.PID(), Value: v})
	}
}

// RefusedError says that a manager has got a request that it cannot serve.
type RefusedError struct {
	Manager proc.PID
	Request any
	Why     string
}

// Error says what is wrong with the request.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("genevent: manager %v: %T: %s", e.Manager, e.Request, e.Why)
}

// answer does what a request asks for and returns the reply.
func (m *manager[E]) answer(c *proc.Ctx, k proc.Caller, r request) any {
	switch r := r.(type) {
	case SyncRequest[E]:
		m.event(c, r.Event)
		return nil
	case CallRequest:
		return m.call(c, r)
	case AddRequest[E]:
		if r.Handler == nil {
			return &RefusedError{c.Self(), r, "the handler is nil"}
		}
		return m.insert(c, r, adder(k, r.Supervised))
	case DeleteRequest:
		return m.delete(c, r)
	case SwapRequest[E]:
		if r.Handler == nil {
			return &RefusedError{c.Self(), r, "the handler is nil"}
		}
		return m.swap(c, r, adder(k, r.Supervised))
	case WhichRequest:
		ids := make([]string, 0, len(m.handlers))
		for _, h := range slices.Backward(m.handlers) {
			ids = append(ids, h.id)
		}
		return ids
	}
	return &RefusedError{c.Self(), r, "the manager has events of another type: " + reflect.TypeFor[E]().String()}
}

func adder(k proc.Caller, supervised bool) proc.PID {
	if supervised {
		return k.PID()
	}
	return 0
}

// name is the id of a handler: its type when none is given, as OTP's handlers are named after their module.
func name(id string, h any) string {
	if id == "" {
		return reflect.TypeOf(h).String()
	}
	return id
}

// find returns the place of the newest handler of the id, or -1.
func (m *manager[E]) find(id string) int {
	for i, h := range slices.Backward(m.handlers) {
		if h.id == id {
			return i
		}
	}
	return -1
}

// take removes the handler at i from the list.
func (m *manager[E]) take(i int) installed[E] {
	h := m.handlers[i]
	m.handlers = slices.Delete(m.handlers, i, i+1)
	return h
}

// stop ends every handler, the newest first. Adders are unlinked, so that they hear of it by their Exited messages alone and do not end with the
// manager; a parent is left to its link.
func (m *manager[E]) stop(c *proc.Ctx, reason error) {
	for len(m.handlers) > 0 {
		h := m.take(len(m.handlers) - 1)
		_ = m.terminate(c, h, Stopped{reason})
		m.exited(c, h, proc.Shutdown)
		if h.adder != 0 && h.adder != c.Parent() {
			_ = c.Unlink(h.adder) // its PID is of this runtime
		}
	}
}

// Terminate is called by the runtime. A manager that has not stopped by itself has lost a callback to runtime.Goexit; one that does not
// trap exits, because a handler has changed that, ends without its handlers' Terminate, as any process that does not.
func (m *manager[E]) Terminate(c *proc.Ctx, reason error) {
	if c.TrapExit(true) {
		m.stop(c, reason)
	}
}
