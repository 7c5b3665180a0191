package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// Messages travel in two sizes: a chunk holds one, a block up to blockLen.
//
// A message that crosses cores alone costs 60 to 155 ns in line transfers; in contiguous runs of 16 it costs 4. But a
// message must not wait for its sender's turn to end, because a handler that sends and then blocks for ever has still
// sent. So the first message to a receiver that is behind publishes a block in its inbox, and further ones are appended to
// the published block, each with one compare-and-swap on the block's own word, whose line stays with the sender while
// the receiver is behind. The receiver closes the block by compare-and-swap when it takes it out.

// Chunk is one message on its way.
type Chunk[T any] struct {
	next  *Chunk[T] // in a free list: whoever holds the list
	below uint32    // what was newest in the inbox when this was pushed; written before the publication
	index uint32    // its own index in the pool; constant
	one   T         // written before the publication, read after taking
	// signal says that one is no message but a signal, for Cache.OnSignal. As one.
	signal bool
}

// Block is a run of messages. Who may touch what:
//   - word: open means published; only the core that published it appends, only the receiver closes. Closed for good
//     until that core publishes the block again under the next version.
//   - below: written before the publication; in the returned stack of its core, by whoever returns it.
//   - messages up to the count: written before the publication or the append that shows them, read after closing; one
//     writer, then one reader.
//   - messages from the count on: the publishing core alone, even after the block was closed (an append that fails
//     has already written there). That is why a block goes home to that core before it is used again, and why a
//     receiver never appends to a block that it has taken.
//   - the rest: whoever holds the block privately, a mailbox's owner or a free list.
type Block[T any] struct {
	word  atomics.Uint64 // version<<9 | closed<<8 | count
	next  *Block[T]
	below uint32
	index uint32   // its own index in the pool; constant
	rd    uint32   // next message to read
	n     uint32   // messages in it, as far as the mailbox's owner knows
	cap   uint32   // how many the mailbox's owner may fill; 0 when it came from another hand
	home  uint8    // the core whose block it is; constant
	slot  int8     // which entry of the home core's open table may still name it
	at    uint32   // the home core's Now when it was begun; written before the publication
	_     [16]byte // so that a message of 32 bytes lies in one cache line
	msgs  [blockLen]T
}

const (
	blockClosed  = 1 << 8
	blockCount   = blockClosed - 1
	blockVersion = 9
)

// open starts a new version with one message. Only the home core calls it, before the block is published.
func (b *Block[T]) open() (word uint64) {
	word = (b.word.Load()>>blockVersion+1)<<blockVersion | 1
	b.word.Store(word)
	return word
}

// close ends appending and returns how many messages the block has. Pairs with extend: every append either counts here
// or fails.
func (b *Block[T]) close() uint32 {
	for {
		w := b.word.Load()
		if bugClose {
			b.word.Store(w | blockClosed)
			return uint32(w & blockCount)
		}
		if b.word.CompareAndSwap(w, w|blockClosed) {
			return uint32(w & blockCount)
		}
	}
}
