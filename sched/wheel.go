package sched

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/thrum-go/thrum/internal/atomics"
)

const (
	wheelBits   = 6
	wheelSlots  = 1 << wheelBits
	wheelLevels = 7
	youngMax    = 64 // timers that wait for the clock to be read
)

// wheel is a core's timers: those that wait for their start, and a hierarchical timing wheel (Varghese and Lauck, 1987; the form is
// tokio's) on which level l has 64 slots of 64^l ticks. Start and cancel are constant time without any lock, because only the holder
// of the core does either. Nothing here is touched by anybody else but back.
type wheel struct {
	id    uint32 // in this program, from 1; constant
	cur   int64  // every slot that begins at or before cur has been emptied
	next  int64  // ns: nothing is due before; maxNext when the wheel is empty
	count int    // on the wheel
	youth int    // how many of young are in use
	lazy  int    // how many are spare and may be on it

	due    links // ring of those expired, waiting for their turn to fire, in the order in which they were due
	moving links // ring of those taken from a slot that cur has reached, to go into due or further down
	busy   [wheelLevels]uint64
	slots  [wheelLevels][wheelSlots]links // rings
	young  [youngMax]*Timer               // started since the clock was read; nil for one that has been stopped

	spares, reserve *magazine
	full, empty     sync.Pool // of magazines

	cancelled *Timer // taken from back
	_         [64]byte
	// back is a stack of timers that have been cancelled by those who do not hold the core. Anyone pushes, by compare-and-swap; the
	// holder takes all of it.
	back atomics.Pointer[Timer]
	_    [64]byte
}

// Where a timer is: Timer.where.
const (
	rest    = iota // nowhere
	spare          // in a magazine
	young          // at young[slot]
	overdue        // in due
	onWheel        // this and above: on a level, in its slot, or in moving
)

// links is a place in a ring: of a timer, or the ring itself, which stands between the newest timer and the oldest. So nothing has to
// be known of a timer's neighbours, nor of the ring it is in, to take it out. Timers of one instant keep the order in which they
// were started, since those of an instant are always in one slot and go down the levels together. Only of those that are started
// while more than moveMax timers move some may come before older ones.
type links struct{ next, prev *links }

// timer returns the timer whose place it is; it is the first field of one. Not for a ring.
func (l *links) timer() *Timer { return (*Timer)(unsafe.Pointer(l)) }

func (r *links) init() { r.next, r.prev = r, r }

func (r *links) empty() bool { return r.next == r }

// push makes l the newest.
func (r *links) push(l *links) {
	last := r.prev
	l.next, l.prev = r, last
	last.next = l
	r.prev = l
}

// remove takes l out of its ring and reports whether that has become empty.
func (l *links) remove() (empty bool) {
	next, prev := l.next, l.prev
	prev.next, next.prev = next, prev
	l.next, l.prev = nil, nil // so that a timer at rest keeps no other alive
	return next == prev
}

// take moves all of s, which is not empty, to r, which is.
func (r *links) take(s *links) {
	r.next, r.prev = s.next, s.prev
	r.next.prev, r.prev.next = r, r
	s.init()
}

const maxNext = 1<<63 - 1

var wheels atomics.Uint32 // made in this program

func (h *wheel) init() {
	h.id = wheels.Add(1)
	h.next = maxNext
	h.due.init()
	h.moving.init()
	for level := range h.slots {
		for slot := range h.slots[level] {
			h.slots[level][slot].init()
		}
	}
}

func (h *wheel) insert(t *Timer, tick int64) {
	when := max(tick, h.cur)
	level := (63 - bits.LeadingZeros64(uint64(when^h.cur)|(wheelSlots-1))) / wheelBits
	slot := int(when>>(level*wheelBits)) & (wheelSlots - 1)
	t.where, t.slot = uint8(onWheel+level), uint8(slot)
	h.slots[level][slot].push(&t.links)
	h.busy[level] |= 1 << slot
}

// start adds a timer whose due is set; now is in ns.
func (h *wheel) start(t *Timer, now int64) {
	if h.count == 0 {
		h.cur = max(h.cur, now>>tickShift)
	}
	h.count++
	tick := t.tick()
	h.insert(t, tick)
	h.next = min(h.next, tick<<tickShift)
}

// remove takes out a timer, if it is anywhere, and leaves it at rest.
func (h *wheel) remove(t *Timer) {
	where, slot := t.where, t.slot
	if where < young {
		return // it comes from outside, and this core has not taken it up; or it is expiring
	}
	t.where = rest
	if where == young {
		h.young[slot] = nil
		for h.youth > 0 && h.young[h.youth-1] == nil {
			h.youth--
		}
		return
	}
	h.count--
	if t.links.remove() && where != overdue && h.slots[where-onWheel][slot].empty() {
		h.busy[where-onWheel] &^= 1 << slot
	}
}

// first returns the earliest occupied slot and the tick it begins at.
func (h *wheel) first() (level, slot int, at int64, ok bool) {
	for level = range wheelLevels {
		if b := h.busy[level]; b != 0 {
			slot = bits.TrailingZeros64(b)
			shift := level * wheelBits
			at = h.cur>>(shift+wheelBits)<<(shift+wheelBits) | int64(slot)<<shift
			return level, slot, max(at, h.cur), true
		}
	}
	return 0, 0, 0, false
}

// collect moves what is due by now into the ring due, and sets next for what is not: to 0 if there were more than so many timers to
// move.
func (h *wheel) collect(now int64, moves int) {
	tick := now >> tickShift
	for {
		for !h.moving.empty() {
			if moves--; moves < 0 {
				h.next = 0
				return
			}
			t := h.moving.next.timer()
			t.links.remove()
			if t.stopped {
				t.where = rest
				h.count--
				continue
			}
			if tick := t.tick(); tick <= h.cur {
				t.where = overdue
				h.due.push(&t.links)
			} else {
				h.insert(t, tick)
			}
		}
		level, slot, at, ok := h.first()
		if !ok || at > tick {
			h.cur = max(h.cur, tick)
			h.next = maxNext
			if ok {
				h.next = at << tickShift
			}
			return
		}
		h.cur = at
		h.moving.take(&h.slots[level][slot])
		h.busy[level] &^= 1 << slot
	}
}
