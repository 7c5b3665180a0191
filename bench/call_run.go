package bench

import (
	"context"
	"fmt"
	"sync"

	"github.com/thrum-go/thrum/proc"
)

// callSide is a round of calls.
func callSide(t *trial, shape *callShape) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newCall(t)
	served := make([]*uint64, t.p.Procs/2)
	pids := make([]proc.PID, 0, t.p.Procs) // the called first
	for i := range served {
		var k proc.Machine
		k, served[i] = shape.callee(run, i)
		pid, err := s.spawn(k)
		if err != nil {
			return Sample{}, err
		}
		pids = append(pids, pid)
	}
	var sample Sample
	if t.p.Style == callGoroutine {
		sample, err = run.byGoroutines(s, shape, pids)
	} else {
		sample, pids, err = run.byProcesses(s, shape, pids)
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
	for i, n := range served {
		if *n != run.each && !t.stopped.Load() {
			t.failf(fmt.Sprintf("called process %d", i), "it was called %d times, %d calls were made", *n, run.each)
		}
	}
	return sample, nil
}

// byProcesses lets a process call each of the called, and returns the PIDs of all.
func (r *callRun) byProcesses(s *system, shape *callShape, called []proc.PID) (Sample, []proc.PID, error) {
	all := called
	callers := make([]caller, len(called))
	for i, to := range called {
		var pid proc.PID
		var err error
		if r.p.Style == callDirect {
			pid, err = s.direct(r.direct(shape, i, to))
		} else {
			callers[i] = caller{run: r, shape: shape, to: to, id: i, ask: r.questions()}
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
func (r *callRun) byGoroutines(s *system, shape *callShape, called []proc.PID) (Sample, error) {
	ctx, cancel := context.WithCancel(r.ctx)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel() // when a check has failed some calls are never answered
	for i, to := range called {
		wg.Go(func() {
			<-begin
			r.calls(i, func(q *question) (any, error) { return shape.goroutine(ctx, s.rt, to, q) })
		})
	}
	return r.timed(r.total(), func() (int64, int64, error) {
		r.begin = r.clock.Now()
		close(begin)
		return s.awaitSpan(r.done, &r.begin, &r.end)
	})
}
