package bench

import (
	"fmt"
	"sync/atomic"

	"github.com/thrum-go/thrum/proc"
)

var ringWorkload = &Workload{
	Name:    "ring",
	Group:   OnMessages,
	Purpose: "tokens passed around a ring of processes, one unless said otherwise; time for a hop",
	Twin:    "a goroutine a process, channels between neighbours: unbuffered for one token, else with room for twice their share",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes in the ring", 503, 2, 10_000_000), inflightParam("tokens", 1_000_000),
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

func ringLabel(p Params) string { return fmt.Sprintf("procs=%d", p.Procs) + inflightLabel(p) }

// ringRun is what the processes of a ring share; all but begin and end is
// read-only while the tokens travel.
type ringRun struct {
	*trial
	*ringPlan
	begin, end int64 // written by the first process and the last holder of a token
	left       atomic.Int64
	done       chan struct{}
	first      *ringNode // the only one that looks whether the round is interrupted
	nodes      []ringNode
}

func newRing(t *trial) *ringRun {
	r := &ringRun{trial: t, ringPlan: planRing(t.p.Procs, int(t.ahead()), t.n), done: make(chan struct{})}
	r.left.Store(int64(r.tokens))
	return r
}

// arrived is called when a token has made its last hop.
func (r *ringRun) arrived() {
	if r.left.Add(-1) == 0 {
		r.end = r.clock.Now()
		close(r.done)
	}
}

// ringNode is one process: it knows its neighbour and the numbers of the next and of
// the last tokens to arrive.
type ringNode struct {
	run  *ringRun
	next proc.PID
	due  uint64
	end  uint64
}

// Handle implements proc.Machine.
func (n *ringNode) Handle(c *proc.Ctx, m proc.Message) error {
	run := n.run
	if m.Body != nil {
		if m.Body == stop {
			return proc.Normal
		}
		return n.start(c, m)
	}
	if m.Word != n.due {
		run.order(n.where(), m.Word, n.due)
		return nil
	}
	n.due++
	word := m.Word
	if n == run.first {
		if run.stopped.Load() {
			run.arrived()
			return nil
		}
		word += run.tokens
	}
	if m.Word >= n.end {
		run.arrived()
		return nil
	}
	if err := c.SendWord(n.next, nil, word); err != nil {
		return run.sent(n.where(), err)
	}
	return nil
}

// where names the process in a violation.
func (n *ringNode) where() string {
	for i := range n.run.nodes {
		if &n.run.nodes[i] == n {
			return fmt.Sprintf("ring process %d", i)
		}
	}
	return "ring process"
}

// start hands the start on to those that begin with tokens as well, and then lets the
// process's own go: nothing overtakes the start, so no token comes before it.
func (n *ringNode) start(c *proc.Ctx, m proc.Message) error {
	run := n.run
	i := int(m.Word)
	if i == 0 {
		run.begin = run.clock.Now()
	}
	if run.tokens > 1 && i+1 < run.p.Procs {
		if err := c.SendWord(n.next, start, m.Word+1); err != nil {
			return run.sent(n.where()+" handing the start on", err)
		}
	}
	for token := run.behind(i + 1); token < run.behind(i); token++ {
		if err := c.SendWord(n.next, nil, token); err != nil {
			return run.sent(n.where()+" letting a token go", err)
		}
	}
	return nil
}

func ringThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newRing(t)
	nodes := make([]ringNode, t.p.Procs)
	pids := make([]proc.PID, len(nodes))
	run.first, run.nodes = &nodes[0], nodes
	for i := range nodes {
		nodes[i] = ringNode{run: run, due: run.due(i), end: run.ends(i)}
		if pids[i], err = s.spawn(&nodes[i]); err != nil {
			return Sample{}, err
		}
	}
	for i := range nodes {
		nodes[i].next = pids[(i+1)%len(pids)]
	}
	sample, err := t.timed(run.messages(), func() (int64, int64, error) {
		if err := s.send(pids[0], start); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
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
	run.verify(func(i int) uint64 { return nodes[i].due })
	return sample, nil
}

// verify looks for the tokens each process must have seen, once all have ended.
func (r *ringRun) verify(due func(i int) uint64) {
	if r.stopped.Load() {
		return
	}
	for i, want := range r.seen() {
		if got := due(i); got != want {
			r.failf(fmt.Sprintf("ring process %d", i), "waits for arrival %d at the end, it should for %d", got, want)
			return
		}
	}
}

func ringTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newRing(t)
	run.done = g.done
	procs := t.p.Procs
	room := 0
	if run.tokens > 1 {
		// With less room than there are tokens a ring of goroutines stands still.
		room = int(2*run.tokens)/procs + 1
	}
	in := make([]chan message, procs)
	dues := make([]uint64, procs)
	for i := range in {
		in[i] = make(chan message, room)
	}
	for i := range in {
		own, next := in[i], in[(i+1)%procs]
		due, end := run.due(i), run.ends(i)
		g.wg.Go(func() {
			defer func() { dues[i] = due }()
			for m := range own {
				if m.Body != nil {
					if i == 0 {
						run.begin = t.clock.Now()
					}
					if run.tokens > 1 && i+1 < procs {
						next <- m
					}
					for token := run.behind(i + 1); token < run.behind(i); token++ {
						next <- message{Word: token}
					}
					continue
				}
				if m.Word != due {
					t.order(fmt.Sprintf("goroutine %d of the ring", i), m.Word, due)
				}
				due++
				if m.Word >= end || i == 0 && t.stopped.Load() {
					run.arrived()
					continue
				}
				if i == 0 {
					m.Word += run.tokens
				}
				next <- m
			}
		})
	}
	sample, err := t.timed(run.messages(), func() (int64, int64, error) {
		in[0] <- message{Body: start}
		<-g.done
		return run.begin, run.end, nil
	})
	for i := range in {
		close(in[i])
	}
	g.join()
	run.verify(func(i int) uint64 { return dues[i] })
	return sample, err
}
