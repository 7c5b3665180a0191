package report

import (
	"slices"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// join makes one result of two of the same setting.
func join(a, b bench.Measured) bench.Measured {
	out := a
	out.Samples = slices.Concat(a.Samples, b.Samples)
	out.Rounds = a.Rounds + b.Rounds
	out.Params.Rounds = a.Params.Rounds + b.Params.Rounds
	out.OK = a.OK && b.OK
	out.Intervals = slices.Concat(a.Intervals, b.Intervals)
	out.Violations = slices.Concat(a.Violations, b.Violations)
	out.Latency, out.TwinLatency = merged(a.Latency, b.Latency), merged(a.TwinLatency, b.TwinLatency)

	out.NsPerMsg = medianOf(out.Samples, string(bench.NsPerMsg))
	out.AllocsPerMsg = medianOf(out.Samples, "allocs_per_msg")
	out.BytesPerProc = medianOf(out.Samples, string(bench.BytesPerProc))
	out.Twin = medianOf(out.Samples, "twin_"+string(out.Figure))
	own := medianOf(out.Samples, string(out.Figure))
	out.P50, out.P99, out.P999, out.Max = nil, nil, nil, nil
	if l := out.Latency; l != nil && l.Count() > 0 {
		out.P50, out.P99, out.P999, out.Max = percentile(l, 0.5), percentile(l, 0.99), percentile(l, 0.999), new(l.Max())
		if out.Figure == bench.P99 {
			out.Messages = new(l.Count())
		}
	}
	if out.Figure == bench.P99 {
		own, out.Twin = asFloat(out.P99), nil
		if out.TwinLatency != nil {
			out.Twin = asFloat(percentile(out.TwinLatency, 0.99))
		}
	}
	out.Ratio = nil
	if own != nil && out.Twin != nil && *own > 0 {
		out.Ratio = new(*out.Twin / *own)
	}
	out.Details = joinDetails(a.Details, b.Details, a.Rounds, b.Rounds)
	out.Scheduler = joinDetails(a.Scheduler, b.Scheduler, a.Rounds, b.Rounds)
	out.Load = joinLoads(a.Load, b.Load)
	return out
}

// joinDetails weighs the details of both by their rounds: the rounds' own are not
// kept.
func joinDetails(a, b []bench.Detail, rounds, more int) []bench.Detail {
	out := slices.Clone(a)
	for _, d := range b {
		i := slices.IndexFunc(out, func(x bench.Detail) bool { return x.Name == d.Name })
		if i < 0 {
			out = append(out, d)
			continue
		}
		n, m := float64(max(rounds, 1)), float64(max(more, 1))
		out[i].Value = (out[i].Value*n + d.Value*m) / (n + m)
	}
	return out
}

func merged(a, b *meter.Recorder) *meter.Recorder {
	if a == nil && b == nil {
		return nil
	}
	out := meter.NewRecorder()
	out.Merge(a)
	out.Merge(b)
	return out
}

// medianOf returns the median of a figure over the rounds that have it.
func medianOf(rounds []bench.Round, name string) *float64 {
	v := values(rounds, name)
	if len(v) == 0 {
		return nil
	}
	return new(median(v))
}

// values returns a figure of each round that has it.
func values(rounds []bench.Round, name string) []float64 {
	var out []float64
	for _, r := range rounds {
		if v, ok := r[name]; ok {
			out = append(out, v)
		}
	}
	return out
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func percentile(l *meter.Recorder, p float64) *int64 {
	v, ok := l.Percentile(p)
	if !ok {
		return nil
	}
	return &v
}

func asFloat(v *int64) *float64 {
	if v == nil {
		return nil
	}
	return new(float64(*v))
}
