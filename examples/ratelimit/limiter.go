package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// Config says what a Limiter allows.
type Config struct {
	Rate  float64 // requests a second, for each key
	Burst int     // requests at once
}

// A Limiter allows each key a rate of requests. Every key that was used lately has a process of its own, so keys do not wait for each other, and a failure
// of one concerns that key only. Any goroutine may use it.
type Limiter struct {
	cfg  Config
	rt   *proc.Runtime
	sup  proc.PID
	idle time.Duration // a bucket that nobody has asked for so long looks whether it can end
	now  func() time.Time
}

// Start starts a Limiter.
//
// Errors: a field of cfg that is not positive; those of supervise.Start.
func Start(ctx context.Context, rt *proc.Runtime, cfg Config) (*Limiter, error) {
	return start(ctx, rt, cfg, time.Now)
}

func start(ctx context.Context, rt *proc.Runtime, cfg Config, now func() time.Time) (*Limiter, error) {
	if !(cfg.Rate > 0) || cfg.Burst < 1 {
		return nil, fmt.Errorf("ratelimit: Config.Rate is %v and Config.Burst %d; both must be positive", cfg.Rate, cfg.Burst)
	}
	l := &Limiter{cfg: cfg, rt: rt, now: now}
	// A little more than the time to get Burst tokens, so that one look at a bucket is enough; a bucket that takes hours is looked at meanwhile too.
	full := min(float64(cfg.Burst)/cfg.Rate, time.Hour.Seconds())
	l.idle = time.Duration(full*float64(time.Second)) + 10*time.Millisecond
	var err error
	l.sup, err = supervise.Start(rt.Client(ctx), supervise.Flags{Strategy: supervise.SimpleOneForOne}, []supervise.Spec{{
		ID:       "bucket",
		New:      func(key any) proc.Machine { return &bucket{lim: l, name: key.(string)} },
		Restart:  supervise.Temporary, // a bucket that has failed is started again by the next request
		Shutdown: supervise.BrutalKill,
	}})
	return l, err
}

// Close ends the Limiter with all its buckets.
func (l *Limiter) Close(ctx context.Context) error {
	return supervise.Stop(l.rt.Client(ctx), l.sup, proc.Shutdown)
}

// Allow reports whether a request of key is allowed now, and counts it if so.
//
// A bucket that nobody uses ends by itself, possibly while a request is on its way to it. It ends only between requests, so a request whose bucket
// has ended with proc.Normal, or was not there any more (proc.ErrNoProc), has not been counted, and is made again.
//
// Errors: that of ctx; why the bucket has failed, or could not be started.
func (l *Limiter) Allow(ctx context.Context, key string) (bool, error) {
	name := "ratelimit." + key
	for {
		pid, ok := l.rt.Whereis(name)
		if !ok {
			var err error
			if pid, err = supervise.StartDynamic(l.rt.Client(ctx), l.sup, name); err != nil {
				return false, err
			}
			if pid == 0 {
				continue // somebody else has just started it
			}
		}
		v, err := l.rt.Call(ctx, pid, allow{})
		switch {
		case err == nil:
			return v.(bool), nil
		case errors.Is(err, proc.Normal), errors.Is(err, proc.ErrNoProc), errors.Is(err, proc.NoProc):
			if err := ctx.Err(); err != nil {
				return false, err
			}
		default:
			return false, err
		}
	}
}

// Keys returns how many keys have a process.
func (l *Limiter) Keys(ctx context.Context) (int, error) {
	n, err := supervise.CountChildren(l.rt.Client(ctx), l.sup)
	return n.Active, err
}
