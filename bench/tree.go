package bench

import (
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

var treeWorkload = &Workload{
	Name:    "tree",
	Purpose: "a simple_one_for_one supervisor starts many children and stops them; a message is a child that was started and stopped",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("children", 100_000, 1, 5_000_000),
		durationParam(3e9), roundsParam(3),
	},
	thrum: treeThrum,
	size:  func(p Params) int64 { return int64(p.Procs) },
}

// treeBatch children are started with one call.
const treeBatch = 1000

// seen is what a child tells the census when it begins and, with gone, when it ends.
var (
	seen = &signal{"seen"}
	gone = &signal{"gone"}
)

// leaf is a child of the tree.
type leaf struct {
	run *treeRun
	id  int
}

// Init implements proc.Initializer.
func (k *leaf) Init(c *proc.Ctx) error {
	if err := c.SendWord(k.run.census, seen, uint64(k.id)); err != nil {
		return k.run.sent(fmt.Sprintf("child %d", k.id), err)
	}
	// It traps exits, so that it is told why it is to end.
	c.TrapExit(true)
	return nil
}

// Handle implements proc.Machine.
func (k *leaf) Handle(c *proc.Ctx, m proc.Message) error {
	x, ok := m.Body.(proc.Exit)
	if !ok || x.Reason != proc.Shutdown {
		k.run.failf(fmt.Sprintf("child %d", k.id), "message %+v", m)
		return proc.Normal
	}
	if err := c.SendWord(k.run.census, gone, uint64(k.id)); err != nil {
		return k.run.sent(fmt.Sprintf("child %d", k.id), err)
	}
	return x.Reason
}

// treeRun is what the processes of a round share.
type treeRun struct {
	*trial
	census proc.PID
	all    chan struct{} // every child has begun
	none   chan struct{} // every child has ended
}

// census counts the children as they come and go.
type census struct {
	run         *treeRun
	state       []byte // of each child: 0 not begun, 1 alive, 2 ended
	begun, ends int
}

// Handle implements proc.Machine.
func (k *census) Handle(_ *proc.Ctx, m proc.Message) error {
	var was byte
	switch m.Body {
	case seen:
	case gone:
		was = 1
	case stop:
		return proc.Normal
	default:
		k.run.failf("census", "message %+v", m)
		return nil
	}
	if k.state[m.Word] != was {
		k.run.failf("census", "child %d says %v when it is in state %d of 2", m.Word, m.Body, k.state[m.Word])
		return nil
	}
	k.state[m.Word]++
	if was == 0 {
		if k.begun++; k.begun == len(k.state) {
			close(k.run.all)
		}
	} else if k.ends++; k.ends == len(k.state) {
		close(k.run.none)
	}
	return nil
}

func treeThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := &treeRun{trial: t, all: make(chan struct{}), none: make(chan struct{})}
	if run.census, err = s.spawn(&census{run: run, state: make([]byte, t.p.Procs)}); err != nil {
		return Sample{}, err
	}
	client := s.rt.Client(t.ctx)
	sup, err := supervise.Start(client, supervise.Flags{Strategy: supervise.SimpleOneForOne}, []supervise.Spec{{
		Restart: supervise.Temporary, Shutdown: supervise.Infinity,
		New: func(arg any) proc.Machine {
			return t.factory(func() proc.Machine { return &leaf{run: run, id: arg.(int)} })()
		},
	}})
	if err != nil {
		return Sample{}, fmt.Errorf("bench: starting the supervisor: %w", err)
	}
	var begin, up, down, end int64
	sample, err := t.timed(int64(t.p.Procs), func() (int64, int64, error) {
		begin = t.clock.Now()
		if err := run.grow(client, sup); err != nil {
			return 0, 0, err
		}
		if err := s.await(run.all); err != nil {
			return 0, 0, err
		}
		up = t.clock.Now()
		return begin, up, nil
	})
	if err != nil {
		return Sample{}, err
	}
	count, err := supervise.CountChildren(client, sup)
	if want := (supervise.Count{Specs: 1, Active: t.p.Procs, Workers: t.p.Procs}); t.ctx.Err() == nil && (err != nil || count != want) {
		t.failf("supervisor", "it counts %+v, error %v; want %+v", count, err, want)
	}
	down = t.clock.Now()
	if err := s.rt.Exit(sup, proc.Shutdown); err != nil {
		return Sample{}, t.sent("supervisor", err)
	}
	if err := s.await(run.none); err != nil {
		return Sample{}, err
	}
	if _, err := s.rt.Wait(t.ctx, sup); err != nil && t.ctx.Err() == nil {
		t.failf("supervisor", "waiting for its end: %v", err)
	}
	end = t.clock.Now()
	if err := s.send(run.census, stop); err != nil {
		return Sample{}, err
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	if all := uint64(t.p.Procs) + 2; s.final.Spawned != all || s.final.Exited != all {
		t.failf("drain", "%d processes are counted as begun and %d as ended, both were to be %d", s.final.Spawned, s.final.Exited, all)
	}
	sample.Elapsed = time.Duration(up - begin + end - down)
	n := float64(t.p.Procs)
	sample.Details = []Detail{{"start", float64(up-begin) / n, "ns"}, {"stop", float64(end-down) / n, "ns"}}
	return sample, nil
}

// grow starts the children.
func (r *treeRun) grow(client proc.Client, sup proc.PID) error {
	for id := 0; id < r.p.Procs; {
		args := make([]any, 0, treeBatch)
		for ; id < r.p.Procs && len(args) < treeBatch; id++ {
			args = append(args, id)
		}
		results, err := supervise.StartDynamicMany(client, sup, args)
		if err != nil {
			if r.ctx.Err() != nil {
				return r.ctx.Err()
			}
			return r.sent("supervisor", err)
		}
		for i, x := range results {
			if (x.Err != nil || x.PID == 0) && r.ctx.Err() == nil {
				r.failf("supervisor", "child %v of a call: %v, error %v", args[i], x.PID, x.Err)
			}
		}
	}
	return nil
}
