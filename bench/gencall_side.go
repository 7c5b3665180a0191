package bench

import (
	"context"
	"fmt"
	"sync"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
)

func gencallThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newCall(t)
	called := make([]genCallee, t.p.Procs/2)
	pids := make([]proc.PID, 0, t.p.Procs) // the called first
	for i := range called {
		k := &called[i]
		*k = genCallee{run: run, id: i}
		pid, err := s.spawn(genserver.Factory(func() genserver.Server[*question, *question, struct{}] { return k })())
		if err != nil {
			return Sample{}, err
		}
		pids = append(pids, pid)
	}
	var sample Sample
	if t.p.Style == callGoroutine {
		sample, err = run.genByGoroutines(s, pids)
	} else {
		sample, pids, err = run.genByProcesses(s, pids)
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
			t.failf(fmt.Sprintf("called server %d", i), "it was called %d times, %d calls were made", called[i].seq, run.each)
		}
	}
	return sample, nil
}

// genByProcesses lets a process call each of the servers, and returns the PIDs of all.
func (r *callRun) genByProcesses(s *system, called []proc.PID) (Sample, []proc.PID, error) {
	all := called
	for i, to := range called {
		ref := genserver.RefOf[*question, *question, struct{}](to)
		var pid proc.PID
		var err error
		if r.p.Style == callDirect {
			pid, err = s.direct(r.genDirect(i, ref))
		} else {
			pid, err = s.spawn(&genCaller{run: r, to: ref, id: i})
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

// genByGoroutines lets a goroutine call each of the servers.
func (r *callRun) genByGoroutines(s *system, called []proc.PID) (Sample, error) {
	ctx, cancel := context.WithCancel(r.ctx)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel() // when a check has failed some calls are never answered
	for i, to := range called {
		wg.Go(func() {
			<-begin
			r.genGoroutine(ctx, s.rt, i, genserver.RefOf[*question, *question, struct{}](to))
		})
	}
	return r.timed(r.total(), func() (int64, int64, error) {
		r.begin = r.clock.Now()
		close(begin)
		return s.awaitSpan(r.done, &r.begin, &r.end)
	})
}
