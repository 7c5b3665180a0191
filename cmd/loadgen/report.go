package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench/report"
)

func newReport(o *options, stdout, stderr *os.File) *cobra.Command {
	return &cobra.Command{
		Use:   "report FILE...",
		Short: "Print results that were kept as JSON, in any form",
		Long: `Report reads results that were written with -o json=FILE and prints them in any
form. Results of the same setting, in one file or several, become one: with the
rounds of all, and percentiles of their merged histograms.`,
		Example: `  loadgen report monday.json -o md
  loadgen report run1.json run2.json -o bench=all.txt -o csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("report needs files with results, as \"loadgen run ping -o json=FILE\" writes them")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			reports, err := readReports(args)
			if err != nil {
				return err
			}
			all, err := report.Merge(reports...)
			if err != nil {
				return usagef("%v", err)
			}
			warnOfDifferences(stderr, reports)
			sinks, err := o.output.open(stdout)
			if err != nil {
				return err
			}
			defer closeAll(sinks)
			return write(all, sinks, stdout, o)
		},
	}
}

func readReports(files []string) ([]report.Report, error) {
	var out []report.Report
	for _, file := range files {
		r, err := readReport(file)
		if err != nil {
			return nil, usagef("%s: %v", file, cause(err))
		}
		out = append(out, r)
	}
	return out, nil
}

func readReport(file string) (report.Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return report.Report{}, err
	}
	defer f.Close()
	return report.Read(f)
}

// warnOfDifferences tells when figures come from machines that cannot be compared.
func warnOfDifferences(stderr *os.File, reports []report.Report) {
	if d := report.Differences(reports...); len(d) > 0 {
		fmt.Fprintf(stderr, "loadgen: the environments differ, so figures may not be comparable: %s\n", strings.Join(d, "; "))
	}
}
