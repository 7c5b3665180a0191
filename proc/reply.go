package proc

import (
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// Caller returns who waits for the reply to the message being handled, to be replied to later; false when the message is no
// call.
func (c *Ctx) Caller() (Caller, bool) { return c.call, c.call.pid != 0 }

// Reply replies to the call being handled. See ReplyTo. When its caller has given up, the reply is dropped silently, so a handler may
// end with "return c.Reply(v)"; Expired tells.
//
// Errors: ErrNoCaller when the message is no call, or has been replied to.
func (c *Ctx) Reply(v any) error {
	if c.call.pid == 0 {
		return ErrNoCaller
	}
	return c.ReplyTo(c.call, v)
}

// ReplyTo replies to a call. Any process may do so, and any goroutine by Runtime.ReplyTo: the first reply counts, others are dropped.
// A reply never fails because of the caller's mailbox: it has room for it.
//
// Errors: ErrNoCaller for the zero Caller, and for the call being handled when it has been replied to. Otherwise a reply that nobody waits
// for is dropped silently, as in Erlang.
func (c *Ctx) ReplyTo(k Caller, v any) error {
	switch {
	case k.pid == 0:
		return ErrNoCaller
	case k == c.call:
		if !c.owes {
			if c.paid {
				return ErrNoCaller
			}
			return nil // the caller has given up, which is no fault of ours
		}
		c.owes, c.paid = false, true
	case c.p.cold != nil && c.p.cold.talk != nil:
		c.p.cold.talk.open.del(k)
	}
	if c.replyNear(k, v) {
		return nil
	}
	c.signal(k.pid, Message{From: c.self | markReply, Body: v, Word: k.token})
	return nil
}

// replyNear is the frequent case of a reply: the caller is idle, as one is that waits for it and for nothing else, or it waits for its turn
// on this core.
func (c *Ctx) replyNear(k Caller, v any) bool {
	w := c.w
	if !w.Enter() {
		w.Leave()
		return false
	}
	i := uint64(k.pid)&addressMask ^ c.base
	if i>>slabShift >= uint64(len(c.dir)) {
		w.Leave()
		return false
	}
	p := &c.dir[i>>slabShift].procs[i&(slabLen-1)]
	switch p.mb.Reach(k.pid.gen(), c.tag) {
	case mpsc.Schedule:
	case mpsc.Queued:
		if !c.answer(p, k.token, v) {
			c.act(p, Message{From: c.self | markReply, Body: v, Word: k.token})
		}
		w.Leave()
		return true
	default:
		w.Leave()
		return false
	}
	p.mb.Arrive(c.cache)
	if a := p.awaits(k.token, c.self); a != nil {
		a.id = 0
		a.timer.stop(c)
		a.alarm.end = 0
		a.value, a.err = v, nil
		p.mb.User |= flagReady
	} else if !c.answer(p, k.token, v) {
		c.act(p, Message{From: c.self | markReply, Body: v, Word: k.token})
	}
	c.reds -= sendCost
	if p.mb.User&flagReady != 0 && p.Priority() == sched.Normal && w.Next(p) {
		w.Leave()
		return true
	}
	c.settleOwned(p)
	w.Leave()
	return true
}

// awaits returns where the process waits for the reply to a call of its own to the process from.
func (p *process) awaits(token uint64, from PID) *awaiting {
	if p.mb.User&flagAwait == 0 {
		return nil
	}
	if a := &p.cold.talk.await; a.id == RequestID(token) && a.to == from {
		return a
	}
	return nil
}

// ReplyTo replies to a call from any goroutine; see Ctx.ReplyTo.
//
// Errors: ErrNoCaller for the zero Caller.
func (rt *Runtime) ReplyTo(k Caller, v any) error {
	if k.pid == 0 {
		return ErrNoCaller
	}
	rt.signal(k.pid, Message{From: markReply, Body: v, Word: k.token})
	return nil
}

// Deadline returns until when the caller of the call being handled waits, to within some milliseconds; false when it waits without end,
// or for more than twelve days, or the message is no call.
func (c *Ctx) Deadline() (time.Time, bool) { return c.rt.DeadlineOf(c.call) }

// Expired reports whether the caller of the call being handled no longer waits: its deadline has passed, or it has given up. The
// work for it can be left out.
func (c *Ctx) Expired() bool {
	k := c.call
	if k.pid == 0 {
		return false
	}
	if !c.owes {
		return true
	}
	d, ok := left(k.token, c.rt.since())
	return ok && d < 0
}

// DeadlineOf returns until when k waits, to within some milliseconds; false when it waits without end, or for more than twelve days.
func (rt *Runtime) DeadlineOf(k Caller) (time.Time, bool) {
	now := time.Now()
	d, ok := left(k.token, rt.since())
	if !ok || k.pid == 0 {
		return time.Time{}, false
	}
	return now.Add(d), true
}
