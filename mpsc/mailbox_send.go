package mpsc

// Send sends v from the core that holds c. to is the receiver's address, whose generation bits name the life; gate is
// Gated to pass a gate. stamp is the sender's Stamp.
//
// Why order between two processes survives when either moves: the receiver's private queue is used only while
// its word is exactly the core's tag, that is with an empty inbox, so nothing older can be waiting there. A chunk open in the
// inbox is extended only by a sender that has been on this core since before the chunk was published (stamp), so everything
// it has sent since went into this chunk.
func (m *Mailbox[T]) Send(c *Cache[T], to uint64, gate State, stamp uint64, v T) Sent {
	switch r := m.Reach(State(to)&GenMask|gate, c.tag); r {
	case Queued:
		*m.Put(c) = v
		if m.Behind() {
			return Ahead
		}
		return r
	case Schedule:
		m.Arrive(c)
		*m.PutFirst() = v
		return r
	}
	return m.sendSlow(c, to, gate, stamp, v)
}

// Gated is the gate argument of Send that passes a gate.
const Gated = gatedBit

func (m *Mailbox[T]) sendSlow(c *Cache[T], to uint64, gate State, stamp uint64, v T) Sent {
	gen := State(to) & GenMask
	e := &c.open[slotOf(to)]
	for {
		s := m.State()
		switch {
		case s.Gen() != gen || s.Kind() == Closed:
			return Gone
		case s.Gated() && gate == 0:
			if !bugPass {
				c.forget(to)
			}
			return Gate
		case s&^gatedBit == gen|c.tag:
			*m.Put(c) = v
			return Queued
		case s.Kind() == Idle:
			if m.tryOwn(s, c.tag) {
				m.Arrive(c)
				*m.PutFirst() = v
				return Schedule
			}
			continue
		}
		if e.to == to && e.b != nil && (stamp <= e.stamp || bugStamp) {
			if sent, ok := c.extend(e, v); ok {
				return sent
			}
		}
		if e.to == to && !s.Empty() && (!s.Gated() || bugGate) { // Open does not look at the gate
			return m.publish(c, e, v)
		}
		if e.to != to {
			*e = opened[T]{to: to}
		}
		ch := c.takeChunk()
		ch.one = v
		return m.settled(c, m.Post(ch, to, gate), ch)
	}
}

// settled takes back a chunk that was not wanted.
func (m *Mailbox[T]) settled(c *Cache[T], r Sent, ch *Chunk[T]) Sent {
	if r == Gone || r == Gate {
		c.Discard(ch)
	}
	return r
}

// publish pushes a block that further messages can be appended to: the receiver is behind, and this core has sent it messages
// just before. A block that was full before the receiver came to it counts as lead.
func (m *Mailbox[T]) publish(c *Cache[T], e *opened[T], v T) Sent {
	b := c.takeBlock()
	b.msgs[0] = v
	word := b.open()
	before, ok := m.push(State(e.to)&GenMask, 0, 0, b.index, &b.below)
	if !ok {
		var none T
		b.msgs[0] = none
		b.close()
		c.freeBlock(b)
		if before.Gen() == State(e.to)&GenMask && before.Kind() != Closed {
			return Gate
		}
		return Gone
	}
	if bugRemember {
		word = b.word.Load() // the receiver may have closed it by now
	}
	lead := uint32(0)
	if e.b != nil && e.b.word.Load() == e.word {
		lead = e.lead + blockLen
	}
	*e = opened[T]{to: e.to, b: b, word: word, stamp: c.Arrivals, lead: lead}
	b.slot = int8(slotOf(e.to))
	switch {
	case before.Kind() == Idle:
		return Inject
	case lead > MaxLead:
		return Ahead
	}
	return Queued
}

// extend appends v to the open block, if it is still open and has room.
func (c *Cache[T]) extend(e *opened[T], v T) (Sent, bool) {
	n := e.word & blockCount
	if n == blockLen {
		return Queued, false
	}
	e.b.msgs[n&(blockLen-1)] = v
	if !c.commit(e) {
		return Queued, false
	}
	if e.lead > MaxLead {
		return Ahead, true
	}
	return Queued, true
}

// commit shows the receiver the message that has been written behind the last one. It fails when the block is closed.
func (c *Cache[T]) commit(e *opened[T]) bool {
	if e.b.word.CompareAndSwap(e.word, e.word+1) {
		e.word++
		return true
	}
	var none T
	e.b.msgs[e.word&blockCount&(blockLen-1)] = none
	e.b = nil
	e.lead = 0
	return false
}

// Open returns room for a message in the block that this core has open for the receiver, nil when it has none or the sender, whose stamp
// is given, must not use it. The caller fills it and calls Commit at once.
//
// No look at the receiver's word is needed: an open block is still in its inbox, and whoever takes it out closes it.
func (c *Cache[T]) Open(to, stamp uint64) *T {
	e := &c.open[slotOf(to)]
	if e.to != to || e.b == nil || stamp > e.stamp && !bugStamp || e.lead > MaxLead {
		return nil
	}
	n := e.word & blockCount
	if n == blockLen {
		return nil
	}
	return &e.b.msgs[n&(blockLen-1)]
}

// Commit sends what was put where Open said. It fails when the receiver has closed the block: then nothing was sent.
func (c *Cache[T]) Commit(to uint64) bool { return c.commit(&c.open[slotOf(to)]) }

// Leave notes that the receiver's handler goes on without a core, so that its next core counts as a new arrival.
func (m *Mailbox[T]) Leave() {
	if !bugLeave {
		m.core = noCore
	}
}

// Behind reports whether the receiver of the last message to that address, sent from this core, has still not taken
// the block it is in. A sender that was told Ahead waits for it.
func (c *Cache[T]) Behind(to uint64) bool {
	e := &c.open[slotOf(to)]
	return e.to == to && e.b != nil && e.b.word.Load() == e.word
}

// Prepare puts a message into a small chunk for Post. Like everything else on a cache it is for the one who holds it.
func (c *Cache[T]) Prepare(v T) *Chunk[T] {
	ch := c.takeChunk()
	ch.one = v
	return ch
}

// Discard puts back a chunk that Post has refused.
func (c *Cache[T]) Discard(ch *Chunk[T]) {
	var none T
	ch.one = none
	ch.signal = false
	c.freeChunk(ch)
}

// Post sends a prepared chunk from outside: from any goroutine, with no core. The message always goes on top of the
// inbox, so a goroutine's messages keep their order. The chunk is the receiver's unless the result is Gone or Gate.
func (m *Mailbox[T]) Post(ch *Chunk[T], to uint64, gate State) Sent {
	urgent := State(0)
	if ch.signal && !bugUrgent {
		urgent = urgentBit
	}
	before, ok := m.push(State(to)&GenMask, gate, urgent, ch.index, &ch.below)
	if !ok {
		if before.Gen() == State(to)&GenMask && before.Kind() != Closed {
			return Gate
		}
		return Gone
	}
	if before.Kind() == Idle {
		return Inject
	}
	return Queued
}
