package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench/report"
)

func newCompare(o *options, stdout, stderr *os.File) *cobra.Command {
	var (
		fail  []string
		alpha float64
	)
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Tell what has changed between two files of results, beyond chance",
		Long: `Compare reads two files of results that were written with -o json=FILE, and tells
for each setting that both have whether its figures differ by more than chance
explains: the Mann-Whitney U test over the rounds. Four rounds on each side are the
least that can show anything; ten make it sharp.

With --fail it exits with code 3 when a figure has changed by more than the limit,
significantly. The ratio to the twin is what survives a change of machine or load.`,
		Example: `  loadgen run ping --rounds 10 -o json=old.json
  loadgen compare old.json new.json
  loadgen compare old.json new.json --fail 'ratio<-5%' --fail 'p99>+20%'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("compare takes two files, the old and the new results; there are %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var limits []report.Regression
			for _, f := range fail {
				l, err := report.ParseRegressions(f)
				if err != nil {
					return usagef("--fail: %v", err)
				}
				limits = append(limits, l...)
			}
			if !(alpha > 0 && alpha < 1) {
				return usagef("--alpha is %g: it takes a probability between 0 and 1, as 0.05", alpha)
			}
			if len(o.output) > 1 || len(o.output) == 1 && o.output[0] != (output{form: "text"}) {
				return usagef("--output is %q: compare prints text", &o.output)
			}
			return compare(args[0], args[1], limits, alpha, o, stdout, stderr)
		},
	}
	cmd.Flags().StringArrayVar(&fail, "fail", nil, "exit with code 3 when a figure changes beyond this, as 'ratio<-5%' or 'p99>+20%'; may be repeated")
	cmd.Flags().Float64Var(&alpha, "alpha", 0.05, "how probable chance may be for a difference that counts")
	return cmd
}

func compare(oldFile, newFile string, limits []report.Regression, alpha float64, o *options, stdout, stderr *os.File) error {
	reports, err := readReports([]string{oldFile, newFile})
	if err != nil {
		return err
	}
	// A setting may be in a file more than once.
	for i := range reports {
		if reports[i], err = report.Merge(reports[i]); err != nil {
			return usagef("%v", err)
		}
	}
	warnOfDifferences(stderr, reports)
	c := report.Compare(reports[0], reports[1], limits, alpha)
	if err := c.WriteText(stdout, report.Style{Color: o.colorful(stdout)}); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	if bad := reports[1].Violations(); len(bad) > 0 {
		fmt.Fprintf(stderr, "loadgen: %s: check failed: %v\n", newFile, bad[0])
		return errViolation
	}
	found := c.Regressions()
	for _, x := range found {
		fmt.Fprintf(stderr, "loadgen: regression: %s: %s changed by %+.1f%%, the limit is %s (p=%.3f)\n", x.Label, x.Metric, x.Delta*100, x.Regressed, x.P)
	}
	for _, s := range c.Untested {
		fmt.Fprintf(stderr, "loadgen: not tested: %s\n", s)
	}
	switch {
	case len(found) > 0:
		return errObjective
	case len(c.Untested) > 0:
		return errUntested
	}
	return nil
}
