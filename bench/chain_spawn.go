package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var chainSpawnWorkload = &Workload{
	Name:    "chain-spawn",
	Group:   OnProcesses,
	Purpose: "each process spawns the next, sends it a message and ends; a message is a process",
	Twin:    "each goroutine starts the next and sends it a message over an unbuffered channel",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("chains side by side", 1, 1, 100_000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum: chainSpawnThrum,
	twin:  chainSpawnTwin,
	warm:  func(p Params) int64 { return max(20_000, 2*int64(p.Procs)) },
	label: func(p Params) string { return fmt.Sprintf("procs=%d", p.Procs) },
}

// growRun is what the processes of all chains share.
type growRun struct {
	*trial
	begin, end int64  // before the first and of the last process
	each       uint64 // processes of a chain
	growing    atomic.Int64
	done       chan struct{}
}

func newGrow(t *trial) *growRun {
	r := &growRun{trial: t, each: uint64(max(1, t.n/int64(t.p.Procs))), done: make(chan struct{})}
	r.growing.Store(int64(t.p.Procs))
	return r
}

func (r *growRun) total() int64 { return int64(r.each) * int64(r.p.Procs) }

// come is what every process does first. It says whether there is to be another one.
func (r *growRun) come(due, word uint64) bool {
	if word != due {
		r.order("a process of the chain", word, due)
	}
	if due < r.each && !r.stopped.Load() {
		return true
	}
	if r.growing.Add(-1) == 0 {
		r.end = r.clock.Now()
		close(r.done)
	}
	return false
}

// growNode is a process: it knows the number that its message is to have, from 1.
type growNode struct {
	run *growRun
	due uint64
}

// Handle implements proc.Machine.
func (n *growNode) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop || !n.run.come(n.due, m.Word) {
		return proc.Normal
	}
	next := &growNode{run: n.run, due: n.due + 1}
	pid, err := c.Spawn(n.run.factory(func() proc.Machine { return next }))
	if err != nil {
		return n.run.unborn("a process of the chain", fmt.Sprintf("the %d.", next.due), err)
	}
	if err := c.SendWord(pid, nil, next.due); err != nil {
		return n.run.sent("a process of the chain", err)
	}
	return proc.Normal
}

func chainSpawnThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newGrow(t)
	heads := make([]proc.PID, t.p.Procs)
	for i := range heads {
		if heads[i], err = s.spawn(&growNode{run: run, due: 1}); err != nil {
			return Sample{}, err
		}
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for _, pid := range heads {
			if err := s.rt.SendWord(pid, nil, 1); err != nil {
				return 0, 0, t.sent("the first processes", err)
			}
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	return sample, s.exited(uint64(run.total()))
}

func chainSpawnTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newGrow(t)
	run.done = g.done
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		for range t.p.Procs {
			inbox := make(chan message)
			go run.grow(inbox, 1)
			inbox <- message{Word: 1}
		}
		<-g.done
		return run.begin, run.end, nil
	})
	g.join()
	return sample, err
}

func (r *growRun) grow(own chan message, due uint64) {
	if m := <-own; r.come(due, m.Word) {
		next := make(chan message)
		go r.grow(next, due+1)
		next <- message{Word: due + 1}
	}
}
