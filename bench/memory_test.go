//go:build !race

// The race detector allocates on its own account.

package bench

import "testing"

// TestMessagesDoNotAllocate holds zero allocations for sending and receiving an
// unboxed body, on one worker and across several.
func TestMessagesDoNotAllocate(t *testing.T) {
	for _, w := range []*Workload{pingWorkload, ringWorkload, floodWorkload, faninWorkload, bigWorkload, pairsWorkload} {
		for _, workers := range []int{1, 2, 4} {
			if low := w.min(Workers); workers < low {
				continue
			}
			s, err := w.Once(t.Context(), Thrum, Params{Workers: workers, Messages: 300_000})
			if err != nil {
				t.Fatal(err)
			}
			// What a runtime allocates once, queues and chunks, is spread over the messages.
			if per := float64(s.Mallocs) / float64(s.Messages); per > 0.02 {
				t.Errorf("%s with %d workers: %.3f allocations a message", w.Name, workers, per)
			}
		}
	}
}

// TestFloodedMailboxStaysSmall holds the bound on a sender's lead: ten times the
// messages must not take more memory, however far the sender is ahead.
func TestFloodedMailboxStaysSmall(t *testing.T) {
	for _, w := range []*Workload{floodWorkload, faninWorkload} {
		for _, workers := range []int{1, 2, 8} {
			for _, n := range []int64{500_000, 5_000_000} {
				s, err := w.Once(t.Context(), Thrum, Params{Workers: workers, Messages: n})
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range s.Details {
					if d.Name == "peak_memory_growth" && d.Value > 64 {
						t.Errorf("%s of %d messages with %d workers: memory grew by %.0f MB", w.Name, n, workers, d.Value)
					}
				}
			}
		}
	}
}

func (w *Workload) min(name string) int {
	p, _ := w.parameter(name)
	return int(p.Min)
}
