package bench

import (
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

// Interval is what was done between two looks at a measurement under way.
type Interval struct {
	Begin, End time.Duration // since the measurement of the row began
	Phase      string        // "warm-up", "thrum", "twin", or the phase of a scenario
	Round      int           // from 1; 0 while warming up

	// Messages were handled in it, or operations completed. Goroutines of a twin are not counted while they run: 0.
	Messages int64

	// Busy is the share of the interval in which each worker had work, 0 to 1; nil of a twin.
	Busy []float64

	// Latency holds the latencies of what was completed in it; nil when they are not recorded one by one.
	Latency *meter.Recorder

	// Of loads at a given rate: what was under way at its end, the longest by which the generator was late for the
	// schedule, and what was due but not begun because too much was under way.
	Backlog int64
	Lag     time.Duration
	Dropped int64
}
