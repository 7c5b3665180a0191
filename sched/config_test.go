package sched

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestNewRefusesBadConfig(t *testing.T) {
	for _, c := range []struct {
		cfg   Config
		parts []string
	}{
		{Config{Workers: -1}, []string{"Config.Workers", "-1", "1 to 255"}},
		{Config{Workers: MaxWorkers + 1}, []string{"Config.Workers", "256", "1 to 255"}},
		{Config{Slice: -time.Second}, []string{"Config.Slice", "-1s", "200µs"}},
		{Config{StuckAfter: -1}, []string{"Config.StuckAfter", "-1ns", "10ms"}},
		{Config{Spin: -time.Minute}, []string{"Config.Spin", "-1m0s", "20µs"}},
	} {
		s, err := New(c.cfg)
		if s != nil || err == nil {
			t.Fatalf("%+v: no error", c.cfg)
		}
		for _, p := range append(c.parts, "sched: ") {
			if !strings.Contains(err.Error(), p) {
				t.Errorf("%q does not name %q", err, p)
			}
		}
	}
}

// The embedder's state of a core is made once and goes with the core; that of a worker is made whenever a worker gets a core. Look
// and Idle are called with the core held.
func TestHooksAreCalledWithTheirCore(t *testing.T) {
	type mine struct{ cores, looks, idles int }
	var made, workers atomic.Int32
	s := begin(t, Config{
		Workers: 2, StuckAfter: time.Millisecond,
		NewCore:   func(c *Core) any { made.Add(1); return &mine{cores: c.ID()} },
		NewWorker: func(w *Worker) any { workers.Add(1); return w.Core().Local },
		Look:      func(w *Worker) { w.Core().Local.(*mine).looks++ },
		Idle:      func(w *Worker) bool { w.Core().Local.(*mine).idles++; return false },
	})
	x := newStuck()
	submit(t, s, x)
	until(t, "the core is taken", func() bool { return x.detached.Load() == 1 })
	for range 100 {
		works(t, s)
	}
	close(x.let)
	await(t, "the task's return", x.back)
	for core := range 2 {
		got := make(chan string, 1)
		s.OnCore(core, func(w *Worker) {
			m := w.Core().Local.(*mine)
			switch {
			case m.cores != core || w.Local != any(m):
				got <- "the state of another core"
			case m.looks == 0 || m.idles == 0:
				got <- "Look or Idle were never called"
			default:
				got <- ""
			}
		})
		if bad := await(t, "the core", got); bad != "" {
			t.Errorf("core %d: %s", core, bad)
		}
	}
	if made.Load() != 2 || workers.Load() < 3 {
		t.Errorf("NewCore was called %d times, NewWorker %d times; want 2 and at least 3", made.Load(), workers.Load())
	}
}

func TestClockAndTicksGoForward(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	forever(t, s, 1)
	now, ticks := s.Now(), s.Ticks()
	until(t, "time passes", func() bool { return s.Now() > now && s.Ticks() > ticks })
}

func TestStatsAddUp(t *testing.T) {
	s := begin(t, Config{Workers: 3})
	const n = 500
	done := make(chan struct{}, n)
	for range n {
		submit(t, s, once(func(w *Worker) { w.Used += 9; done <- struct{}{} }))
	}
	for range n {
		await(t, "a task", done)
	}
	until(t, "the scheduler is quiet", s.Quiet)
	var st Stats
	s.ReadStats(&st)
	if st.Turns != n || st.Reductions != 10*n {
		t.Errorf("%d turns, %d reductions; want %d and %d", st.Turns, st.Reductions, n, 10*n)
	}
	var sum CoreStats
	for _, c := range st.Cores {
		sum.Turns += c.Turns
		sum.Reductions += c.Reductions
		sum.Steals += c.Steals
		sum.Stolen += c.Stolen
		sum.Parks += c.Parks
		sum.Busy += c.Busy
	}
	sum.Queued = st.Queued
	if len(st.Cores) != 3 || sum != st.CoreStats || st.Workers != 3 || st.Queued != 0 {
		t.Errorf("totals %+v, sum %+v, %d workers", st.CoreStats, sum, st.Workers)
	}
	cores := &st.Cores[0]
	if s.ReadStats(&st); cores != &st.Cores[0] {
		t.Error("ReadStats does not use the slice that it is given")
	}
}
