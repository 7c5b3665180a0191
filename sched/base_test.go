package sched

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. No test passes because time has gone by.
const patience = 60 * time.Second

// job is a task made of functions.
type job struct {
	run    func(w *Worker) Next
	detach func()
	p      Priority
}

func (j *job) Run(w *Worker) Next { return j.run(w) }
func (j *job) Publish(*Worker)    {}
func (j *job) Priority() Priority { return j.p }
func (j *job) Detach() {
	if j.detach != nil {
		j.detach()
	}
}

// once is a job that runs f in one turn.
func once(f func(w *Worker)) *job {
	return &job{run: func(w *Worker) Next { f(w); return Done }}
}

// begin starts a scheduler that ends with the test.
func begin(t testing.TB, cfg Config) *Scheduler {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Timers == nil {
		cfg.Timers = callTimers{}
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, s) })
	return s
}

// end stops s; every goroutine of it must end.
func end(t testing.TB, s *Scheduler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop: %v\n%s", err, stacks())
	}
}

// callTimers are timers that carry a function, which they call.
type callTimers struct{}

func (callTimers) Expire(w *Worker, t *Timer, tag uint64, life Life) {
	if f, _ := t.Data.(func(*Worker)); f != nil {
		f(w)
	}
}

// after starts a timer from outside that calls f.
func after(s *Scheduler, d time.Duration, f func(*Worker)) (*Timer, Life) {
	x := s.NewTimer()
	x.Data = f
	return x, s.StartTimer(x, d, 0)
}

// after starts a timer that calls f.
func (w *Worker) after(d time.Duration, f func(*Worker)) (*Timer, Life) {
	x, life := w.StartTimer(d, 0)
	x.Data = f
	return x, life
}

func submit(t testing.TB, s *Scheduler, task Task) {
	t.Helper()
	if err := s.Submit(task); err != nil {
		t.Fatalf("Submit: %v", err)
	}
}

// await receives from ch.
func await[T any](t testing.TB, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("%s: nothing came\n%s", what, stacks())
	}
	return v
}

// until asks until yes is true.
func until(t testing.TB, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !yes(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: never\n%s", what, stacks())
		}
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// scale is a number of repetitions: n, fewer where each of them takes longer.
func scale(n int) int {
	if raced || testing.Short() {
		return (n + 9) / 10
	}
	return n
}

// works checks that s runs a task that is submitted from outside, and one that this one queues.
func works(t testing.TB, s *Scheduler) {
	t.Helper()
	done := make(chan struct{})
	submit(t, s, once(func(w *Worker) {
		w.Schedule(once(func(*Worker) { close(done) }), Normal)
	}))
	await(t, "another task", done)
}
