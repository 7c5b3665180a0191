package sched

import "github.com/thrum-go/thrum/internal/atomics"

// ring is a core's public queue: its owner pushes, anyone steals. It follows tokio's multi_thread/queue.rs in the form of
// its head, because that is the one well-known design in which no slot is ever read and written at once, so plain
// slots are clean under the race detector.
//
//	head = steal<<32 | real    both count tasks taken so far, modulo 2^32
//	tail                       counts tasks pushed so far
//
// Slots from real to tail hold tasks that can be taken. Slots from steal to real have been claimed by a thief that is
// copying them out: the owner must not overwrite them, and no second thief begins until the first has moved steal
// up to real. Without a thief at work the two are equal.
//
//   - A taker (pop, steal) moves real by compare-and-swap: from that moment the slots are its alone.
//   - A thief then copies, and moves steal by compare-and-swap, which gives the slots back to the owner. Between the two
//     only real can change under it, by another taker.
//   - The owner writes a slot only when tail - steal says that it is free, then moves tail, which publishes it.
type ring struct {
	head  atomics.Uint64
	tail  atomics.Uint32 // written by the owner only
	slots [ringLen]Task
}

func pack(steal, real uint32) uint64       { return uint64(steal)<<32 | uint64(real) }
func unpack(h uint64) (steal, real uint32) { return uint32(h >> 32), uint32(h) }
func (r *ring) slot(i uint32) *Task        { return &r.slots[i&(ringLen-1)] }

// local is the owner's end of a ring, thief everyone else's: what a type lacks cannot be called by mistake.
type local struct{ r *ring }
type thief struct{ r *ring }

// push adds a task and reports whether there was room.
func (l local) push(t Task) bool {
	r := l.r
	steal, _ := unpack(r.head.Load())
	tail := r.tail.Load()
	if tail-steal >= ringLen {
		return false
	}
	*r.slot(tail) = t
	r.tail.Store(tail + 1) // publishes the slot; pairs with the takers' loads of tail
	return true
}

// pop takes the oldest task. The slot is read after it has been claimed: the owner itself is the only one who could
// overwrite it.
func (l local) pop() Task {
	r := l.r
	for {
		h := r.head.Load()
		steal, real := unpack(h)
		if real == r.tail.Load() {
			return nil
		}
		next := pack(steal, real+1)
		if steal == real || bugPop { // with a thief at work, its slots are not ours to give back
			next = pack(real+1, real+1)
		}
		if r.head.CompareAndSwap(h, next) {
			t := *r.slot(real)
			*r.slot(real) = nil
			return t
		}
	}
}

// steal moves about half of the tasks, at most len(buf), into buf and returns how many. It returns 0 when there are none
// or when another thief is at work.
func (t thief) steal(buf []Task) int {
	r := t.r
	var steal, real, n uint32
	for {
		h := r.head.Load()
		steal, real = unpack(h)
		if steal != real && !bugThief {
			return 0
		}
		n = r.tail.Load() - real
		n = min(n-n/2, uint32(len(buf)))
		if n == 0 {
			return 0
		}
		if r.head.CompareAndSwap(h, pack(steal, real+n)) {
			break
		}
	}
	for i := range n {
		atomics.Plain()
		buf[i] = *r.slot(real + i)
		*r.slot(real + i) = nil
	}
	for {
		h := r.head.Load()
		_, now := unpack(h)
		if r.head.CompareAndSwap(h, pack(now, now)) {
			return int(n)
		}
	}
}

// len is exact for the owner and a moment's view for others.
func (r *ring) len() int {
	_, real := unpack(r.head.Load())
	return int(r.tail.Load() - real)
}
