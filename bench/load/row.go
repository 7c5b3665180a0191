package load

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// row gathers the rounds of a phase: its own figures and those of each operation.
type row struct {
	phase  Phase
	plan   *Plan
	peak   float64
	asked  int // rounds
	lagMax time.Duration
	rounds []sides
	failed []bench.Violation
	origin int64 // when its first round began
}

// sides are the two stages of a round; twin is nil without one.
type sides struct{ thrum, twin *stage }

// mixed is the workload that stands for all operations of a phase.
const mixed = "mix"

// results returns a result for each operation of the phase, and first, if there are
// several, one for all of them.
func (r *row) results() []bench.Measured {
	var out []bench.Measured
	if len(r.phase.Mix) > 1 {
		out = append(out, r.result(""))
	}
	for _, s := range r.phase.Mix {
		out = append(out, r.result(s.Operation))
	}
	return out
}

// label names a result.
func (r *row) label(operation string) string {
	if operation == "" {
		operation = mixed
	}
	return operation + " " + r.phase.Name
}

// sum adds up the counts of an operation of a stage; of all for "".
func (s *stage) sum(operation string) *counts {
	c := newCounts()
	for _, t := range s.tallies {
		if operation == "" || t.op.Name == operation {
			c.add(t.total)
		}
	}
	return c
}

// elapsed is how long the stage has run, without its drain.
func (s *stage) elapsed() time.Duration { return time.Duration(s.end - s.begin) }

// busy is the share of the time in which the generator did not sleep.
func (s *stage) busy() float64 {
	return max(0, 1-float64(s.idle)/max(float64(s.end-s.begin), 1))
}

func (r *row) result(operation string) bench.Measured {
	open := r.phase.Open()
	m := bench.Measured{Result: bench.Result{
		Workload: operation, Label: r.label(operation), Rounds: len(r.rounds), Figure: bench.NsPerMsg, OK: true,
		Params: bench.Params{Workers: r.plan.Workers, Procs: r.plan.Procs, Duration: r.phase.Duration, Rounds: r.asked, Seed: r.plan.Seed},
	}}
	if operation == "" {
		m.Workload = mixed
	}
	l := &bench.Load{Phase: r.phase.Name, Operation: operation, Peak: r.peak, Inflight: r.phase.Inflight}
	m.Load = l
	if !open {
		m.Params.Inflight = int(r.phase.Inflight)
	}
	if open {
		m.Figure = bench.P99
		l.Arrival = r.phase.Arrival.String()
		l.Rate = r.rate() * r.phase.Mix.share(operation)
		l.Service, l.Lag = meter.NewRecorder(), meter.NewRecorder()
	}
	for _, v := range r.failed {
		if operation == "" || len(r.phase.Mix) == 1 {
			m.OK = false
			v.Workload = m.Label
			m.Violations = append(m.Violations, v)
		} else if v.Workload == operation {
			m.OK = false
		}
	}
	var all, beside counts
	var own, twins []float64
	var busy float64
	var elapsedTwin time.Duration
	var spent, spentTwin cpu
	all.latency, all.service, all.lag = meter.NewRecorder(), meter.NewRecorder(), meter.NewRecorder()
	for _, x := range r.rounds {
		c := x.thrum.sum(operation)
		c.scheduled += int64(x.thrum.cut * r.phase.Mix.share(operation))
		all.add(c)
		l.Elapsed += x.thrum.elapsed()
		spent = spent.add(x.thrum.spent)
		busy += x.thrum.busy() / float64(len(r.rounds))
		round := figures(open, c, x.thrum.elapsed())
		for _, t := range x.thrum.tallies {
			if operation == t.op.Name {
				m.Intervals = append(m.Intervals, t.seen...)
			}
		}
		if operation == "" {
			m.Intervals = append(m.Intervals, x.thrum.seen...)
		}
		if v, ok := round[string(m.Figure)]; ok {
			own = append(own, v)
		}
		if x.twin != nil {
			if m.TwinLatency == nil {
				m.TwinLatency, beside.latency = meter.NewRecorder(), meter.NewRecorder()
				beside.service, beside.lag = meter.NewRecorder(), meter.NewRecorder()
			}
			t := x.twin.sum(operation)
			beside.add(t)
			elapsedTwin += x.twin.elapsed()
			spentTwin = spentTwin.add(x.twin.spent)
			m.TwinLatency.Merge(t.latency)
			if v, ok := figures(open, t, x.twin.elapsed())[string(m.Figure)]; ok {
				round["twin_"+string(m.Figure)] = v
				twins = append(twins, v)
				if o := round[string(m.Figure)]; o > 0 {
					round["ratio"] = v / o
				}
			}
		}
		m.Samples = append(m.Samples, round)
		l.Invalid = append(l.Invalid, r.invalid(x.thrum, "")...)
		if x.twin != nil {
			l.Invalid = append(l.Invalid, r.invalid(x.twin, "the twin's run: ")...)
		}
	}
	if operation == "" || len(r.phase.Mix) == 1 {
		l.GCShare, l.TwinGCShare = spent.share(), spentTwin.share()
	}
	slices.Sort(l.Invalid)
	l.Invalid = slices.Compact(l.Invalid)
	l.Scheduled, l.Begun, l.Dropped, l.Completed = all.scheduled, all.begun, all.dropped, all.completed
	if len(r.rounds) == 0 {
		return m
	}
	m.Latency = all.latency
	m.Messages = new(all.latency.Count())
	if all.latency.Count() > 0 {
		m.P50, m.P99, m.P999, m.Max = percentile(all.latency, 0.5), percentile(all.latency, 0.99), percentile(all.latency, 0.999), new(all.latency.Max())
	}
	var twin, mine *float64
	if open {
		l.Service, l.Lag = all.service, all.lag
		if m.P99 != nil {
			mine = new(float64(*m.P99))
		}
		if m.TwinLatency != nil {
			if v := percentile(m.TwinLatency, 0.99); v != nil {
				twin = new(float64(*v))
			}
		}
	} else {
		m.NsPerMsg = median(own)
		mine, twin = m.NsPerMsg, median(twins)
	}
	if m.Twin = twin; twin != nil && mine != nil && *mine > 0 {
		m.Ratio = new(*twin / *mine)
	}
	if elapsedTwin > 0 {
		l.TwinAchieved = float64(beside.completed) / elapsedTwin.Seconds()
	}
	if open && (operation == "" || len(r.phase.Mix) == 1) {
		m.Details = append(m.Details, bench.Detail{Name: "generator_busy", Value: busy * 100, Unit: "%"})
	}
	return m
}

// figures are those of a round.
func figures(open bool, c *counts, d time.Duration) bench.Round {
	out := bench.Round{"dropped": float64(c.dropped)}
	if d > 0 {
		out["rate"] = float64(c.completed) / d.Seconds()
		if c.completed > 0 && !open {
			out[string(bench.NsPerMsg)] = float64(d) / float64(c.completed)
		}
	}
	put := func(name string, r *meter.Recorder, p float64) {
		if v, ok := r.Percentile(p); ok {
			out[name] = float64(v)
		}
	}
	put("p50_ns", c.latency, 0.5)
	put(string(bench.P99), c.latency, 0.99)
	put("p999_ns", c.latency, 0.999)
	if c.latency.Count() > 0 {
		out["max_ns"] = float64(c.latency.Max())
	}
	if open {
		put("service_p99_ns", c.service, 0.99)
		put("lag_p99_ns", c.lag, 0.99)
	}
	return out
}

// mayMiss is the share of what is due that the generator may fail to come to.
const mayMiss = 0.01

// invalid says why a stage tells of the generator rather than of the system.
func (r *row) invalid(s *stage, whose string) []string {
	if !s.Open() {
		return nil
	}
	var out []string
	c := s.sum("")
	due := float64(c.scheduled) + s.cut
	if due > 0 && s.cut > mayMiss*due {
		out = append(out, fmt.Sprintf("%sthe generator began %.1f %% of what was due, less than %g %%: it cannot keep up with this rate", whose, 100-100*s.cut/due, 100-100*mayMiss))
	}
	which := "p99"
	lag, ok := c.lag.Percentile(0.99)
	if !ok {
		which = "median"
		lag, _ = c.lag.Percentile(0.5)
	}
	if lag > int64(r.lagMax) {
		out = append(out, fmt.Sprintf("%sthe generator was late by %v (%s), more than %v: the latencies tell of it, not of the system",
			whose, time.Duration(lag).Round(10*time.Microsecond), which, r.lagMax))
	}
	return out
}

// rate returns the average rate that was asked for, operations a second.
func (r *row) rate() float64 {
	switch {
	case r.phase.Arrival.Kind == Ramp:
		return (r.phase.Arrival.From + r.phase.Arrival.To) / 2
	case r.phase.Rate.OfPeak != 0:
		return r.peak * r.phase.Rate.OfPeak
	}
	return r.phase.Rate.PerSecond
}

// share returns an operation's share of the mix; that of "" is all.
func (m Mix) share(operation string) float64 {
	var own, all float64
	for _, s := range m {
		all += s.Weight
		if operation == "" || s.Operation == operation {
			own += s.Weight
		}
	}
	return own / all
}

func percentile(r *meter.Recorder, p float64) *int64 {
	v, ok := r.Percentile(p)
	if !ok {
		return nil
	}
	return &v
}

func median(v []float64) *float64 {
	if len(v) == 0 {
		return nil
	}
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return new(math.Max(0, (v[(n-1)/2]+v[n/2])/2))
}
