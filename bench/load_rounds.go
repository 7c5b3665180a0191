package bench

import (
	"context"

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
// their ratio. Figures that mean nothing for the workload are absent.
type Round map[string]float64

// RunRounds is [Workload.Run], and returns the rounds besides the results.
func (w *Workload) RunRounds(ctx context.Context, p Params, progress Progress) ([]Measured, error) {
	watched := *w
	tape := &tape{}
	watched.thrum = tape.listen(w.thrum, Thrum)
	if w.twin != nil {
		watched.twin = tape.listen(w.twin, Channel)
	}
	results, err := watched.Run(ctx, p, func(e Event) {
		tape.now = e
		if progress != nil {
			progress(e)
		}
	})
	all := make([]Measured, len(results))
	for i, r := range results {
		// A row without a result ends the run, so results and rows agree.
		all[i] = tape.measured(r, i+1)
	}
	return all, err
}

// tape keeps the samples of a run. Rounds run one after the other on the goroutine
// of Run, which also reports progress, so it needs no lock.
type tape struct {
	now  Event // the round under way
	rows []taped
}

// taped are the samples of a row, by the number of their round.
type taped struct{ thrum, twin []Sample }

func (t *tape) listen(run side, impl Impl) side {
	return func(tr *trial) (Sample, error) {
		s, err := run(tr)
		if err != nil || t.now.Round == 0 || tr.ctx.Err() != nil || tr.failed() {
			return s, err
		}
		for len(t.rows) < t.now.Row {
			t.rows = append(t.rows, taped{})
		}
		row := &t.rows[t.now.Row-1]
		if impl == Thrum {
			row.thrum = append(row.thrum, s)
		} else {
			row.twin = append(row.twin, s)
		}
		return s, nil
	}
}

func (t *tape) measured(r Result, row int) Measured {
	m := Measured{Result: r}
	if row > len(t.rows) {
		return m
	}
	// Run counts a round when it was done on both sides.
	thrum := summary{t.rows[row-1].thrum[:min(r.Rounds, len(t.rows[row-1].thrum))]}
	twin := summary{t.rows[row-1].twin[:min(r.Rounds, len(t.rows[row-1].twin))]}
	for i, s := range thrum.samples {
		var beside *Sample
		if i < len(twin.samples) {
			beside = &twin.samples[i]
		}
		m.Samples = append(m.Samples, round(r.Figure, s, beside))
	}
	m.Latency, m.TwinLatency = thrum.latency(), twin.latency()
	return m
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
