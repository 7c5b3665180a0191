package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

const patience = 60 * time.Second // for what must happen

// clock is time that passes when a test says so.
type clock struct{ ns atomic.Int64 }

func (k *clock) now() time.Time          { return time.Unix(0, k.ns.Load()) }
func (k *clock) advance(d time.Duration) { k.ns.Add(int64(d)) }

// limiter starts a Limiter, closes it when the test ends, and then looks that nothing is left of it.
func limiter(t *testing.T, cfg Config, now func() time.Time) (*Limiter, context.Context) {
	t.Helper()
	goroutines := runtime.NumGoroutine()
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	l, err := start(ctx, rt, cfg, now)
	must(t, err)
	t.Cleanup(func() {
		defer cancel()
		must(t, l.Close(ctx))
		for pid := range rt.Processes() {
			t.Errorf("process %v is left", pid)
		}
		must(t, rt.Shutdown(ctx))
		eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	})
	return l, ctx
}

// allowed asks n times, and returns how often the answer was yes.
func (l *Limiter) allowed(t *testing.T, ctx context.Context, key string, n int) (yes int) {
	t.Helper()
	for range n {
		ok, err := l.Allow(ctx, key)
		must(t, err)
		if ok {
			yes++
		}
	}
	return yes
}

func TestAKeyIsAllowedABurstAndThenTheRate(t *testing.T) {
	k := &clock{}
	l, ctx := limiter(t, Config{Rate: 10, Burst: 5}, k.now)
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 5}, {0, 0}, {99 * time.Millisecond, 0}, {time.Millisecond, 1}, {300 * time.Millisecond, 3}, {time.Hour, 5}} {
		k.advance(step.after)
		if got := l.allowed(t, ctx, "a", 10); got != step.want {
			t.Errorf("after %v more: allowed %d, want %d", step.after, got, step.want)
		}
	}
}

func TestKeysDoNotCountForEachOther(t *testing.T) {
	l, ctx := limiter(t, Config{Rate: 1, Burst: 2}, (&clock{}).now)
	for i := range 100 {
		if got := l.allowed(t, ctx, fmt.Sprint(i), 5); got != 2 {
			t.Errorf("key %d: allowed %d, want 2", i, got)
		}
	}
	if n, err := l.Keys(ctx); n != 100 || err != nil {
		t.Errorf("%d keys (%v), want 100", n, err)
	}
}

func TestCallersWhoStartABucketTogetherGetOne(t *testing.T) {
	const callers, keys, burst = 8, 200, 3
	l, ctx := limiter(t, Config{Rate: 0.001, Burst: burst}, (&clock{}).now)
	var yes atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := range keys {
				yes.Add(int64(l.allowed(t, ctx, fmt.Sprint(i), 2)))
			}
		})
	}
	all.Wait()
	if yes.Load() != keys*burst {
		t.Errorf("allowed %d, want %d", yes.Load(), keys*burst)
	}
}

func TestABucketEndsWhenItIsFullAndNotBefore(t *testing.T) {
	k := &clock{}
	l, ctx := limiter(t, Config{Rate: 1e6, Burst: 1}, k.now) // it looks every 10 ms
	l.allowed(t, ctx, "a", 1)
	pid, _ := l.rt.Whereis("ratelimit.a")
	eventually(t, "it has looked, and found that no time has passed", func() bool {
		info, err := l.rt.Info(pid)
		must(t, err)
		return info.Reductions > 10
	})
	if l.allowed(t, ctx, "a", 1) != 0 {
		t.Error("a bucket has forgotten a request")
	}
	k.advance(time.Second)
	eventually(t, "it ends", func() bool { n, err := l.Keys(ctx); return n == 0 && err == nil })
	if l.allowed(t, ctx, "a", 1) != 1 {
		t.Error("a new bucket is not full")
	}
}

// Each request finds its bucket at another moment of its life. None fails.
func TestNoRequestIsLostWhenBucketsEnd(t *testing.T) {
	const callers, keys, buckets = 4, 50, 300
	l, ctx := limiter(t, Config{Rate: 1e6, Burst: 1e6}, time.Now)
	l.idle = 1 // a bucket ends whenever it can
	var asked, yes atomic.Int64
	var enough atomic.Bool
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := 0; !enough.Load() && ctx.Err() == nil; i++ {
				asked.Add(1)
				yes.Add(int64(l.allowed(t, ctx, fmt.Sprint(i%keys), 1)))
			}
		})
	}
	var stats proc.Stats
	eventually(t, "buckets end and begin", func() bool { l.rt.ReadStats(&stats); return stats.Spawned >= buckets })
	enough.Store(true)
	all.Wait()
	if yes.Load() != asked.Load() {
		t.Errorf("%d of %d requests were allowed", yes.Load(), asked.Load())
	}
	eventually(t, "all buckets end", func() bool { n, err := l.Keys(ctx); return n == 0 && err == nil })
}

func TestAKilledBucketFailsItsRequestAndIsStartedAgain(t *testing.T) {
	l, ctx := limiter(t, Config{Rate: 1, Burst: 2}, (&clock{}).now)
	if got := l.allowed(t, ctx, "a", 3); got != 2 {
		t.Fatal(got)
	}
	pid, _ := l.rt.Whereis("ratelimit.a")
	must(t, l.rt.Exit(pid, proc.Kill))
	if got := l.allowed(t, ctx, "a", 3); got != 2 {
		t.Errorf("allowed %d after it was killed, want 2", got)
	}
}

func TestABadConfigIsRefused(t *testing.T) {
	for _, cfg := range []Config{{0, 1}, {-1, 1}, {1, 0}} {
		if _, err := Start(t.Context(), nil, cfg); err == nil || !strings.Contains(err.Error(), "must be positive") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestAfterCloseAllowIsAnError(t *testing.T) {
	rt, err := proc.New(proc.Config{})
	must(t, err)
	defer rt.Shutdown(t.Context())
	l, err := Start(t.Context(), rt, Config{Rate: 1, Burst: 1})
	must(t, err)
	l.allowed(t, t.Context(), "a", 1)
	must(t, l.Close(t.Context()))
	if _, err := l.Allow(t.Context(), "a"); err == nil {
		t.Error("allowed by a limiter that is closed")
	}
}

func TestTheCommandPrintsWhatWasAllowed(t *testing.T) {
	var out strings.Builder
	must(t, try(t.Context(), &out, Config{Rate: 1000, Burst: 10}, load{Keys: 500, Callers: 4, For: 20 * time.Millisecond}))
	for _, want := range []string{"500 keys used once", "failed 0", "no process is left"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &out)
		}
	}
}

func TestTheCommandEndsEarlyWhenToldTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	err := try(ctx, io.Discard, Config{Rate: 0.001, Burst: 1}, load{Keys: 100, Callers: 2, For: time.Hour})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("not within %v: %s\n%s", patience, what, buf[:runtime.Stack(buf, true)])
		}
	}
}
