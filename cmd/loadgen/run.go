package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/report"
)

func newRun(o *options, stdout, stderr *os.File) *cobra.Command {
	var (
		procs, messages, rounds, size, inflight count
		duration                                span
		style                                   string
		slo                                     []string
		lf                                      loadFlags
		prof                                    runProfiles
	)
	cmd := &cobra.Command{
		Use:   "run NAME|FILE.json",
		Short: "Run one workload, or load at a given rate",
		Long: `Run measures one workload: Thrum and its twin in turns, and the median of the
rounds is told. "loadgen list" names the workloads and the flags each takes.

With --rate it puts a load on Thrum instead, in an open loop: operations begin when they
are due, whether or not those before are done, and latency counts from when they were due.
--rate auto:70% measures the peak first and then loads with that share of it. --inflight
without --rate is a closed loop: so many operations are kept under way. A FILE.json is a
scenario: phases with rates and mixes of operations.`,
		Example: `  loadgen run ring --procs 10k -d 5s
  loadgen run call --rate auto:70%
  loadgen run cast --rate 200k/s --arrival poisson -d 10s --slo 'p99<2ms,drops==0'
  loadgen run cast --inflight 64 --twin
  loadgen run day.json -o html=day.html`,
		Args:              oneRunnable,
		ValidArgsFunction: completeRunnables,
		RunE: func(cmd *cobra.Command, args []string) error {
			lf.procs, lf.inflight, lf.duration, lf.rounds, lf.slo = procs, inflight, duration, rounds, slo
			if isFile(args[0]) {
				return lf.runScenario(args[0], cmd, o, stdout, stderr)
			}
			w, _ := bench.Find(args[0])
			if load, err := lf.wanted(args[0], w, cmd); err != nil || load {
				if err == nil {
					err = lf.run(args[0], cmd, o, stdout, stderr)
				}
				return err
			}
			p := bench.Params{
				Workers: int(o.workers), Procs: int(procs), Messages: int64(messages),
				Duration: time.Duration(duration), Rounds: int(rounds), Seed: uint64(o.seed),
				Size: int64(size), Style: style, Inflight: int(inflight),
			}
			if _, err := w.Resolve(p); err != nil {
				return paramUsage(err)
			}
			if err := prof.latencies(w); err != nil {
				return err
			}
			objectives, err := parseObjectives(slo)
			if err != nil {
				return err
			}
			return measure(plan{settings: []bench.Setting{{Workload: w, Params: p}}, objectives: objectives, long: true}, o, stdout, stderr)
		},
	}
	flags := cmd.Flags()
	flags.VarP(&duration, bench.Duration, "d", "time for all rounds of Thrum and twin together, as 5s or 1m30s; of a load that of each (default 5s)")
	flags.VarP(&messages, bench.Messages, "n", "messages a round (default as many as fit the duration)")
	flags.Var(&o.workers, bench.Workers, "workers, and the processors the twin may use (default GOMAXPROCS)")
	flags.Var(&procs, bench.Procs, "processes; what they do depends on the workload")
	flags.Var(&size, bench.Size, "how many of what a workload has besides processes; see list")
	flags.Var(&inflight, bench.Inflight, "messages, calls or tokens under way at a time, see list; with --rate the most, beyond which operations are dropped")
	flags.StringVar(&style, bench.Style, "", "which of a workload's forms; see list")
	flags.Var(&rounds, bench.Rounds, "how often Thrum and twin take turns")
	flags.Var(&o.seed, bench.Seed, "seed of random choices (default 1)")
	flags.StringArrayVar(&slo, "slo", nil, sloUsage)
	flags.StringVar(&o.serve, "serve", "", "show the processes to \"loadgen top\" and the program to go tool pprof at this address, as 127.0.0.1:6070 or 127.0.0.1:0")
	o.watching(flags)
	lf.define(flags)
	prof.define(flags)
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return prof.during(stderr, func() error { return run(cmd, args) })
	}
	return cmd
}

const sloUsage = "exit with code 3 unless all of these hold, as 'p99<2ms,lost==0'; may be repeated"

// parseObjectives reads what --slo was given.
func parseObjectives(slo []string) ([]report.Objective, error) {
	var all []report.Objective
	for _, s := range slo {
		o, err := report.ParseObjectives(s)
		if err != nil {
			return nil, usagef("--slo: %v", err)
		}
		all = append(all, o...)
	}
	return all, nil
}

// completeWorkloads proposes the names of workloads to the shell.
func completeWorkloads(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, w := range bench.All() {
		names = append(names, w.Name+"\t"+w.Purpose)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// oneWorkload demands the name of exactly one workload.
func oneWorkload(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usagef(`%s needs the name of a workload; "loadgen list" names them`, cmd.Name())
	case len(args) > 1:
		return usagef("%s takes one workload, %q is one too many", cmd.Name(), args[1])
	}
	if _, ok := bench.Find(args[0]); ok {
		return nil
	}
	var names []string
	for _, w := range bench.All() {
		names = append(append(names, w.Name), w.Aliases...)
	}
	hint := `"loadgen list" names them`
	if near := nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usagef("there is no workload %q; %s", args[0], hint)
}

// paramUsage turns a parameter's error into one that names the flag.
func paramUsage(err error) error {
	var p *bench.ParamError
	if !errors.As(err, &p) {
		return err
	}
	return usagef("--%s is %s, but for %s %s", p.Name, p.Value, p.Workload, p.Want)
}
