package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

var skynetWorkload = &Workload{
	Name:    "skynet",
	Group:   OnProcesses,
	Purpose: "a tree of processes, ten children each, adds up the numbers of its leaves",
	Twin:    "a goroutine and an unbuffered channel for every node with children",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("leaves, a power of ten", 1_000_000, 10, 100_000_000),
		durationParam(3e9), roundsParam(3),
	},
	thrum: skynetThrum,
	twin:  skynetTwin,
	size:  func(p Params) int64 { return skynetNodes(p.Procs) },
	refine: func(p Params) error {
		n := p.Procs
		for n > 1 && n%skynetFan == 0 {
			n /= skynetFan
		}
		if n != 1 {
			return &ParamError{"skynet", Procs, fmt.Sprint(p.Procs), "every node has ten children: it takes a power of ten"}
		}
		return nil
	},
	twinFits: func(p Params) bool { return goroutinesFit(Params{Procs: int(skynetNodes(p.Procs))}) },
}

const skynetFan = 10

// skynetNodes counts the nodes over so many leaves, leaves included. Each sends
// one message: the sum of its leaves, to its parent.
func skynetNodes(leaves int) int64 {
	n := int64(0)
	for ; leaves > 0; leaves /= skynetFan {
		n += int64(leaves)
	}
	return n
}

// skynetRun is what the nodes share.
type skynetRun struct {
	*trial
	begin, end int64 // written by the root
	sum        uint64
	done       chan struct{}
}

// skynetNode stands for leaves first to first+leaves-1. It becomes a process at
// its parent's wish, spawns its children at once, and ends when it has their sums.
type skynetNode struct {
	run    *skynetRun
	parent proc.PID
	first  uint64
	leaves uint64
	sum    uint64
	wait   int
}

// Init implements proc.Initializer.
func (n *skynetNode) Init(c *proc.Ctx) error {
	if n.parent == 0 {
		n.run.begin = n.run.clock.Now()
	}
	if n.leaves == 1 {
		return n.report(c, n.first)
	}
	n.wait = skynetFan
	each := n.leaves / skynetFan
	children := make([]skynetNode, skynetFan)
	for i := range children {
		child := &children[i]
		*child = skynetNode{run: n.run, parent: c.Self(), first: n.first + uint64(i)*each, leaves: each}
		if _, err := c.Spawn(n.run.factory(func() proc.Machine { return child })); err != nil {
			return n.run.unborn(n.where(), fmt.Sprintf("child %d", i), err)
		}
	}
	return nil
}

// Handle implements proc.Machine: the sum of one child.
func (n *skynetNode) Handle(c *proc.Ctx, m proc.Message) error {
	n.sum += m.Word
	n.wait--
	if n.wait > 0 {
		return nil
	}
	return n.report(c, n.sum)
}

// report sends a sum to the parent, or ends the run.
func (n *skynetNode) report(c *proc.Ctx, sum uint64) error {
	if n.parent == 0 {
		n.run.sum = sum
		n.run.end = n.run.clock.Now()
		close(n.run.done)
		return proc.Normal
	}
	if err := c.SendWord(n.parent, nil, sum); err != nil {
		return n.run.sent(n.where(), err)
	}
	return proc.Normal
}

func (n *skynetNode) where() string {
	return fmt.Sprintf("node of leaves %d to %d", n.first, n.first+n.leaves-1)
}

func (r *skynetRun) verify() {
	n := uint64(r.p.Procs)
	if want := n * (n - 1) / 2; r.sum != want {
		r.failf("root", "the leaves add up to %d, they should to %d", r.sum, want)
	}
}

func skynetThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &skynetRun{trial: t, done: make(chan struct{})}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		if _, err := s.spawn(&skynetNode{run: run, leaves: uint64(t.p.Procs)}); err != nil {
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
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if st := s.final; st.Exited != uint64(t.n) {
		t.failf("drain", "%d processes exited, the tree has %d", st.Exited, t.n)
	}
	run.verify()
	return sample, nil
}

func skynetTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := &skynetRun{trial: t}
	sample, err := t.timed(t.n, func() (int64, int64, error) {
		run.begin = t.clock.Now()
		root := make(chan message)
		go skynetGoroutine(root, 0, uint64(t.p.Procs))
		run.sum = (<-root).Word
		run.end = t.clock.Now()
		return run.begin, run.end, nil
	})
	g.join()
	run.verify()
	return sample, err
}

func skynetGoroutine(parent chan message, first, leaves uint64) {
	if leaves == 1 {
		parent <- message{Word: first}
		return
	}
	own := make(chan message)
	each := leaves / skynetFan
	for i := range uint64(skynetFan) {
		go skynetGoroutine(own, first+i*each, each)
	}
	sum := uint64(0)
	for range skynetFan {
		sum += (<-own).Word
	}
	parent <- message{Word: sum}
}
