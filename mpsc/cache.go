package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// Cache is what a core keeps to send and receive: free chunks and blocks, and the blocks it has open in the inboxes of
// receivers elsewhere. All but returned is touched only by the goroutine that holds the core.
type Cache[T any] struct {
	_      [128]byte // a neighbour in memory may belong to another core
	tag    State
	chunks *Chunk[T]
	blocks *Block[T]
	pool   *Pool[T]
	nfree  int   // chunks in the list
	home   uint8 // the core's number; noCore outside

	// OnSignal is called, when it is set, for each signal that the holder of the core takes out of an inbox, at its place
	// between the messages: those before it are in m's private queue, those after it are not yet. It may send, also to m,
	// and may Put into m; it must not Fetch, Release, Publish or Shut m. Set before the cache is used.
	OnSignal func(m *Mailbox[T], v T)

	// Now is the time, in whatever unit the holder of the core sets it, that Mailbox.Oldest goes by.
	Now uint32

	// Arrivals counts the receivers that came to this core from elsewhere; see Mailbox.Stamp.
	Arrivals uint64

	// returned is a stack of blocks of this core that others have consumed: index of the newest, linked by below.
	// Anyone pushes a run by compare-and-swap; the core takes all by swap. Push and take-all are free of ABA.
	returned atomics.Uint64

	away []run[T] // consumed blocks of other cores, by home, to be sent back in runs
	open [openSlots]opened[T]
}

// run is a list of blocks linked by below.
type run[T any] struct {
	head, tail *Block[T]
	n          int
}

// opened remembers the block that the core has open for a receiver.
type opened[T any] struct {
	to    uint64 // the receiver's address
	b     *Block[T]
	word  uint64 // the block's word as this core left it
	stamp uint64 // Arrivals when the block was published
	lead  uint32 // messages in blocks that were full before the receiver took them
}

func (c *Cache[T]) takeChunk() *Chunk[T] {
	ch := c.chunks
	if ch == nil {
		l, ok := c.pool.hand.Get()
		if !ok {
			l = c.pool.growChunks()
		}
		ch, c.nfree = l.head, l.n
	}
	c.chunks = ch.next
	ch.next = nil
	c.nfree--
	return ch
}

func (c *Cache[T]) freeChunk(ch *Chunk[T]) {
	ch.next = c.chunks
	c.chunks = ch
	c.nfree++
	if c.nfree >= handLimit {
		c.handOn()
	}
}

// handOn gives half of the chunks to whoever runs out: a core that only receives would otherwise collect them all.
func (c *Cache[T]) handOn() {
	half := chain[T]{head: c.chunks, n: handLimit / 2}
	t := c.chunks
	for range half.n - 1 {
		t = t.next
	}
	rest := t.next
	t.next = nil
	half.tail = t
	if c.pool.hand.Put(half) {
		c.chunks = rest
		c.nfree -= half.n
		return
	}
	t.next = rest
	c.nfree -= handLimit // nobody wants them now; ask again after as many more
}

func (c *Cache[T]) takeBlock() *Block[T] {
	b := c.blocks
	if b == nil {
		b = c.moreBlocks()
	}
	c.blocks = b.next
	b.next = nil
	b.at = c.Now
	// An entry that still names the block would let a late append write into its new content.
	if s := b.slot; s >= 0 {
		if e := &c.open[s]; e.b == b && !bugReuse {
			e.b = nil
		}
		b.slot = -1
	}
	return b
}

func (c *Cache[T]) moreBlocks() *Block[T] {
	if c.returned.Load() == 0 {
		return c.pool.growBlocks(c.home)
	}
	var head *Block[T]
	for i := uint32(c.returned.Swap(0)); i != 0; {
		b := c.pool.block(i)
		i = b.below
		b.next = head
		head = b
	}
	return head
}

func (c *Cache[T]) freeBlock(b *Block[T]) {
	if b.home == c.home || bugHome {
		b.next = c.blocks
		c.blocks = b
		return
	}
	h := int(b.home)
	for len(c.away) <= h {
		c.away = append(c.away, run[T]{})
	}
	a := &c.away[h]
	b.below = 0
	if a.head == nil {
		a.tail = b
	} else {
		b.below = a.head.index
	}
	a.head = b
	a.n++
	if a.n >= flushAt {
		c.sendHome(h)
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
	*a = run[T]{}
}

// Flush sends all consumed blocks home. A core calls it before it parks.
func (c *Cache[T]) Flush() {
	for h := range c.away {
		c.sendHome(h)
	}
}

func slotOf(to uint64) int { return int(to) & (openSlots - 1) }
