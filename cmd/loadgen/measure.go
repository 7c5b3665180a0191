package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/report"
)

// plan is what shall be measured, and how it is judged.
type plan struct {
	settings   []bench.Setting
	limit      time.Duration // durations are cut so that all ends within it; 0: no limit
	objectives []report.Objective
	label      func(*bench.Measured) // changes what rows are called; nil: nothing
	long       bool                  // intervals have lines of their own
}

// measure runs the settings one after the other and prints the report, also when
// interrupted. A failed check does not keep the others from being measured.
func measure(p plan, o *options, stdout, stderr *os.File) error {
	began := time.Now()
	if err := o.checkInterval(); err != nil {
		return err
	}
	shown, err := o.show(stderr)
	if err != nil {
		return err
	}
	defer shown.close()
	return collect(o, stdout, stderr, func(ctx context.Context, live *progress, rep *report.Report) error {
		shown.announce(live)
		for i, s := range p.settings {
			if p.limit > 0 {
				s = bench.Fit(p.settings[i:], p.limit-time.Since(began))
			}
			watch := live.watch(i+1, len(p.settings), p.after(i), p.long)
			shown.attach(&watch)
			results, err := s.Workload.Measure(ctx, s.Params, watch)
			for j := range results {
				if p.label != nil {
					p.label(&results[j])
				}
			}
			rep.Results = append(rep.Results, results...)
			if ctx.Err() != nil {
				break
			}
			if err != nil {
				return fmt.Errorf("workload %s: %w", s.Workload.Name, err)
			}
		}
		rep.Objectives = report.Judge(p.objectives, rep.Results)
		return nil
	})
}

// after returns what the settings behind setting i will take; negative when that cannot be told.
func (p plan) after(i int) time.Duration {
	var sum time.Duration
	for _, s := range p.settings[i+1:] {
		full, err := s.Workload.Resolve(s.Params)
		if err != nil || full.Messages > 0 {
			return -1
		}
		sum += full.Duration
	}
	return sum
}

// checkInterval refuses intervals in which nothing would be seen, or of which there would be too many.
func (o *options) checkInterval() error {
	if d := time.Duration(o.interval); d != 0 && (d < 10*time.Millisecond || d > time.Hour) {
		return usagef("--interval is %v; it takes 10ms to 1h", d)
	}
	return nil
}

// collect opens the outputs, has f fill a report until it is done or interrupted,
// writes it and says what it comes to.
func collect(o *options, stdout, stderr *os.File, f func(context.Context, *progress, *report.Report) error) error {
	sinks, err := o.output.open(stdout)
	if err != nil {
		return err
	}
	defer closeAll(sinks)
	live := newProgress(stderr, o)
	defer live.stop() // also when something panics
	ctx, release := interruptible(live, func() { abandon(sinks) })
	defer release()
	rep := report.Report{Env: report.Environment(), Config: report.Config{Command: os.Args[1:], Tags: o.tags}}
	failure := f(ctx, live, &rep)
	rep.Interrupted = ctx.Err() != nil
	if errors.Is(failure, context.Canceled) {
		failure = nil
	}
	live.stop()
	live.writing.Store(true)
	unwritten := write(rep, sinks, stdout, o)
	return verdict(rep, errors.Join(failure, unwritten), ctx.Err() != nil, stderr)
}

// verdict decides what the run comes to. A failed check outweighs all else, being
// what cannot be had by running again; objectives are judged by results that count.
func verdict(rep report.Report, failure error, interrupted bool, stderr io.Writer) error {
	violations := rep.Violations()
	for _, v := range violations {
		fmt.Fprintf(stderr, "loadgen: check failed: %v\n", v)
	}
	missed := false
	for _, o := range rep.Objectives {
		if !o.OK {
			missed = true
			fmt.Fprintf(stderr, "loadgen: objective failed: %v\n", o)
		}
	}
	invalid := rep.Invalid()
	for _, why := range invalid {
		fmt.Fprintf(stderr, "loadgen: not valid: %s\n", why)
	}
	if rep.Stopped != "" {
		missed = true
		fmt.Fprintf(stderr, "loadgen: stopped early: %s\n", rep.Stopped)
	}
	if failure != nil {
		if len(violations) > 0 {
			fmt.Fprintf(stderr, "loadgen: %v\n", failure)
			return errViolation
		}
		return failure
	}
	switch {
	case len(violations) > 0:
		return errViolation
	case interrupted:
		return errInterrupted
	case len(invalid) > 0:
		return errNotValid
	case missed:
		return errObjective
	}
	return nil
}
