package proc

import "time"

// Caller returns who waits for the reply to the message being handled, to be replied to later; false when the message is no
// call.
func (c *Ctx) Caller() (Caller, bool) { return c.call, c.call.pid != 0 }

// Reply replies to the call being handled. See ReplyTo.
//
// Errors: ErrNoCaller when the message is no call, has been replied to, or its caller waits no longer.
func (c *Ctx) Reply(v any) error {
	if c.call.pid == 0 {
		return ErrNoCaller
	}
	return c.ReplyTo(c.call, v)
}

// ReplyTo replies to a call. Any process may do so, and any goroutine by Runtime.ReplyTo: the first reply counts, others are dropped.
// A reply never fails because of the caller's mailbox: it has room for it.
//
// Errors: ErrNoCaller for the zero Caller, and when it is the call being handled and is over: it has been replied to, or its caller gave
// up. Otherwise a reply that nobody waits for is dropped silently, as in Erlang.
func (c *Ctx) ReplyTo(k Caller, v any) error {
	if k.pid == 0 {
		return ErrNoCaller
	}
	open := false
	if r := c.p.cold; r != nil && r.talk != nil {
		_, open = r.talk.open.del(k)
	}
	if !open && k == c.call {
		return ErrNoCaller
	}
	c.signal(k.pid, Message{From: c.self | markReply, Body: v, Word: k.token})
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
	if r := c.p.cold; r != nil && r.talk != nil {
		if _, open := r.talk.open.get(k); !open {
			return true
		}
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
