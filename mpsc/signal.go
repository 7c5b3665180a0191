package mpsc

// Signals are what the receiver's owner acts upon when they arrive, however many messages wait before them. They
// travel in the same queue as messages, so that the order between two processes holds across both; but they never lie in
// a private queue: the sender that finds itself on the core that owns the receiver, with nothing in the inbox, acts at once on the
// owner's behalf (Direct, Schedule), and all others go through the inbox, where they set the urgent bit, and are handed to
// Cache.OnSignal when the inbox is fetched.

// Signal sends a signal from the core that holds c. to is the receiver's address; gate is Gated to pass a gate. The result says
// what is left to do:
//
//   - Direct: nothing was queued. The core owns the receiver, which is scheduled or running: the caller acts on the signal now.
//   - Schedule: likewise, but the receiver was idle: afterwards the caller schedules it or calls Release.
//   - Queued, Inject: it is in the inbox; after Inject the caller puts the receiver into a shared queue.
//   - Gone, Gate: nothing was queued.
func (m *Mailbox[T]) Signal(c *Cache[T], to uint64, gate State, v T) Sent {
	gen := State(to)&GenMask | gate
	for {
		switch s := m.State(); {
		case s == gen|c.tag:
			return Direct
		case s.Gen() != gen.Gen() || s.Kind() == Closed:
			return Gone
		case s.Gated() && gate == 0:
			return Gate
		case s.Kind() == Idle:
			if m.tryOwn(gen, c.tag) {
				m.Arrive(c)
				return Schedule
			}
			continue
		}
		// What is sent after the signal must not be appended to a block that lies below it.
		if e := &c.open[slotOf(to)]; e.to == to && !bugForget {
			*e = opened[T]{to: to}
		}
		ch := c.PrepareSignal(v)
		return m.settled(c, m.Post(ch, to, gate), ch)
	}
}

// PrepareSignal is Prepare for a signal.
func (c *Cache[T]) PrepareSignal(v T) *Chunk[T] {
	ch := c.takeChunk()
	ch.one = v
	ch.signal = true
	return ch
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
