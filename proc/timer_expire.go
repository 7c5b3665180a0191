package proc

import "github.com/thrum-go/thrum/sched"

// Expire does what the timer is for, on a worker that holds its core.
func (t *timer) Expire(w *sched.Worker) {
	c := w.Local.(*Ctx)
	tag, life := t.Ended()
	to := PID(tag)
	switch t.kind {
	case timerMessage:
		c.expired(to, Message{From: t.from, Body: t.Data})
	case timerTimeout:
		c.expired(to, Message{From: t.from, Body: Timeout{Timer{t, life}, t.Data}})
	case timerPlan:
		t.planExpired(c, to, life)
	case timerOwn:
		if c.rt.lives(to) {
			turn := c.p
			c.p = nil
			c.rt.ownExpired(c, to, uint64(t.from))
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
