package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

func TestNoiseMeasuresEveryProcessorAndTheWakeUp(t *testing.T) {
	rows, err := Noise(t.Context(), 60*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if want := rows[0].Params.Workers + 1; len(rows) != want {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	for _, r := range rows {
		if r.Latency.Count() == 0 || r.Max == nil || *r.Max <= 0 {
			t.Errorf("%s: nothing was recorded: %+v", r.Label, r)
		}
	}
}

func TestNoiseKeepsWhatItHasWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rows, err := Noise(ctx, time.Hour)
	if !errors.Is(err, context.Canceled) || len(rows) == 0 || rows[0].Latency.Count() == 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestNoiseRefusesDurationsOutOfRange(t *testing.T) {
	for _, d := range []time.Duration{0, -1, time.Millisecond, 25 * time.Hour} {
		var p *ParamError
		if _, err := Noise(t.Context(), d); !errors.As(err, &p) || p.Name != Duration {
			t.Errorf("%v: %v", d, err)
		}
	}
}

func TestLongGapsAreCountedAndAddedUp(t *testing.T) {
	r := meter.NewRecorder()
	for _, ns := range []int64{20, 9_000, 20_000, 100_000} {
		r.Record(ns)
	}
	n, sum := longGaps(r)
	if n != 2 || sum < 119_000 || sum > 121_000 {
		t.Errorf("%d gaps of %d ns", n, sum)
	}
}
