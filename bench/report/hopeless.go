package report

import (
	"math"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// Hopeless says that an objective is not met by a measurement under way and cannot be
// met any more, whatever the rest of it brings. total is how many operations it will be
// about in the end, as expected; 0 when that is not known.
func (o Objective) Hopeless(m bench.Measured, total float64) bool {
	if o.op != "<" && o.op != "<=" && o.op != "==" {
		return false
	}
	tooMuch := func(v float64) bool { return v > o.limit || o.op == "<" && v == o.limit }
	switch o.metric.name {
	case "max":
		return m.Max != nil && tooMuch(float64(*m.Max))
	case "drops":
		return m.Load != nil && tooMuch(float64(m.Load.Dropped))
	case "lost":
		return len(m.Violations) > 0 && tooMuch(float64(len(m.Violations)))
	}
	if total <= 0 || m.Load == nil {
		return false
	}
	// Arrivals may be random: more than this are never due.
	total += 6 * math.Sqrt(total)
	for _, p := range []struct {
		name string
		of   *meter.Recorder
		p    float64
	}{
		{"p50", m.Latency, 0.5}, {"p99", m.Latency, 0.99}, {"p99.9", m.Latency, 0.999}, {"service_p99", m.Load.Service, 0.99}, {"lag", m.Load.Lag, 0.99},
	} {
		if p.name == o.metric.name && p.of != nil {
			return float64(above(p.of, o.limit)) > total*(1-p.p)
		}
	}
	return false
}

// above counts the latencies in buckets that lie above a limit as a whole.
func above(r *meter.Recorder, limit float64) (n int64) {
	for _, b := range r.Buckets() {
		if float64(b.From) > limit {
			n += b.Count
		}
	}
	return n
}
