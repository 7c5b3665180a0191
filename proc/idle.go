package proc

import (
	"fmt"
	"time"
)

// ReceiveTimeout is the body of the message that Ctx.ReceiveTimeout asks for. It comes from nobody.
type ReceiveTimeout struct{}

// ReceiveTimeout asks for a message with a ReceiveTimeout as body if the process waits for d after this handler without
// getting a message. Any message cancels it; a handler that wants it again asks again, as in OTP's gen_server. With d zero it comes at
// once when the mailbox is empty. Signals that leave no message do not count.
//
// Errors: d is negative; the process is written in direct style.
func (c *Ctx) ReceiveTimeout(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("proc: ReceiveTimeout: d is %v; it must not be negative", d)
	}
	if c.p.mb.User&flagDirect != 0 {
		return errDirect("ReceiveTimeout")
	}
	r := c.p.rare()
	c.stopOwn(&r.idle)
	r.wait = d
	c.p.mb.User |= flagIdle
	return nil
}

// arm starts the receive timeout of a process that is about to wait. It reports whether there is something to do at once.
func (c *Ctx) arm(p *process) bool {
	r := p.cold
	if r.armed {
		return false
	}
	if r.wait > 0 {
		r.waits++
		r.armed = true
		r.idle.start(c, p.pid, r.wait, idleWord|uint64(r.waits))
		return false
	}
	if p.mb.State().Empty() {
		p.mb.User &^= flagIdle
		*p.mb.Put(c.cache) = Message{Body: ReceiveTimeout{}}
	} else {
		p.mb.Fetch(c.cache, p.pid.gen())
	}
	return true
}

// disarm ends a receive timeout, since a message has come.
func (c *Ctx) disarm(p *process) {
	if p.mb.User&flagIdle == 0 {
		return
	}
	p.mb.User &^= flagIdle
	r := p.cold
	if r.armed {
		r.armed = false
		r.idle.stop(c)
	}
}

// idleWord marks the word of a timer that is a receive timeout, among those of calls.
const idleWord = 1 << 63

// idleNote stands in the queue of a process in direct style for the end of its receive timeout, behind the messages that came before it.
var idleNote = &signal{kind: sigYield}

// idled is what the end of a receive timeout does.
func (p *process) idled(m Message) (left Message, ok bool) {
	r := p.cold
	switch {
	case r == nil || uint32(m.Word) != r.waits:
		return left, false
	case p.mb.User&flagDirect != 0:
		return Message{From: markSignal, Body: idleNote, Word: m.Word}, true
	case p.mb.User&flagIdle == 0 || p.mb.HasNext():
		return left, false
	}
	if g := p.gate.Load(); g != nil {
		if n, _ := g.state(); n > 0 {
			return left, false
		}
	}
	p.mb.User &^= flagIdle
	r.armed = false
	return Message{Body: ReceiveTimeout{}}, true
}

// ownExpired is what the end of a timer of a process's own does, on a worker that holds its core.
func (rt *Runtime) ownExpired(c *Ctx, to PID, word uint64) {
	s := timeoutSignal
	if word&idleWord != 0 {
		s = idleSignal
	}
	c.emit(to, Message{From: markSignal, Body: s, Word: word})
}

// startOwn starts a timer of the process's own from inside a handler.
func (c *Ctx) startOwn(d time.Duration, word uint64) (o ownTimer) {
	if c.w.Enter() {
		o.start(c, c.self, d, word)
		c.w.Leave()
		return o
	}
	c.w.Leave()
	o.startOutside(c.rt, c.self, d, word)
	return o
}

// stopOwn stops one from inside a handler.
func (c *Ctx) stopOwn(o *ownTimer) {
	if c.w.Enter() {
		o.stop(c)
		c.w.Leave()
		return
	}
	c.w.Leave()
	o.stopOutside()
}
