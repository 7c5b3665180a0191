package sched

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// procs sets GOMAXPROCS for the length of the test and returns a check of its present value.
func procs(t *testing.T, n int) (want func(n int, when string)) {
	old := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
	return func(n int, when string) {
		t.Helper()
		if got := runtime.GOMAXPROCS(0); got != n {
			t.Errorf("GOMAXPROCS is %d %s, want %d", got, when, n)
		}
	}
}

func TestOnePIsLeftForTheProgramAndPutBack(t *testing.T) {
	for _, c := range []struct {
		cfg           Config
		workers, want int
	}{
		{Config{}, 3, 4},
		{Config{Workers: 1}, 1, 3}, // there are Ps to spare
		{Config{Workers: 2}, 2, 3},
		{Config{Workers: 3}, 3, 4},
		{Config{Workers: 64}, 64, 4},
		{Config{NoHostP: true}, 3, 3},
	} {
		t.Run(fmt.Sprintf("workers=%d,no=%v", c.cfg.Workers, c.cfg.NoHostP), func(t *testing.T) {
			want := procs(t, 3)
			s := begin(t, c.cfg)
			if s.Workers() != c.workers {
				t.Errorf("%d workers, want %d", s.Workers(), c.workers)
			}
			want(c.want, "while the scheduler runs")
			works(t, s)
			end(t, s)
			want(3, "after Stop")
			end(t, s)
			want(3, "after a second Stop")
		})
	}
}

func TestSchedulersTogetherAddOneP(t *testing.T) {
	want := procs(t, 2)
	a, b := begin(t, Config{}), begin(t, Config{})
	if a.Workers() != 2 || b.Workers() != 2 {
		t.Errorf("%d and %d workers", a.Workers(), b.Workers())
	}
	c := begin(t, Config{Workers: 1})
	want(3, "with three schedulers")
	end(t, a)
	want(3, "while one is left that uses every P")
	end(t, b)
	want(2, "with one left that does not")
	end(t, c)
	want(2, "at the end")
}

// A change that the program makes while schedulers run is the program's new setting.
func TestChangedGOMAXPROCSIsWhatIsPutBack(t *testing.T) {
	want := procs(t, 2)
	s := begin(t, Config{Workers: 2})
	want(3, "while the scheduler runs")
	runtime.GOMAXPROCS(5)
	works(t, s)
	end(t, s)
	want(5, "after Stop")
}

// forever keeps tasks going that run on all the time and returns how often each of them did.
func forever(t *testing.T, s *Scheduler, n int) []atomic.Int64 {
	count := make([]atomic.Int64, n)
	var stop atomic.Bool
	t.Cleanup(func() { stop.Store(true) })
	for i := range count {
		submit(t, s, &job{run: func(w *Worker) Next {
			count[i].Add(1)
			for end := time.Now().Add(10 * time.Microsecond); time.Now().Before(end); {
			}
			if stop.Load() {
				return Done
			}
			w.Used += TurnReductions
			return [2]Next{Yield, Spent}[i%2]
		}})
	}
	return count
}

func goOn(t *testing.T, count []atomic.Int64, when string) {
	t.Helper()
	for i := range count {
		was := count[i].Load()
		until(t, fmt.Sprintf("task %d goes on %s", i, when), func() bool { return count[i].Load() > was })
	}
}

// The number of workers follows GOMAXPROCS up and down; work and timers of a worker that is given up go on elsewhere, and the
// spare P is kept beside them.
func TestWorkersFollowGOMAXPROCS(t *testing.T) {
	want := procs(t, 2)
	s := begin(t, Config{})
	count := forever(t, s, 20)
	var fired atomic.Int32
	const timers = 200
	armed := make(chan struct{}, timers)
	for i := range timers {
		submit(t, s, once(func(w *Worker) {
			w.after(time.Duration(i)*10*time.Millisecond, func(*Worker) { fired.Add(1) })
			armed <- struct{}{}
		}))
	}
	for range timers {
		await(t, "a timer's start", armed)
	}
	for _, n := range []int{5, 1, 3, 8, 2} {
		runtime.GOMAXPROCS(n)
		until(t, fmt.Sprintf("there are %d workers", n), func() bool { return s.Workers() == n })
		goOn(t, count, fmt.Sprintf("with %d workers", n))
		works(t, s)
		until(t, "the spare P is there", func() bool { return runtime.GOMAXPROCS(0) == n+1 })
		asked := make(chan int, 8)
		for core := range 8 { // those not in use answer too, once they exist
			if core < len(*s.cores.Load()) {
				s.OnCore(core, func(w *Worker) { asked <- w.core.id })
			} else {
				asked <- core
			}
		}
		for range 8 {
			await(t, "a core's answer", asked)
		}
	}
	until(t, "the timers of all cores have expired", func() bool { return fired.Load() == timers })
	end(t, s)
	want(2, "after Stop")
}

func TestFixedNumberOfWorkersDoesNotFollow(t *testing.T) {
	procs(t, 2)
	s := begin(t, Config{Workers: 3})
	count := forever(t, s, 6)
	was := s.Ticks()
	runtime.GOMAXPROCS(6)
	until(t, "several looks at GOMAXPROCS", func() bool { return s.Ticks()-was > 3*followEvery })
	if s.Workers() != 3 {
		t.Errorf("%d workers, want 3", s.Workers())
	}
	goOn(t, count, "after the change")
}
