package sched

import (
	"sync/atomic"
	"testing"
	"time"
)

// stuck is a task that leaves its core and stays away until it is let go.
type stuck struct {
	inside, let chan struct{}
	back        chan bool // whether it still had its core
	detached    atomic.Int32
	after       func(w *Worker, kept bool) // called when it is back
}

func newStuck() *stuck {
	return &stuck{inside: make(chan struct{}), let: make(chan struct{}), back: make(chan bool, 1)}
}

func (x *stuck) Publish(*Worker)    {}
func (x *stuck) Detach()            { x.detached.Add(1) }
func (x *stuck) Priority() Priority { return Normal }
func (x *stuck) Run(w *Worker) Next {
	w.Leave()
	close(x.inside)
	<-x.let
	kept := w.Resume()
	if x.after != nil {
		x.after(w, kept)
	}
	x.back <- kept
	return Done
}

func TestCoreOfAStuckTaskGoesToASpareWorkerWithEverythingInIt(t *testing.T) {
	told := make(chan Task, 1)
	reported := make(chan time.Duration, 1)
	s := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond, Stuck: func(task Task, since time.Duration) func() {
		told <- task
		return func() { reported <- since }
	}})
	x := newStuck()
	order := make(chan int, 100)
	submit(t, s, once(func(w *Worker) {
		for i := range 50 { // all of this waits on the core that gets stuck
			w.Schedule(once(func(*Worker) { order <- i }), [2]Priority{Normal, Low}[i%2])
		}
		w.after(time.Millisecond, func(*Worker) { order <- 50 })
		w.Schedule(x, High)
	}))
	await(t, "the task", x.inside)
	for range 51 {
		await(t, "what waits behind a stuck task", order)
	}
	if got := await(t, "the hook", told); got != Task(x) {
		t.Errorf("Stuck was called for %v", got)
	}
	if d := await(t, "the hook's report", reported); d < time.Millisecond {
		t.Errorf("stuck since %v", d)
	}
	var st Stats
	if s.ReadStats(&st); st.TakenOver != 1 || st.Spares != 1 || s.Quiet() {
		t.Errorf("%d cores taken, %d spares, quiet: %v", st.TakenOver, st.Spares, s.Quiet())
	}
	close(x.let)
	if await(t, "the task's return", x.back) {
		t.Error("the task thinks it has its core")
	}
	if n := x.detached.Load(); n != 1 {
		t.Errorf("Detach was called %d times", n)
	}
	until(t, "the scheduler is quiet", s.Quiet)
	works(t, s)
	if s.ReadStats(&st); st.Spares != 0 {
		t.Errorf("%d spares at the end", st.Spares)
	}
}

// What the task does when it comes back goes the way from outside and harms nobody.
func TestOperationsOfATaskThatHasLostItsCoreAreSafe(t *testing.T) {
	s := begin(t, Config{Workers: 2, StuckAfter: time.Millisecond})
	ready := make(chan struct{}, 100)
	x := newStuck()
	again := once(func(*Worker) { ready <- struct{}{} })
	x.after = func(w *Worker, kept bool) {
		if kept {
			t.Error("the task has its core")
			return
		}
		if w.Enter() {
			t.Error("Enter reports a core that is gone")
		}
		w.Leave()
		for range 10 {
			w.Ready(once(func(*Worker) { ready <- struct{}{} }))
		}
		_ = w.Sched().Submit(again)
	}
	submit(t, s, x)
	until(t, "the core is taken", func() bool { return x.detached.Load() == 1 })
	close(x.let)
	await(t, "the task's return", x.back)
	for range 11 {
		await(t, "a task made ready by one without a core", ready)
	}
}

// Detach is called while Run is still going on, and the task's next run does not begin before it is over: what Detach does to
// the task is not to be seen half done.
func TestTaskStaysInsideRunUntilDetachIsOver(t *testing.T) {
	s := begin(t, Config{Workers: 2, StuckAfter: time.Millisecond})
	for range scale(20) {
		var detaching, second atomic.Bool
		var runs int
		done := make(chan bool, 1)
		begun := make(chan struct{})
		x := &job{detach: func() {
			detaching.Store(true)
			close(begun)
			for end := time.Now().Add(3 * time.Millisecond); time.Now().Before(end) && !second.Load(); {
				time.Sleep(100 * time.Microsecond)
			}
			detaching.Store(false)
		}}
		x.run = func(w *Worker) Next {
			if runs++; runs == 2 {
				bad := detaching.Load()
				second.Store(true)
				done <- bad
				return Done
			}
			w.Leave()
			<-begun // so it comes back just when it is being detached
			if w.Resume() {
				t.Error("the task has its core")
			}
			_ = w.Sched().Submit(x)
			return Done
		}
		submit(t, s, x)
		if await(t, "the second run", done) {
			t.Fatal("the task's next run began inside Detach")
		}
		until(t, "the scheduler is quiet", s.Quiet)
	}
}

// A task that comes and goes all the time while the monitor tries to take its core either keeps it or loses it, and always knows
// which: if two workers ever had the core, the race detector or the count would tell.
func TestCoreHasOneHolderWhileTheMonitorTriesToTakeIt(t *testing.T) {
	s := begin(t, Config{Workers: 2, StuckAfter: 1})
	type plain struct{ ops, runs int } // memory of a core
	var cores [2]plain
	var total atomic.Int64
	const tasks = 8
	n := scale(400)
	done := make(chan struct{}, tasks)
	for i := range tasks {
		left := n
		x := &job{}
		x.run = func(w *Worker) Next {
			c := w.Core()
			cores[c.ID()].runs++
			for k := range 5 {
				w.Leave()
				if (i+k+left)%16 == 0 {
					time.Sleep(200 * time.Microsecond)
				}
				if w.Enter() {
					cores[c.ID()].ops++
				} else {
					w.Leave()
					if w.Resume() {
						t.Error("a core that was lost is back")
					}
					break
				}
				total.Add(1)
			}
			if left--; left == 0 {
				if w.Resume() {
					done <- struct{}{}
					return Done
				}
				done <- struct{}{}
				return Done
			}
			if !w.Resume() {
				_ = w.Sched().Submit(x)
				return Done
			}
			return Yield
		}
		submit(t, s, x)
	}
	for range tasks {
		await(t, "a task's end", done)
	}
	until(t, "the scheduler is quiet", s.Quiet)
	if sum := cores[0].ops + cores[1].ops; int64(sum) != total.Load() {
		t.Errorf("%d operations are in the cores, %d were done", sum, total.Load())
	}
}

func TestGiveUpHandsTheCoreOnAtOnce(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	let, done := make(chan struct{}), make(chan bool)
	var detached atomic.Int32
	x := &job{detach: func() { detached.Add(1) }}
	x.run = func(w *Worker) Next {
		w.GiveUp()
		w.Leave()
		<-let
		done <- w.Resume()
		return Done
	}
	submit(t, s, x)
	works(t, s)
	close(let)
	if await(t, "the task's return", done) {
		t.Error("the task has its core back")
	}
	if detached.Load() != 1 {
		t.Errorf("Detach was called %d times", detached.Load())
	}
	works(t, s)
}

// Workers that have lost their cores are used again, not made anew each time.
func TestSpareWorkersAreUsedAgain(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	most := int32(0)
	for range 200 {
		done := make(chan struct{})
		submit(t, s, &job{run: func(w *Worker) Next {
			w.GiveUp()
			w.Leave()
			w.Resume()
			close(done)
			return Done
		}})
		await(t, "a task", done)
		most = max(most, s.alive.Load())
		until(t, "the scheduler is quiet", s.Quiet)
	}
	if most > 20 {
		t.Errorf("%d workers for one core", most)
	}
}
