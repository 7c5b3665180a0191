package bench

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// The styles of tree.
const (
	treeWide = "wide"
	treeDeep = "deep"
)

var treeWorkload = &Workload{
	Name:    "tree",
	Group:   OnProcesses,
	Purpose: "supervisors start many children and stop them; a message is a child that was started and stopped",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("one simple_one_for_one supervisor, or supervisors of ten children each, on as many levels as that takes", treeWide, treeDeep),
		procsParam("children that are no supervisors", 100_000, 1, 5_000_000),
		durationParam(3e9), roundsParam(3),
	},
	thrum: treeThrum,
	size:  func(p Params) int64 { return int64(p.Procs) },
	label: func(p Params) string { return p.Style },
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
	run   *treeRun
	id    int
	place int64 // in the order of starts
}

// Init implements proc.Initializer.
func (k *leaf) Init(c *proc.Ctx) error {
	k.place = k.run.starts.Add(1)
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
	if end := k.run.stops.Add(1); k.run.p.Style == treeDeep && end+k.place != k.run.n+1 {
		k.run.failf(fmt.Sprintf("child %d", k.id), "it was start %d and stop %d of %d; stops must have the opposite order", k.place, end, k.run.n)
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
	sups   int // supervisors
	starts atomic.Int64
	stops  atomic.Int64
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
	plant := run.wide
	if t.p.Style == treeDeep {
		plant = run.deep
	}
	var sup proc.PID
	var begin, up, down, end int64
	sample, err := t.timed(int64(t.p.Procs), func() (int64, int64, error) {
		var err error
		begin = t.clock.Now()
		if sup, err = plant(client); err != nil {
			if t.ctx.Err() != nil {
				return 0, 0, t.ctx.Err()
			}
			return 0, 0, fmt.Errorf("bench: starting the tree: %w", err)
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
	if t.p.Style == treeWide {
		count, err := supervise.CountChildren(client, sup)
		if want := (supervise.Count{Specs: 1, Active: t.p.Procs, Workers: t.p.Procs}); t.ctx.Err() == nil && (err != nil || count != want) {
			t.failf("supervisor", "it counts %+v, error %v; want %+v", count, err, want)
		}
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
	if all := uint64(t.p.Procs + run.sups + 1); s.final.Spawned != all || s.final.Exited != all {
		t.failf("drain", "%d processes are counted as begun and %d as ended, both were to be %d", s.final.Spawned, s.final.Exited, all)
	}
	sample.Elapsed = time.Duration(up - begin + end - down)
	n := float64(t.p.Procs)
	sample.Details = []Detail{{"start", float64(up-begin) / n, "ns"}, {"stop", float64(end-down) / n, "ns"}}
	return sample, nil
}

// wide starts a supervisor of dynamic children, and these.
func (r *treeRun) wide(client proc.Client) (proc.PID, error) {
	r.sups = 1
	sup, err := supervise.Start(client, supervise.Flags{Strategy: supervise.SimpleOneForOne}, []supervise.Spec{{
		Restart: supervise.Temporary, Shutdown: supervise.Infinity,
		New: func(arg any) proc.Machine { return r.leaf(arg.(int))() },
	}})
	if err != nil {
		return 0, err
	}
	return sup, r.grow(client, sup)
}

func (r *treeRun) leaf(id int) proc.Factory {
	return r.factory(func() proc.Machine { return &leaf{run: r, id: id} })
}

// treeFan is how many children a supervisor of a deep tree has.
const treeFan = 10

// deep starts a tree of supervisors, whose children start one after the other.
func (r *treeRun) deep(client proc.Client) (proc.PID, error) {
	specs, err := r.specs(0, r.p.Procs)
	if err != nil {
		return 0, err
	}
	r.sups++
	return supervise.Start(client, supervise.Flags{}, specs)
}

// specs returns what a supervisor needs for n leaves, from number from on.
func (r *treeRun) specs(from, n int) (specs []supervise.Spec, err error) {
	if n <= treeFan {
		for id := from; id < from+n; id++ {
			specs = append(specs, supervise.Spec{ID: strconv.Itoa(id), Factory: r.leaf(id), Shutdown: supervise.Infinity})
		}
		return specs, nil
	}
	for i := range treeFan {
		first, end := from+i*n/treeFan, from+(i+1)*n/treeFan
		below, err := r.specs(first, end-first)
		if err != nil {
			return nil, err
		}
		spec, err := supervise.Nested(strconv.Itoa(first), supervise.Flags{}, below...)
		if err != nil {
			return nil, err
		}
		r.sups++
		specs = append(specs, spec)
	}
	return specs, nil
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
