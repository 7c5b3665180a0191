package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible returns a context that the first Ctrl-C, or a request to end, cancels;
// what was measured so far can then still be printed. The second has giveUp called and
// ends the program at once.
func interruptible(live *progress, giveUp func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case <-over:
				return
			case <-interrupts:
			}
			if !first {
				giveUp()
				os.Exit(exitInterrupted)
			}
			writing := live.writing.Load()
			cancel() // before it is told: who is told may see the end at once
			if writing {
				live.say("interrupted; the results are being written (Ctrl-C once more ends at once)")
			} else {
				live.say("interrupted; what was measured follows (Ctrl-C once more ends at once)")
			}
		}
	}()
	return ctx, func() {
		signal.Stop(interrupts)
		close(over)
		cancel()
	}
}
