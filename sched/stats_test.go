package sched

import (
	"runtime"
	"testing"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

// A core that comes when GOMAXPROCS grows has not been busy in the time before.
func TestCoreThatComesLaterWasNotBusyBefore(t *testing.T) {
	procs(t, 1)
	var skew atomics.Int64
	began := time.Now()
	s := begin(t, Config{clock: func() int64 { return int64(time.Since(began)) + skew.Load() }})
	skew.Store(int64(time.Hour))
	runtime.GOMAXPROCS(4)
	until(t, "there are more workers", func() bool { return s.Workers() == 4 })
	until(t, "all rest", s.Quiet)
	var st Stats
	s.ReadStats(&st)
	for i, c := range st.Cores[1:] {
		if c.Busy > 30*time.Minute {
			t.Errorf("core %d has been busy for %v", i+1, c.Busy)
		}
	}
}
