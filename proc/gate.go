package proc

import (
	"fmt"
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// Overflow says what happens to a message for a full mailbox. All of them count what they turn away.
type Overflow uint8

const (
	// Reject refuses the message: its sender gets ErrMailboxFull.
	Reject Overflow = iota
	// DropNewest drops the message; its sender is not told.
	DropNewest
	// DropOldest drops the message that has waited longest and takes the new one.
	DropOldest
)

// String returns the constant's name.
func (o Overflow) String() string {
	switch o {
	case Reject:
		return "Reject"
	case DropNewest:
		return "DropNewest"
	case DropOldest:
		return "DropOldest"
	}
	return fmt.Sprintf("Overflow(%d)", uint8(o))
}

// gate is the mailbox of a process with a bound. To be exact about the bound, and to drop the oldest, sender and
// receiver must see the same queue, so it is a plain one under a lock that is held for some nanoseconds; a signal in the
// ordinary mailbox says that there is something in it. Everything for the process goes this way, signals too, so that
// the order is kept; only messages count.
type gate struct {
	mu     sync.Mutex
	pid    PID
	bound  int
	policy Overflow
	buf    []Message // a ring; grows up to what is needed
	head   int
	n      int
	msgs   int  // of the n, those that are messages
	told   bool // the process has been told, or is at work on the queue
	closed bool
	turned atomics.Uint64 // messages rejected or dropped
}

// put queues m and reports whether the process must be told.
func (g *gate) put(to PID, m Message) (tell bool, dropped bool, err error) {
	_, internal := m.Body.(*signal)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.pid != to {
		return false, false, ErrNoProc
	}
	if !internal && g.msgs >= g.bound {
		switch g.policy {
		case Reject:
			g.turned.Add(1)
			return false, false, ErrMailboxFull
		case DropNewest:
			g.turned.Add(1)
			return false, true, nil
		}
		g.turned.Add(1)
		g.dropOldest()
		dropped = true
	}
	if g.n == len(g.buf) {
		buf := make([]Message, max(4, 2*len(g.buf)))
		for i := range g.n {
			buf[i] = g.buf[(g.head+i)%len(g.buf)]
		}
		g.buf, g.head = buf, 0
	}
	g.buf[(g.head+g.n)%len(g.buf)] = m
	g.n++
	if !internal {
		g.msgs++
	}
	tell = !g.told
	g.told = true
	return tell, dropped, nil
}

// dropOldest removes the oldest message; signals keep their place.
func (g *gate) dropOldest() {
	i := 0
	for {
		if _, internal := g.buf[(g.head+i)%len(g.buf)].Body.(*signal); !internal {
			break
		}
		i++
	}
	for ; i > 0; i-- {
		g.buf[(g.head+i)%len(g.buf)] = g.buf[(g.head+i-1)%len(g.buf)]
	}
	g.buf[g.head] = Message{}
	g.head = (g.head + 1) % len(g.buf)
	g.n--
	g.msgs--
}

// get takes the oldest entry; without one, the next put tells the process again.
func (g *gate) get() (m Message, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == 0 {
		g.told = false
		return m, false
	}
	m = g.buf[g.head]
	g.buf[g.head] = Message{}
	g.head = (g.head + 1) % len(g.buf)
	g.n--
	if _, internal := m.Body.(*signal); !internal {
		g.msgs--
	}
	return m, true
}

func (g *gate) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.msgs
}

func (g *gate) close(drop func(Message)) {
	g.mu.Lock()
	g.closed = true
	left := make([]Message, 0, g.n)
	for i := range g.n {
		left = append(left, g.buf[(g.head+i)%len(g.buf)])
	}
	g.buf, g.n, g.msgs = nil, 0, 0
	g.mu.Unlock()
	for _, m := range left {
		drop(m)
	}
}

// sendGated sends to a process with a bounded mailbox, from a core.
func (c *Ctx) sendGated(p *process, to PID, m Message) error {
	g := p.gate.Load()
	if g == nil {
		c.lc.dead++
		return c.rt.nobody(to, m)
	}
	tell, dropped, err := g.put(to, m)
	if dropped {
		c.lc.dropped++
	}
	switch {
	case err == ErrMailboxFull:
		c.lc.rejected++
		return err
	case err != nil:
		c.lc.dead++
		return c.rt.nobody(to, m)
	case tell:
		_ = c.deliver(p, to, mpsc.Gated, unordered, Message{Body: gateSignal})
	}
	return nil
}

// postGated is sendGated without a core.
func (rt *Runtime) postGated(p *process, to PID, m Message) error {
	g := p.gate.Load()
	if g == nil {
		return rt.lostOutside(to, m)
	}
	tell, dropped, err := g.put(to, m)
	if dropped {
		rt.outside.dropped.Add(1)
	}
	switch {
	case err == ErrMailboxFull:
		rt.outside.rejected.Add(1)
		return err
	case err != nil:
		return rt.lostOutside(to, m)
	case tell:
		_ = rt.postTo(p, to, mpsc.Gated, Message{Body: gateSignal})
	}
	return nil
}

// gatedTurn is the turn of a process with messages in its gate. It ends when the gate is empty, or the turn used up.
func (c *Ctx) gatedTurn(p *process) sched.Next {
	g := p.gate.Load()
	for {
		m, ok := g.get()
		if !ok {
			p.mb.User &^= flagGate
			c.settle(p)
			return sched.Yield // what has come since is in the mailbox
		}
		c.reds--
		if s, ok := m.Body.(*signal); ok {
			if reason := c.signalled(p, s); reason != nil {
				c.settle(p)
				return c.finish(p, reason)
			}
		} else {
			c.msgs++
			c.w.Leave()
			err := p.machine.Handle(c, m)
			if !c.w.Resume() {
				return c.detached(p, err)
			}
			if err != nil {
				c.settle(p)
				return c.finish(p, err)
			}
		}
		if (c.reds < c.mark || c.w.Ticked()) && c.look() {
			c.settle(p)
			return sched.Spent
		}
	}
}
