package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/load"
	"github.com/thrum-go/thrum/bench/report"
)

// loadFlags are the flags of loads; the second half belongs to all that runs.
type loadFlags struct {
	rate    rateFlag
	arrival arrivalFlag
	warmup  span
	lagMax  span
	twin    bool
	abort   bool

	procs, inflight, rounds count
	duration                span
	slo                     []string
}

// defaultLoad is how long a load is measured unless told.
const defaultLoad = 5 * time.Second

func (f *loadFlags) define(flags *pflag.FlagSet) {
	flags.Var(&f.rate, "rate", "begin so many operations a second, as 200k/s, or a share of the measured peak, as auto:70%")
	flags.Var(&f.arrival, "arrival", "how they arrive: const (default), poisson, or ramp:A..B in place of --rate, as ramp:10k..200k")
	flags.Var(&f.warmup, "warmup", "time of a load before it counts (default 1s, or a tenth of a short run)")
	flags.Var(&f.lagMax, "max-lag", "how late the generator may be at p99 before a load is not valid (default 10ms)")
	flags.BoolVar(&f.twin, "twin", false, "put the same load on goroutines and channels as well")
	flags.BoolVar(&f.abort, "abort-on-slo", false, "stop a load as soon as an objective can no longer be met")
}

// loadOnly are the flags that mean nothing without a load.
var loadOnly = []string{"rate", "arrival", "warmup", "max-lag", "twin", "abort-on-slo"}

// roundsOnly are the flags of workloads that are measured in rounds of messages.
var roundsOnly = []string{bench.Messages, bench.Size, bench.Style}

// rateFlag is a rate as a flag.
type rateFlag struct{ load.Rate }

// Type implements pflag.Value.
func (r *rateFlag) Type() string { return "rate" }

// Set implements pflag.Value.
func (r *rateFlag) Set(s string) (err error) {
	r.Rate, err = load.ParseRate(s)
	return err
}

// arrivalFlag is an arrival as a flag.
type arrivalFlag struct{ load.Arrival }

// Type implements pflag.Value.
func (a *arrivalFlag) Type() string { return "arrival" }

// Set implements pflag.Value.
func (a *arrivalFlag) Set(s string) (err error) {
	a.Arrival, err = load.ParseArrival(s)
	return err
}

// isFile says whether what was named is a scenario file rather than a workload.
func isFile(name string) bool {
	return strings.HasSuffix(name, ".json") || strings.ContainsAny(name, `/\`)
}

// oneRunnable demands a workload, an operation or a file.
func oneRunnable(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		if _, ok := load.Find(args[0]); ok || isFile(args[0]) {
			return nil
		}
	}
	return oneWorkload(cmd, args)
}

func completeRunnables(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
	names, _ := completeWorkloads(cmd, args, part)
	for _, o := range load.Operations() {
		if _, ok := bench.Find(o.Name); !ok {
			names = append(names, o.Name+"\t"+o.Purpose)
		}
	}
	return names, cobra.ShellCompDirectiveDefault // files as well
}

// wanted decides whether a name is to be run as a load. w is the workload of that name,
// if there is one: it has its own number in flight, if it takes any.
func (f *loadFlags) wanted(name string, w *bench.Workload, cmd *cobra.Command) (bool, error) {
	_, operation := load.Find(name)
	open := !f.rate.IsZero() || f.arrival.Kind == load.Ramp
	closed := f.inflight > 0 && (w == nil || !w.Takes(bench.Inflight))
	switch {
	case open && !operation, closed && !operation && cmd.Flags().Changed("twin"):
		return false, usagef("%s takes no --rate: it is measured in rounds; those that do are %s", name, operationNames())
	case open || operation && closed:
		for _, flag := range roundsOnly {
			if cmd.Flags().Changed(flag) {
				return false, usagef("--%s belongs to workloads that are measured in rounds; a load at a rate, or with a number in flight, takes --duration, --procs and --workers", flag)
			}
		}
		return true, nil
	case w == nil:
		return false, usagef("%s is a load: it takes --rate, as --rate 100k/s or --rate auto:70%%, or --inflight, as --inflight 64", name)
	}
	for _, flag := range loadOnly {
		if cmd.Flags().Changed(flag) {
			if !operation {
				return false, usagef("--%s belongs to loads, and %s is none; those that are: %s", flag, name, operationNames())
			}
			return false, usagef("--%s belongs to a load; give --rate as well, as --rate 100k/s or --rate auto:70%%", flag)
		}
	}
	return false, nil
}

func operationNames() string {
	var names []string
	for _, o := range load.Operations() {
		names = append(names, o.Name)
	}
	return report.OneOf(names)
}

// run runs one operation as a load.
func (f *loadFlags) run(name string, cmd *cobra.Command, o *options, stdout, stderr *os.File) error {
	ph := load.Phase{Name: f.title(), Duration: time.Duration(f.duration), Rate: f.rate.Rate, Arrival: f.arrival.Arrival,
		Inflight: int64(f.inflight), Mix: load.Mix{{Operation: name, Weight: 1}}}
	if ph.Duration == 0 {
		ph.Duration = defaultLoad
	}
	p := load.Plan{Seed: uint64(o.seed), Workers: int(o.workers), Procs: int(f.procs), Warmup: time.Duration(f.warmup), Phases: []load.Phase{ph}}
	return f.measure(p, cmd, o, stdout, stderr)
}

// title names the load in the results, by what was asked for: the peak, which differs
// from run to run, must not keep them from being compared.
func (f *loadFlags) title() string {
	switch {
	case f.arrival.Kind == load.Ramp:
		return f.arrival.String()
	case f.rate.IsZero():
		return fmt.Sprintf("inflight=%d", int64(f.inflight))
	case f.arrival.Kind == load.Poisson:
		return f.rate.String() + " poisson"
	}
	return f.rate.String()
}

// runScenario runs a file.
func (f *loadFlags) runScenario(file string, cmd *cobra.Command, o *options, stdout, stderr *os.File) error {
	for _, flag := range []string{"rate", "arrival", bench.Inflight, bench.Duration, bench.Messages, bench.Size, bench.Style} {
		if cmd.Flags().Changed(flag) {
			return usagef("--%s is what a scenario says for each of its phases; change %s", flag, file)
		}
	}
	p, err := load.ReadScenario(file)
	if err != nil {
		return usagef("%v", err)
	}
	if o.seed > 0 {
		p.Seed = uint64(o.seed)
	}
	if o.workers > 0 {
		p.Workers = int(o.workers)
	}
	if f.procs > 0 {
		p.Procs = int(f.procs)
	}
	if f.warmup > 0 {
		p.Warmup = time.Duration(f.warmup)
	}
	f.slo = append(p.SLO, f.slo...)
	return f.measure(p, cmd, o, stdout, stderr)
}

// measure runs a plan and prints the report.
func (f *loadFlags) measure(p load.Plan, cmd *cobra.Command, o *options, stdout, stderr *os.File) error {
	if err := p.Check(f.twin); err != nil {
		return planUsage(err, cmd)
	}
	if err := o.checkInterval(); err != nil {
		return err
	}
	objectives, err := parseObjectives(f.slo)
	if err != nil {
		return err
	}
	if f.abort && len(objectives) == 0 {
		return usagef("--abort-on-slo needs objectives; give --slo as well, as --slo 'p99<2ms'")
	}
	shown, err := o.show(stderr)
	if err != nil {
		return err
	}
	defer shown.close()
	opts := load.Options{Twin: f.twin, Rounds: int(f.rounds), LagLimit: time.Duration(f.lagMax)}
	return collect(o, stdout, stderr, func(ctx context.Context, live *progress, rep *report.Report) error {
		opts.Watch = live.watch(1, 1, 0, true)
		shown.announce(live)
		shown.attach(&opts.Watch)
		if f.abort {
			opts.Judge = judge(objectives)
		}
		var err error
		rep.Results, err = p.Run(ctx, opts)
		var early *hopeless
		if errors.As(err, &early) {
			rep.Stopped, err = early.Error(), nil
		}
		rep.Objectives = report.Judge(objectives, rep.Results)
		return err
	})
}

// hopeless is an objective that can no longer be met.
type hopeless struct{ what report.Objective }

func (h *hopeless) Error() string { return h.what.String() + ", and it can no longer be met" }

// judge ends a run when one of the objectives is hopeless.
func judge(objectives []report.Objective) func(bench.Measured, float64) error {
	return func(m bench.Measured, total float64) error {
		for _, o := range report.Judge(objectives, []bench.Measured{m}) {
			if !o.OK && o.Hopeless(m, total) {
				return &hopeless{o}
			}
		}
		return nil
	}
}

// planUsage turns an error of a plan into one that names the flag.
func planUsage(err error, cmd *cobra.Command) error {
	var p *load.PlanError
	if !errors.As(err, &p) {
		return err
	}
	if p.Field == "mix" && strings.Contains(p.What, "no twin") {
		return usagef("--twin: %s", p.What)
	}
	if cmd.Flags().Lookup(p.Field) != nil {
		return usagef("--%s: %s", p.Field, p.What)
	}
	return usagef("%s: %s", p.Field, p.What)
}
