package genstatem

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// Ctx is a machine's view of itself: a proc.Ctx and the actions of gen_statem. It is valid during a callback and only on its
// goroutine.
//
// An action is noted, and done when the callback has returned nil (OTP: a transition action); of several that set the same thing the
// last one counts. A reply is sent at once. An action that is not allowed where it is asked for ends the machine with a
// *BadAction, which the method also returns, so that "return c.Next(open)" does what it says.
type Ctx[S comparable] struct {
	*proc.Ctx
	m *machine[S]
}

// Next makes s the state when the callback has returned (OTP: next_state). When s differs from the state now, postponed events are
// handled again, the oldest first and before any others, and the state timeout is cancelled. In an enter call s must be the state that is
// entered; in Init the state is what Init returns.
func (c *Ctx[S]) Next(s S) error {
	m := c.m
	switch {
	case m.phase == inState:
		if why := m.cfg.badState(s); why != "" {
			return c.bad(fmt.Sprintf("Next(%T)", s), why)
		}
		m.next = s
		m.flags &^= flagRepeat
		return nil
	case m.phase == inEnter && s == m.next:
		return nil
	case m.phase == inEnter:
		return c.bad(fmt.Sprintf("Next(%v)", s), "an enter call cannot change the state; set a timeout of 0 and change it then")
	}
	return c.bad(fmt.Sprintf("Next(%v)", s), "Init returns the first state")
}

// Repeat stays in the state as if it was entered again: there is an enter call, if the implementation has these. Nothing else happens that
// comes with a change of state. (OTP: repeat_state.)
func (c *Ctx[S]) Repeat() error {
	m := c.m
	switch m.phase {
	case inState:
		m.next = m.state
		fallthrough
	case inEnter:
		m.flags |= flagRepeat
		return nil
	}
	return c.bad("Repeat", "the first state is entered after Init anyway")
}

// Postpone keeps the event being handled for later: it is handled again after the next change of state (OTP: postpone). Not in an enter
// call; in Init it does nothing.
func (c *Ctx[S]) Postpone() error {
	switch c.m.phase {
	case inState:
		c.m.flags |= flagPostpone
		return nil
	case inInit:
		return nil
	}
	return c.bad("Postpone", "an enter call is no event that could come again")
}

// NoPostpone takes Postpone back; in an enter call, that of the event which changed the state (OTP: {postpone, false}).
func (c *Ctx[S]) NoPostpone() error {
	if c.m.phase == idle || c.m.phase == inEnd {
		return ErrNoCallback
	}
	c.m.flags &^= flagPostpone
	return nil
}

// NextEvent inserts an event, before all that wait; several in the order of the calls (OTP: next_event). Its kind is mostly
// InternalEvent; any but EnterEvent is allowed. A CallEvent needs a From, a NamedTimeout a Name. Not in an enter call.
func (c *Ctx[S]) NextEvent(e Event) error {
	action := "NextEvent"
	switch {
	case c.m.phase == inEnter:
		return c.bad(action, "an enter call cannot insert events; set a timeout of 0")
	case e.Kind >= EnterEvent:
		return c.bad(action, fmt.Sprintf("Kind is %v; it must be InfoEvent, CallEvent, CastEvent, InternalEvent or a timeout", e.Kind))
	case e.Kind == CallEvent && e.From == (proc.Caller{}):
		return c.bad(action, "a CallEvent needs a From, the one of the call that it stands for")
	case e.Kind == NamedTimeout:
		if why := badName(e.Name); why != "" {
			return c.bad(action, "Name "+why)
		}
	}
	if !c.m.acts() {
		return ErrNoCallback
	}
	w := c.m.working()
	w.next = append(w.next, e)
	return nil
}

// Internal is NextEvent with an InternalEvent.
func (c *Ctx[S]) Internal(body any) error { return c.NextEvent(Event{Kind: InternalEvent, Body: body}) }

// SetTimeout has an event come when d has passed, with body. t says which: EventTimeout, which any event cancels; StateTimeout, which a
// change of state cancels; any other value is the name of a timeout that nothing cancels, and must be comparable. One that runs is
// set anew. With d zero there is no timer: the event comes after those that wait in the machine, before any message that has not been
// received. d is proc.Forever: CancelTimeout. (OTP: {timeout, T, C}, {state_timeout, T, C}, {{timeout, Name}, T, C}.)
func (c *Ctx[S]) SetTimeout(t any, d time.Duration, body any) error {
	op := startIn
	if d == proc.Forever {
		op = cancelIt
	} else if d < 0 {
		return c.bad(fmt.Sprintf("SetTimeout(%v)", t), fmt.Sprintf("d is %v; it must not be negative, or be proc.Forever", d))
	}
	return c.set("SetTimeout", setting{key: t, op: op, d: d, body: body})
}

// SetTimeoutAt is SetTimeout with a point in time. One that has gone by is no timeout of zero: the event comes at once, but like any
// message (OTP: {abs, true}).
func (c *Ctx[S]) SetTimeoutAt(t any, at time.Time, body any) error {
	if at.IsZero() {
		return c.bad(fmt.Sprintf("SetTimeoutAt(%v)", t), "at is the zero Time; give a point in time")
	}
	return c.set("SetTimeoutAt", setting{key: t, op: startAt, at: at, body: body})
}

// UpdateTimeout changes the body of a timeout that runs; one that does not is set with d zero (OTP: {Timeout, update, C}).
func (c *Ctx[S]) UpdateTimeout(t, body any) error {
	return c.set("UpdateTimeout", setting{key: t, op: updateBody, body: body})
}

// CancelTimeout ends a timeout: its event will not come, even if the timer has fired. One that does not run is no fault.
func (c *Ctx[S]) CancelTimeout(t any) error {
	return c.set("CancelTimeout", setting{key: t, op: cancelIt})
}

func (c *Ctx[S]) set(action string, s setting) error {
	if why := badKey(s.key); why != "" {
		return c.bad(fmt.Sprintf("%s(%T)", action, s.key), why)
	}
	if !c.m.acts() {
		return ErrNoCallback
	}
	c.m.working().set(s)
	return nil
}

// badKey returns why key cannot say which timeout is meant, or "".
func badKey(key any) string {
	switch k := key.(type) {
	case Kind:
		if k != EventTimeout && k != StateTimeout {
			return fmt.Sprintf("t is the Kind %v; it must be EventTimeout, StateTimeout or a name", k)
		}
	default:
		if why := badName(key); why != "" {
			return "t " + why
		}
	}
	return ""
}

func badName(name any) string {
	switch n := name.(type) {
	case nil:
		return "is nil; it must be a name"
	case Kind:
		return fmt.Sprintf("is the Kind %v; it must be a name", n)
	case string, int:
		return ""
	}
	if !reflect.ValueOf(name).Comparable() {
		return fmt.Sprintf("is a %T, which cannot be compared; it must be a name", name)
	}
	return ""
}

// Hibernate has the machine give back memory when it then waits for a message; see proc.Ctx.Hibernate (OTP: hibernate).
func (c *Ctx[S]) Hibernate() {
	if c.m.acts() {
		c.m.flags |= flagHibernate
	}
}

// Reply replies to the call being handled; in the enter call too that follows. It is sent at once.
//
// Errors: proc.ErrNoCaller when the event is no call, or nobody waits any more.
func (c *Ctx[S]) Reply(v any) error { return c.ReplyTo(c.m.cur.From, v) }

// ReplyTo replies to a call, now or later: see Event.From and proc.Ctx.ReplyTo.
func (c *Ctx[S]) ReplyTo(to proc.Caller, v any) error {
	if c.Ctx == nil {
		return ErrNoCallback
	}
	err := c.Ctx.ReplyTo(to, v)
	if err == nil && c.m.control.Watched() {
		c.m.control.Tell(c.Ctx, sys.Event{Kind: sys.Out, To: to.PID(), Value: v})
	}
	return err
}

// ChangeModule puts h in the place of the implementation, from now on: the next event, and an enter call of this transition, are its own
// (OTP: change_callback_module). What h needs of the old one's data it must have been given. Not in an enter call.
func (c *Ctx[S]) ChangeModule(h Handler[S]) error {
	if err := c.module("ChangeModule", h == nil); err != nil {
		return err
	}
	c.m.setHandler(h)
	return nil
}

// PushModule is ChangeModule, and keeps the implementation for PopModule (OTP: push_callback_module).
func (c *Ctx[S]) PushModule(h Handler[S]) error {
	if err := c.module("PushModule", h == nil); err != nil {
		return err
	}
	w := c.m.working()
	w.modules = append(w.modules, c.m.h)
	c.m.setHandler(h)
	return nil
}

// PopModule goes back to the implementation before the last PushModule (OTP: pop_callback_module).
func (c *Ctx[S]) PopModule() error {
	if err := c.module("PopModule", false); err != nil {
		return err
	}
	w := c.m.working()
	n := len(w.modules) - 1
	if n < 0 {
		return c.bad("PopModule", "no implementation was pushed")
	}
	h := w.modules[n].(Handler[S])
	w.modules[n] = nil
	w.modules = w.modules[:n]
	c.m.setHandler(h)
	return nil
}

func (c *Ctx[S]) module(action string, none bool) error {
	switch {
	case c.m.phase == inEnter:
		return c.bad(action, "an enter call cannot change the implementation")
	case none:
		return c.bad(action, "h is nil; give an implementation")
	case !c.m.acts():
		return ErrNoCallback
	}
	return nil
}

// Await is refused: a machine is not to stand still between its events. Use Request; the reply comes as an InfoEvent with a proc.Reply
// as Body.
func (c *Ctx[S]) Await(proc.PID, any, time.Duration, func(*proc.Ctx, any, error) error) error {
	return errors.New("genstatem: Await does not go with events; use Request, whose proc.Reply comes as an InfoEvent")
}

// Become is refused: see Next for another state, ChangeModule for another implementation.
func (c *Ctx[S]) Become(proc.Machine) error {
	return errors.New("genstatem: Become does not go with states; use Next for another state, ChangeModule for another implementation")
}

// ReceiveTimeout is refused: see SetTimeout with EventTimeout.
func (c *Ctx[S]) ReceiveTimeout(time.Duration) error {
	return errors.New("genstatem: ReceiveTimeout does not go with events; use SetTimeout with EventTimeout")
}

// bad notes the first action that is not allowed, and returns it.
func (c *Ctx[S]) bad(action, why string) error {
	if !c.m.acts() {
		return ErrNoCallback
	}
	w := c.m.working()
	if w.bad == nil {
		w.bad = &BadAction{Action: action, During: c.m.during(), Why: why}
	}
	return w.bad
}
