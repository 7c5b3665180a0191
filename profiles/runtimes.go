package profiles

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// Runtimes is for programs whose runtimes come and go while profiles are taken, as those of a measurement in rounds do: Capture follows those
// that there are, and the profiles are of all of them together. The zero value is ready, and has none. Its methods may be called by any goroutine.
type Runtimes struct {
	// SampleSpawns, if above 0, has one spawn in so many sampled in all of them (proc.Runtime.SetSpawnSampling) from Begin on. It must not be
	// changed after the first Begin.
	SampleSpawns int

	mu      sync.Mutex
	guests  map[*guest]bool
	capture *treeSum // nil while no profiles are taken
}

// guest is a runtime among Runtimes.
type guest struct {
	rt     *proc.Runtime
	meter  *treeMeter // nil while no profiles are taken
	labels bool       // as they were
	cancel context.CancelFunc
	done   chan struct{}
	begun  int
}

// Begin adds a runtime, which must not be shut down before end has been called. end returns how many processes have been begun in the runtime to
// take profiles; all of them have ended or will without anybody's doing. It has the form of bench.Watch's Runtime.
func (r *Runtimes) Begin(rt *proc.Runtime) (end func() (begun int)) {
	g := &guest{rt: rt}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.guests == nil {
		r.guests = make(map[*guest]bool)
	}
	r.guests[g] = true
	if r.SampleSpawns > 0 {
		_, _ = rt.SetSpawnSampling(r.SampleSpawns) // a rate that cannot be samples nothing
	}
	if r.capture != nil {
		g.start(r.capture)
	}
	return func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.guests[g] {
			delete(r.guests, g)
			_ = g.stop(context.Background(), false)
		}
		return g.begun
	}
}

// sampling reports whether spawns are sampled.
func (r *Runtimes) sampling() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for g := range r.guests {
		if g.rt.SpawnSampling() > 0 {
			return true
		}
	}
	return r.SampleSpawns > 0
}

// spawns returns the spawn profiles of those that sample, together; nil for none.
func (r *Runtimes) spawns() (*profile.Profile, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*profile.Profile
	for g := range r.guests {
		if p, err := Spawns(g.rt); err == nil && len(p.Sample) > 0 {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return profile.Merge(all)
}

var errCapturing = errors.New("the profiles of these runtimes are already being taken")

// start begins to follow all runtimes.
func (r *Runtimes) start(window time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.capture != nil {
		return errCapturing
	}
	r.capture = newTreeSum(window)
	for g := range r.guests {
		g.start(r.capture)
	}
	return nil
}

// stop ends that and returns what it has come to. The error is that of a last reading.
func (r *Runtimes) stop(ctx context.Context) (*Tree, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.capture == nil {
		return nil, nil
	}
	var failed error
	for g := range r.guests {
		if err := g.stop(ctx, ctx.Err() == nil); err != nil {
			failed = err
		}
	}
	t := r.capture.tree()
	r.capture = nil
	return t, failed
}

func (g *guest) start(sum *treeSum) {
	g.labels = g.rt.SetProfileLabels(true)
	g.meter = sum.meter(g.rt)
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel, g.done = cancel, make(chan struct{})
	go func() {
		defer close(g.done)
		_ = g.meter.follow(ctx, math.MaxInt64) // until it is cancelled, or the runtime ends
	}()
}

// stop ends the measurement of a runtime, with a last reading or without.
func (g *guest) stop(ctx context.Context, read bool) (err error) {
	if g.meter == nil {
		return nil
	}
	g.cancel()
	<-g.done
	if read {
		err = g.meter.read(ctx, true)
	}
	g.meter.stop()
	g.begun += g.meter.begun
	g.meter = nil
	g.rt.SetProfileLabels(g.labels)
	return err
}
