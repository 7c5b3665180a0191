package mpsc

import "github.com/thrum-go/thrum/internal/atomics"

// slot holds one element of a Queue.
type slot[T any] struct {
	// Written once in a round by the producer that claimed the slot, after v; read by the consumer. The store publishes
	// v and pairs with the consumer's load. It is never reset: in its next round the segment has another mark.
	stamp atomics.Uint64

	// Plain. The producer's from its claim until its store to stamp, then the consumer's until it retires the
	// segment.
	v T
}

// segment is a run of slots that are claimed in order by counting up the queue's tail. It goes round: taken from the
// directory, installed in the tail, filled, consumed, retired to the directory.
type segment[T any] struct {
	// Its place in the directory. Written at allocation, and set to 0 when the consumer lets the segment go. A producer
	// reads it to see whether the segment that it found in Queue.hot is the one it wants.
	id atomics.Uint32

	// Plain. These belong to whoever took the segment, until the compare-and-swap that installs it; from then on they
	// are constant, until the consumer retires it when no producer has anything to do in it any more.

	filled  uint32 // slots below this one were written before the segment was installed and need no stamp
	prev    uint32 // id of the segment installed before this one; 0 for the first of all
	prevEnd uint32 // how many slots of that were claimed
	mark    uint64 // round<<roundShift | 1: the stamp of a slot that is published by itself in this round

	slots [segmentLen]slot[T]

	// The consumer's alone.

	next    *segment[T] // the segment installed after this one, once known
	end     uint32      // how many slots were claimed; valid when next is
	missing uint32      // how many slots are in holes
}

// A stamp holds the segment's round and how many slots it publishes, from its own on: 1, or the length of a batch.
const (
	roundShift = 16
	countMask  = 1<<roundShift - 1
)

// newSegment returns a segment in round 1: a slot that was never stamped is in round 0.
func newSegment[T any](id uint32) *segment[T] {
	s := &segment[T]{mark: 1<<roundShift | 1}
	s.id.Store(id)
	return s
}

// publish writes a batch to slots that were claimed together, from slot i on. The stamp of the first is for all.
func (s *segment[T]) publish(i uint32, vs []T) {
	for k := range vs {
		s.slots[(i+uint32(k))%segmentLen].v = vs[k]
	}
	s.slots[i%segmentLen].stamp.Store(s.mark - 1 + uint64(len(vs)))
}

// fill writes as much of vs as there is room for in a segment that is not installed yet, and returns the rest.
func (s *segment[T]) fill(vs []T) (rest []T) {
	n := min(len(vs), segmentLen)
	for k := range vs[:n] {
		s.slots[k].v = vs[k]
	}
	s.filled = uint32(n)
	return vs[n:]
}

// published returns how many slots, from slot i on, one look at slot i shows to be published. Slot i must not be
// inside a batch: its first slot speaks for it. Consumer only.
func (s *segment[T]) published(i uint32) uint32 {
	if i < s.filled {
		return s.filled - i
	}
	stamp := s.slots[i%segmentLen].stamp.Load()
	if stamp>>roundShift != s.mark>>roundShift {
		return 0
	}
	return uint32(stamp & countMask)
}

// nextRound makes the stamps of this round void. Consumer only, when every claimed slot is consumed.
func (s *segment[T]) nextRound() {
	if !bugQueueRound {
		s.mark += 1 << roundShift
	}
	s.filled, s.next = 0, nil
}
