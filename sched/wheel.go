package sched

import (
	"math/bits"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

// Timer is one timer on a core's wheel, embedded by whoever starts it. It calls Expire once, on a worker, never before it
// is due, unless Cancel was first.
type Timer struct {
	next, prev *Timer // the holder of the core
	when       int64  // in ticks of the wheel; constant while it runs
	core       *Core  // the core whose wheel it is on, nil when it was started from outside; constant while it runs
	sched      *Scheduler
	level      int8 // the holder of the core
	slot       int8
	expiry     Expiry

	// state is 1 while the timer runs. Whoever swaps it to 0 decides what happened: the core on expiry, anyone on Cancel.
	state atomics.Uint32
}

// Expiry is what a timer does when it is due.
type Expiry interface{ Expire(w *Worker) }

const (
	wheelBits   = 6
	wheelSlots  = 1 << wheelBits
	wheelLevels = 7
	tickShift   = 17 // a tick is 2^17 ns, 131 µs
	// Tick is the resolution of timers.
	Tick = time.Duration(1 << tickShift)
	// MaxTimer is the longest delay, about 9 years; a longer one is cut to it.
	MaxTimer = time.Duration(1<<(wheelBits*wheelLevels-1)) << tickShift

	fireMax = 256 // timers fired between two looks at the tasks
)

// wheel is a hierarchical timing wheel (Varghese and Lauck, 1987; the form is tokio's): level l has 64 slots of 64^l ticks.
// Start and cancel are constant time without any lock, because only the holder of the core does either.
type wheel struct {
	cur   int64 // every slot that begins at or before cur has been emptied
	next  int64 // ns: nothing is due before; maxNext when the wheel is empty
	count int
	due   timers // expired, waiting for their turn to fire, in the order in which they were due
	busy  [wheelLevels]uint64
	slots [wheelLevels][wheelSlots]timers
}

// timers is a list, oldest first: timers of one instant keep the order in which they were started, since those of an
// instant are always in one slot and go down the levels together.
type timers struct{ head, tail *Timer }

func (l *timers) push(t *Timer) {
	t.prev, t.next = l.tail, nil
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

func (l *timers) remove(t *Timer) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.next, t.prev = nil, nil
}

const maxNext = 1<<63 - 1

func (h *wheel) insert(t *Timer) {
	when := max(t.when, h.cur)
	level := (63 - bits.LeadingZeros64(uint64(when^h.cur)|(wheelSlots-1))) / wheelBits
	slot := int(when>>(level*wheelBits)) & (wheelSlots - 1)
	t.level, t.slot = int8(level), int8(slot)
	h.slots[level][slot].push(t)
	h.busy[level] |= 1 << slot
}

// start adds a timer; now is in ns.
func (h *wheel) start(t *Timer, now int64) {
	if h.count == 0 {
		h.cur = max(h.cur, now>>tickShift)
	}
	h.count++
	h.insert(t)
	h.next = min(h.next, t.when<<tickShift)
}

// remove takes out a timer that is on this wheel.
func (h *wheel) remove(t *Timer) {
	if t.level < 0 {
		h.due.remove(t)
	} else {
		l := &h.slots[t.level][t.slot]
		if l.remove(t); l.head == nil {
			h.busy[t.level] &^= 1 << t.slot
		}
	}
	h.count--
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

// collect moves everything that is due by now into the list due, and says when to come back.
func (h *wheel) collect(now int64) {
	tick := now >> tickShift
	for {
		level, slot, at, ok := h.first()
		if !ok || at > tick {
			h.cur = max(h.cur, tick)
			h.next = maxNext
			if ok {
				h.next = at << tickShift
			}
			if h.due.head != nil {
				h.next = 0
			}
			return
		}
		h.cur = at
		t := h.slots[level][slot].head
		h.slots[level][slot] = timers{}
		h.busy[level] &^= 1 << slot
		for t != nil {
			n := t.next
			if t.when <= h.cur {
				t.level = -1
				h.due.push(t)
			} else {
				h.insert(t)
			}
			t = n
		}
	}
}

// fire expires due timers, at most fireMax of them: a million timers of the same instant must not hold up the tasks.
func (w *Worker) fire() {
	h := &w.core.wheel
	h.collect(w.core.now)
	for range fireMax {
		t := h.due.head
		if t == nil {
			return
		}
		h.remove(t)
		if t.state.CompareAndSwap(1, 0) {
			t.expiry.Expire(w)
		}
	}
	if h.due.head != nil {
		h.next = 0
	}
}

// StartTimer starts t on this worker's core; e.Expire is called once d has passed, on a worker that holds that core. t must
// be new, or have expired. The core must be held.
func (w *Worker) StartTimer(t *Timer, d time.Duration, e Expiry) {
	c := w.core
	now := t.prepare(c.sched, d, e)
	t.core = c
	t.state.Store(1)
	c.wheel.start(t, now)
}

// StartTimer is Worker.StartTimer for any goroutine. Some worker takes the timer up soon.
func (s *Scheduler) StartTimer(t *Timer, d time.Duration, e Expiry) {
	t.prepare(s, d, e)
	t.core = nil
	t.state.Store(1)
	s.bring(t)
}

// bring has some worker put t on its wheel.
func (s *Scheduler) bring(t *Timer) {
	s.push(Func(func(w *Worker) {
		kept := w.Enter()
		if kept {
			w.core.wheel.start(t, s.clock())
		}
		w.Leave()
		if !kept {
			s.bring(t)
		}
	}))
}

func (t *Timer) prepare(s *Scheduler, d time.Duration, e Expiry) (now int64) {
	now = s.clock()
	t.sched, t.expiry = s, e
	t.when = (now + int64(min(max(d, 0), MaxTimer)) + 1<<tickShift - 1) >> tickShift
	return now
}

// StopTimer is Cancel for a caller that holds a core: a timer of that core is taken off the wheel at once.
func (w *Worker) StopTimer(t *Timer) bool {
	if !t.state.CompareAndSwap(1, 0) {
		return false
	}
	if t.core == w.core {
		w.core.wheel.remove(t)
	}
	return true
}

// Cancel stops the timer and reports whether that was in time: after true, Expire is never called; after false it has been called
// or is being called. Any goroutine may cancel. The wheel forgets the timer when it would have been due.
func (t *Timer) Cancel() bool { return t.state.CompareAndSwap(1, 0) }

// Remaining returns how long the timer has still to run, 0 when it does not run. Any goroutine may ask.
func (t *Timer) Remaining() time.Duration {
	if t.state.Load() != 1 {
		return 0
	}
	return max(0, time.Duration(t.when<<tickShift-t.sched.clock()))
}
