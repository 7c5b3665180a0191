package proc

import (
	"github.com/thrum-go/thrum/mpsc"
)

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
		g.fill(hole, gatedForm(left), ok)
	}
}

// letGo drops the oldest of the messages that the process has passed over, as many as newer ones have needed the room of.
func (c *Ctx) letGo(p *process, g *gate) {
	n := g.debt()
	if n == 0 || p.cold == nil || p.cold.stash == nil {
		return
	}
	var next *held
	for h := p.cold.stash.head; h != nil && n > 0; h = next {
		if next = h.next; !h.lent {
			continue
		}
		n--
		m := p.cold.stash.take(h)
		g.repay()
		if isNote(m) {
			continue // was flushed
		}
		g.turned.Add(1)
		c.lc.dropped++
		if m.From&markMask == markCall {
			c.emit(m.From.plain(), Message{From: p.pid | markSignal, Body: fullSignal, Word: m.Word})
		}
	}
}

// fromGate takes the next message out of the gate. One that a process in direct style takes is lent; see Ctx.lent.
func (c *Ctx) fromGate(p *process, g *gate) (m Message, ok bool) {
	direct := p.mb.User&flagDirect != 0
	if direct {
		c.letGo(p, g)
	}
	for {
		var counts bool
		if m, counts, ok = g.get(direct); !ok {
			return m, false
		}
		if m.From.isSignal() && !isNote(m) {
			if m, ok = c.acted(p, m); !ok {
				if counts && direct {
					g.repay()
				}
				continue
			}
		}
		c.lent = counts && direct
		return outOfGate(m), true
	}
}

// admitted does what an admission asks for, from a core.
func (c *Ctx) admitted(a admission, p *process, to PID) {
	if a.dropped {
		c.lc.dropped++
	}
	if k := a.evicted; k.From != 0 {
		c.emit(k.From.plain(), Message{From: to | markSignal, Body: fullSignal, Word: k.Word})
	}
	if a.tell {
		c.tellGate(p, to)
	}
}

// admitted is Ctx.admitted without a core.
func (rt *Runtime) admitted(a admission, p *process, to PID) {
	if a.dropped {
		rt.outside.dropped.Add(1)
	}
	if k := a.evicted; k.From != 0 {
		rt.signal(k.From.plain(), Message{From: to | markSignal, Body: fullSignal, Word: k.Word})
	}
	if a.tell {
		rt.postSignal(p, to, mpsc.Gated, Message{From: markSignal, Body: gateSignal})
	}
}

// sendGated sends to a process with a bounded mailbox, from a core.
func (c *Ctx) sendGated(p *process, to PID, m Message) error {
	g := p.gate.Load()
	if g == nil {
		return c.nobody(to, m)
	}
	a := g.put(to, m)
	if a.err == ErrMailboxFull {
		c.lc.rejected++
		return a.err
	}
	if a.err != nil {
		return c.nobody(to, m)
	}
	c.admitted(a, p, to)
	return nil
}

// emitGated is emit for a process with a bounded mailbox.
func (c *Ctx) emitGated(p *process, to PID, m Message) bool {
	g := p.gate.Load()
	if g == nil {
		return c.bounce(to, m)
	}
	a := g.put(to, m)
	if a.err == ErrMailboxFull { // a message to an alias
		c.lc.rejected++
		return true
	}
	if a.err != nil {
		return c.bounce(to, m)
	}
	c.admitted(a, p, to)
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
	a := g.put(to, m)
	if a.err == ErrMailboxFull {
		rt.outside.rejected.Add(1)
		return a.err
	}
	if a.err != nil {
		return rt.lostOutside(to, m)
	}
	rt.admitted(a, p, to)
	return nil
}

// signalGated is emitGated without a core.
func (rt *Runtime) signalGated(p *process, to PID, m Message) bool {
	if g := p.gate.Load(); g != nil {
		a := g.put(to, m)
		if a.err == ErrMailboxFull {
			rt.outside.rejected.Add(1)
			return true
		}
		if a.err == nil {
			rt.admitted(a, p, to)
			return true
		}
	}
	if back, ok := answerOf(to, m); ok {
		rt.signal(m.From.plain(), back)
	}
	return false
}
