package proc

import (
	"errors"
	"time"
)

// awaiting is what a process waits for while it handles nothing else.
type awaiting struct {
	id    RequestID // 0 when the reply has come
	to    PID
	timer ownTimer // of this wait alone, for the rare ways to begin one
	alarm alarm
	then  func(c *Ctx, v any, err error) error
	call  Caller // whose call was being handled
	value any
	err   error
}

// Await sends req to the process to as a call, as Request does, and has then called with the result in place of a Reply message.
// Until then the process handles nothing else: its other messages wait, in order. Signals take effect: it may be killed
// meanwhile. Await returns at once, and is as a rule the last thing that a handler does. In then, Reply replies to the call
// that was being handled; what it returns is as from Handle.
//
// Errors, after which then is not called: those of Request; an Await on top of one that is open; then is nil.
func (c *Ctx) Await(to PID, req any, timeout time.Duration, then func(c *Ctx, v any, err error) error) error {
	if then == nil {
		return errors.New("proc: Await: then is nil; give the function that takes the reply")
	}
	if c.p.mb.User&flagAwait != 0 {
		return errors.New("proc: Await: the process is awaiting a reply already; go on in the function given then")
	}
	if _, err := c.request(to, req, timeout, true); err != nil {
		return err
	}
	c.p.cold.talk.await.then = then
	return nil
}

// awaited calls what waits for the reply that has come.
func (c *Ctx) awaited(p *process) error {
	t := p.cold.talk
	a := &t.await
	then, call, value, why := a.then, a.call, a.value, a.err
	a.then, a.value, a.err = nil, nil, nil
	p.mb.User &^= flagAwait | flagReady
	if p.cold.stash != nil && p.cold.stash.cursor != nil {
		p.mb.User |= flagRetry
	}
	if p.gate.Load() != nil {
		p.mb.User |= flagGate
	}
	if call.pid == 0 {
		return then(c, value, why)
	}
	a.call = Caller{}
	_, open := t.open.del(call)
	c.call, c.owes, c.paid = call, open, false
	err := then(c, value, why)
	c.settleCall(p)
	return err
}

// Postpone keeps m, the message being handled, for later: it is handled again, before newer messages and in the order in which
// postponed messages came, after the next Become. (Erlang: gen_statem's postpone, which is retried after a change of
// state.)
//
// A call that is postponed can be replied to when it is handled again. Errors: m is a message that the runtime has not handed to this handler: its sender differs.
func (c *Ctx) Postpone(m Message) error {
	if k := c.call; k.pid != 0 {
		if k.pid != m.From {
			return errors.New("proc: Postpone: m is not the message being handled")
		}
		m.From, m.Word = m.From|markCall, k.token
		if !c.owes { // it is over
			c.p.talking().late.put(k, struct{}{})
		}
		c.owes, c.paid = false, true // until its turn comes again
	}
	if m.From&markMask&^markCall != 0 {
		return errors.New("proc: Postpone: m is not a message that was received")
	}
	c.p.stashed().pass(m, c.stamp())
	return nil
}

// Become replaces the process's machine from the next message on, and has postponed messages handled again before it. Init
// is not called; Terminate will be the new machine's. It may be the same machine as before, which has changed its state.
//
// A nil machine is refused with an error, as is the machine of a process in direct style.
func (c *Ctx) Become(m Machine) error {
	if m == nil {
		return errNilMachine
	}
	if _, ok := c.p.machine.(*Self); ok {
		return errors.New("proc: Become: the process is written in direct style; it has no machine to replace")
	}
	c.p.setMachine(c, m)
	if r := c.p.cold; r != nil && r.stash != nil && r.stash.n > 0 {
		r.stash.rewind()
		c.p.mb.User |= flagRetry
	}
	return nil
}
