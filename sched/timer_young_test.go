package sched

import (
	"sync/atomic"
	"testing"
	"time"
)

// countingClock is a real clock that counts how often it is read by whom it is handed to.
type countingClock struct {
	base  time.Time
	reads atomic.Int64
}

func (c *countingClock) read() int64 {
	c.reads.Add(1)
	return int64(time.Since(c.base))
}

// A start leaves the reading of the clock, which costs more than all the rest, to the worker's next look; only a handler that starts
// very many reads it once for youngMax of them.
func TestStartOfATimerDoesNotReadTheClock(t *testing.T) {
	clock := &countingClock{base: time.Now()}
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour, clock: clock.read})
	const n = 10 * youngMax
	reads := make(chan int64)
	started := make(chan struct{})
	submit(t, s, once(func(w *Worker) {
		<-started // the monitor sleeps or ticks; either way it reads the clock once a millisecond at most
		begun, before := time.Now(), clock.reads.Load()
		for range n {
			w.after(time.Hour, nil)
		}
		reads <- clock.reads.Load() - before - 3*int64(1+time.Since(begun)/time.Millisecond)
	}))
	close(started)
	if got := await(t, "the starts", reads); got > n/youngMax {
		t.Errorf("%d timers were started with %d readings of the clock", n, got)
	}
}

// Whoever starts a timer between the worker's last look at the clock and its sleep: it must not sleep past it.
func TestTimerStartedJustBeforeTheWorkerParksFires(t *testing.T) {
	for range scale(50) {
		s := begin(t, Config{Workers: 1, Spin: 1})
		came := make(chan string, 1)
		tell := func(what string) func(*Worker) { return func(*Worker) { came <- what } }
		submit(t, s, once(func(w *Worker) { w.after(Tick, tell("task")) }))
		if what := await(t, "a timer that a task has started", came); what != "task" {
			t.Fatal(what)
		}
		until(t, "the worker parks", s.Quiet)
		s.OnCore(0, func(w *Worker) { w.after(Tick, tell("function")) })
		await(t, "a timer that a function on the core has started", came)
		until(t, "the worker parks", s.Quiet)
		after(s, Tick, func(w *Worker) { w.after(Tick, tell("timer")) })
		await(t, "a timer that a timer has started", came)
		end(t, s)
	}
}

// Young timers begin to run when the clock is read, not before: with a clock that stands still while they are started and jumps
// then, none is early and all are due exactly.
func TestYoungTimersCountFromTheNextLookAtTheClock(t *testing.T) {
	var now int64 = 5 << tickShift
	w := handMade(func() int64 { return now })
	h := &w.core.wheel
	x, lifeX := w.after(3*Tick, nil)
	y, lifeY := w.after(-Tick, nil)
	if r := x.Remaining(lifeX); r != 3*Tick {
		t.Errorf("%v remain of a young timer of %v", r, 3*Tick)
	}
	if r := y.Remaining(lifeY); r != 0 {
		t.Errorf("%v remain of a young timer of nothing", r)
	}
	now += 10 << tickShift
	w.look(now)
	if r := x.Remaining(lifeX); r != 3*Tick || h.entries != 1 {
		t.Errorf("after the look %v remain of %v, and %d timers are on the wheel, want 1", r, 3*Tick, h.entries)
	}
	now += 3<<tickShift - 1
	if w.look(now); h.entries != 1 {
		t.Error("the timer is early")
	}
	now++
	if w.look(now); h.entries != 0 {
		t.Error("the timer is late")
	}
}

// handMade is a worker with a core of its own and nothing else of a scheduler, for what needs a clock that stands still.
func handMade(clock func() int64) *Worker {
	s := &Scheduler{clock: clock, stop: make(chan struct{}), cfg: Config{Timers: callTimers{}}}
	c := &Core{sched: s, sem: make(chan struct{}, 1)}
	c.wheel.init()
	s.cores.Store(&[]*Core{c})
	s.active.Store(1)
	s.idle.words = 1
	s.idle.pending = s.pending
	s.idle.signal = func(int) {}
	w := &Worker{}
	w.bind(c)
	return w
}

// look is what a worker does with its timers when it reads the clock.
func (w *Worker) look(now int64) {
	w.core.now = now
	w.timers(now)
}

// Who starts and stops for ever reads the clock as rarely as who only starts, and those that are left keep their order.
func TestStoppedYoungTimersLeaveNothingBehind(t *testing.T) {
	var now int64
	reads := 0
	w := handMade(func() int64 { reads++; return now })
	const rounds = 10 * youngMax
	for range rounds {
		var lives [3]Life
		var timers [3]*Timer
		for i := range timers {
			timers[i], lives[i] = w.after(time.Second, nil)
		}
		for _, i := range []int{1, 0, 2} {
			if _, ok := w.StopTimer(timers[i], lives[i]); !ok {
				t.Fatal("StopTimer was too late")
			}
		}
	}
	w.settleTimers()
	if h := &w.core.wheel; reads > 2+3*rounds/youngMax || h.entries != 0 || h.next != maxNext {
		t.Errorf("%d readings of the clock, %d entries on the wheel, next %d", reads, h.entries, h.next)
	}
	var order []int
	for i := range 10 {
		x, life := w.after(time.Second, func(*Worker) { order = append(order, i) })
		if i%3 == 0 {
			w.StopTimer(x, life)
		}
	}
	w.look(now)
	now += int64(2 * time.Second)
	w.look(now)
	if want := []int{1, 2, 4, 5, 7, 8}; len(order) != len(want) {
		t.Errorf("came: %v, want %v", order, want)
	} else {
		for i := range want {
			if order[i] != want[i] {
				t.Errorf("came: %v, want %v", order, want)
			}
		}
	}
}
