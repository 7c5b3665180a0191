package mpsc

import (
	"sync"
	"sync/atomic"
)

// The alternatives that Queue is measured against. Each does the least that it can get away with: uint64 elements, no
// growth beyond what the benchmarks need.

type rival interface {
	Push(v uint64)
	DrainAll(f func(uint64)) int
}

var rivals = []struct {
	name string
	new  func() rival
}{
	{"Queue", func() rival { return new(Queue[uint64]) }},
	{"channel", func() rival { return make(channelRival, 1<<14) }},
	{"mutex", func() rival { return new(mutexRival) }},
	{"list-freelist", func() rival { return newFreeListRival(1 << 16) }},
	{"list-pool", func() rival { return new(poolRival) }},
	{"list-new", func() rival { return new(listRival) }},
}

// channelRival is a buffered channel. Unlike the others it is bounded.
type channelRival chan uint64

func (c channelRival) Push(v uint64) { c <- v }

func (c channelRival) DrainAll(f func(uint64)) (n int) {
	for {
		select {
		case v := <-c:
			f(v)
			n++
		default:
			return n
		}
	}
}

// mutexRival is a slice under a mutex; the consumer swaps it for an empty one.
type mutexRival struct {
	mu       sync.Mutex
	in, gone []uint64
}

func (q *mutexRival) Push(v uint64) {
	q.mu.Lock()
	q.in = append(q.in, v)
	q.mu.Unlock()
}

func (q *mutexRival) DrainAll(f func(uint64)) int {
	q.mu.Lock()
	vs := q.in
	q.in, q.gone = q.gone[:0], vs
	q.mu.Unlock()
	for _, v := range vs {
		f(v)
	}
	clear(vs)
	return len(vs)
}

// listRival is a stack that producers push to and the consumer takes as a whole and reverses. Every node is new.
type listRival struct {
	head atomic.Pointer[listNode]
}

type listNode struct {
	next *listNode
	v    uint64
}

func (q *listRival) Push(v uint64) { q.push(&listNode{v: v}) }

func (q *listRival) push(n *listNode) {
	for {
		n.next = q.head.Load()
		if q.head.CompareAndSwap(n.next, n) {
			return
		}
	}
}

func (q *listRival) take() (oldest *listNode) {
	if q.head.Load() == nil {
		return nil
	}
	for n := q.head.Swap(nil); n != nil; {
		n, n.next, oldest = n.next, oldest, n
	}
	return oldest
}

func (q *listRival) DrainAll(f func(uint64)) (count int) {
	for n := q.take(); n != nil; n = n.next {
		f(n.v)
		count++
	}
	return count
}

// poolRival is listRival with nodes from a sync.Pool.
type poolRival struct {
	listRival
	pool sync.Pool
}

func (q *poolRival) Push(v uint64) {
	n, _ := q.pool.Get().(*listNode)
	if n == nil {
		n = new(listNode)
	}
	n.v = v
	q.push(n)
}

func (q *poolRival) DrainAll(f func(uint64)) (count int) {
	for n := q.take(); n != nil; count++ {
		next, v := n.next, n.v
		*n = listNode{}
		q.pool.Put(n)
		n = next
		f(v)
	}
	return count
}

// freeListRival is listRival with nodes in a slab, named by 32-bit index, and a free list whose head carries a version
// against ABA. The consumer frees a whole chain at once. next is atomic because a pop may read it late.
type freeListRival struct {
	head  atomic.Uint32
	free  atomic.Uint64
	_     [64]byte
	nodes []slabNode
	order []uint32
}

type slabNode struct {
	next atomic.Uint32
	v    uint64
}

func newFreeListRival(n int) *freeListRival {
	q := &freeListRival{nodes: make([]slabNode, n)}
	for i := 1; i < n-1; i++ {
		q.nodes[i].next.Store(uint32(i + 1))
	}
	q.free.Store(1)
	return q
}

func (q *freeListRival) Push(v uint64) {
	var i uint32
	for {
		free := q.free.Load()
		if i = uint32(free); i == 0 {
			panic("the slab is too small for this benchmark")
		}
		if q.free.CompareAndSwap(free, (free>>32+1)<<32|uint64(q.nodes[i].next.Load())) {
			break
		}
	}
	q.nodes[i].v = v
	for {
		head := q.head.Load()
		q.nodes[i].next.Store(head)
		if q.head.CompareAndSwap(head, i) {
			return
		}
	}
}

func (q *freeListRival) DrainAll(f func(uint64)) int {
	if q.head.Load() == 0 {
		return 0
	}
	q.order = q.order[:0]
	for i := q.head.Swap(0); i != 0; i = q.nodes[i].next.Load() {
		q.order = append(q.order, i)
	}
	for k := len(q.order) - 1; k >= 0; k-- {
		n := &q.nodes[q.order[k]]
		v := n.v
		n.v = 0
		f(v)
	}
	newest, oldest := q.order[0], &q.nodes[q.order[len(q.order)-1]]
	for {
		free := q.free.Load()
		oldest.next.Store(uint32(free))
		if q.free.CompareAndSwap(free, free&^(1<<32-1)|uint64(newest)) {
			return len(q.order)
		}
	}
}
