package mpsc

import (
	"math/bits"
	"unsafe"

	"github.com/thrum-go/thrum/internal/atomics"
)

// directory finds a Queue's segments by their ids, and keeps those that are not in use.
//
// Ids exist because the tail has no room for a pointer beside the count of claimed slots. Each id from 1 on is at any
// time in one of three places: in use (its segment is in the queue, or in the hands of a producer), in spare with its
// segment, or in vacant without one.
type directory[T any] struct {
	// tables[k] has 2^(firstTableBits+k) entries. It is set once, by the compare-and-swap of whoever needs it first,
	// and stays: entries never move, so that finding one takes two loads and no thought of concurrent growth.
	tables [maxTables]atomics.Pointer[[]entry[T]]

	used   atomics.Uint32 // the highest id there is; counted up by producers that find nothing to use again
	spares atomics.Int32  // the number of ids in spare, but for those on their way; counted by all who push and pop
	spare  idStack        // pushed by the consumer and by producers, popped by producers
	vacant idStack        // pushed by the consumer, popped by producers
}

// maxTables is enough for 2^28 segments.
const maxTables = 28 - firstTableBits

// entry is the directory's place for one id.
type entry[T any] struct {
	// Written by the producer that allocates the segment, before the id is installed anywhere, and set to nil by the
	// consumer that lets the segment go, before it pushes the id to vacant. Producers and the consumer load it when
	// they hold a claim in the segment or own the id.
	s atomics.Pointer[segment[T]]

	// The next id on the stack that this one is on. Written by who pushes the id, before its compare-and-swap; read by
	// who pops, perhaps after somebody else did and pushed the id again, which is why it is atomic.
	below atomics.Uint32
}

// idStack is a stack of ids, linked through their entries: version<<32 | the id on top, 0 if there is none.
//
// A pop counts the version up. Otherwise a producer held up between its load of below and its compare-and-swap could
// succeed after others had popped that id and more, and pushed it again: the id it leaves on top would
// be in use. It would now have to sleep through a multiple of 2^32 pops, which are 64 pushes each.
type idStack struct {
	// Written by compare-and-swap only: push and pop, each the other's partner.
	top atomics.Uint64
}

func (d *directory[T]) entry(id uint32) *entry[T] {
	k, i := tableOf(id)
	table := *d.tables[k].Load()
	return &table[i]
}

// tableOf returns the number of the table that an id is in, and the index in there.
func tableOf(id uint32) (k, i uint32) {
	at := id - 1 + 1<<firstTableBits // its highest bit tells the table, the other bits the index
	high := uint32(bits.Len32(at) - 1)
	return high - firstTableBits, at - 1<<high
}

// get returns the segment of an id that the caller owns or has a claim in.
func (d *directory[T]) get(id uint32) *segment[T] { return d.entry(id).s.Load() }

// take returns a segment, which the caller then owns. Any goroutine.
func (d *directory[T]) take() *segment[T] {
	if id := d.pop(&d.spare); id != 0 {
		d.spares.Add(-1)
		return d.get(id)
	}
	id := d.pop(&d.vacant)
	if id == 0 {
		id = d.newID()
	}
	s := newSegment[T](id)
	d.entry(id).s.Store(s)
	return s
}

// giveBack takes back a segment that its owner has no use for. Any goroutine.
func (d *directory[T]) giveBack(s *segment[T]) {
	d.spares.Add(1)
	d.push(&d.spare, s.id.Load())
}

// retire takes back a consumed segment, and lets it go if there are enough to spare. Consumer only.
func (d *directory[T]) retire(s *segment[T]) {
	if int(d.spares.Load()) < maxSpares[T]() {
		s.nextRound()
		d.giveBack(s)
		return
	}
	id := s.id.Load()
	s.id.Store(0) // the id may get another segment, for which a producer must not take this one: see Queue.hot
	d.entry(id).s.Store(nil)
	d.push(&d.vacant, id)
}

func maxSpares[T any]() int {
	var s *segment[T]
	return max(spareMin, spareBytes/int(unsafe.Sizeof(*s)))
}

func (d *directory[T]) newID() uint32 {
	id := d.used.Add(1)
	if k, _ := tableOf(id); d.tables[k].Load() == nil {
		table := make([]entry[T], 1<<(firstTableBits+k))
		d.tables[k].CompareAndSwap(nil, &table)
	}
	return id
}

func (d *directory[T]) push(st *idStack, id uint32) {
	for {
		top := st.top.Load()
		d.entry(id).below.Store(uint32(top))
		if st.top.CompareAndSwap(top, top&^(1<<32-1)|uint64(id)) {
			return
		}
	}
}

// pop returns 0 if the stack is empty.
func (d *directory[T]) pop(st *idStack) uint32 {
	for {
		top := st.top.Load()
		id := uint32(top)
		if id == 0 {
			return 0
		}
		version := top>>32 + 1
		if bugQueueABA {
			version = 0
		}
		if st.top.CompareAndSwap(top, version<<32|uint64(d.entry(id).below.Load())) {
			return id
		}
	}
}
