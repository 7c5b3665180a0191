//go:build !race

// The race detector's own memory is many times what a process holds.

package bench

import "testing"

// TestIdleSeesWhatProcessesHold takes enough processes that what else the program
// does with its memory meanwhile does not matter.
func TestIdleSeesWhatProcessesHold(t *testing.T) {
	for _, impl := range []Impl{Thrum, Channel} {
		s, err := idleWorkload.Once(t.Context(), impl, Params{Procs: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		// 32 bytes are its own state; a goroutine's stack alone is 2 KB.
		if least := map[Impl]float64{Thrum: 64, Channel: 2048}[impl]; s.BytesPerProc < least {
			t.Errorf("%s: %.0f bytes each, that cannot hold a process", impl, s.BytesPerProc)
		}
	}
}
