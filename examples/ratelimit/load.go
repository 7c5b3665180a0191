package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load is how a Limiter is tried out.
type load struct {
	Keys    int           // each is used once, and then at random
	Callers int           // goroutines that ask
	For     time.Duration // how long they go on after every key has been used
}

// report is what became of it.
type report struct {
	Allowed, Denied, Failed int64
	Started                 time.Duration // to use every key once
	PerSecond               float64       // requests after that
	Bytes                   float64       // memory for a key, with its name and its place in the supervisor
}

// run loads the limiter until it is done, or ctx is.
func (l load) run(ctx context.Context, lim *Limiter) report {
	var r report
	var allowed, denied, failed atomic.Int64
	ask := func(key int) {
		switch ok, err := lim.Allow(ctx, strconv.Itoa(key)); {
		case err != nil && ctx.Err() != nil: // we have been told to end
		case err != nil:
			failed.Add(1)
		case ok:
			allowed.Add(1)
		default:
			denied.Add(1)
		}
	}
	before, begin := memory(), time.Now()
	var all sync.WaitGroup
	for i := range l.Callers {
		all.Go(func() {
			for key := i; key < l.Keys && ctx.Err() == nil; key += l.Callers {
				ask(key)
			}
		})
	}
	all.Wait()
	r.Started = time.Since(begin)
	if keys, err := lim.Keys(ctx); err == nil && keys > 0 {
		r.Bytes = float64(memory()-before) / float64(keys)
	}

	asked, begin := allowed.Load()+denied.Load(), time.Now()
	for range l.Callers {
		all.Go(func() {
			for ctx.Err() == nil && time.Since(begin) < l.For {
				ask(rand.IntN(l.Keys))
			}
		})
	}
	all.Wait()
	r.Allowed, r.Denied, r.Failed = allowed.Load(), denied.Load(), failed.Load()
	if d := time.Since(begin).Seconds(); l.For > 0 {
		r.PerSecond = float64(r.Allowed+r.Denied-asked) / d
	}
	return r
}

// memory returns how many bytes of the heap are in use.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
