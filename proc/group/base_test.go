package group_test

import (
	"context"
	"log/slog"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// patience is how long a test waits for what must happen. No test passes because time has gone by.
const patience = 60 * time.Second

// begin starts a runtime that ends with the test.
func begin(t testing.TB) *proc.Runtime {
	t.Helper()
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := rt.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return rt
}

// scope starts a scope on a runtime of its own.
func scope[K comparable](t testing.TB) (*proc.Runtime, *group.Scope[K]) {
	t.Helper()
	rt := begin(t)
	s, err := group.Start[K](rt, "scope")
	if err != nil {
		t.Fatal(err)
	}
	return rt, s
}

// idle spawns n processes that forget every message.
func idle(t testing.TB, rt *proc.Runtime, n int) []proc.PID {
	t.Helper()
	pids := make([]proc.PID, n)
	for i := range pids {
		pid, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		pids[i] = pid
	}
	return pids
}

// direct is rt.Go that must succeed.
func direct(t testing.TB, rt *proc.Runtime, f func(self *proc.Self) error) proc.PID {
	t.Helper()
	pid, err := rt.Go(f)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// kill ends a process and waits until it has ended.
func kill(t testing.TB, rt *proc.Runtime, pid proc.PID) {
	t.Helper()
	if err := rt.Exit(pid, proc.Kill); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := rt.Wait(ctx, pid); err != nil {
		t.Fatal(err)
	}
}

// ok fails the test if err is one.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same reports whether two lists have the same elements, as often.
func same(a, b []proc.PID) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// members checks who is in a group.
func members[K comparable](t testing.TB, s *group.Scope[K], name K, want ...proc.PID) {
	t.Helper()
	if got := slices.Collect(s.Members(name).All()); !same(got, want) {
		t.Errorf("%v has the members %v, want %v", name, got, want)
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

// settled waits until the scope's process has done what it had to do when this was called: an event that is sent after it comes
// after all of theirs.
func settled(t testing.TB, rt *proc.Runtime) {
	t.Helper()
	process, _ := rt.Whereis("scope")
	// A scope answers nothing but questions that the runtime puts to every process; what it had left to do lies in its mailbox before it.
	until(t, "the scope comes to rest", func() bool {
		i, err := rt.Info(process)
		return err == nil && i.Messages == 0 && i.Status == proc.Waiting
	})
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}
