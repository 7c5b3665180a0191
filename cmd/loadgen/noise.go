package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/report"
)

func newNoise(o *options, stdout, stderr *os.File) *cobra.Command {
	duration := span(2 * time.Second)
	cmd := &cobra.Command{
		Use:   "noise",
		Short: "Measure the jitter of the machine itself",
		Long: `Noise tells the floor below which no latency measured on this machine means
anything. Half of the time a goroutine a processor reads the clock without pause:
long gaps are time that went to somebody else. The other half one goroutine sleeps a
millisecond at a time: how late it wakes is what every timer and arrival suffers.`,
		Example: `  loadgen noise
  loadgen noise -d 30s -o json=noise.json -o hgrm`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			return collect(o, stdout, stderr, func(ctx context.Context, live *progress, rep *report.Report) error {
				var err error
				live.watch(1, 1, 0, false).Progress(bench.Event{Label: "noise", Row: 1, Rows: 1, Phase: "gaps and wake-ups", Rounds: 1, Left: time.Duration(duration)})
				rep.Results, err = bench.Noise(ctx, time.Duration(duration))
				return paramUsage(err)
			})
		},
		PreRunE: func(*cobra.Command, []string) error { return noiseRange(time.Duration(duration)) },
	}
	cmd.Flags().VarP(&duration, bench.Duration, "d", "time for all of it")
	return cmd
}

// noiseRange tells a bad duration before outputs are opened.
func noiseRange(d time.Duration) error {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if d >= 10*time.Millisecond && d <= 24*time.Hour {
		return nil
	}
	_, err := bench.Noise(ended, d)
	return paramUsage(err)
}

// noArguments refuses any.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, %q is one", cmd.Name(), args[0])
	}
	return nil
}
