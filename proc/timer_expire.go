package proc

import "github.com/thrum-go/thrum/sched"

// alarms is a Runtime as its scheduler's timers see it.
type alarms Runtime

// Expire does what the timer is for, on a worker that holds its core.
func (*alarms) Expire(w *sched.Worker, t *sched.Timer, tag uint64, life sched.Life) {
	c := w.Local.(*Ctx)
	to, from := PID(tag), PID(t.Word)
	switch t.Kind {
	case timerMessage:
		c.expired(to, Message{From: from, Body: t.Data})
	case timerTimeout:
		c.expired(to, Message{From: from, Body: Timeout{Timer{t, life}, t.Data}})
	case timerPlan:
		c.planExpired(t, to, life)
	case timerOwn:
		if c.rt.lives(to) {
			turn := c.p
			c.p = nil
			c.rt.ownExpired(c, to, t.Word)
			c.p = turn
		}
	}
}

// expired delivers a timer's message and reports whether its receiver still lives.
func (c *Ctx) expired(to PID, m Message) bool {
	p := c.rt.table.find(to)
	if p == nil || p.mb.State().Gen() != to.gen() {
		return false
	}
	turn := c.p
	c.p = nil // nobody is to be held back for it: who was on the worker last may be another core's by now
	_ = c.deliver(p, to, 0, unordered, m)
	c.p = turn
	return true
}
