package bench

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

// patience is how long a round may go on without a single message being handled
// before it counts as stuck. No machine is so loaded that a runnable process
// waits this long.
const patience = 10 * time.Second

// trial is one round of one implementation.
type trial struct {
	*check
	ctx      context.Context
	p        Params
	n        int64         // messages to do, for workloads that count
	limit    time.Duration // how long to go on, for timed workloads
	clock    *meter.Clock
	patience time.Duration
	look     *lookout // nil: nobody watches

	// uncounted is the workload's.
	uncounted bool

	// stopped is set when the measurement is interrupted; whoever drives a
	// workload looks at it now and then.
	stopped atomic.Bool

	// scheduler is what that of the round's runtime did; nil of a twin.
	scheduler []Detail

	// faulty wraps every process of a deliberately broken run; nil in measurements.
	faulty func(proc.Machine) proc.Machine
}

// sent is check.sent, unless the round has been interrupted: then the runtime ends
// while processes are still at work, and this one with it.
func (t *trial) sent(where string, err error) error {
	if t.ctx.Err() != nil {
		return proc.Shutdown
	}
	return t.check.sent(where, err)
}

// unborn is sent for a spawn: what names the process that could not be begun.
func (t *trial) unborn(where, what string, err error) error {
	if t.ctx.Err() != nil {
		return proc.Shutdown
	}
	t.failf(where, "spawning %s: %v", what, err)
	return err
}

// Impl is an implementation of a workload: Thrum's processes, or goroutines and
// channels.
type Impl string

// The implementations.
const (
	Thrum   Impl = "thrum"
	Channel Impl = "channel"
)

// Once runs a single round of p.Messages messages (a timed workload: of
// p.Duration) in one implementation, for benchmarks that bring their own
// repetition. The error is a [*ParamError], a [*CheckError] when the round's
// check failed, or that of the context.
func (w *Workload) Once(ctx context.Context, impl Impl, p Params) (Sample, error) {
	p, err := w.Resolve(p)
	if err != nil {
		return Sample{}, err
	}
	p = w.one(p)
	if w.side(impl) == nil {
		return Sample{}, &ParamError{w.Name, "impl", string(impl), "the workload has no such implementation"}
	}
	if p.Messages == 0 && w.warm != nil {
		p.Messages = w.warm(p)
	}
	c := newCheck(w.Label(p))
	s, err := w.round(ctx, c, impl, p, p.Messages, p.Duration, nil)
	if v := c.violations(); len(v) > 0 {
		return s, &CheckError{v}
	}
	return s, err
}

// CheckError carries the violations of a round whose check failed.
type CheckError struct{ Violations []Violation }

func (e *CheckError) Error() string { return "bench: " + e.Violations[0].String() }

func (w *Workload) side(impl Impl) side {
	switch impl {
	case Thrum:
		return w.thrum
	case Channel:
		return w.twin
	}
	return nil
}

// round runs one side once, on a heap freshly swept.
func (w *Workload) round(ctx context.Context, c *check, impl Impl, p Params, n int64, limit time.Duration, look *lookout) (Sample, error) {
	if err := ctx.Err(); err != nil {
		return Sample{}, err
	}
	t := &trial{check: c, ctx: ctx, p: p, n: n, limit: limit, clock: meter.Shared(), patience: patience, look: look, uncounted: w.uncounted}
	if w.size != nil {
		t.n = w.size(p)
	}
	// The twin gets as many processors as Thrum has workers.
	if had := runtime.GOMAXPROCS(0); impl == Channel && had != p.Workers {
		runtime.GOMAXPROCS(p.Workers)
		defer runtime.GOMAXPROCS(had)
	}
	return t.do(w.side(impl))
}

func (t *trial) do(run side) (Sample, error) {
	defer context.AfterFunc(t.ctx, func() { t.stopped.Store(true) })()
	runtime.GC()
	before := readCollector()
	s, err := run(t)
	if t.scheduler != nil {
		s.Scheduler = append(t.scheduler, readCollector().share(before))
	}
	switch {
	case err == nil:
		err = t.ctx.Err() // interrupted, even if the round came to an end
	case t.ctx.Err() != nil:
		err = t.ctx.Err()
	}
	if err == nil && t.failed() {
		err = errBroken
	}
	return s, err
}

// timed measures f: its duration by f's own account, allocations from outside.
func (t *trial) timed(messages int64, f func() (begin, end int64, err error)) (Sample, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin, end, err := f()
	runtime.ReadMemStats(&after)
	return Sample{
		Messages: messages,
		Elapsed:  time.Duration(end - begin),
		Mallocs:  after.Mallocs - before.Mallocs,
	}, err
}
