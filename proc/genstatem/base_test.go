package genstatem

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// patience is how long a test waits for what must happen. No test passes because time has gone by.
const patience = 60 * time.Second

func begin(t testing.TB) *proc.Runtime { return beginLogging(t, slog.New(slog.DiscardHandler)) }

// beginLogging starts a runtime that ends with the test.
func beginLogging(t testing.TB, log *slog.Logger) *proc.Runtime {
	t.Helper()
	rt, err := proc.New(proc.Config{Logger: log})
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

func waiting(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeClock keeps timers that go off only when the test says so. Only the machine uses it, and the test while the machine waits.
type fakeClock struct {
	running map[any]*timeout
	set     []setting
	late    func() bool // whether a timer that is cancelled has gone off already; nil for never
	fired   []*timeout  // those
}

func newClock() *fakeClock { return &fakeClock{running: map[any]*timeout{}} }

func (k *fakeClock) start(_ *proc.Ctx, s setting, t *timeout) error {
	k.running[s.key] = t
	k.set = append(k.set, s)
	return nil
}

func (k *fakeClock) cancel(_ *proc.Ctx, t *timeout) bool {
	if k.running[t.key] == t {
		delete(k.running, t.key)
	}
	if k.late != nil && k.late() {
		k.fired = append(k.fired, t)
		return false
	}
	return true
}

// take returns what the timer of that key sends, nil when none runs.
func (k *fakeClock) take(key any) *timeout {
	t := k.running[key]
	delete(k.running, key)
	return t
}

func withClock(k clock) Option { return func(c *config) { c.clock = k } }
