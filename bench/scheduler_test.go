package bench

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestSchedulerDetailsAreShares(t *testing.T) {
	st := &proc.Stats{Wakes: 30, Workers: make([]proc.Counters, 2)}
	st.Messages, st.Steals, st.Parks, st.Turns, st.BusyTime = 2_000_000, 10, 20, 400_000, 500*time.Millisecond
	want := map[string]float64{"steals": 5, "parks": 10, "wakes": 15, "turns": 200_000, "worker_busy": 25}
	for _, d := range schedulerDetails(st, time.Second) {
		if d.Value != want[d.Name] {
			t.Errorf("%s is %g, want %g", d.Name, d.Value, want[d.Name])
		}
	}
	if d := (collector{3, 12}).share(collector{1, 4}); d.Value != 25 {
		t.Errorf("2 of 8 seconds are %g %%", d.Value)
	}
	if d := (collector{3, 12}).share(collector{3, 12}); d.Value != 0 {
		t.Errorf("no collection is %g %%", d.Value)
	}
}
