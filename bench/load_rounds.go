package bench

import (
	"context"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

// Measured is a result together with what it was made of, so that results can be
// merged and compared later.
type Measured struct {
	Result
	Samples []Round // as many as Result.Rounds, in the order in which they ran

	// Latency and TwinLatency hold the latencies of all rounds; nil when the
	// workload has none.
	Latency, TwinLatency *meter.Recorder

	// Intervals are what was seen while it ran, in their order; nil when nobody looked.
	Intervals []Interval
}

// Round is what one round gave: Thrum's figures by name (ns_per_msg,
// allocs_per_msg, bytes_per_proc, p50_ns, p99_ns, p999_ns, max_ns), the twin's
// figure of the round beside it (twin_ and the name of the workload's figure), and
// their ratio; of loads also service_p99_ns, lag_p99_ns, dropped and rate, the operations
// completed a second. Figures that mean nothing for the workload are absent.
type Round map[string]float64

// RunRounds is [Workload.Run], and returns the rounds besides the results.
func (w *Workload) RunRounds(ctx context.Context, p Params, progress Progress) ([]Measured, error) {
	return w.Measure(ctx, p, Watch{Progress: progress})
}

// Measure is [Workload.Run] for those who want the rounds besides the results, and to be told while it runs. A row in
// which nothing was finished is returned, without rounds, when it has intervals: they tell what was seen of it.
func (w *Workload) Measure(ctx context.Context, p Params, watch Watch) ([]Measured, error) {
	p, err := w.Resolve(p)
	if err != nil {
		return nil, err
	}
	rows := []Params{p}
	if w.rows != nil {
		rows = w.rows(p)
	}
	var all []Measured
	for i, row := range rows {
		if w.rows != nil {
			row.Duration = p.Duration / time.Duration(len(rows))
		}
		m := measurement{w: w, p: row, check: newCheck(w.Label(row)), event: Event{
			Label: w.Label(row), Row: i + 1, Rows: len(rows), Rounds: row.Rounds,
		}, watch: watch, rest: p.Duration / time.Duration(len(rows)) * time.Duration(len(rows)-1-i)}
		err := m.run(ctx)
		if r := m.measured(); r.Rounds > 0 || !r.OK || len(r.Intervals) > 0 {
			all = append(all, r)
		}
		if err != nil {
			return all, err
		}
		if m.check.failed() {
			return all, nil
		}
	}
	if w.conclude != nil {
		results := make([]Result, len(all))
		for i := range all {
			results[i] = all[i].Result
		}
		w.conclude(results)
		for i := range all {
			all[i].Result = results[i]
		}
	}
	return all, nil
}

// round works out the figures of a single round as Result has them of all.
func round(f Figure, thrum Sample, twin *Sample) Round {
	var r Result
	r.Figure = f
	own := summary{[]Sample{thrum}}
	var beside summary
	if twin != nil {
		beside.add(*twin)
	}
	r.fill(&own, &beside)
	out := Round{}
	for name, v := range map[string]*float64{
		string(NsPerMsg): r.NsPerMsg, "allocs_per_msg": r.AllocsPerMsg, string(BytesPerProc): r.BytesPerProc,
		"twin_" + string(f): r.Twin, "ratio": r.Ratio,
	} {
		if v != nil {
			out[name] = *v
		}
	}
	for name, v := range map[string]*int64{"p50_ns": r.P50, string(P99): r.P99, "p999_ns": r.P999, "max_ns": r.Max} {
		if v != nil {
			out[name] = float64(*v)
		}
	}
	return out
}
