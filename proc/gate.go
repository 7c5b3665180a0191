package proc

import (
	"fmt"
	"math"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
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
// the order is kept; only messages and calls count, and not what signals leave as messages.
type gate struct {
	mu      mutex
	pid     PID
	bound   int
	policy  Overflow
	buf     []gated // a ring; grows up to what is needed
	head    int
	n       int
	msgs    int  // of the n, those that count
	signals int  // of the n, those that have not taken effect
	told    bool // the process has been told, or is at work on the queue
	urged   bool // it has been told that there are signals
	closed  bool
	turned  atomics.Uint64 // messages rejected or dropped
}

type gated struct {
	m      Message
	counts bool
}

func (g *gate) at(i int) *gated { return &g.buf[(g.head+i)%len(g.buf)] }

// put queues m and reports whether the process must be told.
func (g *gate) put(to PID, m Message) (tell bool, dropped bool, err error) {
	e := gated{m, !m.From.isSignal()}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.pid != to {
		return false, false, ErrNoProc
	}
	if e.counts && g.msgs >= g.bound {
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
		buf := make([]gated, max(4, 2*len(g.buf)))
		for i := range g.n {
			buf[i] = *g.at(i)
		}
		g.buf, g.head = buf, 0
	}
	g.n++
	*g.at(g.n - 1) = e
	tell = !g.told
	if e.counts {
		g.msgs++
	} else {
		g.signals++
		tell = tell || !g.urged
		g.urged = true
	}
	g.told = true
	return tell, dropped, nil
}

// dropOldest removes the oldest message that counts; signals, and what they have left, keep their place.
func (g *gate) dropOldest() {
	i := 0
	for !g.at(i).counts {
		i++
	}
	g.removeAt(i)
}

func (g *gate) removeAt(i int) {
	if g.at(i).counts {
		g.msgs--
	}
	for ; i > 0; i-- {
		*g.at(i) = *g.at(i - 1)
	}
	*g.at(0) = gated{}
	g.head = (g.head + 1) % len(g.buf)
	g.n--
}

// get takes the oldest entry; without one, the next put tells the process again.
func (g *gate) get() (m Message, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == 0 {
		g.told = false
		return m, false
	}
	m = g.at(0).m
	if m.From.isSignal() && !isNote(m) {
		g.signals--
		g.urged = g.signals > 0
	}
	g.removeAt(0)
	return m, true
}

// nextSignal takes the oldest signal out and leaves a hole in its place.
func (g *gate) nextSignal() (m Message, hole *signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.urged = g.signals > 0
	for i := 0; g.urged; i++ {
		if e := g.at(i); e.m.From.isSignal() && !isNote(e.m) {
			m, hole = e.m, &signal{kind: sigHole}
			e.m = Message{From: markSignal, Body: hole}
			g.signals--
			return m, hole
		}
	}
	return m, nil
}

// fill puts what a signal has left into its hole, or removes that.
func (g *gate) fill(hole *signal, m Message, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.n {
		if s, is := g.at(i).m.Body.(*signal); is && s == hole {
			if ok {
				g.at(i).m = m
			} else {
				g.removeAt(i)
			}
			return
		}
	}
}

// isNote reports whether m is an entry that means something only to the process that has it in its queue.
func isNote(m Message) bool {
	s, ok := m.Body.(*signal)
	return ok && m.From&markMask == markSignal && (s.kind == sigYield || s.kind == sigHole)
}

// each calls f with each message until it returns false. f may change what does not count.
func (g *gate) each(f func(*Message) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.n {
		if !f(&g.at(i).m) {
			return
		}
	}
}

// state returns how many messages there are, and the bound, 0 for none.
func (g *gate) state() (n, bound int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if bound = g.bound; bound == math.MaxInt {
		bound = 0
	}
	for i := range g.n {
		if !g.at(i).m.From.isSignal() {
			n++
		}
	}
	return n, bound
}

func (g *gate) close(drop func(Message)) {
	g.mu.Lock()
	g.closed = true
	left := make([]Message, 0, g.n)
	for i := range g.n {
		left = append(left, g.at(i).m)
	}
	g.buf, g.n, g.msgs, g.signals = nil, 0, 0, 0
	g.mu.Unlock()
	for _, m := range left {
		drop(m)
	}
}

// gateSignals lets the signals in the gate take effect, and leaves what they leave in their place.
func (c *Ctx) gateSignals(p *process) {
	g := p.gate.Load()
	if g == nil {
		return
	}
	for {
		m, hole := g.nextSignal()
		if hole == nil {
			return
		}
		left, ok := c.acted(p, m)
		g.fill(hole, left, ok)
	}
}

// fromGate takes the next message out of the gate.
func (c *Ctx) fromGate(p *process, g *gate) (m Message, ok bool) {
	for {
		if m, ok = g.get(); !ok {
			return m, false
		}
		if !m.From.isSignal() || isNote(m) {
			return m, true
		}
		if m, ok = c.acted(p, m); ok {
			return m, true
		}
	}
}

// sendGated sends to a process with a bounded mailbox, from a core.
func (c *Ctx) sendGated(p *process, to PID, m Message) error {
	g := p.gate.Load()
	if g == nil {
		return c.nobody(to, m)
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
		return c.nobody(to, m)
	case tell:
		c.tellGate(p, to)
	}
	return nil
}

// emitGated is emit for a process with a bounded mailbox.
func (c *Ctx) emitGated(p *process, to PID, m Message) bool {
	g := p.gate.Load()
	if g == nil {
		return c.bounce(to, m)
	}
	tell, _, err := g.put(to, m)
	if err != nil {
		return c.bounce(to, m)
	}
	if tell {
		c.tellGate(p, to)
	}
	return true
}

func (c *Ctx) tellGate(p *process, to PID) {
	m := Message{From: markSignal, Body: gateSignal}
	switch p.mb.Signal(c.cache, uint64(to), mpsc.Gated, m) {
	case mpsc.Direct:
		c.act(p, m)
	case mpsc.Schedule:
		c.act(p, m)
		c.settleOwned(p)
	case mpsc.Inject:
		c.rt.resubmit(p)
	}
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
		rt.postSignal(p, to, mpsc.Gated, Message{From: markSignal, Body: gateSignal})
	}
	return nil
}

// signalGated is emitGated without a core.
func (rt *Runtime) signalGated(p *process, to PID, m Message) bool {
	if g := p.gate.Load(); g != nil {
		if tell, _, err := g.put(to, m); err == nil {
			if tell {
				rt.postSignal(p, to, mpsc.Gated, Message{From: markSignal, Body: gateSignal})
			}
			return true
		}
	}
	if back, ok := answerOf(to, m); ok {
		rt.signal(m.From.plain(), back)
	}
	return false
}
