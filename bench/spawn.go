package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var spawnWorkload = &Workload{
	Name:    "spawn",
	Group:   OnProcesses,
	Purpose: "a process spawns others, sends each one message, and they exit",
	Twin:    "go with an unbuffered channel, one message",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum: spawnThrum,
	twin:  spawnTwin,
	warm:  func(Params) int64 { return 20_000 },
}

// spawnRun is what spawner and children share.
type spawnRun struct {
	*trial
	begin, end int64  // written by the spawner and by the last child
	want       uint64 // sum of the numbers 1 to n
	done       chan struct{}
	// sum of the numbers the children got. One word is both count and content, and
	// the child that completes it is the last.
	sum atomic.Uint64
}

func newSpawn(t *trial) *spawnRun {
	n := uint64(t.n)
	return &spawnRun{trial: t, want: n * (n + 1) / 2, done: make(chan struct{})}
}

// got is what every child does with its message.
func (r *spawnRun) got(word uint64) {
	switch sum := r.sum.Add(word); {
	case sum == r.want:
		r.end = r.clock.Now()
		close(r.done)
	case sum > r.want:
		r.failf("children", "the numbers they got add up to %d, those sent to %d: one came twice", sum, r.want)
	}
}

// spawner starts children in turns.
type spawner struct {
	run   *spawnRun
	child proc.Factory
	next  uint64
	on    steps
}

// Handle implements proc.Machine. Every message but stop means: go on spawning.
func (s *spawner) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	run := s.run
	if !s.on.come(run.trial, "spawner", m) {
		return nil
	}
	if s.next == 0 {
		run.begin = run.clock.Now()
	}
	for s.next < uint64(run.n) {
		s.next++
		pid, err := c.Spawn(s.child)
		if err != nil {
			return run.unborn("spawner", fmt.Sprintf("child %d", s.next), err)
		}
		if err := c.SendWord(pid, nil, s.next); err != nil {
			return run.sent(fmt.Sprintf("spawner to child %d", s.next), err)
		}
		if c.ShouldYield() {
			if s.next == uint64(run.n) || run.stopped.Load() {
				return nil
			}
			return s.on.next(c, run.trial, "spawner", m)
		}
	}
	return nil
}

func spawnThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newSpawn(t)
	// Children have no state, so they can share one machine.
	var child proc.Machine = proc.Func(func(c *proc.Ctx, m proc.Message) error {
		run.got(m.Word)
		return proc.Normal
	})
	sp := &spawner{run: run, child: t.factory(func() proc.Machine { return child })}
	pid, err := s.spawn(sp)
	if err != nil {
		return Sample{}, err
	}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		if err := s.send(pid, start); err != nil {
			return 0, 0, err
		}
		if err := s.await(run.done); err != nil {
			return 0, 0, err
		}
		return run.begin, run.end, nil
	})
	if err != nil {
		return Sample{}, err
	}
	if err := s.send(pid, stop); err != nil {
		return Sample{}, err
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if st := s.final; st.Exited != uint64(t.n)+1 {
		t.failf("drain", "%d processes exited, %d children and a spawner were to", st.Exited, t.n)
	}
	if sum := run.sum.Load(); sum != run.want {
		t.failf("children", "the numbers they got add up to %d, those sent to %d", sum, run.want)
	}
	return sample, nil
}

func spawnTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newSpawn(t)
	run.done = g.done
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for i := uint64(1); i <= uint64(t.n); i++ {
			inbox := make(chan message)
			go func() { run.got((<-inbox).Word) }()
			inbox <- message{Word: i}
			if i%1024 == 0 && t.stopped.Load() {
				return 0, 0, nil
			}
		}
		<-g.done
		return run.begin, run.end, nil
	})
	g.join()
	return sample, err
}
