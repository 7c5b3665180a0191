package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// stormQuestion is what a client calls with, and gets back.
type stormQuestion struct {
	n     uint64
	taken bool
}

// stormClient calls children at random.
type stormClient struct {
	run    *stormRun
	id     int
	random *rand.Rand
	ask    *stormQuestion
	on     steps
	then   func(*proc.Ctx, any, error) error
}

// Handle implements proc.Machine.
func (k *stormClient) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body != start {
		k.run.failf(k.where(), "message %+v", m)
		return nil
	}
	if !k.on.come(k.run.trial, k.where(), m) {
		return nil
	}
	k.then = k.replied
	return k.next(c)
}

func (k *stormClient) where() string { return fmt.Sprintf("client %d", k.id) }

func (k *stormClient) next(c *proc.Ctx) error {
	if k.run.over.Load() {
		if k.run.calling.Add(-1) == 0 {
			close(k.run.calm)
		}
		return proc.Normal
	}
	k.ask = &stormQuestion{n: k.ask.n + 1}
	to := proc.PID(k.run.at[k.random.IntN(len(k.run.at))].Load())
	err := c.Await(to, k.ask, callTimeout, k.then)
	if errors.Is(err, proc.ErrNoProc) {
		// It is being restarted.
		k.run.refused.Add(1)
		return k.on.next(c, k.run.trial, k.where(), proc.Message{Body: start})
	}
	if err != nil {
		return k.run.sent(k.where(), err)
	}
	return nil
}

// replied checks that a call has ended with its reply, or an error that says why there
// is none.
func (k *stormClient) replied(c *proc.Ctx, v any, err error) error {
	var burst *proc.Panic
	switch {
	case err == nil && v == any(k.ask) && k.ask.taken:
		k.run.replies.Add(1)
	case err == nil:
		k.run.failf(k.where(), "the reply to call %d is %+v", k.ask.n, v)
	case errors.Is(err, proc.ErrNoProc), errors.Is(err, proc.Killed), errors.Is(err, errFall), errors.As(err, &burst):
		k.run.refused.Add(1)
	case k.run.ctx.Err() != nil:
		return proc.Shutdown
	default:
		k.run.failf(k.where(), "call %d: %v", k.ask.n, err)
	}
	return k.next(c)
}

// startSilent is start for a round whose processes are meant to crash: nothing is
// logged.
func (t *trial) startSilent() (*system, error) {
	return t.startLogging(slog.DiscardHandler)
}

func stormThrum(t *trial) (Sample, error) {
	s, err := t.startSilent()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &stormRun{trial: t, at: make([]atomic.Uint64, t.p.Procs), ready: make(chan struct{}), done: make(chan struct{}), calm: make(chan struct{})}
	run.stormer, err = s.spawn(&stormer{run: run, random: rand.New(rand.NewPCG(t.p.Seed, 1)), left: max(1, t.n),
		pids: make([]proc.PID, t.p.Procs), down: make([]bool, t.p.Procs)})
	if err != nil {
		return Sample{}, err
	}
	specs := make([]supervise.Spec, t.p.Procs)
	for i := range specs {
		specs[i] = supervise.Spec{ID: fmt.Sprint(i), Factory: t.factory(func() proc.Machine { return &stormChild{run: run, id: i} })}
	}
	// A short period keeps the supervisor's list of restarts short.
	sup, err := supervise.Start(s.rt.Client(t.ctx), supervise.Flags{Intensity: 1 << 30, Period: time.Millisecond}, specs)
	if err != nil {
		return Sample{}, fmt.Errorf("bench: starting the supervisor: %w", err)
	}
	if err := s.await(run.ready); err != nil {
		return Sample{}, err
	}
	clients, err := run.clients(s)
	if err != nil {
		return Sample{}, err
	}
	sample, err := t.timed(max(1, t.n), func() (int64, int64, error) {
		if err := s.send(run.stormer, start); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	run.over.Store(true)
	if err != nil {
		return Sample{}, err
	}
	if clients > 0 {
		if err := s.await(run.calm); err != nil {
			return Sample{}, err
		}
	}
	if err := run.ended(s, sup, uint64(sample.Messages)+uint64(t.p.Procs)+uint64(clients)+2); err != nil {
		return Sample{}, err
	}
	if t.p.Style == stormLoad {
		sample.Details = []Detail{{"replies", float64(run.replies.Load()), ""}, {"calls_ended_by_crash", float64(run.refused.Load()), ""}}
	}
	return sample, nil
}

// clients starts those that call and returns how many they are.
func (r *stormRun) clients(s *system) (int, error) {
	if r.p.Style != stormLoad {
		return 0, nil
	}
	r.calling.Store(stormClients)
	for i := range stormClients {
		pid, err := s.spawn(&stormClient{run: r, id: i, random: rand.New(rand.NewPCG(r.p.Seed, uint64(2+i))), ask: &stormQuestion{}})
		if err != nil {
			return 0, err
		}
		if err := s.send(pid, start); err != nil {
			return 0, err
		}
	}
	return stormClients, nil
}

// ended checks that the tree is whole, stops it, and checks that nothing is left and
// that as many processes have been as there were children, restarts and others.
func (r *stormRun) ended(s *system, sup proc.PID, all uint64) error {
	ctx, cancel := context.WithTimeout(r.ctx, r.patience)
	defer cancel()
	client := s.rt.Client(ctx)
	count, err := supervise.CountChildren(client, sup)
	if want := (supervise.Count{Specs: r.p.Procs, Active: r.p.Procs, Workers: r.p.Procs}); r.ctx.Err() == nil && (err != nil || count != want) {
		r.failf("supervisor", "it counts %+v, error %v; want %+v", count, err, want)
	}
	if err := supervise.Stop(client, sup, proc.Normal); err != nil && r.ctx.Err() == nil {
		r.failf("supervisor", "stopping it: %v", err)
	}
	if err := s.send(r.stormer, stop); err != nil {
		return err
	}
	if r.p.Style == stormQuiet {
		err = s.drain()
	} else if err = s.drained(); err == nil {
		s.close() // calls to children that had just ended are dead letters
	}
	if err == nil && (s.final.Spawned != all || s.final.Exited != all) {
		r.failf("drain", "%d processes are counted as begun and %d as ended, both were to be %d", s.final.Spawned, s.final.Exited, all)
	}
	return err
}
