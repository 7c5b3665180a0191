package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// Chunk is the unit in which messages travel: a small one holds one message in a cache line, one with a block holds up
// to blockLen.
//
// A message that crosses cores alone costs 60 to 155 ns in line transfers; in contiguous chunks of 16 it costs 4. But a
// message must not wait for its sender's turn to end, because a handler that sends and then blocks for ever has still
// sent. So the first message publishes the chunk in the receiver's inbox and further ones are appended to the published
// chunk, each with one compare-and-swap on the chunk's own word, whose line stays with the sender while the
// receiver is behind. The receiver closes the chunk by compare-and-swap when it takes it out.
//
// Who may touch what:
//   - word: open means published; only the core that published it appends, only the receiver closes. Closed for good
//     until that core publishes the chunk again under the next version.
//   - one, below, block contents up to the count: written before the publication or the append that shows them, read
//     after taking or closing; one writer, then one reader.
//   - block contents from the count on: the publishing core alone, even after the chunk was closed (an append that
//     fails has already written there). That is why a chunk goes home to that core before it is used again, and why
//     a receiver never appends to a chunk it has taken.
//   - next: whoever holds the chunk privately: a mailbox's owner, a free list.
type Chunk[T any] struct {
	word  atomics.Uint64 // version<<9 | closed<<8 | count
	next  *Chunk[T]
	below uint32 // the chunk that was newest when this one was pushed
	index uint32 // its own index in the pool; constant
	block *block[T]
	one   T
}

type block[T any] struct {
	rd   uint32 // next message to read; owner of the mailbox
	n    uint32 // messages in it, as far as the owner of the mailbox knows
	cap  uint32 // how many the mailbox's owner may fill; 0 when it came from another hand
	home uint8  // the core whose chunk it is; constant
	slot int16  // which entry of the home core's open table may still name it
	msgs [blockLen]T
}

const (
	chunkClosed  = 1 << 8
	chunkCount   = chunkClosed - 1
	chunkVersion = 9
)

// open starts a new version with one message. Only the home core calls it, before the chunk is published.
func (ch *Chunk[T]) open() (word uint64) {
	word = (ch.word.Load()>>chunkVersion+1)<<chunkVersion | 1
	ch.word.Store(word)
	return word
}

// close ends appending and returns how many messages the chunk has. Pairs with extend: every append either counts here
// or fails.
func (ch *Chunk[T]) close() uint32 {
	for {
		w := ch.word.Load()
		if bugClose {
			ch.word.Store(w | chunkClosed)
			return uint32(w & chunkCount)
		}
		if ch.word.CompareAndSwap(w, w|chunkClosed) {
			return uint32(w & chunkCount)
		}
	}
}

// list is a mailbox's private queue, oldest first. The owner alone touches it.
type list[T any] struct {
	head, tail *Chunk[T]
}

// add makes room for a message in a chunk of its own: a small one in an empty list, else one with a block.
func (l *list[T]) add(c *Cache[T]) *T {
	t := l.tail
	if t == nil {
		ch := c.takeSmall()
		l.head, l.tail = ch, ch
		return &ch.one
	}
	ch := c.takeBlock()
	b := ch.block
	b.rd, b.n, b.cap = 0, 1, blockLen
	t.next = ch
	l.tail = ch
	return &b.msgs[0]
}

// pop takes the oldest message. The caller has seen that head is not nil.
func (l *list[T]) pop(c *Cache[T]) (v T) {
	var none T
	h := l.head
	b := h.block
	if b == nil {
		v = h.one
		h.one = none
		l.head = h.next
		if l.head == nil {
			l.tail = nil
		}
		c.freeSmall(h)
		return v
	}
	v = b.msgs[b.rd]
	b.msgs[b.rd] = none
	b.rd++
	if b.rd == b.n {
		l.head = h.next
		if l.head == nil {
			l.tail = nil
		}
		c.freeBlock(h)
	}
	return v
}
