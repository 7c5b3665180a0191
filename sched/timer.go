package sched

import (
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

// Timer calls its Expiry once, on a worker, never before it is due, unless it was cancelled first. It is embedded by whoever starts
// it, or made by NewTimer, and can be started again when it is at rest; each time is a life of its own.
//
// The first cache line is what a cancel needs of it.
type Timer struct {
	links // the holder of the core

	// word is the timer's life, an even number, and one more when that life has been cancelled by someone who did not hold the
	// core. Whoever moves it on from the even number decides what happened: the holder of the core to the next even one, by
	// expiry or StopTimer; anyone to the odd one, by Cancel. From odd to even only the holder moves it (takeBack). Between two
	// lives it shows the one to come, which nobody knows yet: so that a start need not write it.
	word atomics.Uint64

	// Data is what the timer carries. Written by the embedder before a start, read by it in Expire; set to nil by whoever ends the
	// life, or by the holder of the core at the end of one that repeats.
	Data any

	tag stamp // the embedder's
	due stamp // ns on the scheduler's clock; while the timer is young, -1 minus its delay

	where, slot uint8     // the holder of the core
	stopped     bool      // spare, though it may be on the wheel; the holder of the core
	mode        timerMode // written before a life begins
	wheel       uint32    // number of the wheel it is on; constant once it has been started

	core   *Core          // whose wheel that is; likewise
	back   *Timer         // next on that wheel's stack back: whoever has cancelled it, then the holder of the core
	expiry Expiry         // constant
	depth  atomics.Uint32 // on that stack; whoever has cancelled it
}

type timerMode uint8

const (
	reuse   timerMode = 1 << iota // goes to the core's spare timers when it comes to rest
	repeats                       // expires again and again
)

// Expiry is what a timer does when it is due.
type Expiry interface {
	// Expire is called on a worker that holds the timer's core, between turns. It must be quick. The timer is at rest.
	Expire(w *Worker)
}

// Life tells one use of a timer from all others. The zero Life is none.
type Life uint64

const (
	tickShift = 17 // a tick is 2^17 ns, 131 µs
	// Tick is the resolution of timers.
	Tick = time.Duration(1 << tickShift)
	// MaxTimer is the longest delay, about 9 years; a longer one is cut to it.
	MaxTimer = time.Duration(1<<(wheelBits*wheelLevels-1)) << tickShift
)

// NewTimer returns a timer at rest.
func NewTimer(e Expiry) *Timer { return (&Timer{}).Init(e, false) }

// Init prepares a timer that has never been started, and returns it. With again, each life ends with the timer among the spare ones
// of its core.
func (t *Timer) Init(e Expiry, again bool) *Timer {
	t.expiry = e
	if again {
		t.mode = reuse
	}
	t.word.Store(2)
	return t
}

// Expiry returns what Init was given.
func (t *Timer) Expiry() Expiry { return t.expiry }

// tick is when the timer is due, in ticks, rounded up.
func (t *Timer) tick() int64 { return (t.due.get() + 1<<tickShift - 1) >> tickShift }

func delay(d time.Duration) int64 { return int64(min(max(d, 0), MaxTimer)) }

// StartTimer starts t, which must be at rest, on this worker's core. Its expiry is called when d has passed; a tag goes with it, see
// Timer.Tag. The time counts from the core's next look at the clock, which is at the end of the turn at the latest, so that a start
// need not read it. A timer stays with the core on which it was started first. The core must be held.
func (w *Worker) StartTimer(t *Timer, d time.Duration, tag uint64) Life {
	t.mode &^= repeats
	return w.begin(t, d, tag)
}

// RepeatTimer is StartTimer for a timer that expires again and again: each time Expire may call Again, else it ends.
func (w *Worker) RepeatTimer(t *Timer, d time.Duration, tag uint64) Life {
	t.mode |= repeats
	return w.begin(t, d, tag)
}

func (w *Worker) begin(t *Timer, d time.Duration, tag uint64) Life {
	h := &w.core.wheel
	if h.youth == youngMax || t.wheel != h.id {
		w.prepare(t)
	}
	t.tag.set(int64(tag))
	t.due.set(^delay(d))
	t.where, t.slot = young, uint8(h.youth)
	h.young[h.youth] = t
	h.youth++
	return Life(t.word.Load())
}

// prepare makes room for a young timer, and a new one the core's.
func (w *Worker) prepare(t *Timer) {
	c := w.core
	if c.wheel.youth == youngMax {
		c.wheel.place(c.sched.clock())
	}
	t.core, t.wheel = c, c.wheel.id
}

// Again lets a repeating timer go on from inside its Expire: it is due once more at the next multiple of every after it was due
// that is still to come. So it does not drift, and what was missed is left out.
func (w *Worker) Again(t *Timer, every time.Duration) {
	c := w.core
	step := max(delay(every), 1)
	due := t.due.get() + step
	if late := c.now - due; late >= 0 {
		due += (late/step + 1) * step
	}
	t.due.set(due)
	c.wheel.start(t, c.now)
}

// StartTimer is Worker.StartTimer for any goroutine: some core takes the timer up soon. The time counts from now. A timer that has been
// started before cannot be started like this.
func (s *Scheduler) StartTimer(t *Timer, d time.Duration, tag uint64) Life {
	t.mode &^= repeats
	return s.launch(t, d, tag)
}

// RepeatTimer is Worker.RepeatTimer for any goroutine: see Scheduler.StartTimer.
func (s *Scheduler) RepeatTimer(t *Timer, d time.Duration, tag uint64) Life {
	t.mode |= repeats
	return s.launch(t, d, tag)
}

func (s *Scheduler) launch(t *Timer, d time.Duration, tag uint64) Life {
	c := s.anyCore()
	t.core, t.wheel = c, c.wheel.id
	t.tag.set(int64(tag))
	t.due.set(s.clock() + delay(d))
	life := t.word.Load()
	s.OnCore(c.id, func(w *Worker) {
		if t.word.Load() == life { // else it was cancelled, and may be at rest or have another life by now
			w.core.wheel.start(t, w.core.now)
		}
	})
	return Life(life)
}

// StopTimer is Cancel for a caller that holds a core: a timer of that core is at rest when the worker looks at the clock again, if not
// before.
func (w *Worker) StopTimer(t *Timer, life Life) (tag uint64, stopped bool) {
	h := &w.core.wheel
	if t.wheel != h.id {
		return t.Cancel(life)
	}
	tag = uint64(t.tag.get())
	if life == 0 || !t.word.CompareAndSwap(uint64(life), uint64(life)+2) {
		return 0, false
	}
	t.Data = nil
	if t.mode&reuse == 0 {
		h.remove(t)
		return tag, true
	}
	t.stopped = true
	h.lazy++
	h.spareOne(t)
	return tag, true
}

// Cancel ends a life of the timer and reports whether that was in time: after true, Expire is not called any more, though a
// repeating timer may be at it; after false that life has ended or is ending. The tag is the one that the life was started
// with. Any goroutine may cancel. The timer is at rest when its core has looked at the clock again.
func (t *Timer) Cancel(life Life) (tag uint64, cancelled bool) {
	if life == 0 || !t.word.CompareAndSwap(uint64(life), uint64(life)+1) {
		return 0, false
	}
	// It is ours until it is on the stack: the core does not use again what has an odd word.
	tag = uint64(t.tag.get())
	if t.mode&repeats == 0 { // else it may be expiring
		t.Data = nil
	}
	t.giveBack()
	return tag, true
}

// Remaining returns how long the life has still to run, 0 when it has ended. Any goroutine may ask.
func (t *Timer) Remaining(life Life) time.Duration {
	if life == 0 || t.word.Load() != uint64(life) {
		return 0
	}
	due, s := t.due.get(), t.core.sched
	if t.word.Load() != uint64(life) {
		return 0
	}
	if due < 0 {
		return time.Duration(^due)
	}
	return time.Duration(max(0, due-s.clock()))
}

// Tag returns the tag that the life was started with, and whether it still runs. Any goroutine may ask.
func (t *Timer) Tag(life Life) (tag uint64, runs bool) {
	if life == 0 || t.word.Load() != uint64(life) {
		return 0, false
	}
	tag = uint64(t.tag.get())
	return tag, t.word.Load() == uint64(life)
}

// Ended returns the tag and the name of the life that has just ended, for the Expire of a timer that does not repeat; a repeating
// one has its tag from there.
func (t *Timer) Ended() (tag uint64, life Life) {
	return uint64(t.tag.get()), Life(t.word.Load() - 2)
}
