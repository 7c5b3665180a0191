//go:build explore

package mpsc

import (
	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
	"github.com/thrum-go/thrum/internal/xs"
)

// world is what an exploration of mailboxes needs around them: cores that send and run receivers as the packages above
// this one do, and a queue for receivers that any core may run. It keeps books of every letter: each must be received,
// dropped by Close, or refused, exactly once; those of one sender in order; each receiver must be scheduled by exactly one party
// whenever it has letters.
//
// The books are plain memory that the protocol hands from owner to owner together with the mailbox.
type world struct {
	x       *explore.Exec
	pool    *Pool[letter]
	cores   []*core
	outside *Cache[letter]
	actors  []*actor
	shared  atomics.Uint64 // set of the receivers in the shared queue, by number
	fates   [maxSenders][maxLetters]fate
	items   [maxSenders][maxLetters]item
	sent    [maxSenders]uint8
	kept    *Block[letter] // see keepBlocks
	signals bool           // signals are sent: whoever runs a receiver looks for them between two letters
	lax     bool           // a receiver that is taken for a signal is let go in the belief that nothing comes in meanwhile
}

const (
	maxSenders = 4
	maxLetters = 10
)

// letter is what is sent: the n-th of a sender, from 1, to a life of a receiver.
type letter struct {
	from, n, life uint8
	kind          kind
}

// item is what a sender has sent, and to whom: the sender writes it before it sends it.
type item struct {
	to, life uint8
	kind     kind
}

type fate uint8

const (
	received fate = iota + 1
	dropped
	refused
	acted // of a signal that leaves no message
)

// newWorld returns a world with idle receivers, whose first life has begun, and cores that own nothing. Caches are
// warm, so nobody meets the pool's lock.
func newWorld(x *explore.Exec, cores, receivers int) *world {
	w := &world{x: x, pool: &Pool[letter]{hand: xs.NewHandover[chain[letter]](2)}}
	w.pool.chunks.Store(&[]*[slabLen]Chunk[letter]{})
	w.pool.blocks.Store(&[]*[slabLen]Block[letter]{})
	w.pool.back.Store(&[]*Cache[letter]{})
	x.Name(&w.pool.chunks, "chunks")
	x.Name(&w.pool.blocks, "blocks")
	x.Name(&w.pool.back, "back")
	x.Name(&w.shared, "shared queue")
	for i := range cores {
		c := w.pool.NewCache(i)
		w.warm(c)
		c.blocks = w.pool.growBlocks(uint8(i))
		k := &core{w: w, id: i, cache: c}
		c.OnSignal = k.onSignal
		w.cores = append(w.cores, k)
		x.Name(&c.returned, "returned"+string(rune('0'+i)))
	}
	w.outside = w.pool.NewOutside()
	w.warm(w.outside)
	for i := range receivers {
		a := &actor{w: w, number: i, life: 1, gen: 1 << GenShift, holder: nobody}
		a.mb.Leave()
		a.mb.Open(a.gen, Idle, false)
		w.actors = append(w.actors, a)
		x.Name(&a.mb.word, string(rune('R'+i)))
		x.Name(&a.gate, "gate of "+string(rune('R'+i)))
	}
	x.After(w.settle)
	return w
}

// settle is what happens when all threads have ended: the shared queue is emptied by core 0. After that nothing may be left
// anywhere.
func (w *world) settle() {
	for w.shared.Load() != 0 {
		w.cores[0].poll()
	}
	for _, a := range w.actors {
		s := a.mb.State()
		if s.Kind() == Closed {
			continue
		}
		if s.Kind() != Idle || !s.Empty() || a.mb.HasNext() || a.holder != nobody {
			w.x.Failf("lost wake-up: receiver %d is in no queue with word %#x, %d letters in its private queue, scheduled by %d",
				a.number, uint64(s), a.mb.Len(), a.holder)
		}
		if s.Gated() != a.gated {
			w.x.Failf("receiver %d has lost its gate: word %#x", a.number, uint64(s))
		}
		if a.gate.Load() != 0 {
			w.x.Failf("lost wake-up: receiver %d is idle and has not looked into its gate: %#x", a.number, a.gate.Load())
		}
	}
	for from, n := range w.sent {
		for i := range n {
			if w.fates[from][i] == 0 {
				w.x.Failf("lost: %s %d of sender %d was accepted and never received", w.items[from][i].kind, i+1, from)
			}
		}
	}
	for w.kept != nil {
		b := w.kept
		w.kept = b.next
		w.cores[b.home].cache.freeBlock(b)
	}
	w.countChunks()
}

// keepBlocks leaves a core without free blocks, so that it must use those again that come home.
func (w *world) keepBlocks(k *core) {
	w.kept = k.cache.blocks
	k.cache.blocks = nil
}

// warm gives a cache a slab of chunks.
func (w *world) warm(c *Cache[letter]) {
	l := w.pool.growChunks()
	c.chunks, c.nfree = l.head, l.n
}

// countChunks looks for every chunk and block of the pool in the caches: each must be there exactly once.
func (w *world) countChunks() {
	chunks := make([]uint8, len(*w.pool.chunks.Load())<<slabBits)
	blocks := make([]uint8, len(*w.pool.blocks.Load())<<slabBits)
	see := func(where string, index uint32) {
		n := &chunks
		if index&isBlock != 0 {
			n = &blocks
		}
		i := index &^ isBlock
		if (*n)[i]++; (*n)[i] > 1 {
			w.x.Failf("doubled: %#x is in two places, the second is %s", index, where)
		}
	}
	caches := []*Cache[letter]{w.outside}
	for _, k := range w.cores {
		caches = append(caches, k.cache)
	}
	for _, c := range caches {
		for ch := c.chunks; ch != nil; ch = ch.next {
			see("a list of chunks", ch.index)
		}
		for b := c.blocks; b != nil; b = b.next {
			see("a list of blocks", b.index)
		}
		for i := uint32(c.returned.Load()); i != 0; i = w.pool.block(i).below {
			see("on its way home", i)
		}
		for h := range c.away {
			if c.away[h].head == nil {
				continue
			}
			for i := c.away[h].head.index; i != 0; i = w.pool.block(i).below {
				see("to be sent home", i)
			}
		}
	}
	for {
		l, ok := w.pool.hand.Get()
		if !ok {
			break
		}
		for ch := l.head; ch != nil; ch = ch.next {
			see("handed on", ch.index)
		}
	}
	for i, n := range chunks[1:] { // index 0 is never used
		if n == 0 {
			w.x.Failf("lost: chunk %d is nowhere", i+1)
		}
	}
	for i, n := range blocks {
		if n == 0 {
			w.x.Failf("lost: block %d is nowhere", i)
		}
	}
}

// settleFate enters what became of a letter.
func (w *world) settleFate(l letter, f fate) {
	if l.n == 0 {
		w.x.Failf("lost: a letter without content was read: its chunk was written meanwhile")
	}
	p := &w.fates[l.from][l.n-1]
	if *p != 0 {
		w.x.Failf("doubled: %s %d of sender %d has met its fate twice: %d, now %d", l.kind, l.n, l.from, *p, f)
	}
	*p = f
}
