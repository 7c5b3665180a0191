package explore_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/thrum-go/thrum/internal/explore"
)

func addr[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// word is an atomic word as an instrumented build has it: each operation is announced.
type word struct{ v atomic.Uint64 }

func (w *word) load() uint64 {
	explore.Point(explore.Load, addr(w))
	return w.v.Load()
}

func (w *word) store(v uint64) {
	explore.Point(explore.Store, addr(w))
	w.v.Store(v)
}

func (w *word) add(d uint64) uint64 {
	explore.Point(explore.Add, addr(w))
	return w.v.Add(d)
}

func (w *word) swap(v uint64) uint64 {
	explore.Point(explore.Swap, addr(w))
	return w.v.Swap(v)
}

func (w *word) cas(old, new uint64) bool {
	explore.Point(explore.CompareAndSwap, addr(w))
	return w.v.CompareAndSwap(old, new)
}

// history is what all threads write down together, in the order of the steps. The lock is for the race detector.
type history struct {
	mu sync.Mutex
	s  string
}

func (h *history) add(s string) {
	h.mu.Lock()
	h.s += s
	h.mu.Unlock()
}

// mustFail explores a protocol with a seeded bug, which has to be found, and whose schedule has to lead to the same
// failure when it is replayed.
func mustFail(t *testing.T, cfg explore.Config, body func(*explore.Exec)) explore.Result {
	t.Helper()
	r := explore.Run(nil, cfg, body)
	if r.Failure == nil {
		t.Fatalf("the bug was not found in %d executions", r.Executions)
	}
	t.Logf("found at execution %d: %v", r.Executions, r.Failure)
	if len(r.Failure.Trace) == 0 || r.Failure.Schedule == "" {
		t.Errorf("failure without a trace or a schedule")
	}
	again := explore.Replay(&logOnly{t}, cfg, r.Failure.Schedule, body)
	if again.Failure == nil || again.Failure.Message != r.Failure.Message {
		t.Errorf("the replay gives %v", again.Failure)
	}
	if got, want := explore.FormatTrace(again.Trace), explore.FormatTrace(r.Failure.Trace); got != want {
		t.Errorf("the replay takes other steps:\n%s", got)
	}
	return r
}

// logOnly is a TB on which failures are expected.
type logOnly struct{ *testing.T }

func (l *logOnly) Errorf(format string, args ...any) { l.Logf(format, args...) }

// bounded is the configuration for protocols too large for a complete exploration where executions are slow.
func bounded() explore.Config {
	if raceDetector {
		return explore.Config{Preemptions: 1}
	}
	return explore.Config{}
}

// rounds scales work down where executions are slow.
func rounds(t *testing.T, n int) int {
	if testing.Short() || raceDetector {
		return n / 40
	}
	return n
}

func recovered(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}
