package mpsc

// Signals are what the receiver's owner acts upon when they arrive, however many messages wait before them. They
// travel in the same queue as messages, so that the order between two processes holds across both; but they never lie in
// a private queue: the sender that finds itself on the core that owns the receiver, with nothing in the inbox, acts at once on the
// owner's behalf (Direct, Schedule), and all others go through the inbox, where they set the urgent bit, and are handed to
// Cache.OnSignal when the inbox is fetched.
//
// While a fetch acts on a signal, what lay above it in the inbox is in no queue. It may be from a process that this core acts for
// in consequence, so the word stays urgent until all has come to the private queue (hold): then nobody's way is the
// direct one.

// Signal sends a signal from the core that holds c. to is the receiver's address; gate is Gated to pass a gate. The result says
// what is left to do:
//
//   - Direct: nothing was queued. The core owns the receiver, which is scheduled or running: the caller acts on the signal now.
//   - Schedule: likewise, but the receiver was idle: afterwards the caller schedules it or calls Release.
//   - Queued, Inject: it is in the inbox; after Inject the caller puts the receiver into a shared queue.
//   - Gone, Gate: nothing was queued.
func (m *Mailbox[T]) Signal(c *Cache[T], to uint64, gate State, v T) Sent {
	gen := State(to) & GenMask
	for {
		s := m.State()
		if bugDirect {
			s &^= indexMask | urgentBit
		}
		switch {
		case s == gen|c.tag:
			return Direct
		case s.Gen() != gen || s.Kind() == Closed:
			return Gone
		case s.Gated() && gate == 0:
			if !bugPass {
				c.forget(to)
			}
			return Gate
		case s&^gatedBit == gen|c.tag:
			return Direct
		case s.Kind() == Idle:
			if m.tryOwn(s, c.tag) {
				if !bugVisit {
					m.Arrive(c)
				}
				return Schedule
			}
			continue
		}
		if !bugForget {
			c.forget(to)
		}
		ch := c.PrepareSignal(v)
		return m.settled(c, m.Post(ch, to, gate), ch)
	}
}

// forget leaves the block that the core has open for the receiver as it is: what is sent after a signal, or after something that
// took the gate's way, must not be appended to a block that lies below it.
func (c *Cache[T]) forget(to uint64) {
	if e := &c.open[slotOf(to)]; e.to == to {
		*e = opened[T]{to: to}
	}
}

// PrepareSignal is Prepare for a signal.
func (c *Cache[T]) PrepareSignal(v T) *Chunk[T] {
	ch := c.takeChunk()
	ch.one = v
	ch.signal = true
	return ch
}

// hold makes the word urgent, so that nothing is sent to the private queue, and reports whether it has to be let go again. It need
// not, and is not held, when the life has ended.
func (m *Mailbox[T]) hold() bool {
	for {
		s := m.State()
		if s.Kind() == Closed {
			return false
		}
		if s.Urgent() || m.word.CompareAndSwap(uint64(s), uint64(s|urgentBit)) {
			return true
		}
	}
}

// letGo ends hold: the word is urgent only as far as a signal has come in meanwhile. Pairs with push.
func (m *Mailbox[T]) letGo(c *Cache[T]) {
	for {
		s := m.State()
		if !bugUnhold && c.pool.signalIn(s.index()) || m.word.CompareAndSwap(uint64(s), uint64(s&^urgentBit)) {
			return
		}
	}
}

// signalIn reports whether there is a signal in a chain that is in an inbox; only the owner of that may ask, as nobody else empties
// it.
func (p *Pool[T]) signalIn(index uint32) bool {
	for index != 0 {
		if index&isBlock == 0 && p.chunk(index).signal {
			return true
		}
		index = *p.below(index)
	}
	return false
}

// Each calls f with each message of the private queue, oldest first, until it returns false. f may change the message in
// place. Owner only.
func (m *Mailbox[T]) Each(f func(*T) bool) {
	if m.full && !f(&m.first) {
		return
	}
	for b := m.head; b != nil; b = b.next {
		for i := b.rd; i < b.n; i++ {
			if !f(&b.msgs[i&(blockLen-1)]) {
				return
			}
		}
	}
}
