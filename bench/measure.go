package bench

import (
	"context"
	"errors"
	"time"
)

// Event tells how far a measurement is.
type Event struct {
	Label         string // of the workload's row
	Row, Rows     int    // from 1
	Phase         string // "warm-up", "thrum" or "twin"
	Round, Rounds int    // from 1; 0 while warming up

	// Left is what the workload is reckoned to take from now on, all rows; 0 when that is not known.
	Left time.Duration
}

// Progress is told before each phase of a measurement; nil is nobody. It runs
// between rounds, so what it costs is not measured.
type Progress func(Event)

// Run measures the workload: Thrum and its twin in turns, for as many rounds as
// asked for and fit the duration, at least one. It returns a result for each row
// that has a finished round or a violation.
//
// The error is a [*ParamError] for parameters that cannot be, the context's error
// when interrupted (with the results so far), or says why a round could not be
// run. Violations are no errors: they are in the results, whose OK is false.
func (w *Workload) Run(ctx context.Context, p Params, progress Progress) ([]Result, error) {
	all, err := w.Measure(ctx, p, Watch{Progress: progress})
	results := make([]Result, len(all))
	for i, m := range all {
		results[i] = m.Result
	}
	return results, err
}

// measurement is one row on its way to a result.
type measurement struct {
	w           *Workload
	p           Params
	check       *check
	event       Event
	watch       Watch
	began       time.Time
	thrum, twin summary
	rest        time.Duration // what the rows after this one will take
	intervals   []Interval
}

func (m *measurement) run(ctx context.Context) error {
	m.began = time.Now()
	n, err := m.reckon(ctx)
	if err != nil {
		return ignoreBroken(err)
	}
	limit := m.p.Duration / time.Duration(m.p.Rounds)
	if m.hasTwin() {
		limit /= 2
	}
	for r := range m.p.Rounds {
		roundBegan := time.Now()
		m.event.Round = r + 1
		s, err := m.side(ctx, Thrum, n, limit)
		if err != nil {
			return ignoreBroken(err)
		}
		if !m.hasTwin() {
			m.thrum.add(s)
		} else {
			// A round counts only as a pair: medians of unequal numbers of rounds
			// would not have been measured side by side. But Thrum's side alone is
			// more than nothing.
			t, err := m.side(ctx, Channel, n, limit)
			if err == nil || r == 0 && ctx.Err() != nil {
				m.thrum.add(s)
			}
			if err != nil {
				return ignoreBroken(err)
			}
			m.twin.add(t)
		}
		if spent, last := time.Since(m.began), time.Since(roundBegan); spent+last > m.p.Duration*5/4 {
			break
		}
	}
	return nil
}

// ignoreBroken hides a failed check: it is reported as a violation.
func ignoreBroken(err error) error {
	if errors.Is(err, errBroken) {
		return nil
	}
	return err
}

func (m *measurement) hasTwin() bool {
	return m.w.twin != nil && (m.w.twinFits == nil || m.w.twinFits(m.p))
}

// reckon returns the messages of a round. Unless given, it is as many as let all
// rounds of both sides fit the duration, going by a short round of each.
func (m *measurement) reckon(ctx context.Context) (int64, error) {
	if m.p.Messages > 0 || m.w.timed || m.w.size != nil {
		return m.p.Messages, nil
	}
	n := m.w.warm(m.p)
	var perMsg float64
	sides := []Impl{Thrum}
	if m.hasTwin() {
		sides = append(sides, Channel)
	}
	for _, impl := range sides {
		s, err := m.side(ctx, impl, n, 0)
		if err != nil {
			return 0, err
		}
		perMsg += float64(s.Elapsed) / float64(max(s.Messages, 1))
	}
	fit := float64(m.p.Duration) / float64(m.p.Rounds) / max(perMsg, 0.1)
	return max(n, int64(fit)), nil
}

func (m *measurement) side(ctx context.Context, impl Impl, n int64, limit time.Duration) (Sample, error) {
	m.event.Phase = string(impl)
	if impl == Channel {
		m.event.Phase = "twin"
	}
	if m.event.Round == 0 {
		m.event.Phase = "warm-up"
	}
	m.event.Left = m.left()
	if m.watch.Progress != nil {
		m.watch.Progress(m.event)
	}
	look := m.lookout()
	if look == nil || impl == Thrum {
		return m.w.round(ctx, m.check, impl, m.p, n, limit, look)
	}
	defer look.twin(look.now())
	return m.w.round(ctx, m.check, impl, m.p, n, limit, nil)
}

// left returns what the workload will still take, going by its duration or by the rounds done.
func (m *measurement) left() time.Duration {
	spent := time.Since(m.began)
	if m.p.Messages == 0 && m.w.size == nil {
		return max(0, m.p.Duration-spent) + m.rest
	}
	done := time.Duration(len(m.thrum.samples))
	if done == 0 || m.event.Row < m.event.Rows {
		return 0
	}
	return spent / done * (time.Duration(m.p.Rounds) - done)
}

// lookout returns what the next round needs to tell those who watch; nil when nobody does.
func (m *measurement) lookout() *lookout {
	if m.watch.Observe == nil && m.watch.Runtime == nil {
		return nil
	}
	l := &lookout{began: m.began, interval: m.watch.interval(), phase: m.event.Phase, round: m.event.Round, runtime: m.watch.Runtime}
	if m.watch.Observe != nil {
		l.tell = func(i Interval) {
			m.intervals = KeepInterval(m.intervals, i)
			m.watch.Observe(i)
		}
	}
	return l
}

// measured returns what the row has come to.
func (m *measurement) measured() Measured {
	out := Measured{Result: Result{
		Workload: m.w.Name, Label: m.w.Label(m.p), Params: m.p, Figure: m.w.Figure, Self: m.w.self,
		OK: !m.check.failed(), Violations: m.check.violations(),
	}, Intervals: m.intervals}
	out.fill(&m.thrum, &m.twin)
	for i, s := range m.thrum.samples {
		var beside *Sample
		if i < len(m.twin.samples) {
			beside = &m.twin.samples[i]
		}
		out.Samples = append(out.Samples, round(out.Figure, s, beside))
	}
	out.Latency, out.TwinLatency = m.thrum.latency(), m.twin.latency()
	return out
}
