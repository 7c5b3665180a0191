package genstatem

import (
	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// step handles the current event. (OTP: gen_statem's loop_state_callback to loop_done.)
func (m *machine[S]) step(c *proc.Ctx) error {
	m.next = m.state
	m.flags &^= perEvent
	m.phase = inState
	err := m.h.HandleEvent(&m.ctx, m.state, m.cur)
	m.phase = idle
	if err != nil {
		return err // what else the callback has asked for does not matter: its replies were sent
	}
	return m.transition(c)
}

// begin does what a transition does for the state that Init has returned.
func (m *machine[S]) begin(c *proc.Ctx) error {
	m.flags = m.flags&^(flagPostpone) | flagRepeat
	return m.transition(c)
}

// transition goes to the next state, in this order: the enter call; the event is postponed; if the state has changed, postponed events
// come back and the state timeout is cancelled; the event timeout is; inserted events go before all others; timeouts are set. Whatever
// is then first in the queue is the next event.
func (m *machine[S]) transition(c *proc.Ctx) error {
	if err := m.misdeed(); err != nil {
		return err
	}
	changed := m.next != m.state
	if m.flags&flagEnter != 0 && (changed || m.flags&flagRepeat != 0) {
		if err := m.enter(); err != nil {
			return err
		}
	}
	m.state = m.next
	if m.flags&flagPostpone != 0 {
		w := m.working()
		w.postponed = append(w.postponed, m.cur)
	}
	if w := m.work; w != nil {
		if changed {
			w.retry()
			w.stop(c, m.cfg.clock, w.state)
		}
		w.stop(c, m.cfg.clock, w.event)
		w.insert()
		if err := w.settle(c, m.cfg.clock); err != nil {
			return err
		}
	}
	if m.control.Watched() {
		m.control.Tell(c, sys.Event{Kind: sys.State, Value: m.SysStatus()})
	}
	return nil
}

// enter calls the next state's enter function, and again while that asks for it.
func (m *machine[S]) enter() error {
	e := Event{Kind: EnterEvent, Body: m.state}
	for {
		m.flags &^= flagRepeat
		m.phase = inEnter
		err := m.h.HandleEvent(&m.ctx, m.next, e)
		m.phase = idle
		if err == nil {
			err = m.misdeed()
		}
		if err != nil {
			m.state = m.next // it was entered, and its end is that of the machine
			return err
		}
		if m.flags&flagRepeat == 0 {
			return nil
		}
	}
}

// misdeed returns the first action that was not allowed. The state is then the one that was to be the next.
func (m *machine[S]) misdeed() error {
	if m.work == nil || m.work.bad == nil {
		return nil
	}
	m.state = m.next
	return m.work.bad
}
