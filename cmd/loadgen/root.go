package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/report"
)

// options are the flags all commands share.
type options struct {
	output  outputs
	workers count
	seed    count

	quiet, noTUI, noColor bool
	interval              span
	serve                 string // address for "loadgen top", or ""
	tags                  tags
}

// watching adds the flags of commands that measure.
func (o *options) watching(flags *pflag.FlagSet) {
	flags.Var(&o.interval, "interval", "time between two looks at a measurement under way, 10ms to 1h (default 1s); without a terminal each has a line")
	flags.Var(&o.tags, "tag", "mark the results with a key and a value, as branch=main; may be repeated")
}

func newRoot(stdout, stderr *os.File) *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "loadgen",
		Short: "Measure Thrum beside goroutines and channels",
		Long: `Loadgen runs workloads on Thrum, each beside a twin made of goroutines and
channels, checks that nothing was lost or reordered, and prints what they cost.
Without a command it runs the standard set, in less than half a minute.

Exit codes: 0 all well, 1 something failed inside, 2 wrong usage, 3 an objective was
missed or a figure got worse, 4 a workload's check failed, 5 the results do not
suffice for an answer or the generator was the limit, 130 interrupted (what was measured
until then is printed).`,
		Example: `  loadgen                              the standard set
  loadgen run ring --procs 10k -d 5s   one workload, longer
  loadgen run call --rate auto:70%     load at 70 % of what the system can do
  loadgen run fair -o json=fair.json   figures for a program, to be kept
  loadgen compare old.json new.json    what has changed`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			settings := bench.Standard()
			for i := range settings {
				w, p := settings[i].Workload, &settings[i].Params
				if w.Takes(bench.Workers) {
					p.Workers = int(o.workers)
				}
				if w.Takes(bench.Seed) {
					p.Seed = uint64(o.seed)
				}
			}
			return measure(plan{settings: settings, limit: bench.StandardTime}, o, stdout, stderr)
		},
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().VarP(&o.output, "output", "o", "form of the results, "+report.OneOf(report.Forms)+"; to a file as json=FILE; may be repeated")
	root.PersistentFlags().BoolVarP(&o.quiet, "quiet", "q", false, "show no progress; complaints are still told")
	root.PersistentFlags().BoolVar(&o.noTUI, "no-tui", false, "show progress in lines, also on a terminal")
	root.PersistentFlags().BoolVar(&o.noColor, "no-color", false, "use no colours; setting NO_COLOR does the same")
	flags := root.Flags()
	o.watching(flags)
	flags.Var(&o.workers, bench.Workers, "workers, and the processors the twins may use (default GOMAXPROCS)")
	flags.Var(&o.seed, bench.Seed, "seed of random choices (default 1)")
	root.AddCommand(newRun(o, stdout, stderr), newSweep(o, stdout, stderr), newList(o, stdout), newReport(o, stdout, stderr),
		newCompare(o, stdout, stderr), newNoise(o, stdout, stderr), newProfile(o, stdout, stderr), newTop(o, stdout, stderr), newVersion(stdout))
	root.InitDefaultHelpCmd()
	if c, _, err := root.Find([]string{"help"}); err == nil && c != root {
		c.Run, c.RunE = nil, func(_ *cobra.Command, args []string) error {
			topic, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noCommand(root, args)
			}
			return topic.Help()
		}
	}
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil && c != root {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, args []string) error {
			var shells []string
			for _, s := range c.Commands() {
				shells = append(shells, s.Name())
			}
			if len(args) == 0 {
				return usagef("completion needs the name of a shell, %s", report.OneOf(shells))
			}
			return usagef("completion is for %s, not for %q", report.OneOf(shells), args[0])
		}
	}
	return root
}

// noCommand refuses arguments of the bare command: a command that does not exist,
// or a workload that was meant to be run.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, ok := bench.Find(args[0]); ok {
		return usagef("there is no command %q; to run the workload of that name: loadgen run %s", args[0], args[0])
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	hint := `"loadgen help" names them`
	if near := nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usagef("there is no command %q; %s", args[0], hint)
}
