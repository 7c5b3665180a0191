package sched

import (
	"sync/atomic"
	"testing"
	"time"
)

// The offer comes as often as it costs little, four times less often after one that cost much, and twice as often again after the next
// that did not; what it took is not the turn's.
func TestBusyWorkerOffersItsProcessorByWhatThatCosts(t *testing.T) {
	now := int64(time.Second)
	gone := int64(0)
	offers := 0
	c := &Core{cedeEvery: cedeOften}
	c.sched = &Scheduler{clock: func() int64 { return now }, osYield: func() { offers++; now += gone }}
	for _, step := range []struct {
		name         string
		pass, gone   int64
		offered      bool
		every, begun int64 // afterwards
	}{
		{"the first", 0, 0, true, cedeOften, 0},
		{"too early", cedeOften - 1, 0, false, cedeOften, 0},
		{"in time, nobody waits", 1, 0, true, cedeOften, 0},
		{"somebody is done soon", cedeOften, cedeLong, true, cedeOften, cedeLong},
		{"somebody is busy", cedeOften, cedeLong + 1, true, 4 * cedeOften, cedeLong + 1},
		{"less often now", cedeOften, 0, false, 4 * cedeOften, 0},
		{"still busy", 3 * cedeOften, 3 * cedeLong, true, 16 * cedeOften, 3 * cedeLong},
		{"no longer", 16 * cedeOften, 0, true, 8 * cedeOften, 0},
	} {
		now += step.pass
		gone = step.gone
		before := offers
		begun := now - 5
		c.begun = begun
		if after := c.cede(now); after != now {
			t.Errorf("%s: the time is %d, cede says %d", step.name, now, after)
		}
		if offered := offers > before; offered != step.offered || c.cedeEvery != step.every || c.begun-begun != step.begun {
			t.Errorf("%s: offered %t, next after %d, turn begun %d later; want %t, %d, %d", step.name,
				offered, c.cedeEvery, c.begun-begun, step.offered, step.every, step.begun)
		}
	}
	gone = 3 * cedeLong
	for range 20 {
		now += cedeRarely
		c.cede(now)
	}
	if c.cedeEvery != cedeRarely {
		t.Errorf("beside a program that is always busy it is offered every %v, want %v", time.Duration(c.cedeEvery), time.Duration(cedeRarely))
	}
	gone = 0
	for range 20 {
		now += cedeRarely
		c.cede(now)
	}
	if c.cedeEvery != cedeOften {
		t.Errorf("without one it is offered every %v, want %v", time.Duration(c.cedeEvery), time.Duration(cedeOften))
	}
}

// A worker with work offers its processor while a turn is on, again and again; an idle one has nothing to offer.
func TestBusyWorkersOfferTheirProcessor(t *testing.T) {
	var offers atomic.Int64
	s := begin(t, Config{Workers: 1, osYield: func() { offers.Add(1) }})
	done := make(chan struct{})
	submit(t, s, once(func(w *Worker) {
		for offers.Load() < 3 {
			w.Look()
		}
		close(done)
	}))
	await(t, "three offers in one turn", done)
	until(t, "the worker parks", s.Quiet)
	before := offers.Load()
	submit(t, s, once(func(*Worker) {}))
	until(t, "the worker parks again", s.Quiet)
	if n := offers.Load() - before; n > 1 {
		t.Errorf("%d offers for one short turn", n)
	}
}
