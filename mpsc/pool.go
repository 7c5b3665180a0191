package mpsc

import (
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/xs"
)

const slabLen = 1 << slabBits

// isBlock marks the index of a block among those of chunks.
const isBlock = 1 << (genShift - indexShift - 1)

// Pool holds all chunks and blocks of a runtime, so that an inbox can name one by index. They go round through the caches
// of the cores; their memory is kept at its high-water mark until the pool itself is collected.
type Pool[T any] struct {
	// The directories are replaced by longer copies under mu; anyone may load them. An index is published only after the
	// directory that holds it.
	chunks atomics.Pointer[[]*[slabLen]Chunk[T]]
	blocks atomics.Pointer[[]*[slabLen]Block[T]]
	back   atomics.Pointer[[]*Cache[T]] // by core
	mu     sync.Mutex
	hand   *xs.Handover[chain[T]] // batches of chunks between cores
}

// chain is a list of free chunks linked by next.
type chain[T any] struct {
	head, tail *Chunk[T]
	n          int
}

// NewPool returns an empty pool.
func NewPool[T any]() *Pool[T] {
	p := &Pool[T]{hand: xs.NewHandover[chain[T]](256)}
	p.chunks.Store(&[]*[slabLen]Chunk[T]{})
	p.blocks.Store(&[]*[slabLen]Block[T]{})
	p.back.Store(&[]*Cache[T]{})
	return p
}

func (p *Pool[T]) chunk(index uint32) *Chunk[T] {
	return &(*p.chunks.Load())[index>>slabBits][index&(slabLen-1)]
}

func (p *Pool[T]) block(index uint32) *Block[T] {
	index &^= isBlock
	return &(*p.blocks.Load())[index>>slabBits][index&(slabLen-1)]
}

// below returns the link of a chunk or block.
func (p *Pool[T]) below(index uint32) *uint32 {
	if index&isBlock == 0 {
		return &p.chunk(index).below
	}
	return &p.block(index).below
}

// growChunks adds a slab and returns its chunks linked. Index 0 is never handed out: in an inbox it means empty.
func (p *Pool[T]) growChunks() (out chain[T]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	slab := new([slabLen]Chunk[T])
	first := added(&p.chunks, slab)
	for i := slabLen - 1; i >= 0; i-- {
		ch := &slab[i]
		if ch.index = first + uint32(i); ch.index == 0 {
			continue
		}
		if ch.next = out.head; out.tail == nil {
			out.tail = ch
		}
		out.head = ch
		out.n++
	}
	return out
}

// growBlocks adds a slab of blocks that belong to core home and returns them linked.
func (p *Pool[T]) growBlocks(home uint8) (head *Block[T]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	slab := new([slabLen]Block[T])
	first := added(&p.blocks, slab)
	for i := slabLen - 1; i >= 0; i-- {
		b := &slab[i]
		b.index = isBlock | first + uint32(i)
		b.home, b.slot = home, -1
		b.word.Store(blockClosed)
		b.next = head
		head = b
	}
	return head
}

// added puts a slab into a directory and returns the index of its first element.
func added[S any](dir *atomics.Pointer[[]*S], slab *S) uint32 {
	old := *dir.Load()
	if len(old) >= isBlock>>slabBits {
		panic("mpsc: more than 2^27 chunks of messages in flight")
	}
	longer := append(append(make([]*S, 0, len(old)+1), old...), slab)
	dir.Store(&longer)
	return uint32(len(old)) << slabBits
}

// NewCache returns the cache of core home. Only the goroutine that holds the core may use it.
func (p *Pool[T]) NewCache(home int) *Cache[T] {
	c := &Cache[T]{pool: p, tag: TagOf(home), home: uint8(home)}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := *p.back.Load()
	back := append(make([]*Cache[T], 0, max(len(old), home+1)), old...)
	for len(back) <= home {
		back = append(back, nil)
	}
	back[home] = c
	p.back.Store(&back)
	return c
}

// NewOutside returns a cache for senders that have no core. Several goroutines may share one under a lock.
func (p *Pool[T]) NewOutside() *Cache[T] { return &Cache[T]{pool: p, home: noCore} }
