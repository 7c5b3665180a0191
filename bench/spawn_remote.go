package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

// The styles of spawn-remote: what the workers do when processes come from outside.
const (
	remoteIdle = "idle"
	remoteBusy = "busy"
)

var spawnRemoteWorkload = &Workload{
	Name:    "spawn-remote",
	Group:   OnProcesses,
	Purpose: "a goroutine outside spawns processes, sends each one message, and they end; a message is a process",
	Twin:    "a goroutine that starts others, with a channel of one each; busy ones call runtime.Gosched after each message",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("the workers have nothing else to do, or processes that compute 10 µs a message", allStyles, remoteIdle, remoteBusy),
		procsParam("busy processes, with style busy", 4, 1, 10_000), sizeParam("spawned before all of them are waited for", 10_000, 1, 1_000_000),
		messagesParam(), durationParam(3e9), roundsParam(3),
	},
	thrum: spawnRemoteThrum,
	twin:  spawnRemoteTwin,
	warm:  func(p Params) int64 { return min(20_000, 2*p.Size) },
	rows:  rowsOf(remoteIdle, remoteBusy),
	label: func(p Params) string { return p.Style },
}

// remoteRun is what the spawned share.
type remoteRun struct {
	*trial
	batches int64
	sum     atomic.Uint64 // of the numbers that came, in all batches
	left    atomic.Int64  // of the batch that have not got their message
	got     chan struct{} // the whole batch has
}

func newRemote(t *trial) *remoteRun {
	return &remoteRun{trial: t, batches: max(1, t.n/t.p.Size), got: make(chan struct{}, 1)}
}

func (r *remoteRun) total() int64 { return r.batches * r.p.Size }

// come is what every one of the spawned does with its message.
func (r *remoteRun) come(word uint64) {
	r.sum.Add(word)
	switch left := r.left.Add(-1); {
	case left == 0:
		r.got <- struct{}{}
	case left < 0:
		r.failf("spawned processes", "message %d came when all of its batch had come", word)
	}
}

// spawn has start spawn one after the other, and waits for each batch by wait.
func (r *remoteRun) spawn(start func(n uint64) error, wait func() error) (begin, end int64, err error) {
	begin = r.clock.Now()
	for n := uint64(0); n < uint64(r.total()) && !r.stopped.Load(); {
		r.left.Store(r.p.Size)
		for range r.p.Size {
			n++
			if err := start(n); err != nil {
				return 0, 0, err
			}
		}
		if err := wait(); err != nil {
			return 0, 0, err
		}
	}
	return begin, r.clock.Now(), nil
}

// verify adds up the numbers.
func (r *remoteRun) verify() {
	n := uint64(r.total())
	if want, got := n*(n+1)/2, r.sum.Load(); got != want && !r.stopped.Load() {
		r.failf("spawned processes", "the numbers they got add up to %d, those sent to %d", got, want)
	}
}

func spawnRemoteThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newRemote(t)
	crowd := t.crowd(0)
	if t.p.Style == remoteBusy {
		crowd = t.crowd(t.p.Procs)
	}
	busy, err := crowd.spawn(s)
	if err != nil {
		return Sample{}, err
	}
	if err := crowd.underWay(); err != nil {
		return Sample{}, err
	}
	// Those that are spawned have no state, so they can share one machine.
	var child proc.Machine = proc.Func(func(_ *proc.Ctx, m proc.Message) error {
		run.come(m.Word)
		return proc.Normal
	})
	factory := t.factory(func() proc.Machine { return child })
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		return run.spawn(func(n uint64) error {
			pid, err := s.rt.Spawn(factory)
			if err != nil {
				return fmt.Errorf("bench: spawning a process: %w", err)
			}
			if err := s.rt.SendWord(pid, nil, n); err != nil {
				return t.sent("the goroutine outside", err)
			}
			return nil
		}, func() error { return s.await(run.got) })
	})
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range busy {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	run.verify()
	return sample, s.exited(uint64(run.total()) + uint64(len(busy)))
}

func spawnRemoteTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newRemote(t)
	crowd := t.crowd(0)
	if t.p.Style == remoteBusy {
		crowd = t.crowd(t.p.Procs)
	}
	var over atomic.Bool
	for i := range crowd.busy {
		g.wg.Go(func() { crowd.busy[i].goroutine(runtime.Gosched, &over) })
	}
	err := crowd.underWay()
	var sample Sample
	if err == nil {
		sample, err = t.timed(run.total(), func() (int64, int64, error) {
			return run.spawn(func(n uint64) error {
				inbox := make(chan message, 1)
				go func() { run.come((<-inbox).Word) }()
				inbox <- message{Word: n}
				return nil
			}, func() error { <-run.got; return nil })
		})
	}
	over.Store(true)
	g.join()
	if err == nil {
		run.verify()
	}
	return sample, err
}
