package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

var ringWorkload = &Workload{
	Name:    "ring",
	Purpose: "one token passed around a ring of processes; time for a hop",
	Twin:    "a goroutine a process, unbuffered channels between neighbours",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes in the ring", 503, 2, 10_000_000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum:    ringThrum,
	twin:     ringTwin,
	twinFits: goroutinesFit,
	warm:     ringWarm,
	label:    ringLabel,
}

// ringWarm goes around at least once, so that every process has run.
func ringWarm(p Params) int64 { return max(50_000, int64(p.Procs)) }

func ringLabel(p Params) string { return fmt.Sprintf("procs=%d", p.Procs) }

// ringRun is what the processes of a ring share; all but begin and end is
// read-only while the token travels.
type ringRun struct {
	*trial
	begin, end int64 // written by the first and the last holder of the token
	last       uint64
	done       chan struct{}
	first      *ringNode // the only one that looks whether the round is interrupted
}

// ringNode is one process: it knows its neighbour and the hop it waits for.
type ringNode struct {
	run  *ringRun
	next proc.PID
	due  uint64 // number of the next hop to arrive here
}

// Handle implements proc.Machine.
func (n *ringNode) Handle(c *proc.Ctx, m proc.Message) error {
	run := n.run
	if m.Body != nil {
		if m.Body == stop {
			return proc.Normal
		}
		run.begin = run.clock.Now()
	} else {
		if m.Word != n.due {
			run.order(fmt.Sprintf("ring process %d", n.due%uint64(run.p.Procs)), m.Word, n.due)
			return nil
		}
		n.due += uint64(run.p.Procs)
		if m.Word == run.last || (n == run.first && run.stopped.Load()) {
			run.end = run.clock.Now()
			close(run.done)
			return nil
		}
	}
	if err := c.SendWord(n.next, nil, m.Word+1); err != nil {
		return run.sent("a process of the ring", err)
	}
	return nil
}

func ringThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &ringRun{trial: t, last: uint64(t.n), done: make(chan struct{})}
	nodes := make([]ringNode, t.p.Procs)
	pids := make([]proc.PID, len(nodes))
	run.first = &nodes[0]
	for i := range nodes {
		// Hop k arrives at process k modulo their number; the first gets its first
		// one after a whole round.
		nodes[i] = ringNode{run: run, due: uint64(i)}
		if pids[i], err = s.spawn(&nodes[i]); err != nil {
			return Sample{}, err
		}
	}
	for i := range nodes {
		nodes[i].next = pids[(i+1)%len(pids)]
	}
	nodes[0].due = uint64(len(nodes))
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		if err := s.send(pids[0], start); err != nil {
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
	for _, pid := range pids {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	run.verify(nodes)
	return sample, nil
}

// verify looks for the hops each process must have seen, once all have ended.
func (r *ringRun) verify(nodes []ringNode) {
	n := uint64(len(nodes))
	for i := range nodes {
		if due := nodes[i].due; due <= r.last || due > r.last+n {
			r.failf(fmt.Sprintf("ring process %d", i), "waits for hop %d after the last one, %d", due, r.last)
			return
		}
	}
}

func ringTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	procs, last := t.p.Procs, uint64(t.n)
	var begin, end int64
	in := make([]chan message, procs)
	for i := range in {
		in[i] = make(chan message)
	}
	for i := range in {
		own, next := in[i], in[(i+1)%procs]
		g.wg.Go(func() {
			due := uint64(i)
			if i == 0 {
				due = uint64(procs)
			}
			for m := range own {
				if m.Body != nil {
					begin = t.clock.Now()
				} else {
					if m.Word != due {
						t.order(fmt.Sprintf("goroutine %d of the ring", i), m.Word, due)
					}
					due += uint64(procs)
					if m.Word == last || (i == 0 && t.stopped.Load()) {
						end = t.clock.Now()
						close(g.done)
						continue
					}
				}
				next <- message{Word: m.Word + 1}
			}
		})
	}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		in[0] <- message{Body: start}
		<-g.done
		return begin, end, nil
	})
	for i := range in {
		close(in[i])
	}
	g.join()
	return sample, err
}
