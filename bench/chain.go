package bench

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

var chainWorkload = &Workload{
	Name:    "chain",
	Group:   OnProcesses,
	Purpose: "a chain of processes is built, a message runs through it, and each ends behind it; a message is a process",
	Twin:    "goroutines with an unbuffered channel each",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes in a chain", 1000, 1, 1_000_000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum:    chainThrum,
	twin:     chainTwin,
	twinFits: goroutinesFit,
	warm:     func(p Params) int64 { return max(20_000, int64(p.Procs)) },
	label:    func(p Params) string { return fmt.Sprintf("procs=%d", p.Procs) },
}

// chainRun is what the processes of all chains share.
type chainRun struct {
	*trial
	begin, end int64 // of the builder
	chains     uint64
	done       chan struct{}
}

func newChain(t *trial) *chainRun {
	return &chainRun{trial: t, chains: uint64(max(1, t.n/int64(t.p.Procs))), done: make(chan struct{})}
}

func (r *chainRun) total() int64 { return int64(r.chains) * int64(r.p.Procs) }

// chainNode is a process of a chain. It knows whom it sends the message, and the number
// that it is to have.
type chainNode struct {
	run  *chainRun
	next proc.PID
	due  uint64
}

// Handle implements proc.Machine.
func (n *chainNode) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Word != n.due {
		n.run.order("a process of the chain", m.Word, n.due)
	}
	if err := c.SendWord(n.next, nil, m.Word+1); err != nil {
		return n.run.sent("a process of the chain", err)
	}
	return proc.Normal
}

// chainBuilder builds one chain after the other, in turns, from its end to its head, and
// gets the message when it has gone through.
type chainBuilder struct {
	run   *chainRun
	built uint64   // chains
	came  uint64   // messages out of them
	left  int      // processes still to be spawned for this chain
	head  proc.PID // of those spawned
	on    steps
}

// Handle implements proc.Machine.
func (b *chainBuilder) Handle(c *proc.Ctx, m proc.Message) error {
	run := b.run
	switch m.Body {
	case stop:
		return proc.Normal
	case nil:
		b.came++
		if want := b.built * uint64(run.p.Procs); m.Word != want || b.came != b.built {
			run.failf("end of the chain", "message %d came as the %d., %d was due as the %d.", m.Word, b.came, want, b.built)
			return nil
		}
		if b.built == run.chains || run.stopped.Load() {
			run.end = run.clock.Now()
			close(run.done)
			return nil
		}
		return b.begin(c)
	case start:
		run.begin = run.clock.Now()
		return b.begin(c)
	}
	if !b.on.come(run.trial, "builder", m) {
		return nil
	}
	return b.build(c)
}

// begin begins a chain, whose last process sends to the builder.
func (b *chainBuilder) begin(c *proc.Ctx) error {
	b.left, b.head = b.run.p.Procs, c.Self()
	return b.build(c)
}

func (b *chainBuilder) build(c *proc.Ctx) error {
	run := b.run
	first := b.built * uint64(run.p.Procs)
	for b.left > 0 {
		b.left--
		n := &chainNode{run: run, next: b.head, due: first + uint64(b.left)}
		var err error
		if b.head, err = c.Spawn(run.factory(func() proc.Machine { return n })); err != nil {
			return run.unborn("builder", fmt.Sprintf("process %d of chain %d", b.left, b.built+1), err)
		}
		if b.left > 0 && c.ShouldYield() {
			return b.on.next(c, run.trial, "builder", proc.Message{Body: building})
		}
	}
	b.built++
	if err := c.SendWord(b.head, nil, first); err != nil {
		return run.sent("builder", err)
	}
	return nil
}

// building is the body of the builder's messages to itself.
var building = &signal{"building"}

func chainThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newChain(t)
	builder, err := s.spawn(&chainBuilder{run: run})
	if err != nil {
		return Sample{}, err
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		if err := s.send(builder, start); err != nil {
			return 0, 0, err
		}
		return s.awaitSpan(run.done, &run.begin, &run.end)
	})
	if err != nil {
		return Sample{}, err
	}
	if err := s.send(builder, stop); err != nil {
		return Sample{}, err
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	return sample, s.exited(uint64(run.total()) + 1)
}

// exited checks how many processes have ended, of a runtime that is closed.
func (s *system) exited(want uint64) error {
	if s.final.Exited != want && !s.stopped.Load() {
		s.failf("drain", "%d processes have ended, %d were to", s.final.Exited, want)
		return errBroken
	}
	return nil
}

func chainTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newChain(t)
	procs := uint64(t.p.Procs)
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		begin := t.clock.Now()
		for chain := range run.chains {
			last := make(chan message)
			head := last
			for due := (chain + 1) * procs; due > chain*procs; due-- {
				own, next := make(chan message), head
				go func() {
					m := <-own
					if m.Word != due-1 {
						t.order("a goroutine of the chain", m.Word, due-1)
					}
					next <- message{Word: m.Word + 1}
				}()
				head = own
			}
			head <- message{Word: chain * procs}
			if m := <-last; m.Word != (chain+1)*procs {
				t.order("end of the chain", m.Word, (chain+1)*procs)
			}
			if t.stopped.Load() {
				break
			}
		}
		return begin, t.clock.Now(), nil
	})
	g.join()
	return sample, err
}
