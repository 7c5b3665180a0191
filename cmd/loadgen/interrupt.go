package main

import (
	"context"
	"os"
	"os/signal"
)

// interruptible returns a context that the first Ctrl-C cancels; what was measured
// so far can then still be printed. The second ends the program at once.
func interruptible(live *progress) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	over := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case <-over:
				return
			case <-interrupts:
			}
			if !first {
				os.Exit(exitInterrupted)
			}
			live.say("interrupted; what was measured follows (Ctrl-C once more ends at once)")
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(interrupts)
		close(over)
		cancel()
	}
}
