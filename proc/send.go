package proc

import (
	"errors"
	"fmt"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

var errNilMachine = errors.New("proc: Become: machine is nil")

func errDirect(what string) error {
	return fmt.Errorf("proc: %s: the process is written in direct style; see the methods of Self", what)
}

// deliver sends from a core on behalf of nobody, or of a process with the given stamp.
func (c *Ctx) deliver(p *process, to PID, gate mpsc.State, stamp uint64, m Message) error {
	return c.sent(p.mb.Send(c.cache, uint64(to), gate, stamp, m), p, to, m)
}

// unordered is the stamp of a sender that has no order to keep with itself.
const unordered = ^uint64(0)

// sent does what the result of a send asks for.
func (c *Ctx) sent(r mpsc.Sent, p *process, to PID, m Message) error {
	switch r {
	case mpsc.Schedule:
		c.schedule(p, p.Priority())
	case mpsc.Ahead:
		c.hold(to)
	case mpsc.Inject:
		c.rt.resubmit(p)
	case mpsc.Gone:
		return c.nobody(to, m)
	case mpsc.Gate:
		return c.sendGated(p, to, m)
	}
	return nil
}

// hold ends the sender's turn and keeps it from going on until the receiver has caught up, for a millisecond or two at the
// most: so no cycle of processes can block itself, and the receiver runs while its queue is still in the cache.
func (c *Ctx) hold(to PID) {
	if c.p == nil {
		return
	}
	c.reds = 0
	r := c.p.rare()
	r.behind, r.heldAt = to, c.rt.sched.Ticks()
	c.p.mb.User |= flagHeld
}

// held reports whether the receiver that a process waits for is still far behind, as far as this core can see.
func (c *Ctx) held(r *cold) bool {
	if c.rt.sched.Ticks()-r.heldAt > holdTicks {
		return false
	}
	p := c.rt.table.find(r.behind)
	if owned, _ := p.mb.Owns(c.cache, r.behind.gen()); owned && p.mb.Behind() {
		return true
	}
	return c.cache.Behind(uint64(r.behind))
}

// nobody counts a message without receiver, tells the watchers of it, and says why. A call is no dead letter, since its caller is told.
func (c *Ctx) nobody(to PID, m Message) error {
	if m.From&markMask == 0 {
		c.lc.dead++
		c.rt.watchers.tell(DeadLetter{To: to, Message: m})
	}
	return c.rt.unknown(to)
}

// lostOutside is nobody outside the workers.
func (rt *Runtime) lostOutside(to PID, m Message) error {
	if m.From&markMask == 0 {
		rt.outside.dead.Add(1)
		rt.watchers.tell(DeadLetter{To: to, Message: m})
	}
	return rt.unknown(to)
}

// Send sends body to the process to, from any goroutine. A goroutine's messages to one process arrive in the order in
// which it sent them. Inside a handler use Ctx.Send: it is cheaper, and keeps the order with the process's other messages.
//
// Errors: ErrNoProc (and the message is a dead letter), ErrMailboxFull, ErrShutdown, ErrWrongRuntime.
func (rt *Runtime) Send(to PID, body any) error {
	if rt.closed.Load() {
		return ErrShutdown
	}
	return rt.post(to, Message{Body: body})
}

// SendWord is Send with a scalar beside the body, which never allocates. body may be nil.
func (rt *Runtime) SendWord(to PID, body any, word uint64) error {
	if rt.closed.Load() {
		return ErrShutdown
	}
	return rt.post(to, Message{Body: body, Word: word})
}

// post sends without a core.
func (rt *Runtime) post(to PID, m Message) error {
	p := rt.table.find(to)
	if p == nil {
		return rt.lostOutside(to, m)
	}
	if p.mb.State().Gated() {
		return rt.postGated(p, to, m)
	}
	return rt.postTo(p, to, 0, m)
}

func (rt *Runtime) postTo(p *process, to PID, gate mpsc.State, m Message) error {
	o := rt.outside.lock()
	ch := o.cache.Prepare(m)
	o.unlock()
	switch p.mb.Post(ch, uint64(to), gate) {
	case mpsc.Inject:
		rt.resubmit(p)
	case mpsc.Gone:
		o := rt.outside.lock()
		o.cache.Discard(ch)
		o.unlock()
		return rt.lostOutside(to, m)
	case mpsc.Gate: // which it has got since we looked
		o := rt.outside.lock()
		o.cache.Discard(ch)
		o.unlock()
		return rt.postGated(p, to, m)
	}
	return nil
}

var _ sched.Task = (*process)(nil)
