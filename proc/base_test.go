package proc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/mpsc"
)

// patience is how long a test waits for what must happen: long enough for a machine that does ten other things. No
// test passes because time has gone by.
const patience = 60 * time.Second

// begin starts a runtime that ends with the test. Its Shutdown must succeed.
func begin(t testing.TB, cfg Config) *Runtime {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	rt, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !rt.closed.Load() {
			end(t, rt)
		}
	})
	return rt
}

// end shuts rt down with all the time in the world; nothing may be left.
func end(t testing.TB, rt *Runtime) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v\n%s", err, stacks())
	}
}

// spawn is rt.Spawn that must succeed.
func spawn(t testing.TB, rt *Runtime, f Factory, opts ...SpawnOption) PID {
	t.Helper()
	pid, err := rt.Spawn(f, opts...)
	if err != nil {
		t.Fatalf("Spawn: %v", err)
	}
	return pid
}

// handler spawns a process that handles every message with f.
func handler(t testing.TB, rt *Runtime, f func(c *Ctx, m Message) error, opts ...SpawnOption) PID {
	t.Helper()
	return spawn(t, rt, Of(f), opts...)
}

// send is rt.Send that must succeed.
func send(t testing.TB, rt *Runtime, to PID, body any) {
	t.Helper()
	if err := rt.Send(to, body); err != nil {
		t.Fatalf("Send to %v: %v", to, err)
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

// stats reads rt's statistics when its workers have parked, so that they are exact.
func stats(t testing.TB, rt *Runtime) (s Stats) {
	t.Helper()
	until(t, "the runtime comes to rest", rt.drained)
	rt.ReadStats(&s)
	return s
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

// gone waits until the process pid has ended.
func gone(t testing.TB, rt *Runtime, pid PID) {
	t.Helper()
	until(t, pid.String()+" ends", func() bool {
		s := rt.table.find(pid).mb.State()
		return s.Gen() != pid.gen() || s.Kind() == mpsc.Closed
	})
}

// answers checks that a process on rt is started, gets its messages and ends.
func answers(t testing.TB, rt *Runtime) {
	t.Helper()
	got := make(chan uint64, 2)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		got <- m.Word
		if m.Word == 2 {
			return Normal
		}
		return nil
	})
	for i := uint64(1); i <= 2; i++ {
		if err := rt.SendWord(pid, nil, i); err != nil {
			t.Fatalf("SendWord: %v", err)
		}
		if n := await(t, "an answer from another process", got); n != i {
			t.Fatalf("message %d in place of %d", n, i)
		}
	}
	gone(t, rt, pid)
}

// records is a slog handler that keeps what it is given.
type records struct {
	mu   sync.Mutex
	list []slog.Record
}

func (r *records) logger() *slog.Logger { return slog.New(r) }

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }
func (r *records) Handle(_ context.Context, rec slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, rec.Clone())
	return nil
}

// with returns the attributes of each record whose message contains text.
func (r *records) with(text string) (found []map[string]slog.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range r.list {
		if !strings.Contains(rec.Message, text) {
			continue
		}
		attrs := map[string]slog.Value{}
		rec.Attrs(func(a slog.Attr) bool {
			attrs[a.Key] = a.Value.Resolve()
			return true
		})
		found = append(found, attrs)
	}
	return found
}

// random is a small generator that a machine can hold.
type random struct{ rand.PCG }

func seeded(seed uint64) *random {
	r := &random{}
	r.Seed(seed, 0x9E3779B97F4A7C15)
	return r
}

// below returns a number from 0 to n-1.
func (r *random) below(n int) int { return int(r.Uint64() % uint64(n)) }

// ignore handles a message by forgetting it.
func ignore(*Ctx, Message) error { return nil }

// shutdownSoon ends a runtime whose processes work for ever. Shutdown alone would let them work for half of its time.
func shutdownSoon(t testing.TB, rt *Runtime) {
	t.Helper()
	rt.signalAll(&signal{kind: sigExit, reason: Shutdown})
	end(t, rt)
}

// direct is rt.Go that must succeed.
func direct(t testing.TB, rt *Runtime, f func(self *Self) error, opts ...SpawnOption) PID {
	t.Helper()
	pid, err := rt.Go(f, opts...)
	if err != nil {
		t.Fatalf("Go: %v", err)
	}
	return pid
}

// inside runs f as a process in direct style and waits for it; what it returns must be nil.
func inside(t testing.TB, rt *Runtime, f func(self *Self) error, opts ...SpawnOption) {
	t.Helper()
	over := make(chan error, 1)
	direct(t, rt, func(self *Self) (err error) {
		err = errors.New("the process has ended before its function returned")
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v\n%s", v, stacks())
			}
			over <- err
		}()
		return f(self)
	}, opts...)
	if err := await(t, "the end of the test's process", over); err != nil {
		t.Error(err)
	}
}
