package bench

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

var timersWorkload = &Workload{
	Name:    "timers",
	Group:   OnTime,
	Purpose: "a process starts very many timers and cancels three of five; the rest fire, none early; a message is a start",
	Twin:    "time.AfterFunc and Stop",
	Figure:  NsPerMsg,
	Parameters: []Parameter{
		workersParam(), procsParam("processes that start timers", 1, 1, 1000),
		sizeParam("timers", 1_000_000, 1000, 5_000_000),
		durationParam(6e9), roundsParam(3), seedParam(),
	},
	thrum:    timersThrum,
	twin:     timersTwin,
	size:     func(p Params) int64 { return p.Size },
	conclude: timersConclude,
}

const (
	// timerBase, multiplied by the number of timers, is how long each runs at least,
	// and at most twice: starting and cancelling are over before the first fires,
	// also where they are slow.
	timerBase = time.Microsecond
	// timerWarm is how long a timer runs that only warms: it never fires.
	timerWarm = time.Hour
	// timerLook is how many timers are started between two looks at the clock. What
	// that takes, some microseconds, a timer could be early unnoticed.
	timerLook = 16
)

// timerEnds says what becomes of the i-th timer: three of five are cancelled.
func timerEnds(i int) (cancelled bool) { return i%5 < 3 }

// alarm is a timer from outside.
type alarm struct {
	due   int64 // the instant before which it must not fire; of who starts it
	late  int64 // by how much it fired after that
	fired atomic.Int32
	off   bool // cancelled in time; of who started it
}

// timersRun is what those who start timers share.
type timersRun struct {
	*trial
	began  time.Time
	alarms []alarm // as many as there are timers, and one for each who starts them
	delays []time.Duration
	// warming says that timers are started, and all of them cancelled, for the first
	// time, which is not measured: afterwards there is memory for them, as in a
	// program that has run for a while. Set between phases.
	warming bool
	after   int64        // every timer but the last ones is due before this instant
	busy    atomic.Int64 // those who have not done their share of the phase
	ended   int64        // when the last of them had
	open    atomic.Int64 // alarms that have neither fired nor been cancelled
	done    chan struct{}
}

// delay returns how long the i-th timer runs.
func (r *timersRun) delay(i int) time.Duration {
	if r.warming {
		return timerWarm
	}
	return r.delays[i]
}

// cancels says whether the i-th timer is to be cancelled.
func (r *timersRun) cancels(i int) bool { return r.warming || timerEnds(i) }

// cancelled notes the end of a timer that was cancelled, in time or not.
func (r *timersRun) cancelled(i int, ok bool) {
	switch {
	case ok && !r.warming:
		r.alarms[i].off = true
		r.over()
	case !ok && r.warming:
		r.failf(fmt.Sprintf("timer %d", i), "it was to run %v and could not be cancelled", timerWarm)
	}
}

func newTimers(t *trial) *timersRun {
	r := &timersRun{trial: t, began: time.Now(), delays: make([]time.Duration, t.n), done: make(chan struct{})}
	r.alarms = make([]alarm, int(t.n)+t.p.Procs)
	r.open.Store(int64(len(r.alarms)))
	random := rand.New(rand.NewPCG(t.p.Seed, 0))
	base := r.base()
	for i := range r.delays {
		r.delays[i] = base + time.Duration(random.Int64N(int64(base)))
	}
	return r
}

// now reads the clock that timers go by. A calibrated one, as the trial has, is right to some microseconds in a second: enough for what
// is measured, and too little to call a timer early.
func (r *timersRun) now() int64 { return int64(time.Since(r.began)) }

func (r *timersRun) base() time.Duration { return timerBase * time.Duration(r.n) }

// share returns the timers that belong to the id-th of those who start them.
func (r *timersRun) share(id int) (from, to int) {
	n, all := int(r.n), r.p.Procs
	return n * id / all, n * (id + 1) / all
}

// last makes the alarm with which the id-th ends. It comes after all others, so that
// a cancelled one which fires all the same is seen.
func (r *timersRun) last(id int) (a *alarm, d time.Duration) {
	a = &r.alarms[int(r.n)+id]
	now := r.now()
	d = time.Duration(max(0, r.after-now)) + time.Millisecond
	a.due = now + int64(d)
	return a, d
}

// phase returns when all have done their share, which f begins.
func (r *timersRun) phase(f func(done chan struct{}) error) (begin, end int64, err error) {
	r.busy.Store(int64(r.p.Procs))
	begin = r.clock.Now()
	if err = f(make(chan struct{})); err != nil {
		return 0, 0, err
	}
	return begin, r.ended, nil
}

// did is called by each at the end of its share.
func (r *timersRun) did(done chan struct{}) {
	if r.busy.Add(-1) == 0 {
		r.ended = r.clock.Now()
		close(done)
	}
}

// over counts an alarm that has fired or was cancelled.
func (r *timersRun) over() {
	if r.open.Add(-1) == 0 {
		close(r.done)
	}
}

// fire is what a timer does.
func (r *timersRun) fire(a *alarm) {
	now := r.now()
	if now < a.due {
		r.failf("timer", "it fired %v early", time.Duration(a.due-now))
	}
	if a.fired.Add(1) != 1 {
		r.failf("timer", "it fired twice")
		return
	}
	a.late = now - a.due
	r.over()
}

// verify looks at every alarm when all is over.
func (r *timersRun) verify() {
	for i := range r.alarms {
		a := &r.alarms[i]
		switch fired := a.fired.Load() != 0; {
		case fired && a.off:
			r.failf(fmt.Sprintf("timer %d", i), "it fired after it had been cancelled")
			return
		case !fired && !a.off:
			r.failf(fmt.Sprintf("timer %d", i), "it neither fired nor was it cancelled")
			return
		}
	}
}

// lateness is that of all timers that have fired.
func (r *timersRun) lateness() *meter.Recorder {
	late := meter.NewRecorder()
	for i := range r.n {
		if a := &r.alarms[i]; !a.off {
			late.Record(a.late)
		}
	}
	return late
}

// details adds to the time for a start what else there is to tell.
func (r *timersRun) details(begin, end int64) []Detail {
	cancels := int64(0)
	for i := range r.n {
		if timerEnds(int(i)) {
			cancels++
		}
	}
	late := r.lateness()
	out := []Detail{{"cancel", float64(end-begin) / float64(cancels), "ns"}}
	for _, q := range []struct {
		name string
		p    float64
	}{{"late_p50", 0.5}, {"late_p99", 0.99}} {
		if v, ok := late.Percentile(q.p); ok {
			out = append(out, Detail{q.name, float64(v) / 1e6, "ms"})
		}
	}
	return out
}

// timersConclude compares the cancels as the ratio compares the starts.
func timersConclude(results []Result) {
	for i := range results {
		r := &results[i]
		var own, twin float64
		for _, d := range r.Details {
			switch d.Name {
			case "cancel":
				own = d.Value
			case "twin_cancel":
				twin = d.Value
			}
		}
		if own > 0 && twin > 0 {
			r.Details = append(r.Details, Detail{"cancel_ratio", twin / own, "x"})
		}
	}
}
