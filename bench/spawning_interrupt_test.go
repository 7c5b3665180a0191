package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// A round that is interrupted while its processes are still being begun ends, and no check fails: that the runtime shuts down under them is
// no fault of theirs.
func TestInterruptedWhileProcessesAreSpawnedBreaksNoCheck(t *testing.T) {
	for _, name := range []string{"skynet", "chain-spawn", "chain", "spawn", "idle", "steal"} {
		t.Run(name, func(t *testing.T) {
			w, ok := Find(name)
			if !ok {
				t.Fatal("no such workload")
			}
			p := Params{Rounds: 1, Procs: 1_000_000}
			switch name {
			case "steal":
				p.Procs = 100_000
			case "spawn", "chain-spawn":
				p = Params{Rounds: 1, Messages: 10_000_000}
			case "idle":
				p.Duration = 4 * time.Second
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			watch := Watch{Runtime: func(rt *proc.Runtime) func() int {
				over, left := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(left)
					var st proc.Stats
					for st.Spawned < 200 {
						select {
						case <-over:
							return
						case <-time.After(100 * time.Microsecond):
							rt.ReadStats(&st)
						}
					}
					cancel()
				}()
				return func() int { close(over); <-left; return 0 }
			}}
			results, err := w.Measure(ctx, p, watch)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			for _, r := range results {
				if !r.OK {
					t.Errorf("%v", r.Violations)
				}
			}
		})
	}
}
