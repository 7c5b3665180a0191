// Command ratelimit tries out a rate limiter that has a process for each key: it loads it, and prints what was allowed and denied and what a key costs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func main() {
	var cfg Config
	var l load
	flag.Float64Var(&cfg.Rate, "rate", 5, "requests a second that each key is allowed")
	flag.IntVar(&cfg.Burst, "burst", 10, "requests at once that each key is allowed")
	flag.IntVar(&l.Keys, "keys", 20_000, "how many keys")
	flag.IntVar(&l.Callers, "callers", 8, "how many goroutines ask")
	flag.DurationVar(&l.For, "for", 2*time.Second, "how long they ask, after each key was used once")
	flag.Parse()
	if l.Keys < 1 || l.Callers < 1 || l.For < 0 {
		log.Fatalf("ratelimit: -keys is %d, -callers %d, -for %v; the first two must be at least 1, the last at least 0", l.Keys, l.Callers, l.For)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := try(ctx, os.Stdout, cfg, l); err != nil {
		log.Fatal(err)
	}
}

// try runs a limiter under load, and prints what becomes of it. When ctx is done it ends early, and prints what it has got.
func try(ctx context.Context, out io.Writer, cfg Config, l load) (err error) {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Shutdown(context.Background())) }()
	lim, err := Start(ctx, rt, cfg)
	if err != nil {
		return err
	}
	r := l.run(ctx, lim)
	fmt.Fprintf(out, "%d keys used once in %v, %.0f bytes each\n", l.Keys, r.Started.Round(time.Millisecond), r.Bytes)
	fmt.Fprintf(out, "then %.0f requests a second\n", r.PerSecond)
	fmt.Fprintf(out, "allowed %d, denied %d, failed %d\n", r.Allowed, r.Denied, r.Failed)

	// Keys that nobody uses any more cost nothing soon.
	for ctx.Err() == nil {
		n, err := lim.Keys(ctx)
		if err != nil {
			break
		}
		if n == 0 {
			fmt.Fprintln(out, "all keys idle: no process is left")
			break
		}
		select {
		case <-time.After(lim.idle / 4):
		case <-ctx.Done():
		}
	}
	return lim.Close(context.Background())
}
