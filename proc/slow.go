package proc

import "github.com/thrum-go/thrum/sched"

const loopFlags = flagGate | flagAwait | flagRetry | flagIdle

// slowLoop is Run's loop for a process whose next message may lie elsewhere than in its mailbox, or which does not want one now.
// over is false when the process has become an ordinary one again.
func (c *Ctx) slowLoop(p *process) (next sched.Next, over bool) {
	for {
		if p.mb.User&(flagAwait|flagReady|flagExit|flagHeld) == flagAwait && !p.mb.HasNext() {
			if next, over, again := c.rest(p); !again {
				return next, over
			}
			if c.turnOver(p) {
				return sched.Spent, true
			}
			continue
		}
		if p.mb.State().Urgent() {
			p.mb.Fetch(c.cache, p.pid.gen())
		}
		if p.mb.User&(flagExit|flagHeld) != 0 {
			return c.slowTurn(p)
		}
		if p.mb.User&loopFlags == 0 {
			return 0, false
		}
		reply := p.mb.User&(flagAwait|flagReady) == flagAwait|flagReady
		var m Message
		if !reply {
			var ok bool
			if m, ok = c.pick(p); !ok {
				if next, over, again := c.rest(p); !again {
					return next, over
				}
				if c.turnOver(p) { // a timeout of zero after the other
					return sched.Spent, true
				}
				continue
			}
		}
		c.reds--
		c.msgs++
		c.w.Leave()
		var err error
		switch {
		case reply:
			err = c.awaited(p)
		case m.From&markMask != 0:
			err = c.called(p, m)
		default:
			err = p.machine.Handle(c, m)
		}
		if !c.w.Resume() {
			return c.detached(p, err), true
		}
		if err != nil {
			c.settle(p)
			return c.finish(p, err), true
		}
		if c.turnOver(p) {
			return sched.Spent, true
		}
	}
}

// turnOver reports whether the turn is used up.
func (c *Ctx) turnOver(p *process) bool {
	if (c.reds < c.mark || c.w.Ticked() || c.w.Shuffle(8)) && (c.look(p) || c.w.Shuffle(2)) {
		c.settle(p)
		return true
	}
	return false
}

// pick chooses what a process does next. Messages that it must not handle now are put aside.
func (c *Ctx) pick(p *process) (m Message, ok bool) {
	if p.mb.User&flagAwait != 0 {
		c.putAside(p)
		return m, false
	}
	if p.mb.User&flagRetry != 0 {
		if m, ok = p.cold.stash.next(); ok {
			c.disarm(p)
			return m, true
		}
		p.mb.User &^= flagRetry
	}
	if p.mb.HasNext() {
		m, ok = p.mb.Next(c.cache), true
	} else if g := p.gate.Load(); g != nil && p.mb.User&flagGate != 0 {
		if m, ok = c.fromGate(p, g); !ok {
			p.mb.User &^= flagGate
		}
	}
	if ok {
		c.disarm(p)
	}
	return m, ok
}

// putAside empties the mailbox of a process that waits for a reply; it has to be empty before it can go idle. A gate is
// left as it is: its bound holds for what waits.
func (c *Ctx) putAside(p *process) {
	for p.mb.HasNext() {
		at, known := p.mb.Oldest()
		if !known {
			at = stampOf(c.w)
		}
		m := p.mb.Next(c.cache)
		if isNote(m) {
			p.passed(m)
			continue // of something that it does not wait for any more
		}
		if p.mb.User&flagDirect != 0 {
			p.stashed().pass(m, at)
		} else {
			p.stashed().hold(m, at)
		}
	}
}

// rest lets a process without anything to do go idle. again says that something has come meanwhile.
func (c *Ctx) rest(p *process) (next sched.Next, over, again bool) {
	if p.mb.User&loopFlags == 0 {
		return 0, false, false
	}
	gen := p.pid.gen()
	c.settle(p)
	if p.mb.User&(flagIdle|flagAwait) == flagIdle && c.arm(p) {
		return 0, false, true
	}
	p.mb.User &^= flagGate // it is empty, unless the process awaits a reply; then awaited comes back to it
	if p.mb.Release(gen, c.tag) {
		return sched.Done, true, false
	}
	p.mb.Fetch(c.cache, gen)
	return 0, false, true
}
