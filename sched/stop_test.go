package sched

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// leftover waits until no more goroutines run than before, but for those of others.
func leftover(t *testing.T, base int) {
	t.Helper()
	until(t, "all goroutines are gone", func() bool { return runtime.NumGoroutine() <= base })
}

func TestStopEndsEveryGoroutine(t *testing.T) {
	for _, workers := range []int{1, 2, 64, 255} {
		base := runtime.NumGoroutine()
		s := begin(t, Config{Workers: workers})
		works(t, s)
		// Some of them without a core, waiting for another.
		var all sync.WaitGroup
		for range 10 {
			all.Add(1)
			submit(t, s, &job{run: func(w *Worker) Next {
				w.GiveUp()
				w.Leave()
				w.Resume()
				all.Done()
				return Done
			}})
		}
		all.Wait()
		end(t, s)
		leftover(t, base)
	}
}

func TestStopAtOnceAfterNew(t *testing.T) {
	base := runtime.NumGoroutine()
	for range scale(200) {
		end(t, begin(t, Config{Workers: 4}))
	}
	leftover(t, base)
}

// Tasks that wait are not run, the one that runs finishes its turn, and Stop waits for it.
func TestStopLetsTheTurnFinishAndRunsNothingElse(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	inside, let := make(chan struct{}), make(chan struct{})
	finished := false
	var others atomic.Int32
	submit(t, s, once(func(w *Worker) {
		for range 10 {
			w.Schedule(once(func(*Worker) { others.Add(1) }), Normal)
		}
		w.after(0, func(*Worker) {})
		close(inside)
		<-let
		finished = true
	}))
	await(t, "the task", inside)
	for range 10 {
		submit(t, s, once(func(*Worker) { others.Add(1) }))
	}
	stopped := make(chan error)
	go func() { stopped <- s.Stop(context.Background()) }()
	await(t, "the beginning of Stop", s.stop)
	if err := s.Submit(once(func(*Worker) {})); !errors.Is(err, ErrStopped) {
		t.Errorf("Submit during Stop: %v", err)
	}
	select {
	case err := <-stopped:
		t.Errorf("Stop returned %v while a task runs", err)
	default:
	}
	close(let)
	if err := await(t, "Stop", stopped); err != nil || !finished {
		t.Errorf("Stop: %v; the task has finished: %v", err, finished)
	}
	if n := others.Load(); n != 0 {
		t.Errorf("%d waiting tasks were run", n)
	}
}

// A task that stays inside Run makes Stop return its context's error; once it has returned, another Stop is clean.
func TestStopSaysThatATaskHasNotReturned(t *testing.T) {
	for _, taken := range []bool{false, true} {
		base := runtime.NumGoroutine()
		cfg := Config{Workers: 2, StuckAfter: time.Hour}
		if taken {
			cfg.StuckAfter = time.Millisecond
		}
		s := begin(t, cfg)
		x := newStuck()
		submit(t, s, x)
		await(t, "the task", x.inside)
		if taken {
			until(t, "the core is taken", func() bool { return x.detached.Load() == 1 })
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		err := s.Stop(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "sched: ") || !strings.Contains(err.Error(), "1 worker") {
			t.Errorf("Stop: %v", err)
		}
		close(x.let)
		if kept := await(t, "the task's return", x.back); kept == taken {
			t.Errorf("the task kept its core: %v", kept)
		}
		end(t, s)
		leftover(t, base)
	}
}

func TestStopWithADoneContextStillStops(t *testing.T) {
	base := runtime.NumGoroutine()
	s := begin(t, Config{Workers: 2})
	works(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Stop: %v", err)
	}
	leftover(t, base)
}

func TestStopFromSeveralGoroutinesAtOnce(t *testing.T) {
	for range scale(50) {
		base := runtime.NumGoroutine()
		s := begin(t, Config{Workers: 3})
		for range 20 {
			submit(t, s, &job{run: func(w *Worker) Next { return Yield }})
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { end(t, s) })
		}
		for range 2 {
			all.Go(func() {
				for s.Submit(once(func(*Worker) {})) == nil {
				}
			})
		}
		all.Wait()
		leftover(t, base)
	}
}

// Stop meets cores that are being taken and handed over at the same moment.
func TestStopWhileCoresChangeHands(t *testing.T) {
	for range scale(50) {
		base := runtime.NumGoroutine()
		s := begin(t, Config{Workers: 2, StuckAfter: 1})
		for i := range 8 {
			x := &job{}
			x.run = func(w *Worker) Next {
				if i%2 == 0 {
					w.GiveUp()
				}
				w.Leave()
				time.Sleep(50 * time.Microsecond)
				if w.Resume() {
					return Yield
				}
				_ = w.Sched().Submit(x)
				return Done
			}
			submit(t, s, x)
		}
		works(t, s)
		end(t, s)
		leftover(t, base)
	}
}
