package mpsc

// Mailbox is the receiving end of a process: the shared inbox word, and the private queue of whoever owns it. All
// signals travel in this one queue, so everything that one sender sends to one receiver arrives in order.
//
// Most receivers mostly have one message at a time, so the first of a queue lies in the mailbox itself and the list of chunks
// is for the others.
type Mailbox[T any] struct {
	Inbox
	n     uint32 // messages in the private queue; owner
	User  uint16 // the owner's own bits
	core  uint8  // the core that owned it last, or noCore; owner
	full  bool   // first holds the oldest message; owner
	q     list[T]
	first T
	Stamp uint64 // the owning core's Arrivals when it came there; owner
}

const noCore = MaxCores

// Sent says what became of a message.
type Sent uint8

const (
	// Queued: the receiver is scheduled already, or on its way.
	Queued Sent = iota
	// Schedule: the receiver was idle and is owned by the sending core now, which must run it.
	Schedule
	// Ahead: queued, but the receiver is far behind: the sender should let it catch up before it sends more.
	Ahead
	// Inject: the receiver was idle and is public now: the sender must put it into a shared queue.
	Inject
	// Gone: that life has ended; nothing was queued.
	Gone
	// Gate: the receiver is gated; nothing was queued.
	Gate
	// Slow: nothing was decided; see Reach.
	Slow
)

// MaxLead is how many messages a receiver may be behind before its senders are told.
const MaxLead = 2048

// Len returns the messages in the private queue. Owner only.
func (m *Mailbox[T]) Len() int { return int(m.n) }

// Reach begins a send from the core with the given tag to the life that gen names, in the two frequent cases. Queued:
// the core owns the receiver already, and the message goes into Put. Schedule: it owns it from now on; the sender calls Arrive,
// puts the message into PutFirst and schedules the receiver. Slow: call Send.
func (m *Mailbox[T]) Reach(gen, tag State) Sent {
	switch m.State() ^ gen {
	case tag:
		return Queued
	case Idle:
		if m.tryOwn(gen, tag) {
			return Schedule
		}
	}
	return Slow
}

// Arrive notes on which core the receiver is now. Owner only.
func (m *Mailbox[T]) Arrive(c *Cache[T]) {
	if m.core != c.home {
		m.arrive(c)
	}
}

func (m *Mailbox[T]) arrive(c *Cache[T]) {
	m.core = c.home
	c.Arrivals++
	m.Stamp = c.Arrivals
}

// PutFirst makes room for a message in an empty private queue. Owner only.
func (m *Mailbox[T]) PutFirst() *T {
	m.n = 1
	m.full = true
	return &m.first
}

// Room is Put for the most frequent case of a queue that is not short, and nil in the others. Owner only.
func (m *Mailbox[T]) Room() *T {
	if t := m.q.tail; t != nil && t.block != nil {
		if b := t.block; b.n < b.cap {
			m.n++
			b.n++
			return &b.msgs[b.n-1]
		}
	}
	return nil
}

// Put makes room for a message at the end of the private queue. Owner only.
func (m *Mailbox[T]) Put(c *Cache[T]) *T {
	if m.n == 0 {
		return m.PutFirst()
	}
	if r := m.Room(); r != nil {
		return r
	}
	m.n++
	return m.q.add(c)
}

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
		if m.n > MaxLead {
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
	var ch *Chunk[T]
	for {
		s := m.State()
		switch {
		case s.Gen() != gen || s.Kind() == Closed:
			c.unused(ch)
			return Gone
		case s.Gated() && gate == 0:
			c.unused(ch)
			return Gate
		case s == gen|gate|c.tag, s.Kind() == Idle && m.tryOwn(gen|gate, c.tag):
			c.unused(ch)
			if s.Kind() == Idle {
				m.Arrive(c)
				*m.PutFirst() = v
				return Schedule
			}
			*m.Put(c) = v
			return Queued
		}
		if s.Kind() == Idle {
			continue
		}
		if e.to == to && e.ch != nil && (stamp <= e.stamp || bugStamp) {
			if sent, ok := c.extend(e, v); ok {
				c.unused(ch)
				return sent
			}
		}
		if ch == nil {
			ch = c.fill(e, to, s.Empty(), v)
		}
		before, ok := m.push(s.Gen(), ch.index, &ch.below)
		if !ok {
			c.unused(ch)
			return Gone
		}
		if ch.block != nil {
			c.remember(e, to, ch)
		}
		if before.Kind() == Idle {
			return Inject
		}
		if e.to == to && e.lead > MaxLead {
			return Ahead
		}
		return Queued
	}
}

// fill puts v into a chunk: a small one for a message that finds the inbox empty or is this core's first to the receiver,
// one that others can be appended to when the receiver is behind.
func (c *Cache[T]) fill(e *opened[T], to uint64, first bool, v T) *Chunk[T] {
	if e.to != to || first {
		if e.to != to {
			*e = opened[T]{to: to}
		}
		ch := c.takeSmall()
		ch.one = v
		return ch
	}
	ch := c.takeBlock()
	ch.block.msgs[0] = v
	ch.open()
	return ch
}

// remember makes ch the chunk that this core appends to. A full chunk that the receiver has not taken yet counts as lead.
func (c *Cache[T]) remember(e *opened[T], to uint64, ch *Chunk[T]) {
	lead := uint32(0)
	if old := e.ch; old != nil && old.word.Load() == e.word {
		lead = e.lead + blockLen
	}
	// Another core's message between two of ours hides the older chunk from us but does not matter for order: the
	// newest chunk is always the one to extend.
	//
	// The receiver may have closed the chunk by now: the word to extend from is the one it was published with.
	word := ch.word.Load() &^ chunkClosed
	if bugRemember {
		word = ch.word.Load()
	}
	*e = opened[T]{to: to, ch: ch, word: word, stamp: c.Arrivals, lead: lead}
	ch.block.slot = int16(slotOf(to))
}

// extend appends v to the open chunk, if it is still open and has room.
func (c *Cache[T]) extend(e *opened[T], v T) (Sent, bool) {
	n := e.word & chunkCount
	if n == blockLen {
		return Queued, false
	}
	b := e.ch.block
	b.msgs[n] = v
	if !e.ch.word.CompareAndSwap(e.word, e.word+1) {
		var none T
		b.msgs[n] = none
		e.ch = nil
		e.lead = 0
		return Queued, false
	}
	e.word++
	if e.lead > MaxLead {
		return Ahead, true
	}
	return Queued, true
}

// unused puts back a chunk that was filled but not published.
func (c *Cache[T]) unused(ch *Chunk[T]) {
	if ch == nil {
		return
	}
	var none T
	if ch.block == nil {
		ch.one = none
		c.freeSmall(ch)
		return
	}
	ch.block.msgs[0] = none
	ch.close()
	c.freeBlock(ch)
}

// Leave notes that the receiver's handler goes on without a core, so that its next core counts as a new arrival.
func (m *Mailbox[T]) Leave() { m.core = noCore }

// Behind reports whether the receiver of the last message to that address, sent from this core, has still not taken
// the chunk it is in. A sender that was told Ahead waits for it.
func (c *Cache[T]) Behind(to uint64) bool {
	e := &c.open[slotOf(to)]
	return e.to == to && e.ch != nil && e.ch.word.Load() == e.word
}

// Prepare puts a message into a small chunk for Post. Like everything else on a cache it is for the one who holds it.
func (c *Cache[T]) Prepare(v T) *Chunk[T] {
	ch := c.takeSmall()
	ch.one = v
	return ch
}

// Discard puts back a chunk that Post has refused.
func (c *Cache[T]) Discard(ch *Chunk[T]) { c.unused(ch) }

// Post sends a prepared chunk from outside: from any goroutine, with no core. The message always goes on top of the
// inbox, so a goroutine's messages keep their order. The chunk is the receiver's unless the result is Gone or Gate.
func (m *Mailbox[T]) Post(ch *Chunk[T], to uint64, gate State) Sent {
	s := m.State()
	if s.Gated() && gate == 0 && s.Gen() == State(to)&GenMask {
		return Gate // a life is gated from its beginning to its end, so this cannot change under us
	}
	before, ok := m.push(State(to)&GenMask, ch.index, &ch.below)
	if !ok {
		return Gone
	}
	if before.Kind() == Idle {
		return Inject
	}
	return Queued
}

// First takes the oldest message out in the most frequent cases, when it lies in the mailbox itself or in a block that holds
// more, and returns where it is: the caller copies and clears it at once. Else it returns nil. Owner only.
func (m *Mailbox[T]) First() *T {
	if m.full {
		m.full = false
		m.n--
		return &m.first
	}
	if h := m.q.head; h != nil && h.block != nil {
		if b := h.block; b.rd+1 < b.n {
			m.n--
			b.rd++
			return &b.msgs[b.rd-1]
		}
	}
	return nil
}

// Next takes the oldest message of the private queue, which HasNext has seen. Owner only.
func (m *Mailbox[T]) Next(c *Cache[T]) (v T) {
	m.n--
	if m.full {
		var none T
		v = m.first
		m.first = none
		m.full = false
		return v
	}
	return m.q.pop(c)
}

// HasNext reports whether the private queue holds a message. Owner only.
func (m *Mailbox[T]) HasNext() bool { return m.n != 0 }

// Fetch moves what has come into the inbox to the end of the private queue and reports how many messages that was.
// Owner only.
func (m *Mailbox[T]) Fetch(c *Cache[T], gen State) int {
	return m.collect(c, m.take(gen, c.tag))
}

// Claim makes the core that took the receiver from a shared queue its owner, with all that has come in.
func (m *Mailbox[T]) Claim(c *Cache[T], gen State) {
	i := m.claim(gen, c.tag)
	if m.core != c.home && !bugArrive {
		m.arrive(c)
	}
	m.collect(c, i)
}

// Owns reports whether the core that holds c owns the mailbox, and whether its inbox is empty.
func (m *Mailbox[T]) Owns(c *Cache[T], gen State) (owned, empty bool) {
	x := (m.State() ^ gen) &^ gatedBit
	return x&^indexMask == c.tag, x&indexMask == 0
}

// Close ends this life for good. What had not been read is handed to drop, oldest first. Owner only.
func (m *Mailbox[T]) Close(c *Cache[T], drop func(T)) {
	i := m.close()
	m.collect(c, i)
	for m.HasNext() {
		drop(m.Next(c))
	}
}

// OpenFor begins a life that the core holding c owns; Open(gen, Public, …) begins one that anyone may claim.
func (m *Mailbox[T]) OpenFor(c *Cache[T], gen State, gated bool) {
	m.arrive(c)
	m.Open(gen, c.tag, gated)
}

// collect reverses a chain of chunks from newest first to oldest first, closes those still open, and appends them.
func (m *Mailbox[T]) collect(c *Cache[T], index uint32) int {
	var first, last *Chunk[T]
	n := uint32(0)
	for index != 0 {
		ch := c.pool.chunk(index)
		index = ch.below
		if b := ch.block; b != nil {
			b.rd, b.cap = 0, 0
			b.n = ch.close()
			n += b.n
		} else {
			n++
		}
		ch.next = first
		first = ch
		if last == nil {
			last = ch
		}
	}
	if first == nil {
		return 0
	}
	if m.q.tail == nil {
		m.q.head = first
	} else {
		m.q.tail.next = first
	}
	m.q.tail = last
	m.n += n
	return int(n)
}
