package explore

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
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
}

var (
	exploring   bool // guards against a second exploration
	inCondition bool // a condition of Wait is being evaluated
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
	f := &Failure{Message: e.failure}
	e.isolated(func() {
		e.traced(e.execute)
	})
	f.Trace, f.Schedule = e.trace, e.record.String()
	if e.failure != "" {
		f.Message = e.failure // says more now
	} else {
		f.Message += "\n(a repetition of the same schedule did not fail)"
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
		r.Failure = &Failure{Message: e.failure, Schedule: e.record.String(), Trace: e.trace}
	}
	return r
}

// isolated runs f on a goroutine of its own, since runtime.Goexit in a thread (or testing's FailNow) ends the goroutine
// that resumed it, too.
func (e *explorer) isolated(f func()) {
	if exploring {
		panic("explore: an exploration is already running: explorations cannot be nested or run in parallel")
	}
	exploring = true
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
	exploring = false
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

// execute carries out one execution along the path.
func (e *explorer) execute() {
	e.reset()
	if e.protect("body", func() { e.body(&e.x) }) {
		e.starting = true
		for _, t := range e.threads[:e.n] {
			t.started = true
			t.resume()
		}
		e.starting = false
		if e.failure == "" {
			e.next = e.pick(nil)
			for e.next != nil {
				e.next.started = true
				e.next.resume()
			}
		}
	}
	if e.live > 0 {
		e.abort()
	}
	setRunning(nil)
	e.executions++
	e.totalSteps += e.steps
	if e.pruned {
		e.prunings++
		return
	}
	if e.failure == "" {
		e.drainAll()
		for _, f := range e.after {
			if !e.protect("After", f) {
				break
			}
		}
	}
	if e.failure == "" {
		e.failure = raceFailure()
	}
	if e.failure == "" && e.tb != nil && e.tb.Failed() && !e.failedBefore {
		e.failure = "the test was marked as failed"
	}
}

func (e *explorer) reset() {
	e.n, e.live = 0, 0
	e.after = e.after[:0]
	e.ready, e.blocked = 0, 0
	e.steps, e.preempted, e.depth = 0, 0, 0
	e.next, e.failure, e.pruned = nil, "", false
	e.fair = fairness{}
	if e.random != nil && !e.tracing {
		e.path = e.path[:0]
		e.greed = [...]uint64{0, 32, 48, 60, 62, 63}[e.random.IntN(6)]
	}
	if e.reduce != nil {
		e.reduce.reset()
	}
}

// protect runs a function of the user's outside of threads and reports whether it went well.
func (e *explorer) protect(what string, f func()) (ok bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failSignal:
			e.fail("%s", p.message)
		default:
			e.fail("%s panicked: %v\n%s", what, p, debug.Stack())
		}
	}()
	f()
	return e.failure == ""
}

// newThread adds a thread, which is ready to start.
func (e *explorer) newThread(name string, fn func()) {
	if e.n == MaxThreads {
		e.fail("explore: more than %d threads", MaxThreads)
		return
	}
	if e.n == len(e.threads) {
		e.threads = append(e.threads, &thread{e: e, id: e.n, bit: bit(e.n)})
	}
	t := e.threads[e.n]
	e.n++
	e.live++
	e.ready |= t.bit
	t.name, t.fn = name, fn
	t.started, t.ended = false, false
	t.op = op{kind: kindStart}
	t.buffer = t.buffer[:0]
	t.stale, t.insist = false, false
	t.saying.note, t.saying.failure, t.saying.afterAbort = "", "", 0
	t.lastStep = -1
	if e.reduce != nil {
		e.reduce.created(t, currentThread())
	}
	t.begin()
}

// handle takes the operation that the running thread has announced, and says who runs next: the same thread if it
// may go on at once, nil if nobody may.
func (e *explorer) handle(t *thread) *thread {
	if t.op.note != "" {
		e.annotate(t)
	}
	if t.op.failure != "" {
		e.fail("%s", t.op.failure)
	}
	switch t.op.kind {
	case kindEnd:
		t.ended = true
		e.live--
		e.ready &^= t.bit
		e.blocked &^= t.bit
		if e.starting || e.aborting || e.failure != "" {
			return nil
		}
		return e.pick(nil)
	case kindChoose:
		t.result = e.choose(t.op.arg)
	case kindSpawn:
		e.newThread(t.op.name, t.op.fn)
	case kindWriteWord:
		if e.reduce == nil {
			e.write(t)
			break
		}
		fallthrough
	default:
		if t.op.kind.blocking() {
			e.ready &^= t.bit
			e.blocked |= t.bit
		} else {
			e.ready |= t.bit
			e.blocked &^= t.bit
		}
		if e.starting || e.failure != "" {
			return nil
		}
		return e.pick(t)
	}
	if e.failure != "" {
		return nil
	}
	return t
}

// carryOut does the explorer's part of the operation of a thread that has been chosen.
func (e *explorer) carryOut(t *thread) {
	if t.op.kind.fences() && len(t.buffer) > 0 {
		e.drain(t, len(t.buffer))
	}
	if e.tracing {
		e.recordStep(t)
	}
	t.result = 0
	switch t.op.kind {
	case kindAcquire, kindTryAcquire:
		t.result = t.op.sem.take()
	case kindRelease:
		t.result = t.op.sem.put()
	case kindReadWord:
		t.result = e.read(t)
	case kindWriteWord:
		e.write(t)
	case kindBarrier:
		e.drainAll()
	}
}

// abort unwinds the threads that have not ended.
func (e *explorer) abort() {
	e.aborting = true
	for _, t := range e.threads[:e.n] {
		if t.started && !t.ended {
			t.resume()
		}
	}
	e.aborting = false
}

func (e *explorer) fail(format string, args ...any) {
	if e.failure == "" {
		e.failure = fmt.Sprintf(format, args...)
	}
}
