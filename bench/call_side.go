package bench

import (
	"context"
	"fmt"
	"sync"

	"github.com/thrum-go/thrum/proc"
)

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
