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

	// Latency holds the latencies of what was completed in it; nil when they are not recorded one by one, and in
	// intervals that are kept, which hold Figures instead.
	Latency *meter.Recorder
	Figures *LatencyFigures

	// Of loads at a given rate: what was under way at its end, the longest by which the generator was late for the
	// schedule, and what was due but not begun because too much was under way.
	Backlog int64
	Lag     time.Duration
	Dropped int64
}

// LatencyFigures are what is kept of an interval's latencies, in nanoseconds. Percentiles are nil when fewer than ten
// samples lie beyond them.
type LatencyFigures struct {
	Count    int64
	P50, P99 *int64
	Max      int64
}

// Length is the time the interval covers.
func (i Interval) Length() time.Duration { return i.End - i.Begin }

// Rate returns the messages a second; 0 of an interval without length.
func (i Interval) Rate() float64 {
	if i.End <= i.Begin {
		return 0
	}
	return float64(i.Messages) / i.Length().Seconds()
}

// Keep returns the interval with figures in place of its recorder, which is too large to be kept for each.
func (i Interval) Keep() Interval {
	if i.Latency != nil {
		i.Figures = &LatencyFigures{
			Count: i.Latency.Count(), P50: percentile(i.Latency, 0.5), P99: percentile(i.Latency, 0.99), Max: i.Latency.Max(),
		}
		i.Latency = nil
	}
	return i
}

// Join returns one interval for i and the one that follows it. Recorders are merged; of figures the larger are taken,
// which no percentile of both together exceeds.
func (i Interval) Join(next Interval) Interval {
	out := i
	out.End, out.Backlog = next.End, next.Backlog
	out.Messages += next.Messages
	out.Dropped += next.Dropped
	out.Lag = max(i.Lag, next.Lag)
	if a, b := i.Length(), next.Length(); a+b > 0 && len(i.Busy) == len(next.Busy) && i.Busy != nil {
		out.Busy = make([]float64, len(i.Busy))
		for w := range out.Busy {
			out.Busy[w] = (i.Busy[w]*float64(a) + next.Busy[w]*float64(b)) / float64(a+b)
		}
	}
	switch {
	case i.Latency != nil && next.Latency != nil:
		out.Latency = meter.NewRecorder()
		out.Latency.Merge(i.Latency)
		out.Latency.Merge(next.Latency)
	case i.Latency != nil || next.Latency != nil || next.Figures != nil:
		a, b := i.Keep(), next.Keep()
		out.Latency, out.Figures = nil, a.Figures.join(b.Figures)
	}
	return out
}

func (f *LatencyFigures) join(g *LatencyFigures) *LatencyFigures {
	if f == nil || g == nil {
		if f == nil {
			return g
		}
		return f
	}
	larger := func(a, b *int64) *int64 {
		if a == nil || b != nil && *b > *a {
			return b
		}
		return a
	}
	return &LatencyFigures{f.Count + g.Count, larger(f.P50, g.P50), larger(f.P99, g.P99), max(f.Max, g.Max)}
}

// keptIntervals bounds what is kept of a row: five hours of seconds.
const keptIntervals = 1 << 14

// KeepInterval appends an interval to those kept of a row. When they have become too many, neighbours of the same phase
// and round are joined.
func KeepInterval(kept []Interval, next Interval) []Interval {
	if len(kept) >= keptIntervals {
		kept = thinned(kept)
	}
	return append(kept, next.Keep())
}

// thinned joins every second interval with its neighbour, in place.
func thinned(all []Interval) []Interval {
	out := all[:0]
	for n := 0; n < len(all); n++ {
		x := all[n]
		if n+1 < len(all) && all[n+1].Phase == x.Phase && all[n+1].Round == x.Round {
			n++
			x = x.Join(all[n])
		}
		out = append(out, x)
	}
	return out
}
