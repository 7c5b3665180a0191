package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// Cache is what a core keeps to send and receive: free chunks, and the chunks it has open in the inboxes of receivers
// elsewhere. All but returned is touched only by the goroutine that holds the core.
type Cache[T any] struct {
	tag    State
	small  *Chunk[T]
	blocks *Chunk[T]
	pool   *Pool[T]
	nsmall int
	home   uint8 // the core's number; noCore outside

	// Arrivals counts the receivers that came to this core from elsewhere; see Mailbox.Stamp.
	Arrivals uint64

	// returned is a stack of chunks of this core that others have consumed: index of the newest, linked by below.
	// Anyone pushes a chain by compare-and-swap; the core takes all by swap. Push and take-all are free of ABA.
	returned atomics.Uint64

	away []chain[T] // consumed chunks of other cores, by home, to be sent back in chains
	open [openSlots]opened[T]
}

// opened remembers the chunk that the core has open for a receiver.
type opened[T any] struct {
	to    uint64 // the receiver's address
	ch    *Chunk[T]
	word  uint64 // the chunk's word as this core left it
	stamp uint64 // Arrivals when the chunk was published
	lead  uint32 // messages in chunks that were full before the receiver took them
}

func (c *Cache[T]) takeSmall() *Chunk[T] {
	ch := c.small
	if ch == nil {
		ch = c.moreSmall()
	}
	c.small = ch.next
	ch.next = nil
	c.nsmall--
	return ch
}

func (c *Cache[T]) moreSmall() *Chunk[T] {
	l, ok := c.pool.hand.Get()
	if !ok {
		l = c.pool.grow(-1)
	}
	c.small, c.nsmall = l.head, l.n
	return l.head
}

func (c *Cache[T]) freeSmall(ch *Chunk[T]) {
	ch.next = c.small
	c.small = ch
	c.nsmall++
	if c.nsmall >= handLimit {
		c.handOn()
	}
}

// handOn gives half of the small chunks to whoever runs out: a core that only receives would otherwise collect them all.
func (c *Cache[T]) handOn() {
	half := chain[T]{head: c.small, n: handLimit / 2}
	t := c.small
	for range half.n - 1 {
		t = t.next
	}
	rest := t.next
	t.next = nil
	half.tail = t
	if c.pool.hand.Put(half) {
		c.small = rest
		c.nsmall -= half.n
		return
	}
	t.next = rest
	c.nsmall -= handLimit // nobody wants them now; ask again after as many more
}

func (c *Cache[T]) takeBlock() *Chunk[T] {
	ch := c.blocks
	if ch == nil {
		ch = c.moreBlocks()
	}
	c.blocks = ch.next
	ch.next = nil
	// An entry that still names the chunk would let a late append write into its new content.
	if s := ch.block.slot; s >= 0 {
		if e := &c.open[s]; e.ch == ch {
			e.ch = nil
		}
		ch.block.slot = -1
	}
	return ch
}

func (c *Cache[T]) moreBlocks() *Chunk[T] {
	if i := uint32(c.returned.Load()); i != 0 {
		i = uint32(c.returned.Swap(0))
		for i != 0 {
			ch := c.pool.chunk(i)
			i = ch.below
			ch.next = c.blocks
			c.blocks = ch
		}
		return c.blocks
	}
	c.blocks = c.pool.grow(int(c.home)).head
	return c.blocks
}

func (c *Cache[T]) freeBlock(ch *Chunk[T]) {
	h := ch.block.home
	if h == c.home {
		ch.next = c.blocks
		c.blocks = ch
		return
	}
	for len(c.away) <= int(h) {
		c.away = append(c.away, chain[T]{})
	}
	a := &c.away[h]
	if a.head == nil {
		a.tail = ch
		ch.below = 0
	} else {
		ch.below = a.head.index
	}
	a.head = ch
	a.n++
	if a.n >= flushAt {
		c.sendHome(int(h))
	}
}

func (c *Cache[T]) sendHome(h int) {
	a := &c.away[h]
	if a.head == nil {
		return
	}
	to := (*c.pool.back.Load())[h]
	for {
		top := to.returned.Load()
		a.tail.below = uint32(top)
		if to.returned.CompareAndSwap(top, uint64(a.head.index)) {
			break
		}
	}
	*a = chain[T]{}
}

// Flush sends all consumed chunks home. A core calls it before it parks.
func (c *Cache[T]) Flush() {
	for h := range c.away {
		c.sendHome(h)
	}
}

func slotOf(to uint64) int { return int(to) & (openSlots - 1) }
