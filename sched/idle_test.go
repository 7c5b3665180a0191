package sched

import (
	"fmt"
	"testing"
	"time"
)

// asleepAll reports whether all workers and the monitor sleep.
func asleepAll(s *Scheduler) bool { return s.Quiet() && s.mon.asleep.Load() }

// While all workers are parked nothing at all happens: no tick, no turn, no park, no wake-up, however long it lasts.
func TestIdleSchedulerDoesNothing(t *testing.T) {
	for _, workers := range []int{1, 2, 64} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			s := begin(t, Config{Workers: workers})
			works(t, s)
			until(t, "everybody sleeps", func() bool { return asleepAll(s) })
			var before, after Stats
			s.ReadStats(&before)
			ticks := s.Ticks()
			time.Sleep(50 * time.Millisecond) // fifty ticks, were there any
			s.ReadStats(&after)
			if n := s.Ticks() - ticks; n > 1 {
				t.Errorf("%d ticks of an idle scheduler", n)
			}
			if after.Turns != before.Turns || after.Parks != before.Parks || after.Wakes != before.Wakes || !asleepAll(s) {
				t.Errorf("an idle scheduler did something: %+v, then %+v", before.CoreStats, after.CoreStats)
			}
			if after.Busy != before.Busy {
				t.Errorf("an idle scheduler was busy for %v", after.Busy-before.Busy)
			}
			works(t, s)
		})
	}
}

// A timer far off does not keep anybody awake.
func TestIdleSchedulerSleepsUntilItsTimer(t *testing.T) {
	s := begin(t, Config{Workers: 2})
	x, life := after(s, time.Hour, nil)
	works(t, s)
	until(t, "everybody sleeps", func() bool { return asleepAll(s) })
	var before, after Stats
	s.ReadStats(&before)
	time.Sleep(20 * time.Millisecond)
	if s.ReadStats(&after); after.Parks != before.Parks {
		t.Errorf("%d parks while nothing happens", after.Parks-before.Parks)
	}
	if _, ok := x.Cancel(life); !ok {
		t.Error("the timer has come")
	}
}

// A single task at a time wakes a single worker: the others stay where they are.
func TestOneTaskDoesNotWakeEverybody(t *testing.T) {
	s := begin(t, Config{Workers: 16})
	until(t, "everybody sleeps", s.Quiet)
	var before, after Stats
	s.ReadStats(&before)
	const n = 50
	for range n {
		done := make(chan struct{})
		submit(t, s, once(func(*Worker) { close(done) }))
		await(t, "the task", done)
		until(t, "everybody sleeps", s.Quiet)
	}
	if s.ReadStats(&after); after.Wakes-before.Wakes > 2*n {
		t.Errorf("%d workers were woken for %d tasks", after.Wakes-before.Wakes, n)
	}
}

func TestQuietSeesWhatRunsWaitsOrIsAway(t *testing.T) {
	s := begin(t, Config{Workers: 2, StuckAfter: time.Hour})
	until(t, "the scheduler is quiet", s.Quiet)
	for _, give := range []bool{false, true} {
		let, inside := make(chan struct{}), make(chan struct{})
		submit(t, s, &job{run: func(w *Worker) Next {
			if give {
				w.GiveUp()
			}
			w.Leave()
			close(inside)
			<-let
			w.Resume()
			return Done
		}})
		await(t, "the task", inside)
		for range 100 {
			if s.Quiet() {
				t.Fatalf("quiet while a task runs; core given up: %v", give)
			}
		}
		close(let)
		until(t, "the scheduler is quiet", s.Quiet)
	}
}

func TestQuietSeesATaskOnACoreThatRetires(t *testing.T) {
	procs(t, 3)
	s := begin(t, Config{StuckAfter: time.Hour})
	works(t, s)
	x := newStuck()
	s.OnCore(2, func(w *Worker) { w.Schedule(x, Normal) })
	await(t, "the task", x.inside)
	procs(t, 1)
	until(t, "there is one worker", func() bool { return s.Workers() == 1 })
	until(t, "the worker in use has parked", func() bool { return s.idle.isParked(0) })
	for range 100 {
		if s.Quiet() {
			t.Fatal("quiet while a task runs on a core that retires")
		}
	}
	close(x.let)
	if !await(t, "the task's return", x.back) {
		t.Error("the task has lost its core")
	}
}

func TestOnCoreIsCalledByTheHolderOfThatCore(t *testing.T) {
	for _, busy := range []bool{false, true} {
		s := begin(t, Config{Workers: 4})
		if busy {
			forever(t, s, 8)
		}
		for i := range scale(40) {
			core := i % 4
			got := make(chan int, 2)
			s.OnCore(core, func(w *Worker) { got <- w.Core().ID() })
			if id := await(t, "the core's worker", got); id != core {
				t.Fatalf("called on core %d in place of %d", id, core)
			}
		}
		s.OnCore(-1, func(*Worker) { t.Error("called for core -1") })
		s.OnCore(4, func(*Worker) { t.Error("called for core 4") })
		works(t, s)
	}
}

func TestOnCoreReachesACoreWhoseTaskIsStuck(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
	x := newStuck()
	submit(t, s, x)
	await(t, "the task", x.inside)
	got := make(chan struct{})
	s.OnCore(0, func(*Worker) { close(got) })
	await(t, "the spare worker", got)
	close(x.let)
	await(t, "the task's return", x.back)
}

func TestOnCoreReachesACoreThatIsNotInUse(t *testing.T) {
	procs(t, 3)
	s := begin(t, Config{})
	count := forever(t, s, 3)
	procs(t, 1)
	until(t, "there is one worker", func() bool { return s.Workers() == 1 })
	goOn(t, count, "on one worker")
	for i := range scale(300) {
		got := make(chan struct{})
		s.OnCore(1+i%2, func(*Worker) { close(got) })
		await(t, "a worker that is not in use", got)
	}
}
