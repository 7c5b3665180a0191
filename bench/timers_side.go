package bench

import (
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// cancel is the body of the message after which timers are cancelled.
var cancel = &signal{"cancel"}

// timerProc starts its share of the timers, in turns, then cancels some of them, and
// is where the others fire.
type timerProc struct {
	run      *timersRun
	id       int
	from, to int   // its share
	next     int   // of it, in this phase
	on       steps // in this phase
	timers   []proc.Timer
	phase    chan struct{} // closed by the last one at the end of the phase; set before the phase begins
}

// Handle implements proc.Machine.
func (p *timerProc) Handle(c *proc.Ctx, m proc.Message) error {
	switch m.Body {
	case stop:
		return proc.Normal
	case start, cancel:
		if !p.on.come(p.run.trial, "process", m) {
			return nil
		}
		do := p.start
		if m.Body == cancel {
			do = p.cancel
		}
		for p.next < p.to {
			if err := do(c); err != nil {
				return err
			}
			if c.ShouldYield() && p.next < p.to {
				return p.on.next(c, p.run.trial, "process", m)
			}
		}
		p.on, p.next = steps{}, p.from
		p.run.did(p.phase)
	default:
		a, ok := m.Body.(*alarm)
		if !ok {
			p.run.failf(fmt.Sprintf("process %d", p.id), "message %+v", m)
			return nil
		}
		p.run.fire(a)
	}
	return nil
}

// start starts the next few timers.
func (p *timerProc) start(c *proc.Ctx) error {
	now := p.run.now()
	for end := min(p.next+timerLook, p.to); p.next < end; p.next++ {
		a, d := &p.run.alarms[p.next], p.run.delay(p.next)
		a.due = now + int64(d)
		t, err := c.SendAfter(d, c.Self(), a)
		if err != nil {
			return p.run.sent(fmt.Sprintf("process %d starting a timer", p.id), err)
		}
		p.timers[p.next-p.from] = t
	}
	return nil
}

// cancel cancels the next few timers.
func (p *timerProc) cancel(c *proc.Ctx) error {
	for end := min(p.next+timerLook, p.to); p.next < end; p.next++ {
		if p.run.cancels(p.next) {
			p.run.cancelled(p.next, c.Cancel(p.timers[p.next-p.from]))
		}
	}
	if p.next < p.to || p.run.warming {
		return nil
	}
	a, d := p.run.last(p.id)
	if _, err := c.SendAfter(d, c.Self(), a); err != nil {
		return p.run.sent(fmt.Sprintf("process %d starting its last timer", p.id), err)
	}
	return nil
}

func timersThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	run := newTimers(t)
	procs := make([]timerProc, t.p.Procs)
	pids := make([]proc.PID, t.p.Procs)
	for i := range procs {
		from, to := run.share(i)
		procs[i] = timerProc{run: run, id: i, from: from, to: to, next: from, timers: make([]proc.Timer, to-from)}
		if pids[i], err = s.spawn(&procs[i]); err != nil {
			return Sample{}, err
		}
	}
	phase := func(sig *signal) (begin, end int64, err error) {
		return run.phase(func(done chan struct{}) error {
			for i, pid := range pids {
				procs[i].phase = done
				if err := s.send(pid, sig); err != nil {
					return err
				}
			}
			return s.await(done)
		})
	}
	run.warming = true
	for _, sig := range []*signal{start, cancel} {
		if _, _, err := phase(sig); err != nil {
			return Sample{}, err
		}
	}
	run.warming = false
	run.after = run.now() + 2*int64(run.base())
	sample, err := t.timed(t.n, func() (int64, int64, error) { return phase(start) })
	if err != nil {
		return Sample{}, err
	}
	begin, end, err := phase(cancel)
	if err != nil {
		return Sample{}, err
	}
	if err := s.await(run.done); err != nil {
		return Sample{}, err
	}
	sample.Latency, sample.Details = run.lateness(), run.details(begin, end)
	for _, pid := range pids {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	run.verify()
	return sample, nil
}

// timersTwin does the same with Go's own timers. The functions they call are made
// beforehand.
func timersTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	run := newTimers(t)
	fires := make([]func(), len(run.alarms))
	for i := range fires {
		fires[i] = func() { run.fire(&run.alarms[i]) }
	}
	timers := make([]*time.Timer, t.n)
	last := make([]*time.Timer, t.p.Procs)
	phase := func(f func(id, from, to int)) (begin, end int64, err error) {
		return run.phase(func(done chan struct{}) error {
			for id := range t.p.Procs {
				g.wg.Go(func() {
					from, to := run.share(id)
					f(id, from, to)
					run.did(done)
				})
			}
			<-done
			return nil
		})
	}
	startAll := func(_, from, to int) {
		for from < to && !t.stopped.Load() {
			now := run.now()
			for end := min(from+timerLook, to); from < end; from++ {
				d := run.delay(from)
				run.alarms[from].due = now + int64(d)
				timers[from] = time.AfterFunc(d, fires[from])
			}
		}
	}
	cancelSome := func(id, from, to int) {
		for ; from < to && timers[from] != nil; from++ {
			if run.cancels(from) {
				run.cancelled(from, timers[from].Stop())
			}
		}
		if run.warming {
			return
		}
		_, d := run.last(id)
		last[id] = time.AfterFunc(d, fires[int(t.n)+id])
	}
	run.warming = true
	_, _, _ = phase(startAll)
	_, _, _ = phase(cancelSome)
	run.warming = false
	run.after = run.now() + 2*int64(run.base())
	sample, err := t.timed(t.n, func() (int64, int64, error) { return phase(startAll) })
	begin, end, _ := phase(cancelSome)
	select {
	case <-run.done:
		sample.Latency, sample.Details = run.lateness(), run.details(begin, end)
		run.verify()
	case <-t.ctx.Done():
		for _, timer := range append(timers, last...) {
			if timer != nil {
				timer.Stop()
			}
		}
	}
	g.join()
	return sample, err
}
