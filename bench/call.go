package bench

import (
	"fmt"
	"math/bits"
	"sync/atomic"
	"time"
)

// The styles of call: who calls.
const (
	callMachine   = "machine"
	callDirect    = "direct"
	callGoroutine = "goroutine"
)

var callWorkload = &Workload{
	Name:    "call",
	Group:   OnMessages,
	Purpose: "callers call a state machine each and wait for the reply; a message is a call with its reply",
	Twin:    "two goroutines a pair, question and answer through two channels, unbuffered for one call",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("the caller is a state machine that awaits, a process in direct style or a goroutine", callMachine, callDirect, callGoroutine),
		procsParam("callers and called, two a pair", 2, 2, 1_000_000), callInflight(),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum:  callThrum,
	twin:   callTwin,
	warm:   func(p Params) int64 { return max(20_000, 4*int64(p.Procs)) },
	refine: refineCall("call"),
	label:  callLabel,
}

func callInflight() Parameter {
	return inflightParam("calls of a caller; not with style goroutine, which waits for each", 100_000)
}

func callLabel(p Params) string { return p.Style + inflightLabel(p) }

func refineCall(name string) func(Params) error {
	return func(p Params) error {
		if p.Style == callGoroutine && p.Inflight > 1 {
			return &ParamError{name, Inflight, fmt.Sprint(p.Inflight), "a goroutine waits for each call: with style goroutine it takes 1"}
		}
		return refineAll(evenProcs(name), boundInflight(name))(p)
	}
}

// callTimeout is what every call of a process has; none may run into it, on however busy
// a machine. Goroutines share one context instead: a new one with a deadline for each
// call would cost more than the call.
const callTimeout = time.Minute

// question is what is asked, and in another place what is answered.
type question struct{ n uint64 }

// questions are those of a caller, or the answers of who is called, used in turns: one
// more than are under way, so that one which comes twice is still the same. Their number
// is a power of two.
type questions []question

func (r *callRun) questions() questions { return make(questions, 1<<bits.Len64(r.ahead)) }

func (q questions) next(n uint64) *question {
	x := &q[n&uint64(len(q)-1)]
	x.n = n
	return x
}

// callRun is what the pairs of a round share.
type callRun struct {
	*trial
	begin, end int64
	each       uint64       // calls a pair makes
	ahead      uint64       // of which so many may be under way
	calling    atomic.Int64 // callers not yet done; the one that takes it to 0 writes end
	done       chan struct{}
}

func newCall(t *trial) *callRun {
	pairs := int64(t.p.Procs / 2)
	r := &callRun{trial: t, each: uint64(max(1, t.n/pairs)), ahead: t.ahead(), done: make(chan struct{})}
	r.calling.Store(pairs)
	return r
}

func (r *callRun) total() int64 { return int64(r.each) * int64(r.p.Procs/2) }

func (r *callRun) finished() {
	if r.calling.Add(-1) == 0 {
		r.end = r.clock.Now()
		close(r.done)
	}
}

// answered checks what a call has brought; false ends the caller.
func (r *callRun) answered(id int, n uint64, v any, err error) bool {
	if err != nil {
		if r.ctx.Err() == nil && !r.failed() {
			r.failf(fmt.Sprintf("caller %d", id), "call %d: %v", n, err)
		}
		return false
	}
	a, ok := v.(*question)
	if !ok {
		r.failf(fmt.Sprintf("caller %d", id), "the reply to call %d is a %T", n, v)
		return false
	}
	if a.n != n {
		r.order(fmt.Sprintf("caller %d", id), a.n, n)
		return false
	}
	return true
}

func callTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newCall(t)
	run.done = g.done
	begin := make(chan struct{})
	for i := range t.p.Procs / 2 {
		ask, reply := roomFor(run.ahead), roomFor(run.ahead)
		g.wg.Go(func() {
			n, answers := uint64(0), run.questions()
			for m := range ask {
				q := m.Body.(*question)
				n++
				if q.n != n {
					t.order(fmt.Sprintf("called goroutine %d", i), q.n, n)
				}
				reply <- message{Body: answers.next(n)}
			}
		})
		g.wg.Go(func() {
			defer close(ask)
			<-begin
			qs, asked := run.questions(), uint64(0)
			for n := uint64(1); ; n++ {
				for asked < run.each && asked < n-1+run.ahead && !t.stopped.Load() {
					asked++
					ask <- message{Body: qs.next(asked)}
				}
				if n > asked {
					break // all is done, or the round was stopped
				}
				run.answered(i, n, (<-reply).Body, nil)
			}
			run.finished()
		})
	}
	sample, err := t.timed(run.total(), func() (int64, int64, error) {
		run.begin = t.clock.Now()
		close(begin)
		<-g.done
		return run.begin, run.end, nil
	})
	g.join()
	return sample, err
}
