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
			*Timer
			life      Life
			due       int64
			came      atomic.Int32
			early     atomic.Bool
			cancelled bool
		}
		const n = 200
		shots := make([]*shot, n)
		fire := func(x *shot) func(*Worker) {
			return func(*Worker) {
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
				x.Timer, x.life = after(s, d, fire(x))
			} else {
				started := make(chan struct{})
				submit(t, s, once(func(w *Worker) {
					x.due = clock.now.Load() + int64(d)
					x.Timer, x.life = w.after(d, fire(x))
					close(started)
				}))
				await(t, "a timer's start", started)
			}
			if rnd.IntN(4) == 0 {
				y := shots[rnd.IntN(i+1)]
				if rnd.IntN(2) == 0 {
					_, ok := y.Cancel(y.life)
					y.cancelled = y.cancelled || ok
				} else {
					done := make(chan bool)
					submit(t, s, once(func(w *Worker) {
						_, ok := w.StopTimer(y.Timer, y.life)
						done <- ok
					}))
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
			if _, ok := x.Cancel(x.life); ok || x.Remaining(x.life) != 0 {
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
	fired, before, most := 0, 0, 0
	done := make(chan struct{})
	tick := func(*Worker) { fired++ }
	submit(t, s, once(func(w *Worker) {
		for range n {
			w.after(10*time.Millisecond, tick)
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

// A core takes up a timer from outside when it comes to it. If the timer was cancelled meanwhile it stays so, also when it has been
// used again by then, and that life is not disturbed.
func TestTimerFromOutsideStaysCancelledThoughItsCoreHasNotTakenItUp(t *testing.T) {
	for _, how := range []string{"Cancel", "StopTimer"} {
		s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		second := make(chan struct{})
		submit(t, s, once(func(w *Worker) {
			x, life := after(s, 0, func(*Worker) { t.Errorf("%s: a cancelled timer has come", how) })
			if r := x.Remaining(life); r < 0 || r > Tick {
				t.Errorf("%v remain", r)
			}
			var ok bool
			if how == "Cancel" {
				_, ok = x.Cancel(life)
				w.core.wheel.takeBack()
			} else {
				_, ok = w.StopTimer(x, life)
			}
			if !ok {
				t.Errorf("%s was too late", how)
			}
			y, life2 := w.after(2*Tick, func(*Worker) { close(second) })
			if x != y || life == life2 {
				t.Errorf("%s: the timer is not used again, or two lives have one name", how)
			}
		}))
		await(t, "the second life", second)
		until(t, "the scheduler is quiet", s.Quiet)
		end(t, s)
	}
}

func TestTimersOfAWorkerGoOnWhileItsTaskIsStuck(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
	x := newStuck()
	came := make(chan struct{})
	submit(t, s, once(func(w *Worker) {
		w.after(5*time.Millisecond, func(*Worker) { close(came) })
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
		x, life := after(s, Tick, func(*Worker) { came.Add(1) })
		for range 2 {
			all.Go(func() {
				for i := 0; x.Remaining(life) > Tick/4 && i < 1e6; i++ {
				}
				if _, ok := x.Cancel(life); ok {
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
