//go:build explore

package sched

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
)

// timerWorld is a core with its wheel, and others who cancel what they remember.
//
// Each start is a life, numbered from 0; the number is its tag, and what it carries. A life must end once: by an expiry that finds what
// it carries, or by one Cancel or StopTimer; in the end the core's timers are all spare, each once, and carry nothing.
type timerWorld struct {
	x     *explore.Exec
	w     *Worker
	now   int64
	all   int                           // timers made
	lives [8]atomic.Pointer[timerShare] // by number; not instrumented: who reads it has been told
	n     int
	fired [8]int // by the holder
	ended [8]atomic.Int32
}

type timerShare struct {
	t    *Timer
	life Life
}

type cargo struct{ number uint64 }

func newTimerWorld(x *explore.Exec) *timerWorld {
	tw := &timerWorld{x: x}
	tw.w = handMade(func() int64 { return tw.now })
	tw.w.core.sched.cfg.Timers = tw
	h := &tw.w.core.wheel
	tw.w.refill()
	for h.spares.n > 1 { // a second one is made when it is needed
		h.spares.n--
		h.spares.t[h.spares.n] = nil
	}
	tw.all = 1
	x.Name(&h.back, "back")
	x.Name(&h.spares.t[0].word, "word")
	x.After(tw.settle)
	return tw
}

// Expire is what a life that expires does.
func (tw *timerWorld) Expire(w *Worker, t *Timer, tag uint64, life Life) {
	atomics.Plain()
	if c, ok := t.Data.(*cargo); !ok || c.number != tag {
		tw.x.Failf("life %d expires with what it carries lost", tag)
	}
	if s := tw.lives[tag].Load(); s.t != t || s.life != life {
		tw.x.Failf("life %d expires under another name", tag)
	}
	if tw.fired[tag]++; t.repeats {
		w.Again(Tick)
	} else {
		tw.end(tag)
	}
}

func (tw *timerWorld) end(tag uint64) {
	if tw.ended[tag].Add(1) > 1 {
		tw.x.Failf("life %d has ended twice", tag)
	}
}

// start starts a timer and tells everybody.
func (tw *timerWorld) start(d time.Duration) int {
	h := &tw.w.core.wheel
	if h.spares.n == 0 && h.reserve.n == 0 {
		l := &loneTimer{timerHome: timerHome{core: tw.w.core}}
		l.timers[0].init(tw.w.core, 0)
		h.keep(&l.timers[0])
		tw.all++
	}
	t, life := tw.w.StartTimer(d, uint64(tw.n))
	return tw.started(t, life)
}

func (tw *timerWorld) repeat() int {
	t, life := tw.w.RepeatTimer(Tick, uint64(tw.n))
	return tw.started(t, life)
}

func (tw *timerWorld) started(t *Timer, life Life) int {
	i := tw.n
	t.Data = &cargo{uint64(i)}
	tw.lives[i].Store(&timerShare{t, life})
	tw.n++
	return i
}

// pass is the worker's look at the clock after some time.
func (tw *timerWorld) pass(d time.Duration) {
	tw.now += int64(d)
	tw.w.look(tw.now)
}

// stop is the holder's.
func (tw *timerWorld) stop(i int) {
	s := tw.lives[i].Load()
	if tag, ok := tw.w.StopTimer(s.t, s.life); ok {
		tw.over(i, tag)
	}
}

// cancel is anybody's: it cancels life i if that has begun.
func (tw *timerWorld) cancel(i int) (ok bool) {
	s := tw.lives[i].Load()
	if s == nil {
		return false
	}
	tag, ok := s.t.Cancel(s.life)
	if ok {
		tw.over(i, tag)
	}
	return ok
}

func (tw *timerWorld) over(i int, tag uint64) {
	if tag != uint64(i) {
		tw.x.Failf("life %d was cancelled by the name of %d", tag, i)
	}
	tw.end(tag)
}

// look asks for what anybody may ask for.
func (tw *timerWorld) look(i int, longest time.Duration) {
	s := tw.lives[i].Load()
	if s == nil {
		return
	}
	if tag, runs := s.t.Tag(s.life); runs && tag != uint64(i) {
		tw.x.Failf("life %d has the tag of %d", i, tag)
	}
	if r := s.t.Remaining(s.life); r < 0 || r > longest {
		tw.x.Failf("life %d has %v to run", i, r)
	}
}

// settle lets all the time pass that is needed, and takes stock.
func (tw *timerWorld) settle() {
	h := &tw.w.core.wheel
	for range 4 {
		tw.pass(time.Hour)
	}
	for i := range tw.n {
		if s := tw.lives[i].Load(); s.t.repeats && tw.ended[i].Load() == 0 {
			tw.stop(i)
		}
		if n := tw.ended[i].Load(); n != 1 {
			tw.x.Failf("life %d has ended %d times", i, n)
		}
	}
	tw.pass(time.Second)
	for f, ok := tw.w.core.ops.Pop(); ok; f, ok = tw.w.core.ops.Pop() {
		f(tw.w)
	}
	seen := map[*Timer]bool{}
	for _, m := range []*magazine{h.spares, h.reserve} {
		for _, t := range m.t[:m.n] {
			if seen[t] {
				tw.x.Failf("life: a timer is spare twice")
			}
			seen[t] = true
			if t.Data != nil || t.word.Load()&1 != 0 {
				tw.x.Failf("life: a spare timer carries %v, its word is %d", t.Data, t.word.Load())
			}
		}
	}
	if len(seen) != tw.all || h.entries != 0 {
		tw.x.Failf("life: %d of %d timers are spare; %d entries on the wheel", len(seen), tw.all, h.entries)
	}
}

// expiring: the core comes to a timer while so many cancel it, each so often.
func expiring(young bool, cancellers, times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		tw := newTimerWorld(x)
		tw.start(Tick)
		if !young {
			tw.pass(0)
		}
		x.Go("worker", func() {
			tw.pass(2 * Tick)
			tw.pass(2 * Tick)
		})
		for range cancellers {
			x.Go("canceller", func() {
				for range times {
					tw.cancel(0)
				}
			})
		}
	}
}

// usedAgain: the core starts one timer after the other while others cancel by all the names they have seen.
func usedAgain(lives, cancellers int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		tw := newTimerWorld(x)
		tw.start(Tick)
		x.Go("worker", func() {
			for range lives - 1 {
				tw.pass(0)
				tw.pass(2 * Tick)
				tw.start(Tick)
			}
		})
		for range cancellers {
			x.Go("canceller", func() {
				for i := range lives {
					tw.cancel(i)
				}
				tw.cancel(0)
			})
		}
	}
}

// stopped: the core stops what it has started and uses it again, while somebody cancels the first two lives and somebody looks.
func stopped(watch bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		tw := newTimerWorld(x)
		tw.start(5 * Tick)
		x.Go("worker", func() {
			tw.stop(0)
			tw.start(3 * Tick)
			tw.pass(0)
			tw.stop(1)
			tw.start(Tick)
			tw.pass(3 * Tick)
		})
		x.Go("canceller", func() {
			tw.cancel(0)
			tw.cancel(1)
			tw.cancel(0)
		})
		if watch {
			x.Go("watcher", func() {
				tw.look(0, 5*Tick)
				tw.look(1, 3*Tick)
			})
		}
	}
}

// givenBack: two timers are cancelled by two others at the same time, while the core takes back what there is and uses it again.
func givenBack(looks int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		tw := newTimerWorld(x)
		tw.start(time.Hour)
		tw.start(time.Hour)
		x.Go("worker", func() {
			for range looks {
				tw.pass(0)
				tw.stop(tw.start(time.Hour))
			}
		})
		for i := range 2 {
			x.Go("canceller", func() {
				tw.cancel(i)
				tw.cancel(1 - i)
			})
		}
	}
}

// repeating: a timer expires again and again while somebody cancels it. It may be at it, but then it comes no more.
func repeating(cancellers int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		tw := newTimerWorld(x)
		tw.repeat()
		x.Go("worker", func() {
			for range 3 {
				tw.pass(Tick)
			}
		})
		for range cancellers {
			x.Go("canceller", func() {
				if !tw.cancel(0) {
					return
				}
				s := tw.lives[0].Load()
				if _, ok := s.t.Tag(s.life); ok || s.t.Remaining(s.life) != 0 {
					x.Failf("life 0 runs on after it was cancelled")
				}
			})
		}
	}
}

// timerPrograms is what is explored of timers.
var timerPrograms = []program{
	{"a timer that expires while one cancels", expiring(false, 1, 1), all(), preempted(4)},
	{"a timer that expires while one cancels twice", expiring(false, 1, 2), all(), preempted(4)},
	{"a timer that expires while two cancel", expiring(false, 2, 1), preempted(4), random(1)},
	{"a young timer that two cancel", expiring(true, 2, 1), preempted(4), random(2)},
	{"a timer that is used again, and who remembers", usedAgain(3, 1), preempted(6), random(3)},
	{"a timer that is used again, and two who remember", usedAgain(3, 2), preempted(3), random(4)},
	{"a timer that is used four times, and who remembers", usedAgain(4, 1), preempted(5), random(5)},
	{"a timer that is stopped and used again", stopped(false), preempted(5), random(6)},
	{"a timer that is stopped, used again and looked at", stopped(true), preempted(3), random(7)},
	{"two timers that come back", givenBack(2), preempted(3), random(8)},
	{"a timer that repeats", repeating(1), preempted(5), random(9)},
	{"a timer that repeats, and two who cancel", repeating(2), preempted(3), random(10)},
}

// TestEachLifeEndsOnceInAnyInterleaving explores timers: of expiry, stop and cancel exactly one ends a life, with what it carries; who
// remembers an old life never ends a later one; and every timer comes back to its core once.
func TestEachLifeEndsOnceInAnyInterleaving(t *testing.T) {
	exploreAll(t, timerPrograms)
}
