package mpsc

// Mailbox is the receiving end of a process: the shared inbox word, and the private queue of whoever owns it. All
// signals travel in this one queue, so everything that one sender sends to one receiver arrives in order.
//
// Most receivers mostly have one message at a time, so the first of a queue lies in the mailbox itself; the others lie in a
// list of blocks.
type Mailbox[T any] struct {
	Inbox
	blocks uint32 // in the list; owner
	User   uint16 // the owner's own bits
	core   uint8  // the core that owned it last, or noCore; owner
	full   bool   // first holds the oldest message; owner
	head   *Block[T]
	tail   *Block[T]
	first  T
	Stamp  uint64 // the owning core's Arrivals when it came there; owner
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
	// Direct: the sending core owns the receiver and nothing waits in its inbox; nothing was queued. See Signal.
	Direct
)

// MaxLead is how many messages a receiver may be behind before its senders are told.
const MaxLead = 2048

// Len returns the messages in the private queue. Owner only; it takes time with the number of blocks.
func (m *Mailbox[T]) Len() int {
	n := 0
	if m.full {
		n = 1
	}
	for b := m.head; b != nil; b = b.next {
		n += int(b.n - b.rd)
	}
	return n
}

// Oldest returns about when the oldest message of the private queue came, in the unit of Cache.Now; false when that is not known:
// there is none, or it is the only one. Owner only.
func (m *Mailbox[T]) Oldest() (at uint32, ok bool) {
	if m.head == nil {
		return 0, false
	}
	return m.head.at, true
}

// Behind reports whether the private queue is longer than MaxLead. Owner only.
func (m *Mailbox[T]) Behind() bool { return m.blocks > maxBlocks }

const maxBlocks = MaxLead / blockLen

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
	m.full = true
	return &m.first
}

// Room makes room for a message at the end of the private queue if the last block has some; else it returns nil.
// Owner only.
func (m *Mailbox[T]) Room() *T {
	b := m.tail
	if b == nil || b.n >= b.cap {
		return nil
	}
	b.n++
	return &b.msgs[(b.n-1)&(blockLen-1)]
}

// Put makes room for a message at the end of the private queue. Owner only.
func (m *Mailbox[T]) Put(c *Cache[T]) *T {
	if r := m.Room(); r != nil {
		return r
	}
	if !m.HasNext() {
		return m.PutFirst()
	}
	b := c.takeBlock()
	b.rd, b.n, b.cap = 0, 1, blockLen
	m.link(b)
	return &b.msgs[0]
}

func (m *Mailbox[T]) link(b *Block[T]) {
	if m.tail == nil {
		m.head = b
	} else {
		m.tail.next = b
	}
	m.tail = b
	m.blocks++
}

// First takes the oldest message out in the most frequent cases, when it lies in the mailbox itself or in a block that holds
// more, and returns where it is: the caller copies and clears it at once. Else it returns nil. Owner only.
func (m *Mailbox[T]) First() *T {
	if m.full {
		m.full = false
		return &m.first
	}
	b := m.head
	if b == nil || b.rd+1 >= b.n {
		return nil
	}
	b.rd++
	return &b.msgs[(b.rd-1)&(blockLen-1)]
}

// Next takes the oldest message of the private queue, which HasNext has seen. Owner only.
func (m *Mailbox[T]) Next(c *Cache[T]) (v T) {
	var none T
	if p := m.First(); p != nil {
		v = *p
		*p = none
		return v
	}
	b := m.head // its last message
	p := &b.msgs[b.rd&(blockLen-1)]
	v = *p
	*p = none
	if m.head = b.next; m.head == nil {
		m.tail = nil
	}
	m.blocks--
	c.freeBlock(b)
	return v
}

// HasNext reports whether the private queue holds a message. Owner only.
func (m *Mailbox[T]) HasNext() bool { return m.full || m.head != nil }

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
	x := (m.State() ^ gen) &^ (gatedBit | urgentBit)
	return x&^indexMask == c.tag, x&indexMask == 0
}

// Close ends this life for good. What had not been read is handed to drop, oldest first; signals to OnSignal. Owner only.
func (m *Mailbox[T]) Close(c *Cache[T], drop func(T)) { m.Drain(c, m.Shut(), drop) }

// Shut is the first half of Close: from now on nothing more comes in. It returns what was in the inbox, for Drain, which must follow
// before the slot is used again. Owner only.
func (m *Mailbox[T]) Shut() (rest uint32) { return m.close() }

// Drain is the second half of Close.
func (m *Mailbox[T]) Drain(c *Cache[T], rest uint32, drop func(T)) {
	m.collect(c, rest)
	for m.HasNext() {
		drop(m.Next(c))
	}
}

// OpenFor begins a life that the core holding c owns; Open(gen, Public, …) begins one that anyone may claim.
func (m *Mailbox[T]) OpenFor(c *Cache[T], gen State, gated bool) {
	m.arrive(c)
	m.Open(gen, c.tag, gated)
}

// collect moves a chain from the inbox, newest first, to the end of the private queue, oldest first. Single messages are
// copied out, blocks are closed and linked in as they are.
func (m *Mailbox[T]) collect(c *Cache[T], index uint32) (n int) {
	oldest := uint32(0)
	held := false
	for index != 0 {
		below := c.pool.below(index)
		index, *below, oldest = *below, oldest, index
	}
	for oldest != 0 {
		if oldest&isBlock == 0 {
			ch := c.pool.chunk(oldest)
			oldest = ch.below
			if ch.signal && c.OnSignal != nil {
				v := ch.one
				c.Discard(ch)
				if oldest != 0 && !held && !bugHold {
					held = m.hold()
				}
				c.OnSignal(m, v)
				continue
			}
			*m.Put(c) = ch.one
			c.Discard(ch)
			n++
			continue
		}
		b := c.pool.block(oldest)
		oldest = b.below
		b.rd, b.cap = 0, 0
		b.n = b.close()
		if bugAppend {
			b.cap = blockLen
		}
		m.link(b)
		n += int(b.n)
	}
	if held {
		m.letGo(c)
	}
	return n
}
