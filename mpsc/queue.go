package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// Queue is an unbounded lock-free queue with any number of producers and one consumer. The zero value is an empty queue
// ready for use. A Queue must not be copied after its first use.
//
// Push and PushAll may be called by any goroutine. Pop, Drain and DrainAll are the consumer's: no two of
// these calls may overlap. The consumer may be a different goroutine from call to call if something, a channel or a
// mutex, orders the calls. Empty may be called by any goroutine.
//
// The queue is linearizable: it behaves as if each push and each removal happened at one moment during its call. So the
// elements of one producer come out in the order in which it pushed them, an element whose push returned comes out
// before every element whose push began afterwards, and what a producer wrote before it pushed an element is visible
// to the consumer that removed it.
//
// A goroutine that is held up in the middle of any call, for however long, holds up nobody else: others push, the
// consumer removes, and every element whose push has returned can be removed. Nothing in here waits or spins, except
// that a push that meets the end of a segment tries again each time another one got there first.
//
// Memory comes in segments of 64 slots, a slot being the element and 8 bytes. Segments are used again, so
// that in the steady state nothing is allocated; up to 256 KiB of them (four, if they are larger) wait for
// the next burst, and the rest goes to the garbage collector as the consumer empties them. Removed elements are
// not retained. What remains of a burst is a directory of 16 bytes for each segment of the largest backlog there has
// been.
type Queue[T any] struct {
	_ noCopy

	// The id of the segment that is being filled, and how many of its slots are claimed: id<<32 | claimed. A count
	// above segmentLen means that it is full and that as many producers as the difference have noticed. Zero at first.
	//
	// Producers write it, and only they: Push claims a slot by Add, which never fails; PushAll claims several by
	// compare-and-swap; whoever finds the segment full installs another by compare-and-swap (install). The consumer
	// loads it (snapshot), which is the partner of all three. It does not matter to a compare-and-swap
	// whether the word changed and came back in the meantime: it depends only on what the word says now.
	tail atomics.Uint64

	// The segment that was installed last, or lately: a hint that spares producers the directory. Written by the
	// producer that installed it, some time after. It is good for a claim exactly if it still has the id that
	// the claim is for, as an id leads to one segment as long as that holds a claimed slot.
	hot atomics.Pointer[segment[T]]

	_ [lineSize]byte // above: what every push touches; below: what every 64th does

	dir directory[T]

	_ [lineSize]byte // below: the consumer's

	// The value of tail up to which every slot was consumed; 0 if no such value is known. Written by the consumer, as
	// it takes the last element there is (settle), and before the segment named in here can be used again (retire).
	// Read by Empty.
	drained atomics.Uint64

	// How often drained was taken back. Written by the consumer (retire), read by Empty before and after.
	revoked atomics.Uint64

	scan scanner[T] // the consumer's alone
}

const lineSize = 64

// noCopy makes go vet report copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

func tailWord(id, claimed uint32) uint64 { return uint64(id)<<32 | uint64(claimed) }

func splitTail(tail uint64) (id, claimed uint32) { return uint32(tail >> 32), uint32(tail) }

// Push appends v. Any goroutine may call it.
func (q *Queue[T]) Push(v T) {
	id, n := splitTail(q.tail.Add(1))
	s := q.hot.Load()
	if s == nil || s.id.Load() != id || n > segmentLen {
		s, n = q.locate(id, n)
	}
	sl := &s.slots[(n-1)%segmentLen]
	if bugQueueStamp {
		sl.stamp.Store(s.mark)
		s.id.Load() // the explorer switches threads before atomic operations only
		sl.v = v
		return
	}
	sl.v = v
	sl.stamp.Store(s.mark)
}

// locate returns the segment with the given id and n, if slot n-1 of it exists, and claims a slot elsewhere if not.
func (q *Queue[T]) locate(id, n uint32) (*segment[T], uint32) {
	if id != 0 && n <= segmentLen {
		return q.dir.get(id), n
	}
	return q.extend()
}

// extend claims a slot after the tail's segment was found full, or missing: that of a segment it installs,
// or of one that somebody else has installed. It returns the segment and the number of the slot plus one.
func (q *Queue[T]) extend() (*segment[T], uint32) {
	var fresh *segment[T]
	for {
		tail := q.tail.Load()
		if id, n := splitTail(tail); id != 0 && n < segmentLen {
			id, n = splitTail(q.tail.Add(1))
			if n > segmentLen {
				continue
			}
			if fresh != nil {
				q.dir.giveBack(fresh)
			}
			return q.dir.get(id), n
		}
		if fresh == nil {
			fresh = q.dir.take()
		}
		if q.install(tail, fresh, fresh, 1) {
			return fresh, 1
		}
	}
}

// install appends the segments from first to last, which are linked and the caller's own, provided that the tail is
// still what the caller saw. The slots that were not claimed in the segment there so far never will be.
func (q *Queue[T]) install(tail uint64, first, last *segment[T], claimed uint32) bool {
	id, n := splitTail(tail)
	first.prev, first.prevEnd = id, min(n, segmentLen)
	word := tailWord(last.id.Load(), claimed)
	if bugQueueInstall {
		q.tail.Store(word)
	} else if !q.tail.CompareAndSwap(tail, word) {
		return false
	}
	q.hot.Store(last)
	return true
}

// PushAll appends the elements of vs as a batch: they come out in their order, with none of another producer
// between them, and become visible all at once. The batch is copied; vs remains the caller's. Any goroutine may
// call it. An empty batch does nothing.
func (q *Queue[T]) PushAll(vs []T) {
	if len(vs) == 0 {
		return
	}
	for {
		tail := q.tail.Load()
		id, n := splitTail(tail)
		if id == 0 || uint64(n)+uint64(len(vs)) > segmentLen {
			q.pushSegments(vs)
			return
		}
		if q.tail.CompareAndSwap(tail, tail+uint64(len(vs))) {
			q.dir.get(id).publish(n, vs)
			return
		}
	}
}

// pushSegments appends a batch that does not fit into the tail's segment: it fills segments of its own, and the one
// compare-and-swap that installs them publishes them.
func (q *Queue[T]) pushSegments(vs []T) {
	first := q.dir.take()
	last := first
	for vs = first.fill(vs); len(vs) > 0; {
		s := q.dir.take()
		s.prev, s.prevEnd = last.id.Load(), segmentLen
		vs, last = s.fill(vs), s
	}
	for !q.install(q.tail.Load(), first, last, last.filled) {
	}
}

// Empty reports whether the queue is empty. Any goroutine may call it.
//
// True means that at some moment during the call every push that had begun was consumed. False means that an element is
// waiting, that a push has not returned yet, or that the consumer is at work this very moment. So it can be false while
// there is nothing to be had: a consumer about to sleep had better look by Pop or Drain, which are not misled when a
// producer is held up in the middle of a push.
func (q *Queue[T]) Empty() bool {
	revoked := q.revoked.Load()
	// drained may hold for an earlier round, in which the same segment was as full as it is now. Then it was taken
	// back, and that was counted, before this round began.
	return q.drained.Load() == q.tail.Load() && (bugQueueRevoke || q.revoked.Load() == revoked)
}
