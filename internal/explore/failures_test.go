package explore_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/internal/explore"
)

// failureOf explores something that must fail with a message that contains want.
func failureOf(t *testing.T, want string, cfg explore.Config, body func(*explore.Exec)) *explore.Failure {
	t.Helper()
	r := explore.Run(nil, cfg, body)
	if r.Failure == nil || !strings.Contains(r.Failure.Message, want) {
		t.Fatalf("failure is %v, want one that says %q", r.Failure, want)
	}
	if r.Complete {
		t.Error("an exploration that failed is said to be complete")
	}
	return r.Failure
}

func TestDeadlockNamesWhoWaitsForWhat(t *testing.T) {
	f := failureOf(t, "deadlock", explore.Config{}, func(x *explore.Exec) {
		forks := [2]*explore.Semaphore{explore.NewSemaphore(1), explore.NewSemaphore(1)}
		for i, s := range forks {
			s.Release()
			x.Name(s, fmt.Sprint("fork", i))
		}
		for i, name := range []string{"plato", "kant"} {
			x.Go(name, func() {
				forks[i].Acquire()
				forks[1-i].Acquire()
				forks[1-i].Release()
				forks[i].Release()
			})
		}
	})
	for _, want := range []string{"plato waits in Acquire of fork1 at failures_test.go:", "kant waits in Acquire of fork0"} {
		if !strings.Contains(f.Message, want) {
			t.Errorf("message %q does not say %q", f.Message, want)
		}
	}
}

func TestThreadThatWaitsForNothingIsADeadlock(t *testing.T) {
	failureOf(t, "thread a waits in Wait", explore.Config{}, func(x *explore.Exec) {
		x.Go("a", func() { explore.Wait(func() bool { return false }) })
		x.Go("b", func() {})
	})
}

func TestPanicOfAThreadIsReportedWithItsStack(t *testing.T) {
	f := failureOf(t, "thread a panicked: boom", explore.Config{}, func(x *explore.Exec) {
		w := new(word)
		x.Go("a", func() {
			if w.load() == 1 {
				explode()
			}
		})
		x.Go("b", func() { w.store(1) })
	})
	if !strings.Contains(f.Stack, "explode") || f.Schedule != "ba" {
		t.Errorf("schedule %q, stack %s", f.Schedule, f.Stack)
	}
}

func explode() { panic("boom") }

func TestPanicsOutsideOfThreadsAreReported(t *testing.T) {
	failureOf(t, "body panicked: boom", explore.Config{}, func(*explore.Exec) { explode() })
	failureOf(t, "After panicked: boom", explore.Config{}, func(x *explore.Exec) { x.After(explode) })
	failureOf(t, "condition of Wait in thread a panicked: boom", explore.Config{}, func(x *explore.Exec) {
		x.Go("a", func() { explore.Wait(func() bool { explode(); return true }) })
	})
	failureOf(t, "bad body", explore.Config{}, func(x *explore.Exec) { x.Failf("bad body") })
	failureOf(t, "bad end", explore.Config{}, func(x *explore.Exec) { x.After(func() { x.Failf("bad end") }) })
}

func TestGoexitIsReportedAndDoesNotEndTheTest(t *testing.T) {
	failureOf(t, "thread a called runtime.Goexit", explore.Config{}, func(x *explore.Exec) {
		w := new(word)
		x.Go("b", func() { w.add(1); w.add(1) })
		x.Go("a", func() { w.add(1); runtime.Goexit() })
	})
	failureOf(t, "called runtime.Goexit", explore.Config{}, func(x *explore.Exec) { runtime.Goexit() })
	failureOf(t, "called runtime.Goexit", explore.Config{}, func(x *explore.Exec) { x.After(runtime.Goexit) })
}

// Code under test that isolates panics must not hide a failure.
func TestFailureSurvivesARecover(t *testing.T) {
	quiet := func(f func()) {
		defer func() { _ = recover() }()
		f()
	}
	failureOf(t, "seen", explore.Config{}, func(x *explore.Exec) {
		x.Go("a", func() { quiet(func() { x.Failf("seen") }) })
	})
	failureOf(t, "seen", explore.Config{}, func(x *explore.Exec) {
		w := new(word)
		x.Go("a", func() {
			quiet(func() { x.Failf("seen") })
			for {
				quiet(func() { w.add(1) }) // unwinding has to cope with this, too
			}
		})
	})
}

func TestThreadsAreUnwoundAfterAFailure(t *testing.T) {
	before := runtime.NumGoroutine()
	unwound := new(word)
	failureOf(t, "found", explore.Config{}, func(x *explore.Exec) {
		unwound.v.Store(0)
		w, never := new(word), explore.NewSemaphore(1)
		for range 3 {
			x.Go("waiter", func() {
				defer func() {
					w.add(1) // deferred functions may use atomics
					unwound.v.Add(1)
				}()
				never.Acquire()
			})
		}
		x.Go("finder", func() {
			w.add(1)
			x.Failf("found")
		})
	})
	if n := unwound.v.Load(); n != 3 {
		t.Errorf("%d threads were unwound, want 3", n)
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines left, %d before", runtime.NumGoroutine(), before)
}

func TestAfterDoesNotRunForAFailedExecution(t *testing.T) {
	failureOf(t, "first", explore.Config{}, func(x *explore.Exec) {
		x.Go("a", func() { x.Failf("first") })
		x.After(func() { t.Error("After ran") })
	})
}

func TestSpinningWithoutEndIsReported(t *testing.T) {
	failureOf(t, "more than 50 steps", explore.Config{MaxSteps: 50}, func(x *explore.Exec) {
		w := new(word)
		x.Go("a", func() {
			for w.load() == 0 {
			}
		})
		x.Go("b", func() { w.store(1) })
	})
}

func TestProgramThatDependsOnMoreThanTheScheduleIsReported(t *testing.T) {
	runs := 0
	failureOf(t, "different course", explore.Config{}, func(x *explore.Exec) {
		runs++
		w := new(word)
		x.Go("a", func() {
			w.add(1)
			explore.Choose(1 + runs)
		})
		x.Go("b", func() { w.add(1) })
	})
}

func TestFailedTestCountsAsFailure(t *testing.T) {
	tb := &fakeTB{}
	r := explore.Run(tb, explore.Config{Name: "protocol"}, func(x *explore.Exec) {
		n := new(word)
		for range 2 {
			x.Go("t", func() {
				v := n.load()
				n.store(v + 1)
			})
		}
		x.After(func() {
			if n.load() != 2 {
				tb.Errorf("lost an update")
			}
		})
	})
	if r.Failure == nil || r.Failure.Message != "the test was marked as failed" {
		t.Fatalf("failure is %v", r.Failure)
	}
	last := tb.errors[len(tb.errors)-1]
	if !strings.Contains(last, "protocol") || !strings.Contains(last, fmt.Sprintf("%q", r.Failure.Schedule)) {
		t.Errorf("report %q lacks the name or the schedule", last)
	}
}

type fakeTB struct{ errors []string }

func (f *fakeTB) Helper()             {}
func (f *fakeTB) Logf(string, ...any) {}
func (f *fakeTB) Failed() bool        { return len(f.errors) > 0 }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func TestExplorationsCannotBeNested(t *testing.T) {
	failureOf(t, "already running", explore.Config{}, func(x *explore.Exec) {
		explore.Run(nil, explore.Config{}, steps(1))
	})
}

func TestBadConfigurationIsRefused(t *testing.T) {
	for name, cfg := range map[string]explore.Config{
		"Preemptions":   {Preemptions: -3},
		"MaxExecutions": {MaxExecutions: -1},
		"MaxSteps":      {MaxSteps: -1},
	} {
		p := recovered(func() { explore.Run(nil, cfg, steps(1)) })
		if p == nil || !strings.Contains(fmt.Sprint(p), "Config."+name) {
			t.Errorf("%+v: %v", cfg, p)
		}
	}
	if p := recovered(func() { explore.NewSemaphore(0) }); p == nil {
		t.Error("a semaphore of capacity 0 was made")
	}
	failureOf(t, "more than 26 threads", explore.Config{}, steps(make([]int, explore.MaxThreads+1)...))
	failureOf(t, "fn is nil", explore.Config{}, func(x *explore.Exec) { x.Go("a", nil) })
}

// Outside of threads everything is as in an ordinary program.
func TestOperationsOutsideOfThreadsDoNotSchedule(t *testing.T) {
	explore.Point(explore.Store, 0)
	explore.Yield()
	explore.Barrier()
	explore.Notef("nothing")
	if explore.Choose(5) != 0 || explore.Active() || explore.Tracing() {
		t.Error("outside of threads there is nothing to choose or to trace")
	}
	explore.Wait(func() bool { return true })
	if recovered(func() { explore.Wait(func() bool { return false }) }) == nil {
		t.Error("Wait for what cannot happen returned")
	}
	s := explore.NewSemaphore(1)
	if !s.Release() || s.Release() || !s.TryAcquire() || s.TryAcquire() {
		t.Error("Semaphore: wrong")
	}
	if recovered(s.Acquire) == nil {
		t.Error("Acquire returned without a unit")
	}
	var b explore.Buffered
	b.Store(3)
	if b.Load() != 3 {
		t.Error("Buffered: wrong")
	}
	explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		if explore.Active() {
			x.Failf("body is no thread")
		}
		x.Go("a", func() {
			if !explore.Active() {
				x.Failf("a thread is one")
			}
		})
	})
}
