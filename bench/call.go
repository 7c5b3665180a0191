package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// The styles of call: who calls.
const (
	callMachine   = "machine"
	callDirect    = "direct"
	callGoroutine = "goroutine"
)

var callWorkload = &Workload{
	Name:    "call",
	Purpose: "callers call a state machine each and wait for the reply; a message is a call with its reply",
	Twin:    "two goroutines a pair, a question and an answer through two unbuffered channels",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), styleParam("the caller is a state machine that awaits, a process in direct style or a goroutine", callMachine, callDirect, callGoroutine),
		procsParam("callers and called, two a pair", 2, 2, 1_000_000),
		messagesParam(), durationParam(2e9), roundsParam(3),
	},
	thrum:  callThrum,
	twin:   callTwin,
	warm:   func(p Params) int64 { return max(20_000, 4*int64(p.Procs)) },
	refine: evenProcs("call"),
	label:  func(p Params) string { return p.Style },
}

// callTimeout is what every call of a process has, as Erlang's have; none may run
// into it. Goroutines share one context instead: a new one with a deadline for
// each call would cost more than the call.
const callTimeout = 5 * time.Second

// question is what is asked, and in another place what is answered.
type question struct{ n uint64 }

// questions are those of a caller, used in turns, so that a question which comes
// twice is still the same.
type questions [2]question

func (q *questions) next(n uint64) *question {
	x := &q[n%2]
	x.n = n
	return x
}

// callRun is what the pairs of a round share.
type callRun struct {
	*trial
	begin, end int64
	each       uint64       // calls a pair makes
	calling    atomic.Int64 // callers not yet done; the one that takes it to 0 writes end
	done       chan struct{}
}

func newCall(t *trial) *callRun {
	pairs := int64(t.p.Procs / 2)
	r := &callRun{trial: t, each: uint64(max(1, t.n/pairs)), done: make(chan struct{})}
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

// callee answers.
type callee struct {
	run    *callRun
	id     int
	seq    uint64
	answer question
	_      [88]byte
}

// Handle implements proc.Machine.
func (k *callee) Handle(c *proc.Ctx, m proc.Message) error {
	q, ok := m.Body.(*question)
	if !ok {
		return proc.Normal
	}
	k.seq++
	if q.n != k.seq {
		k.run.order(fmt.Sprintf("called process %d", k.id), q.n, k.seq)
		return nil
	}
	k.answer.n = q.n
	if err := c.Reply(&k.answer); err != nil {
		return k.run.sent(fmt.Sprintf("called process %d replying", k.id), err)
	}
	return nil
}

// caller is a state machine that calls.
type caller struct {
	run  *callRun
	to   proc.PID
	id   int
	seq  uint64 // the last call
	ask  questions
	then func(*proc.Ctx, any, error) error // k.replied, made once
	_    [64]byte
}

// Handle implements proc.Machine.
func (k *caller) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == stop {
		return proc.Normal
	}
	k.then = k.replied
	return k.next(c)
}

func (k *caller) next(c *proc.Ctx) error {
	if k.seq == k.run.each || k.run.stopped.Load() {
		k.run.finished()
		return nil
	}
	k.seq++
	if err := c.Await(k.to, k.ask.next(k.seq), callTimeout, k.then); err != nil {
		return k.run.sent(fmt.Sprintf("caller %d", k.id), err)
	}
	return nil
}

func (k *caller) replied(c *proc.Ctx, v any, err error) error {
	if !k.run.answered(k.id, k.seq, v, err) {
		return nil
	}
	return k.next(c)
}

// direct is the same as a process in direct style.
func (r *callRun) direct(id int, to proc.PID) func(*proc.Self) error {
	return func(self *proc.Self) error {
		if m := self.Receive(); m.Body == stop {
			return nil
		}
		var ask questions
		for n := uint64(1); n <= r.each && !r.stopped.Load(); n++ {
			v, err := self.Call(to, ask.next(n), callTimeout)
			if !r.answered(id, n, v, err) {
				return nil
			}
		}
		r.finished()
		self.Receive()
		return nil
	}
}

// goroutine is the same as a goroutine.
func (r *callRun) goroutine(ctx context.Context, rt *proc.Runtime, id int, to proc.PID) {
	var ask questions
	for n := uint64(1); n <= r.each && !r.stopped.Load(); n++ {
		v, err := rt.Call(ctx, to, ask.next(n))
		if !r.answered(id, n, v, err) {
			return
		}
	}
	r.finished()
}

func callThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newCall(t)
	called := make([]callee, t.p.Procs/2)
	pids := make([]proc.PID, 0, t.p.Procs) // the called first
	for i := range called {
		called[i] = callee{run: run, id: i}
		pid, err := s.spawn(&called[i])
		if err != nil {
			return Sample{}, err
		}
		pids = append(pids, pid)
	}
	var sample Sample
	if t.p.Style == callGoroutine {
		sample, err = run.byGoroutines(s, pids)
	} else {
		sample, pids, err = run.byProcesses(s, pids)
	}
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
	for i := range called {
		if called[i].seq != run.each && !t.stopped.Load() {
			t.failf(fmt.Sprintf("called process %d", i), "it was called %d times, %d calls were made", called[i].seq, run.each)
		}
	}
	return sample, nil
}

// byProcesses lets a process call each of the called, and returns the PIDs of all.
func (r *callRun) byProcesses(s *system, called []proc.PID) (Sample, []proc.PID, error) {
	all := called
	callers := make([]caller, len(called))
	for i, to := range called {
		var pid proc.PID
		var err error
		if r.p.Style == callDirect {
			pid, err = s.direct(r.direct(i, to))
		} else {
			callers[i] = caller{run: r, to: to, id: i}
			pid, err = s.spawn(&callers[i])
		}
		if err != nil {
			return Sample{}, nil, err
		}
		all = append(all, pid)
	}
	sample, err := r.timed(r.total(), func() (int64, int64, error) {
		r.begin = r.clock.Now()
		for _, pid := range all[len(called):] {
			if err := s.send(pid, start); err != nil {
				return 0, 0, err
			}
		}
		return s.awaitSpan(r.done, &r.begin, &r.end)
	})
	return sample, all, err
}

// byGoroutines lets a goroutine call each of the called.
func (r *callRun) byGoroutines(s *system, called []proc.PID) (Sample, error) {
	ctx, cancel := context.WithCancel(r.ctx)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel() // when a check has failed some calls are never answered
	for i, to := range called {
		wg.Go(func() {
			<-begin
			r.goroutine(ctx, s.rt, i, to)
		})
	}
	return r.timed(r.total(), func() (int64, int64, error) {
		r.begin = r.clock.Now()
		close(begin)
		return s.awaitSpan(r.done, &r.begin, &r.end)
	})
}

func callTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newCall(t)
	run.done = g.done
	begin := make(chan struct{})
	for i := range t.p.Procs / 2 {
		ask, reply := make(chan message), make(chan message)
		g.wg.Go(func() {
			var answer question
			for m := range ask {
				q := m.Body.(*question)
				answer.n++
				if q.n != answer.n {
					t.order(fmt.Sprintf("called goroutine %d", i), q.n, answer.n)
				}
				reply <- message{Body: &answer}
			}
		})
		g.wg.Go(func() {
			defer close(ask)
			<-begin
			var qs questions
			for n := uint64(1); n <= run.each && !t.stopped.Load(); n++ {
				ask <- message{Body: qs.next(n)}
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
