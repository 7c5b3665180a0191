package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench"
)

// counts is a list of counts, as 1,2,4 or 100,10k.
type counts []count

// String implements pflag.Value.
func (c *counts) String() string {
	var parts []string
	for _, n := range *c {
		parts = append(parts, n.String())
	}
	return strings.Join(parts, ",")
}

// Type implements pflag.Value.
func (c *counts) Type() string { return "counts" }

// Set implements pflag.Value.
func (c *counts) Set(s string) error {
	var all counts
	for part := range strings.SplitSeq(s, ",") {
		var n count
		if err := n.Set(part); err != nil {
			return fmt.Errorf("%q in it cannot be: %w; several stand with commas between them, as 1,2,4", part, err)
		}
		for _, m := range all {
			if m == n {
				return fmt.Errorf("%d is in it twice", n)
			}
		}
		all = append(all, n)
	}
	*c = all
	return nil
}

// maxSettings bounds a sweep: more would run for days.
const maxSettings = 1000

func newSweep(o *options, stdout, stderr *os.File) *cobra.Command {
	var (
		workers, procs, sizes counts
		styles                []string
		messages, rounds      count
		duration              span
		slo                   []string
	)
	cmd := &cobra.Command{
		Use:   "sweep NAME",
		Short: "Run one workload with every combination of parameters",
		Long: `Sweep measures a workload once for each combination of --workers, --procs, --size
and --style, and prints all of them as one table, or with -o bench=FILE as one file
for benchstat.`,
		Example: `  loadgen sweep ring --procs 100,10k
  loadgen sweep fanin --workers 1,2 --procs 11,101,1001 -d 1s -o text -o bench=fanin.txt`,
		Args:              oneWorkload,
		ValidArgsFunction: completeWorkloads,
		RunE: func(_ *cobra.Command, args []string) error {
			w, _ := bench.Find(args[0])
			objectives, err := parseObjectives(slo)
			if err != nil {
				return err
			}
			settings, err := combine(w, bench.Params{Messages: int64(messages), Duration: time.Duration(duration), Rounds: int(rounds), Seed: uint64(o.seed)},
				workers, procs, sizes, styles)
			if err != nil {
				return err
			}
			label := func(m *bench.Measured) {
				m.Label = sweepLabel(m, len(workers) > 0, len(procs) > 0, len(sizes) > 0, len(styles) > 0)
			}
			return measure(plan{settings: settings, objectives: objectives, label: label}, o, stdout, stderr)
		},
	}
	flags := cmd.Flags()
	flags.Var(&workers, bench.Workers, "numbers of workers, as 1,2,4 (default GOMAXPROCS)")
	flags.Var(&procs, bench.Procs, "numbers of processes, as 100,10k")
	flags.Var(&sizes, bench.Size, "sizes; see list")
	flags.StringSliceVar(&styles, bench.Style, nil, "forms of the workload; see list")
	flags.VarP(&duration, bench.Duration, "d", "time for each combination, as 5s or 1m30s")
	flags.VarP(&messages, bench.Messages, "n", "messages a round (default as many as fit the duration)")
	flags.Var(&rounds, bench.Rounds, "how often Thrum and twin take turns")
	flags.Var(&o.seed, bench.Seed, "seed of random choices (default 1)")
	flags.StringArrayVar(&slo, "slo", nil, sloUsage)
	return cmd
}

// combine makes a setting of every combination, all of them checked.
func combine(w *bench.Workload, p bench.Params, workers, procs, sizes counts, styles []string) ([]bench.Setting, error) {
	one := func(c counts) counts {
		if len(c) == 0 {
			return counts{0}
		}
		return c
	}
	if len(styles) == 0 {
		styles = []string{""}
	}
	if n := float64(len(one(workers))) * float64(len(one(procs))) * float64(len(one(sizes))) * float64(len(styles)); n > maxSettings {
		return nil, usagef("a sweep takes at most %d combinations, these are %.0f", maxSettings, n)
	}
	var settings []bench.Setting
	for _, p.Style = range styles {
		for _, k := range one(sizes) {
			for _, n := range one(procs) {
				for _, m := range one(workers) {
					p.Size, p.Procs, p.Workers = int64(k), int(n), int(m)
					if _, err := w.Resolve(p); err != nil {
						return nil, paramUsage(err)
					}
					settings = append(settings, bench.Setting{Workload: w, Params: p})
				}
			}
		}
	}
	return settings, nil
}

// sweepLabel names what a row is beyond its workload: whatever was swept, if the
// label does not say so already.
func sweepLabel(m *bench.Measured, workers, procs, sizes, styles bool) string {
	label := m.Label
	for _, p := range []struct {
		swept bool
		text  string
	}{
		{styles, m.Params.Style}, {sizes, fmt.Sprintf("size=%d", m.Params.Size)},
		{procs, fmt.Sprintf("procs=%d", m.Params.Procs)}, {workers, fmt.Sprintf("workers=%d", m.Params.Workers)},
	} {
		if p.swept && !strings.Contains(label+" ", " "+p.text+" ") {
			label += " " + p.text
		}
	}
	return label
}
