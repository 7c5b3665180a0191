package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench"
)

// counts is a list of counts, as 1,2,4 or 100,10k. A part like 1..10k stands for its
// first number, ten times that and so on, and its last.
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
		some, err := powers(part)
		if err != nil {
			return fmt.Errorf("%q in it cannot be: %w; several stand with commas between them, as 1,2,4, powers of ten as 1..10k", part, err)
		}
		for _, n := range some {
			if slices.Contains(all, n) {
				return fmt.Errorf("%d is in it twice", n)
			}
			all = append(all, n)
		}
	}
	*c = all
	return nil
}

// powers reads a part of a list: a count, or the first and the last of several that
// grow tenfold.
func powers(part string) (counts, error) {
	low, high, several := strings.Cut(part, "..")
	var n, last count
	if err := n.Set(low); err != nil {
		return nil, err
	}
	if !several {
		return counts{n}, nil
	}
	if err := last.Set(high); err != nil {
		return nil, err
	}
	if last <= n {
		return nil, errors.New("the second number is to be larger than the first")
	}
	var all counts
	for ; n < last; n *= 10 {
		all = append(all, n)
		if n > math.MaxInt64/10 {
			break
		}
	}
	return append(all, last), nil
}

// maxSettings bounds a sweep: more would run for days.
const maxSettings = 1000

func newSweep(o *options, stdout, stderr *os.File) *cobra.Command {
	var (
		swept            axes
		messages, rounds count
		duration         span
		slo              []string
	)
	cmd := &cobra.Command{
		Use:   "sweep NAME",
		Short: "Run one workload with every combination of parameters",
		Long: `Sweep measures a workload once for each combination of --workers, --procs, --size,
--inflight and --style, and prints all of them as one table, or with -o bench=FILE as
one file for benchstat. 1..10k stands for 1,10,100,1k,10k.`,
		Example: `  loadgen sweep ring --procs 100,10k
  loadgen sweep ring --inflight 1..10k -d 1s
  loadgen sweep fanin --workers 1,2 --procs 11,101,1001 -d 1s -o text -o bench=fanin.txt`,
		Args:              oneWorkload,
		ValidArgsFunction: completeWorkloads,
		RunE: func(_ *cobra.Command, args []string) error {
			w, _ := bench.Find(args[0])
			objectives, err := parseObjectives(slo)
			if err != nil {
				return err
			}
			p := bench.Params{Messages: int64(messages), Duration: time.Duration(duration), Rounds: int(rounds), Seed: uint64(o.seed)}
			settings, err := combine(w, p, swept)
			if err != nil {
				return err
			}
			label := func(m *bench.Measured) { m.Label = swept.label(m) }
			return measure(plan{settings: settings, objectives: objectives, label: label, long: true}, o, stdout, stderr)
		},
	}
	flags := cmd.Flags()
	flags.Var(&swept.workers, bench.Workers, "numbers of workers, as 1,2,4 (default GOMAXPROCS)")
	flags.Var(&swept.procs, bench.Procs, "numbers of processes, as 100,10k or 2..1m")
	flags.Var(&swept.sizes, bench.Size, "sizes; see list")
	flags.Var(&swept.inflight, bench.Inflight, "numbers of messages, calls or tokens under way at a time, as 1..10k")
	flags.StringSliceVar(&swept.styles, bench.Style, nil, "forms of the workload; see list")
	flags.VarP(&duration, bench.Duration, "d", "time for each combination, as 5s or 1m30s")
	flags.VarP(&messages, bench.Messages, "n", "messages a round (default as many as fit the duration)")
	flags.Var(&rounds, bench.Rounds, "how often Thrum and twin take turns")
	flags.Var(&o.seed, bench.Seed, "seed of random choices (default 1)")
	flags.StringArrayVar(&slo, "slo", nil, sloUsage)
	o.watching(flags)
	return cmd
}

// axes are the parameters that a sweep varies; those left empty keep their default.
type axes struct {
	workers, procs, sizes, inflight counts
	styles                          []string
}

// combine makes a setting of every combination, all of them checked.
func combine(w *bench.Workload, p bench.Params, a axes) ([]bench.Setting, error) {
	n := 1.
	for _, values := range []*counts{&a.workers, &a.procs, &a.sizes, &a.inflight} {
		if len(*values) == 0 {
			*values = counts{0}
		}
		n *= float64(len(*values))
	}
	if len(a.styles) == 0 {
		a.styles = []string{""}
	}
	if n *= float64(len(a.styles)); n > maxSettings {
		return nil, usagef("a sweep takes at most %d combinations, these are %.0f", maxSettings, n)
	}
	var settings []bench.Setting
	for _, p.Style = range a.styles {
		settings = append(settings, bench.Setting{Workload: w, Params: p})
	}
	vary := func(values counts, set func(*bench.Params, count)) {
		var out []bench.Setting
		for _, s := range settings {
			for _, v := range values {
				set(&s.Params, v)
				out = append(out, s)
			}
		}
		settings = out
	}
	vary(a.sizes, func(p *bench.Params, v count) { p.Size = int64(v) })
	vary(a.procs, func(p *bench.Params, v count) { p.Procs = int(v) })
	vary(a.inflight, func(p *bench.Params, v count) { p.Inflight = int(v) })
	vary(a.workers, func(p *bench.Params, v count) { p.Workers = int(v) })
	for _, s := range settings {
		if _, err := w.Resolve(s.Params); err != nil {
			return nil, paramUsage(err)
		}
	}
	return settings, nil
}

// label names what a row is beyond its workload: whatever was swept, if the label does
// not say so already.
func (a axes) label(m *bench.Measured) string {
	label := m.Label
	for _, p := range []struct {
		swept bool
		text  string
	}{
		{len(a.styles) > 0, m.Params.Style}, {len(a.sizes) > 0, fmt.Sprintf("size=%d", m.Params.Size)},
		{len(a.procs) > 0, fmt.Sprintf("procs=%d", m.Params.Procs)}, {len(a.inflight) > 0, fmt.Sprintf("inflight=%d", m.Params.Inflight)},
		{len(a.workers) > 0, fmt.Sprintf("workers=%d", m.Params.Workers)},
	} {
		if p.swept && !strings.Contains(label+" ", " "+p.text+" ") {
			label += " " + p.text
		}
	}
	return label
}
