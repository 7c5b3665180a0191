package mpsc

import (
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/xs"
)

type slab[T any] [1 << slabBits]Chunk[T]

// Pool holds all chunks of a runtime, so that an inbox can name one by index. Chunks go round through the caches of
// the cores; their memory is kept at its high-water mark until the pool itself is collected.
type Pool[T any] struct {
	// dir is replaced by a longer copy under mu; anyone may load it. An index is published only after the directory
	// that holds it.
	dir  atomics.Pointer[[]*slab[T]]
	mu   sync.Mutex
	hand *xs.Handover[chain[T]] // batches of small chunks between cores
	back atomics.Pointer[[]*Cache[T]]
}

// chain is a list of free chunks linked by next.
type chain[T any] struct {
	head, tail *Chunk[T]
	n          int
}

// NewPool returns an empty pool.
func NewPool[T any]() *Pool[T] {
	p := &Pool[T]{hand: xs.NewHandover[chain[T]](256)}
	p.dir.Store(&[]*slab[T]{})
	p.back.Store(&[]*Cache[T]{})
	return p
}

func (p *Pool[T]) chunk(index uint32) *Chunk[T] {
	return &(*p.dir.Load())[index>>slabBits][index&(1<<slabBits-1)]
}

// grow adds a slab and returns its chunks linked, with blocks when home is not negative. Index 0 is never handed out: in an
// inbox it means empty.
func (p *Pool[T]) grow(home int) chain[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := *p.dir.Load()
	if len(old) > maxIndex>>slabBits {
		panic("mpsc: more than 2^28 chunks in flight")
	}
	s := new(slab[T])
	var blocks []block[T]
	if home >= 0 {
		blocks = make([]block[T], len(s))
	}
	dir := append(append(make([]*slab[T], 0, len(old)+1), old...), s)
	p.dir.Store(&dir)
	var out chain[T]
	for i := len(s) - 1; i >= 0; i-- {
		ch := &s[i]
		ch.index = uint32(len(old))<<slabBits | uint32(i)
		if ch.index == 0 {
			continue
		}
		if home >= 0 {
			ch.block = &blocks[i]
			ch.block.home = uint8(home)
			ch.block.slot = -1
			ch.word.Store(chunkClosed)
		}
		if ch.next = out.head; out.tail == nil {
			out.tail = ch
		}
		out.head = ch
		out.n++
	}
	return out
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
