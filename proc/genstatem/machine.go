package genstatem

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// machine is the process. It handles an event to its end, with those that this leaves in the machine itself, before it takes the next
// message, so between two messages there is nothing in front of them: no queue outlives a message but in a turn that was too long.
type machine[S comparable] struct {
	h       Handler[S]
	state   S
	next    S     // of the transition under way
	cur     Event // being handled
	ctx     Ctx[S]
	control sys.Control
	cfg     *config
	work    *work
	phase   phase
	flags   uint16
}

// config is what the machines of one factory share.
type config struct {
	hibernateAfter time.Duration // 0 for never
	clock          clock
	mixed          bool // values of S may hold an interface, and so something that cannot be compared
}

func (k *config) badState(s any) string {
	if k.mixed && s != nil && !reflect.ValueOf(s).Comparable() {
		return "the state cannot be compared"
	}
	return ""
}

// mixed reports whether values of type t may hold an interface.
func mixed(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Array:
		return mixed(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if mixed(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

type phase uint8

const (
	idle phase = iota
	inInit
	inState
	inEnter
	inEnd // Terminate, CodeChange
)

const (
	flagRepeat    uint16 = 1 << iota // enter the state again
	flagPostpone                     // the current event
	flagHibernate                    // before the next message
	flagEnter                        // the implementation wants enter calls
	flagBusy                         // events wait in the machine: the last turn was too long, or Init has left some
	flagBegin                        // Init's actions and the first enter call are still to be done
	flagDeferred                     // messages wait until the machine is not busy
	flagAsleep                       // hibernates until a message comes
	flagEnded                        // a callback has ended the machine, or somebody who may

	perEvent = flagRepeat | flagPostpone | flagHibernate
)

// Init calls the implementation's. What else comes first, enter call and events of its own, comes before the first message but after
// the start: whoever waits for that does not wait for these.
func (m *machine[S]) Init(c *proc.Ctx) error {
	m.ctx = Ctx[S]{c, m}
	m.phase = inInit
	s, err := m.h.Init(&m.ctx)
	why := m.cfg.badState(s)
	if err == nil && why != "" {
		err = m.ctx.bad(fmt.Sprintf("%T", s), why)
	}
	if m.work != nil && m.work.bad != nil && err == nil {
		err = m.work.bad
	}
	m.phase = idle
	m.ctx.Ctx = nil
	if err != nil {
		return err
	}
	m.state, m.next = s, s
	m.setHandler(m.h)
	if m.work == nil && m.flags&(flagEnter|flagHibernate) == 0 && m.cfg.hibernateAfter == 0 {
		return nil
	}
	m.flags |= flagBegin | flagBusy
	return c.ReceiveTimeout(0)
}

// setHandler makes h the implementation.
func (m *machine[S]) setHandler(h Handler[S]) {
	e, ok := dataOf(h).(StateEnterer)
	enter := ok && e.StateEnter()
	m.h = h
	m.flags &^= flagEnter
	if enter {
		m.flags |= flagEnter
	}
}

// later has the machine go on in its next turn: a message comes to it, if only its own. In a mailbox with a bound that might push out
// another, so there it is a receive timeout, which takes no room; any message in the mailbox does as well.
func (m *machine[S]) later(c *proc.Ctx) error {
	m.flags |= flagBusy
	if c.Info().Bound > 0 {
		return c.ReceiveTimeout(1)
	}
	return c.SendWord(c.Self(), nil, tickWord)
}

// tickWord marks the message of a machine to itself, to go on.
const tickWord = 0x71c5_5a7e_6d0f_e1d7

// Handle takes a message and does all that comes of it.
func (m *machine[S]) Handle(c *proc.Ctx, msg proc.Message) error {
	m.ctx.Ctx = c
	if m.flags&flagBusy != 0 {
		return m.goOn(c, msg)
	}
	if m.control.Takes(msg) {
		if m.control.Suspended() && isTick(msg) {
			return nil // a receive timeout is asked for again
		}
		if taken, err := m.control.Handle(c, msg, m); taken {
			return m.wait(c, err)
		}
	}
	if got, err := m.take(c, msg); !got {
		return m.wait(c, err)
	}
	return m.run(c, m.step(c))
}

// isTick reports whether msg is the machine's own, to go on, or the end of a receive timeout, which only the machine itself sets.
func isTick(msg proc.Message) bool {
	if msg.Body == nil {
		return msg.Word == tickWord
	}
	_, ok := msg.Body.(proc.ReceiveTimeout)
	return ok && msg.From == 0
}

// take makes msg the current event, if it is one.
func (m *machine[S]) take(c *proc.Ctx, msg proc.Message) (got bool, err error) {
	m.cur = Event{Kind: InfoEvent, Body: msg.Body, Sender: msg.From, Word: msg.Word}
	if k, ok := c.Caller(); ok {
		m.cur.Kind, m.cur.From, m.cur.Word = CallEvent, k, 0
		return true, nil
	}
	if msg.Word == castWord {
		m.cur.Kind, m.cur.Word = CastEvent, 0
		return true, nil
	}
	switch b := msg.Body.(type) {
	case nil:
		if isTick(msg) {
			m.cur = Event{}
			return false, nil // a message that came before has done what it was for
		}
	case *timeout:
		if m.work == nil || m.work.running(b.key) != b {
			m.cur = Event{}
			return false, nil // cancelled when it had fired
		}
		m.cur = b.event()
		m.work.forget(b)
		m.work.reuse(b)
	case proc.Exit:
		if (b.From == 0 || b.From == c.Parent()) && b.Reason != nil { // without a reason it is no signal, but somebody's message
			m.cur = Event{}
			m.flags |= flagEnded
			return false, b.Reason
		}
	case proc.ReceiveTimeout:
		if isTick(msg) {
			m.cur = Event{}
			c.Hibernate()
			m.flags = m.flags&^flagHibernate | flagAsleep
			return false, nil
		}
	}
	return true, nil
}

// goOn does what the last turn has left. msg has to wait, as if it had not been received.
func (m *machine[S]) goOn(c *proc.Ctx, msg proc.Message) error {
	if !isTick(msg) {
		if err := c.Postpone(msg); err != nil {
			return err
		}
		m.flags |= flagDeferred
	}
	m.flags &^= flagBusy
	if m.flags&flagBegin != 0 {
		m.flags &^= flagBegin
		return m.run(c, m.begin(c))
	}
	m.cur = m.work.pop()
	return m.run(c, m.step(c))
}

// run handles events until none is left in the machine, or the turn is over. err is what the first one came to.
func (m *machine[S]) run(c *proc.Ctx, err error) error {
	for {
		switch {
		case err != nil:
			m.flags |= flagEnded
			m.ctx.Ctx = nil
			return err
		case m.work == nil || !m.work.queued():
			return m.rest(c)
		}
		c.Consume(1)
		if c.ShouldYield() {
			m.ctx.Ctx = nil
			return m.later(c)
		}
		m.cur = m.work.pop()
		err = m.step(c)
	}
}

// rest prepares for the next message.
func (m *machine[S]) rest(c *proc.Ctx) error {
	m.cur = Event{}
	if w := m.work; w != nil && w.idle() {
		m.work = nil
		w.release()
	}
	if m.flags&flagDeferred != 0 {
		m.flags &^= flagDeferred
		return m.wait(c, c.Become(m))
	}
	return m.wait(c, nil)
}

// wait ends the handling of a message. A machine that is to hibernate does so when it is told that nothing else has come.
func (m *machine[S]) wait(c *proc.Ctx, err error) error {
	m.ctx.Ctx = nil
	if err != nil || m.flags&flagAsleep != 0 {
		m.flags &^= flagAsleep
		return err
	}
	if m.control.Suspended() {
		return nil
	}
	if m.flags&flagHibernate != 0 {
		return c.ReceiveTimeout(0)
	}
	if m.cfg.hibernateAfter > 0 {
		return c.ReceiveTimeout(m.cfg.hibernateAfter)
	}
	return nil
}

// working returns the machine's work, which it has from now on.
func (m *machine[S]) working() *work {
	if m.work == nil {
		m.work = works.Get().(*work)
	}
	return m.work
}

// acts reports whether a callback runs that may ask for actions.
func (m *machine[S]) acts() bool {
	return m.phase == inInit || m.phase == inState || m.phase == inEnter
}

// during says which callback runs.
func (m *machine[S]) during() string {
	switch m.phase {
	case inInit:
		return "Init"
	case inEnter:
		return fmt.Sprintf("the enter call of state %v", m.next)
	}
	return fmt.Sprintf("the handling of %v in state %v", m.cur.Kind, m.state)
}

// Terminate calls the implementation's, if the end is the machine's own: one of its callbacks has returned an error or panicked, or
// somebody who may has ended it; not when an exit signal ends it.
func (m *machine[S]) Terminate(c *proc.Ctx, reason error) {
	if m.flags&flagEnded == 0 && (m.phase == idle || !crashed(reason)) {
		return
	}
	m.phase = inEnd
	if t, ok := dataOf(m.h).(Terminator[S]); ok {
		m.ctx.Ctx = c
		t.Terminate(&m.ctx, reason, m.state)
		m.ctx.Ctx = nil
	}
}

func crashed(reason error) bool {
	var p *proc.Panic
	return errors.As(reason, &p) || reason == proc.ErrGoexit
}
