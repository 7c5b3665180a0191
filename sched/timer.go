package sched

import (
	"time"
	"unsafe"

	"github.com/thrum-go/thrum/internal/atomics"
)

// Timer is something that a worker will do at a later time: it calls Expire of Config.Timers once, never before the timer is due, unless it was
// cancelled first. It is used again and again; each time is a life of its own, and whoever remembers one by its Life never
// touches another.
//
// A Timer is one cache line, and what is done with it touches nothing else but what lies close together: a million timers would
// not fit into any cache, and to reach for a line that is not there costs as much as all the rest.
type Timer struct {
	// word is the timer's life, an even number, and one more when that life has been cancelled by someone who did not hold the
	// core. Whoever moves it on from the even number decides what happened: the holder of the core to the next even one, by
	// expiry or StopTimer; anyone to the odd one, by Cancel. From odd to even only the holder moves it (takeBack). Between two
	// lives it shows the one to come, which nobody knows yet: so that a start need not write it.
	word atomics.Uint64

	// Data, Word and Kind are what the timer carries. The embedder writes them when it starts the timer, and reads them in Expire.
	// They are constant in between, but that Data is set to nil by whoever ends the life, or by the holder of the core at the end
	// of one that repeats.
	Data any
	Word uint64

	tag stamp // the embedder's too, but anyone may read it
	due stamp // ns on the scheduler's clock; while the timer is young, -1 minus its delay

	Kind    uint8
	repeats bool   // expires again and again; written when a life begins
	index   uint8  // its place in its slab; constant
	wheel   uint32 // number of the wheel it is on; constant

	back *Timer // next on that wheel's stack back: whoever has cancelled it, then the holder of the core
}

// timerHome is what the timers of a slab have in common. It lies in front of them.
type timerHome struct {
	core *Core // whose wheel they are on; constant
	_    [6]uint64
}

// timerSlab is how timers are made: four KiB of them. The heap begins an object of this size with a header of eight bytes, so each
// timer has a cache line to itself.
type timerSlab struct {
	timerHome
	timers [63]Timer
}

// loneTimer is a timer made by NewTimer.
type loneTimer struct {
	timerHome
	timers [1]Timer
}

func (t *Timer) home() *timerHome {
	return (*timerHome)(unsafe.Add(unsafe.Pointer(t), -int(unsafe.Sizeof(timerHome{}))-int(t.index)*int(unsafe.Sizeof(Timer{}))))
}

// Timers is the embedder's side of timers.
type Timers interface {
	// Expire is called when t is due, with the tag and the name of the life that ends, on a worker that holds the timer's core, between
	// turns. It must be quick, and must not keep t, which is spare when it returns.
	Expire(w *Worker, t *Timer, tag uint64, life Life)
}

// Life tells one use of a timer from all others. The zero Life is none.
type Life uint64

const (
	tickShift = 15 // a tick is 2^15 ns, 33 µs
	// Tick is the resolution of timers.
	Tick = time.Duration(1 << tickShift)
	// MaxTimer is the longest delay, about 73 years; a longer one is cut to it.
	MaxTimer = time.Duration(1<<(wheelBits*wheelLevels-2)) << tickShift
)

func delay(d time.Duration) int64 { return int64(min(max(d, 0), MaxTimer)) }

// ticks is ns in ticks, rounded up.
func ticks(ns int64) int64 { return (ns + 1<<tickShift - 1) >> tickShift }

// StartTimer starts a timer on this worker's core. It expires when d has passed; a tag goes with it, see Timer.Tag. What it
// carries may be written right afterwards, before the worker does anything else with the core. The time counts from the core's
// next look at the clock, which is at the end of the turn at the latest, so that a start need not read it. The core must be held.
func (w *Worker) StartTimer(d time.Duration, tag uint64) (*Timer, Life) {
	return w.startTimer(d, tag, false)
}

// RepeatTimer is StartTimer for a timer that expires again and again: each time Expire may call Again, else it ends.
func (w *Worker) RepeatTimer(d time.Duration, tag uint64) (*Timer, Life) {
	return w.startTimer(d, tag, true)
}

func (w *Worker) startTimer(d time.Duration, tag uint64, repeats bool) (*Timer, Life) {
	h := &w.core.wheel
	m := h.spares
	if uint(m.n-1) >= uint(len(m.t)) || uint(h.youth) >= uint(len(h.young)) {
		m = w.refill()
	}
	m.n--
	t := m.t[m.n&(magazineLen-1)]
	t.repeats = repeats
	t.tag.set(int64(tag))
	t.due.set(^delay(d))
	life := Life(t.word.Load())
	e := &h.young[h.youth&(youngMax-1)]
	e.t, e.life = t, life
	h.youth++
	return t, life
}

// refill makes room for young timers, and spare timers.
func (w *Worker) refill() *magazine {
	c := w.core
	if c.wheel.youth == youngMax {
		c.wheel.place(c.sched.clock())
	}
	if m := c.wheel.fullMagazine(); m.n > 0 {
		return m
	}
	slab := &timerSlab{timerHome: timerHome{core: c}}
	for i := range slab.timers {
		t := &slab.timers[i]
		t.init(c, i)
		c.wheel.keep(t)
	}
	return c.wheel.spares
}

func (t *Timer) init(c *Core, index int) {
	t.index = uint8(index)
	t.wheel = c.wheel.id
	t.word.Store(2) // so the zero Life is none
}

// Again lets the repeating timer that is expiring go on: it is due once more at the next multiple of every after it was due that is
// still to come. So it does not drift, and what was missed is left out. To be called by Expire.
func (w *Worker) Again(every time.Duration) {
	c := w.core
	h := &c.wheel
	step := max(delay(every), 1)
	e := h.firing
	due := e.t.due.get() + step
	if late := c.now - due; late >= 0 {
		due += (late/step + 1) * step
	}
	e.t.due.set(due)
	e.tick = ticks(due)
	h.start(e, c.now)
	h.firing.t = nil
}

// NewTimer makes a timer to be started once, by Scheduler.StartTimer; what it carries is to be written before. Any goroutine may
// call it.
func (s *Scheduler) NewTimer() *Timer {
	c := s.anyCore()
	l := &loneTimer{timerHome: timerHome{core: c}}
	t := &l.timers[0]
	t.init(c, 0)
	return t
}

// StartTimer is Worker.StartTimer for any goroutine, with a new timer: its core takes it up soon. The time counts from now.
func (s *Scheduler) StartTimer(t *Timer, d time.Duration, tag uint64) Life {
	return s.launch(t, d, tag, false)
}

// RepeatTimer is Worker.RepeatTimer for any goroutine, with a new timer.
func (s *Scheduler) RepeatTimer(t *Timer, d time.Duration, tag uint64) Life {
	return s.launch(t, d, tag, true)
}

func (s *Scheduler) launch(t *Timer, d time.Duration, tag uint64, repeats bool) Life {
	t.repeats = repeats
	t.tag.set(int64(tag))
	due := s.clock() + delay(d)
	t.due.set(due)
	e := entry{t, Life(t.word.Load()), ticks(due)}
	s.OnCore(t.home().core.id, func(w *Worker) {
		if !e.ended() {
			w.core.wheel.start(e, w.core.now)
		}
	})
	return e.life
}

// StopTimer is Cancel for a caller that holds a core.
func (w *Worker) StopTimer(t *Timer, life Life) (tag uint64, stopped bool) {
	h := &w.core.wheel
	if t.wheel != h.id {
		return t.Cancel(life)
	}
	tag = uint64(t.tag.get())
	if !t.word.CompareAndSwap(uint64(life), uint64(life)+2) {
		return 0, false
	}
	if t.due.get() >= 0 {
		h.stale++
	}
	m := h.spares
	if uint(m.n) >= uint(len(m.t)) {
		m = h.emptyMagazine()
	}
	t.Data = nil
	m.t[m.n&(magazineLen-1)] = t // as keep does
	m.n++
	return tag, true
}

// Cancel ends a life of the timer and reports whether that was in time: after true, Expire is not called any more, though a
// repeating timer may be at it; after false that life has ended or is ending. The tag is the one that the life was started
// with. Any goroutine may cancel.
func (t *Timer) Cancel(life Life) (tag uint64, cancelled bool) {
	if bugLife {
		life = Life(t.word.Load() &^ 1)
	}
	if !t.word.CompareAndSwap(uint64(life), uint64(life)+1) {
		return 0, false
	}
	// It is ours until it is on the stack: the core does not use again what has an odd word.
	tag = uint64(t.tag.get())
	if !t.repeats { // else it may be expiring
		atomics.Plain()
		t.Data = nil
	}
	t.giveBack()
	return tag, true
}

// Remaining returns how long the life has still to run, 0 when it has ended. Any goroutine may ask.
func (t *Timer) Remaining(life Life) time.Duration {
	if t.word.Load() != uint64(life) {
		return 0
	}
	due := t.due.get()
	if t.word.Load() != uint64(life) {
		return 0
	}
	if due < 0 {
		return time.Duration(^due)
	}
	return time.Duration(max(0, due-t.home().core.sched.clock()))
}

// Tag returns the tag that the life was started with, and whether it still runs. Any goroutine may ask.
func (t *Timer) Tag(life Life) (tag uint64, runs bool) {
	if t.word.Load() != uint64(life) {
		return 0, false
	}
	tag = uint64(t.tag.get())
	return tag, t.word.Load() == uint64(life)
}

// Owner returns Config.Timers of the timer's scheduler.
func (t *Timer) Owner() Timers { return t.home().core.sched.cfg.Timers }
