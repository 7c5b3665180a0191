package sched

import (
	"math/bits"
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
)

const (
	wheelBits   = 6
	wheelSlots  = 1 << wheelBits
	wheelLevels = 8
	youngMax    = 64   // timers that wait for the clock to be read
	sweepMin    = 1024 // entries of ended lives that are not worth a sweep
)

// wheel is a core's timers: those that wait for their start, and a hierarchical timing wheel (Varghese and Lauck, 1987; the form is
// tokio's) on which level l has 64 slots of 64^l ticks. Only the holder of the core touches any of it, but back.
//
// A slot is not a list of timers but of entries, each of which names a life of a timer. To stop a timer means to end its life; the
// entry stays where it is and is dropped when the wheel comes to it. So neither start nor stop touches the memory of any other timer,
// and one that has been stopped can be used again at once. When more than half of the entries are of ended lives, they are
// swept out.
type wheel struct {
	id    uint32 // in this program, from 1; constant
	youth int    // how many of young are in use
	young [youngMax]entry

	cur     int64 // every slot that begins at or before cur has been emptied
	next    int64 // ns: nothing is due before; maxNext when the wheel is empty
	entries int   // on the wheel
	stale   int   // about how many of them are of ended lives

	due    list // expired, waiting for their turn to fire, in the order in which they were due
	moving list // taken from a slot, to go into due or onto the wheel again
	check  bool // those whose life has ended are to be dropped on the way
	sweep  int  // the next slot to be swept, counted through all levels from 1; 0 when no sweep is on
	busy   [wheelLevels]uint64
	slots  [wheelLevels][wheelSlots]list

	firing entry // of a timer that repeats, while it expires; without a timer when it goes on

	chunks      sync.Pool
	lastChunk   *chunk // one that is free
	spares      *magazine
	reserve     *magazine
	full, empty sync.Pool // of magazines

	cancelled *Timer // taken from back
	_         [64]byte
	// back is a stack of timers that have been cancelled by those who do not hold the core. Anyone pushes, by compare-and-swap; the
	// holder takes all of it.
	back atomics.Pointer[Timer]
	// piled counts the pushes since then: anyone adds, the holder sets it back.
	piled atomics.Uint32
	_     [64]byte
}

// entry is a life of a timer on the wheel.
type entry struct {
	t    *Timer
	life Life
	tick int64 // when it is due, rounded up
}

// ended reports whether that life is over.
func (e *entry) ended() bool { return e.t.word.Load() != uint64(e.life) }

// list is a queue of entries. As a rule timers of one instant keep the order in which they were started, since those of an instant are
// always in one slot and go down the levels together; but some that are started while a slot is on the move, because it has more
// entries than are moved at a time, or during a sweep, may come before older ones.
type list struct{ head, tail *chunk }

// chunk has 512 bytes.
type chunk struct {
	next    *chunk
	from, n uint32
	e       [20]entry
}

func (l *list) empty() bool { return l.head == nil }

func (h *wheel) push(l *list, e entry) {
	c := l.tail
	if c == nil || c.n == uint32(len(c.e)) {
		c = h.newChunk()
		if l.tail == nil {
			l.head = c
		} else {
			l.tail.next = c
		}
		l.tail = c
	}
	c.e[c.n] = e
	c.n++
}

func (h *wheel) pop(l *list) (e entry, ok bool) {
	c := l.head
	if c == nil {
		return e, false
	}
	e = c.e[c.from]
	if c.from++; c.from == c.n {
		if l.head = c.next; l.head == nil {
			l.tail = nil
		}
		h.freeChunk(c)
	}
	return e, true
}

func (h *wheel) newChunk() *chunk {
	c := h.lastChunk
	if c != nil {
		h.lastChunk = nil
	} else if c, _ = h.chunks.Get().(*chunk); c == nil {
		c = &chunk{}
	}
	return c
}

func (h *wheel) freeChunk(c *chunk) {
	*c = chunk{}
	if h.lastChunk == nil {
		h.lastChunk = c
	} else {
		h.chunks.Put(c)
	}
}

const maxNext = 1<<63 - 1

var wheels atomics.Uint32 // made in this program

func (h *wheel) init() {
	h.id = wheels.Add(1)
	h.next = maxNext
	h.spares, h.reserve = &magazine{}, &magazine{}
}

// start adds a life; now is in ns.
func (h *wheel) start(e entry, now int64) {
	if h.entries == 0 {
		h.cur = max(h.cur, now>>tickShift)
	}
	h.entries++
	h.insert(e)
	h.next = min(h.next, e.tick<<tickShift)
}

func (h *wheel) insert(e entry) {
	when := max(e.tick, h.cur)
	level := (63 - bits.LeadingZeros64(uint64(when^h.cur)|(wheelSlots-1))) / wheelBits
	slot := int(when>>(level*wheelBits)) & (wheelSlots - 1)
	h.push(&h.slots[level][slot], e)
	h.busy[level] |= 1 << slot
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

// take begins to move the entries of a slot. Those that moved before must have arrived.
func (h *wheel) take(level, slot int, check bool) {
	h.moving, h.check = h.slots[level][slot], check
	h.slots[level][slot] = list{}
	h.busy[level] &^= 1 << slot
}

// move puts entries where they belong, at most so many, and returns how many more it might have moved.
func (h *wheel) move(most int) int {
	for ; most > 0; most-- {
		e, ok := h.pop(&h.moving)
		if !ok {
			break
		}
		switch {
		case h.check && e.ended():
			h.entries--
		case e.tick <= h.cur:
			h.push(&h.due, e)
		default:
			h.insert(e)
		}
	}
	return most
}

// collect moves what is due by now to due, and sets next for what is not: to 0 if there was more than so many entries to move.
func (h *wheel) collect(now int64, most int) {
	tick := now >> tickShift
	for {
		if most = h.move(most); most == 0 {
			h.next = 0
			return
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
		h.take(level, slot, false)
	}
}

// sweepSome drops entries of ended lives, looking at so many at most. It begins a sweep when none is on.
func (h *wheel) sweepSome(most int) {
	if h.sweep == 0 {
		h.sweep = 1
		h.stale = 0 // those that are stopped from now on may be in slots that have been swept
	}
	for {
		if most = h.move(most); most == 0 {
			return
		}
		for ; ; h.sweep++ {
			if h.sweep > wheelLevels*wheelSlots {
				h.sweep = 0
				return
			}
			if level, slot := (h.sweep-1)/wheelSlots, (h.sweep-1)%wheelSlots; h.busy[level]>>slot&1 != 0 {
				h.take(level, slot, true)
				h.sweep++
				break
			}
		}
	}
}
