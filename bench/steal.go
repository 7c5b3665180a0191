package bench

import (
	"fmt"
	"runtime"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

var stealWorkload = &Workload{
	Name:    "steal",
	Group:   OnProcesses,
	Aliases: []string{"forkjoin", "parallel"},
	Purpose: "a process forks others that compute 10 µs each, and joins them: all work is born on one worker; p50 to max: until work begins",
	Twin:    "a goroutine that starts others, with a channel for what they return",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes forked before they are joined", 1000, 1, 100_000),
		messagesParam(), durationParam(3e9), roundsParam(3),
	},
	thrum: stealThrum,
	twin:  stealTwin,
	warm:  func(p Params) int64 { return max(2000, int64(p.Procs)) },
	label: func(p Params) string { return fmt.Sprintf("procs=%d", p.Procs) },
}

// stealRun is what all share.
type stealRun struct {
	*trial
	begin, end int64
	rounds     uint64 // of forking and joining
	work       uint64 // of meter.Spin
	born, took []int64
	waits      *meter.Recorder
	done       chan struct{}
}

func newSteal(t *trial) *stealRun {
	n := t.p.Procs
	return &stealRun{trial: t, rounds: uint64(max(1, t.n/int64(n))), work: meter.SpinRounds(int64(busyWork)),
		born: make([]int64, n), took: make([]int64, n), waits: meter.NewRecorder(), done: make(chan struct{})}
}

func (r *stealRun) total() int64 { return int64(r.rounds) * int64(r.p.Procs) }

// piece is the work of one of the forked: the i-th.
func (r *stealRun) piece(i uint64) {
	r.took[i] = r.clock.Now() - r.born[i]
	meter.Sink(meter.Spin(r.work))
}

// joiner collects what the forked return.
type joiner struct {
	run    *stealRun
	rounds uint64 // done
	joined int    // in this round
	seen   []bool // of this round
}

// join takes what the i-th has returned.
func (j *joiner) join(i uint64) (roundOver, allOver bool) {
	run := j.run
	if i >= uint64(len(j.seen)) || j.seen[i] {
		run.failf("joining process", "process %d of round %d has come before", i, j.rounds+1)
		return false, false
	}
	j.seen[i] = true
	if j.joined++; j.joined < len(j.seen) {
		return false, false
	}
	clear(j.seen)
	j.joined = 0
	j.rounds++
	for _, wait := range run.took {
		run.waits.Record(wait)
	}
	return true, j.rounds == run.rounds || run.stopped.Load()
}

// efficiency returns how much of the time that the processors had went into the work.
func (r *stealRun) efficiency(s Sample) Detail {
	processors := min(r.p.Workers, runtime.NumCPU())
	work := float64(s.Messages) * float64(busyWork)
	return Detail{"parallel_efficiency", work / (float64(s.Elapsed) * float64(processors)) * 100, "%"}
}

// forker forks and joins, in turns.
type forker struct {
	joiner
	forked int // in this round
	on     steps
}

// stealChild computes and returns.
type stealChild struct{ run *stealRun }

// Handle implements proc.Machine.
func (k stealChild) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Word >= uint64(len(k.run.born)) {
		k.run.failf("a forked process", "message %d, there are %d", m.Word, len(k.run.born))
		return proc.Normal
	}
	k.run.piece(m.Word)
	if err := c.SendWord(m.From, nil, m.Word); err != nil {
		return k.run.sent("a forked process", err)
	}
	return proc.Normal
}

// Handle implements proc.Machine.
func (f *forker) Handle(c *proc.Ctx, m proc.Message) error {
	run := f.run
	switch m.Body {
	case stop:
		return proc.Normal
	case nil:
		over, all := f.join(m.Word)
		if all {
			run.end = run.clock.Now()
			close(run.done)
			return nil
		}
		if !over {
			return nil
		}
		f.forked = 0
		return f.fork(c)
	case start:
		run.begin = run.clock.Now()
		return f.fork(c)
	}
	if !f.on.come(run.trial, "forking process", m) {
		return nil
	}
	return f.fork(c)
}

func (f *forker) fork(c *proc.Ctx) error {
	run := f.run
	for f.forked < run.p.Procs {
		i := f.forked
		f.forked++
		run.born[i] = run.clock.Now()
		pid, err := c.Spawn(run.factory(func() proc.Machine { return stealChild{run} }))
		if err != nil {
			return run.unborn("forking process", fmt.Sprintf("process %d", i), err)
		}
		if err := c.SendWord(pid, nil, uint64(i)); err != nil {
			return run.sent("forking process", err)
		}
		if c.ShouldYield() && f.forked < run.p.Procs {
			return f.on.next(c, run.trial, "forking process", proc.Message{Body: building})
		}
	}
	return nil
}

func stealThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newSteal(t)
	pid, err := s.spawn(&forker{joiner: joiner{run: run, seen: make([]bool, t.p.Procs)}})
	if err != nil {
		return Sample{}, err
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		if err := s.send(pid, start); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
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
	var most, all uint64
	for _, w := range s.final.Workers {
		most, all = max(most, w.Messages), all+w.Messages
	}
	sample.Latency = run.waits
	sample.Details = []Detail{run.efficiency(sample), {"share_of_the_busiest_worker", float64(most) / float64(max(1, all)) * 100, "%"}}
	return sample, s.exited(uint64(run.total()) + 1)
}

func stealTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newSteal(t)
	j := joiner{run: run, seen: make([]bool, t.p.Procs)}
	back := make(chan message, t.p.Procs)
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		begin := t.clock.Now()
		for {
			for i := range uint64(t.p.Procs) {
				run.born[i] = t.clock.Now()
				go func() {
					run.piece(i)
					back <- message{Word: i}
				}()
			}
			for over := false; !over; {
				var all bool
				if over, all = j.join((<-back).Word); all {
					return begin, t.clock.Now(), nil
				}
			}
		}
	})
	g.join()
	sample.Latency = run.waits
	sample.Details = []Detail{run.efficiency(sample)}
	return sample, err
}
