package sched

import (
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var longRun = flag.Bool("long", false, "run the tests that take minutes in their long form")

// fakeClock goes on by a little whenever it is read, so that workers that wait for time to pass see it pass, and by as much as the
// test likes.
type fakeClock struct{ now atomic.Int64 }

func (c *fakeClock) read() int64             { return c.now.Add(50) }
func (c *fakeClock) advance(d time.Duration) { c.now.Add(int64(d)) }

// Timers of any length, started in every way and cancelled at random, against a clock that jumps: none is early, none is
// forgotten, none comes twice, none comes after it was cancelled.
func TestTimersAgainstAClockThatJumps(t *testing.T) {
	for seed := range uint64(scale(20)) {
		var clock fakeClock
		s := begin(t, Config{Workers: 3, StuckAfter: 1 << 60, clock: clock.read})
		rnd := rand.New(rand.NewPCG(seed, 2))
		type shot struct {
			Timer
			due       int64
			came      atomic.Int32
			early     atomic.Bool
			cancelled bool
		}
		const n = 200
		shots := make([]*shot, n)
		fire := func(x *shot) expiryFunc {
			return func(w *Worker) {
				if clock.now.Load() < x.due {
					x.early.Store(true)
				}
				x.came.Add(1)
			}
		}
		spans := []int64{int64(Tick), 100 * int64(Tick), int64(time.Second), int64(time.Hour)}
		for i := range shots {
			x := &shot{}
			shots[i] = x
			d := time.Duration(rnd.Int64N(spans[rnd.IntN(len(spans))]))
			if i%2 == 0 {
				x.due = clock.now.Load() + int64(d)
				s.StartTimer(&x.Timer, d, fire(x))
			} else {
				started := make(chan struct{})
				submit(t, s, once(func(w *Worker) {
					x.due = clock.now.Load() + int64(d)
					w.StartTimer(&x.Timer, d, fire(x))
					close(started)
				}))
				await(t, "a timer's start", started)
			}
			if rnd.IntN(4) == 0 {
				y := shots[rnd.IntN(i+1)]
				if rnd.IntN(2) == 0 {
					y.cancelled = y.cancelled || y.Cancel()
				} else {
					done := make(chan bool)
					submit(t, s, once(func(w *Worker) { done <- w.StopTimer(&y.Timer) }))
					y.cancelled = await(t, "StopTimer", done) || y.cancelled
				}
			}
			if rnd.IntN(3) == 0 {
				clock.advance(time.Duration(rnd.Int64N(spans[rnd.IntN(3)])))
			}
		}
		until(t, "every timer has come or is cancelled", func() bool {
			clock.advance(10 * time.Minute)
			for core := range 3 {
				s.OnCore(core, func(*Worker) {}) // a sleeping worker does not see a clock that jumps
			}
			for _, x := range shots {
				if !x.cancelled && x.came.Load() == 0 {
					return false
				}
			}
			return true
		})
		end(t, s)
		for i, x := range shots {
			if c := x.came.Load(); x.early.Load() || c > 1 || x.cancelled && c != 0 {
				t.Errorf("seed %d, timer %d: early %v, came %d times, cancelled %v", seed, i, x.early.Load(), c, x.cancelled)
			}
			if x.Remaining() != 0 || x.Cancel() {
				t.Errorf("seed %d, timer %d still runs", seed, i)
			}
		}
	}
}

// A million timers of the same instant must not hold up the tasks: at most fireMax of them between two turns.
func TestManyTimersAtTheSameInstantYieldToTasks(t *testing.T) {
	n := scale(200_000)
	if *longRun {
		n = 1_000_000
	}
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	timers := make([]Timer, n)
	fired, before, most := 0, 0, 0
	done := make(chan struct{})
	tick := expiryFunc(func(*Worker) { fired++ })
	submit(t, s, once(func(w *Worker) {
		for i := range timers {
			w.StartTimer(&timers[i], 10*time.Millisecond, tick)
		}
		w.Schedule(&job{run: func(w *Worker) Next {
			most = max(most, fired-before)
			before = fired
			if fired == n {
				close(done)
				return Done
			}
			return Yield
		}}, Normal)
	}))
	await(t, "the last timer", done)
	until(t, "the scheduler is quiet", s.Quiet)
	if most > 2*fireMax {
		t.Errorf("%d timers fired between two turns of a task, want %d at the most", most, fireMax)
	}
}

// The task that puts a timer from outside onto a wheel may find that its core is gone. It tries again, and does not bring back to
// life what was cancelled meanwhile.
func TestTimerFromOutsideStaysCancelledWhenItsStartIsRepeated(t *testing.T) {
	s := &Scheduler{clock: func() int64 { return 0 }, stop: make(chan struct{})}
	s.cores.Store(&[]*Core{})
	s.idle.pending = s.pending
	w := &Worker{core: &Core{sched: s}}
	w.state.Store(lost)
	var x Timer
	s.StartTimer(&x, time.Second, expiryFunc(func(*Worker) { t.Error("it came") }))
	due := x.when
	for i := range 3 {
		task, ok := s.inject.Pop()
		if !ok {
			t.Fatal("nobody will start the timer")
		}
		if task.(Func)(w); x.when != due || x.state.Load() != 1-uint32(min(i, 1)) {
			t.Fatalf("try %d: state %d, for tick %d; want tick %d, and that a cancelled timer does not run again", i, x.state.Load(), x.when, due)
		}
		x.Cancel()
	}
}

func TestTimersOfAWorkerGoOnWhileItsTaskIsStuck(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
	x := newStuck()
	came := make(chan struct{})
	submit(t, s, once(func(w *Worker) {
		w.StartTimer(new(Timer), 5*time.Millisecond, expiryFunc(func(*Worker) { close(came) }))
		w.Schedule(x, Normal)
	}))
	await(t, "the task", x.inside)
	await(t, "a timer of the core that was taken", came)
	close(x.let)
	await(t, "the task's return", x.back)
}

// Anybody may cancel while the timer expires: exactly one of the two happens.
func TestCancelAndExpiryExcludeEachOther(t *testing.T) {
	s := begin(t, Config{Workers: 2})
	n := scale(2000)
	var came, cancelled atomic.Int64
	var all sync.WaitGroup
	for range n {
		x := &Timer{}
		s.StartTimer(x, Tick, expiryFunc(func(*Worker) { came.Add(1) }))
		for range 2 {
			all.Go(func() {
				for i := 0; x.Remaining() > Tick/4 && i < 1e6; i++ {
				}
				if x.Cancel() {
					cancelled.Add(1)
				}
			})
		}
	}
	all.Wait()
	until(t, "all timers are settled", func() bool { return came.Load()+cancelled.Load() >= int64(n) })
	end(t, s)
	if came.Load()+cancelled.Load() != int64(n) {
		t.Errorf("%d came, %d were cancelled, of %d", came.Load(), cancelled.Load(), n)
	}
}
