package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

var fairWorkload = &Workload{
	Name:    "fair",
	Group:   OnFairness,
	Purpose: "wake-up latency of paced processes (a timer every ms) under busy ones of 10 µs a message",
	Twin:    "busy goroutines that call runtime.Gosched after each message, and sleeping ones",
	Figure:  P99,
	Parameters: []Parameter{
		workersParam(), procsParam("busy processes", 1000, 1, 1_000_000),
		durationParam(6e9), roundsParam(1),
	},
	timed: true,
	thrum: fairThrum,
	twin:  fairTwin,
}

const (
	// fairTick is how long a paced process sets its timer.
	fairTick = time.Millisecond
	// fairPaced processes are paced, rather than one, so that some seconds give
	// the ten thousand wake-ups that a p99.9 needs. Together they take less than
	// 1 % of a core.
	fairPaced = 10
	// fairPhases is how often the paced ones are let run and held back: what they
	// cost the busy ones is the difference.
	fairPhases = 4
)

// tick is the body of the paced processes' timers.
var tick = &signal{"tick"}

// pacedProc sets itself a timer and records how late it wakes.
type pacedProc struct {
	t         *trial
	id        int
	rec       *meter.Recorder
	due       int64
	active    bool // sets timers
	armed     bool // a timer is under way
	ending    bool
	wakeups   int64
	scheduled int64
}

// Handle implements proc.Machine.
func (p *pacedProc) Handle(c *proc.Ctx, m proc.Message) error {
	switch m.Body {
	case start:
		p.active = true
		if p.armed {
			return nil
		}
	case pause:
		p.active = false
		return nil
	case stop:
		p.active, p.ending = false, true
		if !p.armed {
			return proc.Normal
		}
		return nil
	case tick:
		now := p.t.clock.Now()
		p.wakeups++
		p.armed = false
		if now < p.due {
			p.t.failf(fmt.Sprintf("paced process %d", p.id), "its timer came %v early", time.Duration(p.due-now))
		}
		// Also when it comes after the end of the phase: a stall that the phase does
		// not outlast would otherwise leave no trace.
		p.rec.RecordPaced(now-p.due, int64(fairTick))
		if p.ending {
			return proc.Normal
		}
		if !p.active {
			return nil
		}
	}
	p.armed = true
	p.scheduled++
	p.due = p.t.clock.Now() + int64(fairTick)
	if _, err := c.SendAfter(fairTick, c.Self(), tick); err != nil {
		return p.t.sent(fmt.Sprintf("paced process %d setting its timer", p.id), err)
	}
	return nil
}

func fairThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	crowd := t.crowd(t.p.Procs)
	pids, err := crowd.spawn(s)
	if err != nil {
		return Sample{}, err
	}
	if err := crowd.underWay(); err != nil {
		return Sample{}, err
	}
	paced := make([]pacedProc, fairPaced)
	pacedPIDs := make([]proc.PID, len(paced))
	for i := range paced {
		paced[i] = pacedProc{t: t, id: i, rec: meter.NewRecorder()}
		if pacedPIDs[i], err = s.spawn(&paced[i]); err != nil {
			return Sample{}, err
		}
	}
	tell := func(sig *signal) error {
		for _, pid := range pacedPIDs {
			if err := s.send(pid, sig); err != nil {
				return err
			}
		}
		return nil
	}
	details, err := crowd.phases(t.limit, func(on bool) error {
		if on {
			return tell(start)
		}
		return tell(pause)
	})
	if err != nil {
		return Sample{}, err
	}
	for _, pid := range append(pids, pacedPIDs...) {
		if err := s.send(pid, stop); err != nil {
			return Sample{}, err
		}
	}
	if err := s.drain(); err != nil {
		return Sample{}, err
	}
	all := meter.NewRecorder()
	wakeups := make([]float64, len(paced))
	for i := range paced {
		p := &paced[i]
		wakeups[i] = float64(p.wakeups)
		if p.wakeups != p.scheduled {
			t.failf(fmt.Sprintf("paced process %d", i), "%d timers set, %d came", p.scheduled, p.wakeups)
		}
		all.Merge(p.rec)
	}
	return Sample{Latency: all, Details: append(details, probe(all, wakeups)...)}, nil
}

// phases lets the paced ones run and holds them back in turns, three quarters and
// one quarter of the time, and returns what that did to the busy ones.
func (b *busyCrowd) phases(limit time.Duration, set func(on bool) error) ([]Detail, error) {
	var with, without []float64
	for range fairPhases {
		for _, on := range []bool{true, false} {
			if err := set(on); err != nil {
				return nil, err
			}
			d := limit / fairPhases * 3 / 4
			if !on {
				d = limit / fairPhases / 4
			}
			before := b.pace()
			if err := b.sleep(d); err != nil {
				return nil, err
			}
			if on {
				with = append(with, before.rate())
			} else {
				without = append(without, before.rate())
			}
		}
	}
	least := uint64(math.MaxUint64)
	for i := range b.busy {
		least = min(least, b.busy[i].count.Load())
	}
	counts := make([]float64, len(b.busy))
	for i := range counts {
		counts[i] = float64(b.busy[i].count.Load())
	}
	return []Detail{
		{"jain_of_busy", jain(counts), ""},
		{"busy_loss", (1 - medianOf(with)/medianOf(without)) * 100, "%"},
		b.utilisation(medianOf(with)),
		{"least_busy_over_mean", float64(least) / max(1, float64(b.total())) * float64(len(b.busy)) * 100, "%"},
	}, nil
}

// jain returns Jain's index of fairness: 1 when all got the same, 1/n when one got all.
func jain(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += v
		squares += v * v
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (float64(len(x)) * squares)
}

// probe tells of the paced ones what the row's columns tell of Thrum's alone.
func probe(rec *meter.Recorder, wakeups []float64) []Detail {
	out := []Detail{{"jain_of_paced", jain(wakeups), ""}}
	if v, ok := rec.Percentile(0.999); ok {
		out = append(out, Detail{"probe_p99.9", float64(v) / 1e6, "ms"})
	}
	return out
}

// sleep waits for d, unless the round is interrupted or broken.
func (t *trial) sleep(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.broken:
		return errBroken
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
}

// fairTwin gives goroutines two chances: with runtime.Gosched after each message,
// which is what is compared, and as goroutines are mostly written, without.
func fairTwin(t *trial) (Sample, error) {
	polite, details, err := fairGoroutines(t, runtime.Gosched, true, t.limit*2/3)
	if err != nil {
		return Sample{}, err
	}
	// Go interrupts a goroutine after 10 ms: it would take a thousand of them five
	// seconds until each has had a turn.
	plain, _, err := fairGoroutines(t, func() {}, false, t.limit/3)
	if err != nil {
		return Sample{}, err
	}
	if p99, ok := plain.Percentile(0.99); ok {
		details = append(details, Detail{"p99_without_gosched", float64(p99) / 1e6, "ms"})
	}
	details = append(details, Detail{"max_without_gosched", float64(plain.Max()) / 1e6, "ms"})
	return Sample{Latency: polite, Details: details}, nil
}

func fairGoroutines(t *trial, yield func(), wait bool, limit time.Duration) (*meter.Recorder, []Detail, error) {
	g := t.goroutines()
	crowd := t.crowd(t.p.Procs)
	var over, active atomic.Bool
	for i := range crowd.busy {
		g.wg.Go(func() { crowd.busy[i].goroutine(yield, &over) })
	}
	if wait {
		if err := crowd.underWay(); err != nil {
			over.Store(true)
			g.join()
			return nil, nil, err
		}
	}
	recs, wakeups := make([]*meter.Recorder, fairPaced), make([]float64, fairPaced)
	for i := range recs {
		recs[i] = meter.NewRecorder()
		g.wg.Go(func() {
			for !over.Load() {
				measured := active.Load()
				due := t.clock.Now() + int64(fairTick)
				time.Sleep(fairTick)
				if late := t.clock.Now() - due; measured {
					wakeups[i]++
					recs[i].RecordPaced(late, int64(fairTick))
				}
			}
		})
	}
	// The held-back paced goroutines go on sleeping a millisecond at a time; with a
	// thousand busy ones beside them that cannot be seen.
	details, err := crowd.phases(limit, func(on bool) error { active.Store(on); return nil })
	over.Store(true)
	g.join()
	all := meter.NewRecorder()
	for _, r := range recs {
		all.Merge(r)
	}
	return all, append(details, probe(all, wakeups)...), err
}
