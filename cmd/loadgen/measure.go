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

// measure runs the settings one after the other and prints the report, also when
// interrupted. A failed check does not keep the others from being measured. With a
// limit, durations are cut so that all ends within it.
func measure(settings []bench.Setting, limit time.Duration, o *options, stdout, stderr *os.File) error {
	sinks, err := o.output.open()
	if err != nil {
		return err
	}
	defer closeAll(sinks)
	began := time.Now()
	live := newProgress(stderr)
	ctx, release := interruptible(live)
	defer release()
	rep := report.Report{Env: report.Environment(), Config: report.Config{Command: os.Args[1:]}}
	var failure error
	for i, s := range settings {
		if limit > 0 {
			s = bench.Fit(settings[i:], limit-time.Since(began))
		}
		results, err := s.Workload.RunRounds(ctx, s.Params, live.step(i+1, len(settings)))
		rep.Results = append(rep.Results, results...)
		if ctx.Err() != nil {
			rep.Interrupted = true
			break
		}
		if err != nil {
			failure = fmt.Errorf("workload %s: %w", s.Workload.Name, err)
			break
		}
	}
	live.clear()
	unwritten := write(rep, sinks, stdout)
	if errors.Is(failure, context.Canceled) {
		failure = nil
	}
	return verdict(rep, errors.Join(failure, unwritten), stderr)
}

// verdict decides what the run comes to. A failed check outweighs all else, being
// what cannot be had by running again.
func verdict(rep report.Report, failure error, stderr io.Writer) error {
	violations := rep.Violations()
	for _, v := range violations {
		fmt.Fprintf(stderr, "loadgen: check failed: %v\n", v)
	}
	if failure != nil && !errors.Is(failure, context.Canceled) {
		if len(violations) > 0 {
			fmt.Fprintf(stderr, "loadgen: %v\n", failure)
			return errViolation
		}
		return failure
	}
	switch {
	case len(violations) > 0:
		return errViolation
	case rep.Interrupted:
		return errInterrupted
	}
	return nil
}
