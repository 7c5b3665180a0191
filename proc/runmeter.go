package proc

import (
	"slices"
	"sync"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

// RunMeter measures how long processes run, by sampling: about a thousand times a second, at random distances, what each worker is doing then is
// credited with the time since the sample before. Nothing is done in a turn for it, so a runtime costs as much with a meter as without, but that an
// idle one wakes once a millisecond. Any number of meters may measure at a time. The methods may be called by any goroutine.
//
// The error is that of sampling: of n samples, a share s of all time is off by the root of s(1-s)/n, so after a second of one worker 80 % is
// 80 ± 1.3 %, and 1 % is 1 ± 0.3 %. A handler that blocks counts as running, until it returns, unless that is inside Ctx.Blocking; one that
// has lost its worker is credited when it returns.
type RunMeter struct {
	rt   *Runtime
	stop sync.Once
	from int64 // the clock at its beginning

	mu    sync.Mutex
	runs  map[runKey]*run // since the last Take
	limit int             // when there are more, those of processes that have ended are put together
}

// runKey is a process, or, with pid 0, all those of a type and parent that have ended.
type runKey struct {
	pid    PID
	kind   *processType
	parent PID
}

// RunTime is what a process has run in.
type RunTime struct {
	PID     PID           // 0 for many that have ended, put together
	Type    string        // as in Info
	Parent  PID           // as in Info; of a process that lives it may be missing, so ask that
	Time    time.Duration // on workers
	Samples int           // from which that is known
}

// run is what a RunTime is made of.
type run struct {
	kind    *processType
	parent  PID
	ns      int64
	samples int
}

// runs is what a runtime knows of those who measure.
type runs struct {
	n      atomics.Int32 // meters; anyone may load it
	mu     sync.Mutex
	meters []*RunMeter // to be read and written with mu held
}

// MeasureRunTime begins to measure how long processes run. The meter's Stop ends it.
func (rt *Runtime) MeasureRunTime() *RunMeter {
	m := &RunMeter{rt: rt, from: rt.sched.Clock(), runs: make(map[runKey]*run), limit: maxRuns}
	r := &rt.runs
	r.mu.Lock()
	r.meters = append(r.meters, m)
	r.mu.Unlock()
	r.n.Add(1)
	rt.sched.KeepTicking()
	return m
}

// Stop ends the measurement. What has not been taken can still be. It may be called more than once.
func (m *RunMeter) Stop() {
	m.stop.Do(func() {
		m.rt.sched.LetRest()
		r := &m.rt.runs
		r.n.Add(-1)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.meters = slices.DeleteFunc(r.meters, func(o *RunMeter) bool { return o == m })
	})
}

// Take returns what processes have run since the last Take, or since the meter began, in no particular order: those that have ended as well
// as those that live. A process that was never met in a sample is not there.
func (m *RunMeter) Take() []RunTime {
	m.mu.Lock()
	runs := m.runs
	m.runs, m.limit = make(map[runKey]*run), maxRuns
	m.mu.Unlock()
	all := make([]RunTime, 0, len(runs))
	for k, r := range runs {
		t := RunTime{PID: k.pid, Parent: r.parent, Time: time.Duration(r.ns), Samples: r.samples, Type: "starting"}
		if r.kind != nil {
			t.Type = r.kind.name
		}
		all = append(all, t)
	}
	return all
}

// maxRuns is how many processes a meter keeps apart when nobody takes them, if not more than half as many live.
const maxRuns = 1 << 16

// add credits a process.
func (m *RunMeter) add(pid PID, kind *processType, parent PID, ns int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := runKey{pid: pid}
	r := m.runs[k]
	if r == nil {
		if len(m.runs) >= m.limit {
			m.shrink()
		}
		r = &run{}
		m.runs[k] = r
	}
	r.add(&run{kind, parent, ns, 1})
}

func (r *run) add(o *run) {
	if o.kind != nil {
		r.kind = o.kind
	}
	if o.parent != 0 {
		r.parent = o.parent
	}
	r.ns += o.ns
	r.samples += o.samples
}

// shrink puts together what have ended: by type and parent, and if that does not suffice, by type.
func (m *RunMeter) shrink() {
	for _, byParent := range []bool{true, false} {
		for k, r := range m.runs {
			to := runKey{kind: r.kind}
			if byParent {
				to.parent = r.parent
			}
			if k == to || k.pid != 0 && m.rt.lives(k.pid) {
				continue
			}
			delete(m.runs, k)
			e := m.runs[to]
			if e == nil {
				e = &run{}
				m.runs[to] = e
			}
			e.add(r)
			e.parent = to.parent
		}
		if len(m.runs) < maxRuns/2 {
			break
		}
	}
	m.limit = max(maxRuns, 2*len(m.runs))
}

// credit credits a process in all meters with the time from one clock to another, as far as they have been there.
func (r *runs) credit(pid PID, kind *processType, parent PID, from, to int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.meters {
		if ns := to - max(from, m.from); ns > 0 {
			m.add(pid, kind, parent, ns)
		}
	}
}

// born tells whose child a process was that ends now: nobody could ask it any more.
func (r *runs) born(pid, parent PID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.meters {
		m.mu.Lock()
		if e := m.runs[runKey{pid: pid}]; e != nil {
			e.parent = parent
		}
		m.mu.Unlock()
	}
}

// runSample is what a worker knows of samples. It is the worker's own.
type runSample struct {
	on     bool   // run time is measured
	tick   uint32 // the monitor's, when the worker looked last
	at     int64  // the clock at that tick
	ended  PID    // the process with a parent that has ended last
	parent PID    // of that
}

// beginSamples is for a worker that has just got its core, which may be for a handler that does not return soon.
func (c *Ctx) beginSamples() {
	if c.rt.runs.n.Load() > 0 {
		c.sample.on = true
		c.sample.tick, c.sample.at = c.w.Sched().Ticks(), c.w.Sched().TickedAt()
	}
}

// sampleRun is called when the core is looked at, which is after each message that a tick of the monitor has fallen into: that message's
// process is credited with the time since the tick before.
func (c *Ctx) sampleRun() {
	if c.rt.runs.n.Load() == 0 {
		c.sample.on = false
		return
	}
	if !c.sample.on {
		c.beginSamples()
		return
	}
	tick := c.rt.sched.Ticks()
	if tick == c.sample.tick {
		return
	}
	at := c.rt.sched.TickedAt()
	from := c.sample.at
	c.sample.tick, c.sample.at = tick, at
	if c.self == 0 || at <= from {
		return // the worker had nothing to do at the tick
	}
	p := c.rt.table.find(c.self)
	if p == nil {
		return
	}
	parent := PID(0)
	if c.self == c.sample.ended {
		parent = c.sample.parent
	} else if owned, _ := p.mb.Owns(c.cache, c.self.gen()); owned && p.cold != nil {
		parent = p.cold.parent
	}
	c.rt.runs.credit(c.self, p.kind.Load(), parent, from, at)
}

// ranAway credits a process that goes on without the core with its time there.
func (c *Ctx) ranAway(p *process) {
	if !c.sample.on {
		return
	}
	c.sample.on = false
	at := c.rt.sched.TickedAt()
	if at <= c.sample.at {
		return
	}
	parent := PID(0)
	if p.cold != nil {
		parent = p.cold.parent
	}
	c.rt.runs.credit(p.pid, p.kind.Load(), parent, c.sample.at, at)
}
