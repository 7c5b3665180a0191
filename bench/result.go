package bench

import (
	"slices"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

// Sample is what one round of one implementation gave.
type Sample struct {
	Messages     int64
	Elapsed      time.Duration
	Mallocs      uint64 // heap objects allocated meanwhile by the whole program
	Latency      *meter.Recorder
	BytesPerProc float64
	Details      []Detail
	Scheduler    []Detail // of Thrum: what its scheduler did in the round
}

// Detail is a further figure of a workload, one that others do not have.
type Detail struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Result is what a workload was measured to be. Fields that mean nothing for it
// are nil. A ratio is the twin's figure over Thrum's, so larger is better.
type Result struct {
	Workload string
	Label    string // the name, with what sets this row apart
	Params   Params
	Figure   Figure // what Twin and Ratio compare
	Rounds   int    // rounds done; fewer than asked for when interrupted

	Messages     *int64 // of one round
	NsPerMsg     *float64
	P50, P99     *int64
	P999, Max    *int64
	AllocsPerMsg *float64
	BytesPerProc *float64
	Twin         *float64 // in the unit of Figure
	Ratio        *float64
	Self         bool // the twin is Thrum as well: a ratio of 1 is what is wanted

	Details    []Detail
	Scheduler  []Detail // steals, parks, wakes and turns, how busy workers were, the share of garbage collection
	Load       *Load    // there when it was measured by package bench/load
	OK         bool
	Violations []Violation
}

// summary gathers the rounds of one implementation.
type summary struct{ samples []Sample }

func (s *summary) add(x Sample) { s.samples = append(s.samples, x) }

// median of f over the rounds in which it has a meaning; nil when in none.
func (s *summary) median(f func(Sample) (float64, bool)) *float64 {
	var all []float64
	for _, x := range s.samples {
		if v, ok := f(x); ok {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return new(medianOf(all))
}

func medianOf(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func (s *summary) nsPerMsg() *float64 {
	return s.median(func(x Sample) (float64, bool) {
		return float64(x.Elapsed) / float64(x.Messages), x.Messages > 0 && x.Elapsed > 0
	})
}

func (s *summary) allocsPerMsg() *float64 {
	return s.median(func(x Sample) (float64, bool) {
		return float64(x.Mallocs) / float64(x.Messages), x.Messages > 0 && x.Elapsed > 0
	})
}

func (s *summary) bytesPerProc() *float64 {
	return s.median(func(x Sample) (float64, bool) { return x.BytesPerProc, x.BytesPerProc > 0 })
}

// latency merges the rounds: percentiles of all samples, not means of percentiles.
func (s *summary) latency() *meter.Recorder {
	var all *meter.Recorder
	for _, x := range s.samples {
		if x.Latency == nil {
			continue
		}
		if all == nil {
			all = meter.NewRecorder()
		}
		all.Merge(x.Latency)
	}
	return all
}

// figure returns what the ratio compares, nil when it was not measured.
func (s *summary) figure(f Figure) *float64 {
	switch f {
	case P99:
		if l := s.latency(); l != nil {
			if v, ok := l.Percentile(0.99); ok {
				return new(float64(v))
			}
		}
		return nil
	case BytesPerProc:
		return s.bytesPerProc()
	default:
		return s.nsPerMsg()
	}
}

// details takes the median of each detail over the rounds; of tells which.
func (s *summary) details(of func(Sample) []Detail) []Detail {
	var out []Detail
	for _, d := range of(s.samples[0]) {
		m := s.median(func(x Sample) (float64, bool) {
			for _, e := range of(x) {
				if e.Name == d.Name {
					return e.Value, true
				}
			}
			return 0, false
		})
		out = append(out, Detail{d.Name, *m, d.Unit})
	}
	return out
}

// fill writes the figures of both sides into the result.
func (r *Result) fill(thrum, twin *summary) {
	r.Rounds = len(thrum.samples)
	if r.Rounds == 0 {
		return
	}
	if n := thrum.samples[0].Messages; n > 0 {
		r.Messages = &n
	}
	if r.Figure == NsPerMsg {
		r.NsPerMsg = thrum.nsPerMsg()
		r.AllocsPerMsg = thrum.allocsPerMsg()
	}
	if l := thrum.latency(); l != nil && l.Count() > 0 {
		r.P50, r.P99, r.P999 = percentile(l, 0.5), percentile(l, 0.99), percentile(l, 0.999)
		r.Max = new(l.Max())
		if r.Figure == P99 {
			r.Messages = new(l.Count())
		}
	}
	r.BytesPerProc = thrum.bytesPerProc()
	own := func(x Sample) []Detail { return x.Details }
	r.Details = thrum.details(own)
	r.Scheduler = thrum.details(func(x Sample) []Detail { return x.Scheduler })
	if len(twin.samples) == 0 {
		return
	}
	for _, d := range twin.details(own) {
		r.Details = append(r.Details, Detail{"twin_" + d.Name, d.Value, d.Unit})
	}
	r.Twin = twin.figure(r.Figure)
	if own := thrum.figure(r.Figure); own != nil && r.Twin != nil && *own > 0 {
		r.Ratio = new(*r.Twin / *own)
	}
}

func percentile(l *meter.Recorder, p float64) *int64 {
	v, ok := l.Percentile(p)
	if !ok {
		return nil
	}
	return &v
}
