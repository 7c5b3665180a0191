package explore

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
)

// explorer carries out executions one after the other. Everything in it is used by one goroutine at a time: the one
// that explores, or the thread it has passed control to.
type explorer struct {
	cfg          Config
	tb           TB
	failedBefore bool // tb had failed before the exploration began
	body         func(*Exec)
	x            Exec

	threads []*thread // all there are, each with its hand-off; the first n are in use
	n       int
	after   []func()

	// The execution.
	ready     set // threads whose next operation can always be carried out
	blocked   set // threads whose next operation has to be asked
	live      int // threads that have not ended
	steps     int
	preempted int
	starting  bool // threads run up to their first operation
	aborting  bool // threads are being unwound
	pruned    bool
	next      *thread // whom the thread that just gave up control has chosen; nil: nobody
	failure   string
	stack     string // of the panic that is the failure
	marked    bool   // the failure is what the race detector or the test says, not anything of ours
	fair      fairness

	// The decisions.
	path   []decision
	depth  int // of the path, reached by this execution
	bound  int // on preemptions
	random *rand.Rand
	greed  uint64     // random exploration: a thread that can go on does so in greed of 64 cases
	script *script    // replay: decisions come from here instead
	reduce *reduction // nil without Config.Reduce

	// The trace.
	tracing bool
	names   map[uintptr]string
	trace   []Event
	record  recorder

	executions, totalSteps, prunings int

	spawning byte // its address stands for the order between Exec.Go in a thread and the new thread's start
}

var (
	exploring   atomic.Bool // guards against a second exploration
	inCondition bool        // a condition of Wait is being evaluated
)

func newExplorer(tb TB, cfg Config, body func(*Exec)) *explorer {
	if err := cfg.check(); err != nil {
		panic(err)
	}
	e := &explorer{cfg: cfg, tb: tb, failedBefore: tb != nil && tb.Failed(), body: body}
	e.x.e = e
	switch cfg.Preemptions {
	case 0, Unbounded:
		e.bound = int(^uint(0) >> 1)
	case NoPreemption:
		e.bound = 0
	default:
		e.bound = cfg.Preemptions
	}
	if cfg.Random {
		e.random = rand.New(rand.NewPCG(cfg.Seed, 0))
	}
	if cfg.Reduce {
		e.reduce = newReduction(e)
	}
	return e
}

// explore carries out executions until one fails, all are done, or the limit is reached.
func (e *explorer) explore() (r Result) {
	e.isolated(func() {
		for {
			e.execute()
			if e.failure != "" {
				return
			}
			if !e.backtrack() {
				r.Complete = true
				return
			}
			if e.executions == e.cfg.MaxExecutions {
				return
			}
		}
	})
	r.Executions, r.Steps, r.Pruned = e.executions, e.totalSteps, e.prunings
	if e.failure != "" {
		r.Failure = e.explain()
	}
	return r
}

// explain repeats the failing execution with a trace.
func (e *explorer) explain() *Failure {
	f := &Failure{Message: e.failure, Stack: e.stack}
	marked := e.marked
	e.failedBefore = true // neither the race detector nor the test tells us a second time
	e.isolated(func() {
		e.traced(e.execute)
	})
	f.Trace, f.Schedule = e.trace, e.record.String()
	if e.failure != "" {
		f.Message, f.Stack = e.failure, e.stack // say more now
	} else if !marked {
		f.Message += " (a repetition of the same schedule did not fail)"
	}
	return f
}

func (e *explorer) replay(schedule string) (r Result) {
	s, err := parseSchedule(schedule)
	if err != nil {
		r.Failure = &Failure{Message: err.Error(), Schedule: schedule}
		return r
	}
	e.script = s
	e.isolated(func() { e.traced(e.execute) })
	if e.failure == "" && !s.done() {
		e.failure = fmt.Sprintf("explore: the schedule does not fit: threads ended before %q", s.rest())
	}
	r.Executions, r.Steps, r.Trace = e.executions, e.totalSteps, e.trace
	if e.failure != "" {
		r.Failure = &Failure{Message: e.failure, Stack: e.stack, Schedule: e.record.String(), Trace: e.trace}
	}
	return r
}

// isolated runs f on a goroutine of its own, since runtime.Goexit in a thread (or testing's FailNow) ends the goroutine
// that resumed it, too.
func (e *explorer) isolated(f func()) {
	if !exploring.CompareAndSwap(false, true) {
		panic("explore: an exploration is already running: explorations cannot be nested or run in parallel")
	}
	defer exploring.Store(false)
	raceFailure() // races so far are not ours
	done := make(chan struct{})
	go func() {
		returned := false
		defer close(done)
		defer func() {
			if !returned {
				e.exited()
			}
			setRunning(nil)
			for _, t := range e.threads {
				t.finish()
			}
		}()
		f()
		returned = true
	}()
	<-done
}

// exited cleans up after a Goexit.
func (e *explorer) exited() {
	who := "body or After"
	if t := currentThread(); t != nil {
		who = "thread " + t.name
		t.ended = true
		t.handoff = handoff{}
		if t.saying.note != "" && e.tracing {
			t.op.note = t.saying.note
			e.annotate(t)
		}
	}
	e.fail("%s%s", who, exitMessage)
	e.abort()
}
