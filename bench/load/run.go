package load

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// Options say how a plan is run.
type Options struct {
	// Twin has every phase run on goroutines and channels as well, in turns with Thrum.
	// All operations of the plan must have a twin.
	Twin bool
	// Rounds is how often the whole plan runs; 0: once.
	Rounds int
	// Calibrate is how long the peak is measured for rates that are a share of it; 0: 3 s.
	Calibrate time.Duration
	// LagLimit is how late the generator may be at the 99th percentile before a result is
	// not valid; 0: 10 ms.
	LagLimit time.Duration

	// Watch says who is told of the run. Observe is called by a goroutine of its own; when
	// it is slow, intervals become longer.
	Watch bench.Watch
	// Judge gets, after each interval of a phase on Thrum, each result of the phase as it
	// stands and the number of operations that it will be about in the end, in an open
	// loop (else 0). An error ends the run; Run returns it.
	Judge func(partial bench.Measured, total float64) error

	env    *env
	faulty func(w *world)
}

// defaults for zero fields.
const (
	defaultCalibrate = 3 * time.Second
	defaultLagLimit  = 10 * time.Millisecond
	defaultProcs     = 1000
	// defaultInflight is what may be under way in an open loop: a second of a million.
	defaultInflight = 1_000_000
	// peakInflight is what is kept under way while the peak is measured.
	peakInflight = 512
	// sinksPerWorker keeps those who complete operations out of each other's way.
	sinksPerWorker = 4
)

// run is a plan under way.
type run struct {
	plan    Plan
	opts    Options
	env     env
	rows    []*row // a row for each name
	order   []*row // the phases as they run
	stopped atomic.Bool
	judged  error // why Judge has ended the run; the scribe's until it has ended
	round   int   // from 1; 0 while the peak is measured
}

// Run does what the plan says, and returns a result for each phase and each operation of
// its mix; of a run that ends early those that were measured, the phase under way with
// what there is of it. Phases follow each other at once: what one leaves under way is the
// next one's burden. After the last it waits until all operations are completed and
// checks that nothing was lost or is left behind.
//
// The error is a [*PlanError] for a plan that cannot be, that of ctx when interrupted,
// Judge's, or says why it could not be run. Failed checks are no errors: they are
// violations in the results, whose OK is false.
func (p Plan) Run(ctx context.Context, opts Options) ([]bench.Measured, error) {
	if err := p.Check(opts.Twin); err != nil {
		return nil, err
	}
	r := &run{plan: p.resolved(), opts: opts.resolved(), env: realEnv()}
	if opts.env != nil {
		r.env = *opts.env
	}
	byName := map[string]*row{}
	for _, ph := range r.plan.Phases {
		if byName[ph.Name] == nil {
			byName[ph.Name] = &row{phase: ph, plan: &r.plan, lagMax: r.opts.LagLimit}
			r.rows = append(r.rows, byName[ph.Name])
		}
		byName[ph.Name].asked += r.opts.Rounds
		r.order = append(r.order, byName[ph.Name])
	}
	defer context.AfterFunc(ctx, func() { r.stopped.Store(true) })()
	peaks, err := r.calibrate(ctx)
	if err == nil && !broken(peaks) {
		err = r.measure(ctx)
	}
	return results(append(peaks, r.rows...)), err
}

// measure runs all phases, for as many rounds as asked for.
func (r *run) measure(ctx context.Context) error {
	for r.round = 1; r.round <= r.opts.Rounds; r.round++ {
		thrum, err := r.session(ctx, false, r.order)
		var twin []*stage
		if err == nil && r.opts.Twin && !broken(r.rows) {
			twin, err = r.session(ctx, true, r.order)
		}
		for i, s := range thrum {
			x := sides{thrum: s}
			if i < len(twin) {
				x.twin = twin[i]
			}
			s.row.rounds = append(s.row.rounds, x)
		}
		if err != nil || broken(r.rows) {
			return err
		}
	}
	return nil
}

const calibrateTries = 4

// calibrate measures the peak of every mix of which a rate is a share.
func (r *run) calibrate(ctx context.Context) ([]*row, error) {
	var out []*row
	known := map[string]float64{}
	for _, of := range r.rows {
		if of.phase.Rate.OfPeak == 0 {
			continue
		}
		mix := fmt.Sprint(of.phase.Mix)
		if peak, ok := known[mix]; ok {
			of.peak = peak
			continue
		}
		peak := &row{plan: &r.plan, asked: 1, lagMax: r.opts.LagLimit, phase: Phase{
			Name: "peak of " + of.phase.Name, Duration: r.opts.Calibrate, Inflight: peakInflight, Mix: of.phase.Mix,
		}}
		out = append(out, peak)
		// When nothing is done, which on a machine that stands still for a moment says little about the system, it is tried for longer.
		for tries := 0; tries < calibrateTries && of.peak == 0; tries++ {
			if tries > 0 {
				peak.phase.Duration *= 2
			}
			stages, err := r.session(ctx, false, []*row{peak})
			peak.rounds = nil
			for _, s := range stages {
				peak.rounds = append(peak.rounds, sides{thrum: s})
			}
			if err != nil || len(peak.failed) > 0 {
				return out, err
			}
			of.peak = float64(stages[0].sum("").completed) / stages[0].elapsed().Seconds()
		}
		if of.peak*of.phase.Rate.OfPeak < minRate {
			return out, errors.New("load: nothing was completed while the peak was measured")
		}
		known[mix] = of.peak
	}
	return out, nil
}

// results returns those of the rows that have any.
func results(rows []*row) []bench.Measured {
	var out []bench.Measured
	for _, row := range rows {
		if len(row.rounds) > 0 || len(row.failed) > 0 {
			out = append(out, row.results()...)
		}
	}
	return out
}

// broken says whether a check has failed.
func broken(rows []*row) bool {
	for _, row := range rows {
		if len(row.failed) > 0 {
			return true
		}
	}
	return false
}

func (o Options) resolved() Options {
	o.Rounds = max(o.Rounds, 1)
	for _, d := range []struct {
		of  *time.Duration
		def time.Duration
	}{{&o.Watch.Interval, bench.DefaultInterval}, {&o.Calibrate, defaultCalibrate}, {&o.LagLimit, defaultLagLimit}} {
		if *d.of <= 0 {
			*d.of = d.def
		}
	}
	return o
}
