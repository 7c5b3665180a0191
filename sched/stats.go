package sched

import (
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

// counters are a core's own, plain because only its holder counts.
type counters struct {
	turns, reductions, steals, stolen, parks uint64
	idle                                     int64 // ns spent without work
}

// published is what a core shows of its counters: copied at every check, so the hot path pays nothing for them, and
// readers are behind by a turn at most.
type published struct {
	turns, reductions, steals, stolen, parks atomics.Uint64
	idle, since                              atomics.Int64 // ns without work; when the present such time began
	queued                                   atomics.Int64
	spent                                    atomics.Int64 // of queued, those of Normal and Low that used up their last turn
}

func (c *Core) publish() {
	p, n := &c.public, &c.count
	p.turns.Store(n.turns)
	p.reductions.Store(n.reductions)
	if p.steals.Load() != n.steals {
		p.steals.Store(n.steals)
		p.stolen.Store(n.stolen)
	}
	if p.parks.Load() != n.parks {
		p.parks.Store(n.parks)
	}
	p.idle.Store(n.idle)
	q := int64(c.waiting())
	if c.lifo != nil {
		q++
	}
	if n := int64(c.spent[Normal].n + c.spent[Low].n); p.spent.Load() != n {
		p.spent.Store(n)
	}
	if p.queued.Load() != q {
		p.queued.Store(q)
	}
}

// CoreStats is what one core has done since the scheduler began.
type CoreStats struct {
	Turns      uint64        // turns run
	Reductions uint64        // reductions used in them
	Steals     uint64        // times it took tasks from another core
	Stolen     uint64        // tasks it took so
	Parks      uint64        // times its worker went to sleep
	Busy       time.Duration // time with work, spinning not counted
	Queued     int           // tasks waiting in its queues
}

// Stats is what a scheduler has done since it began.
type Stats struct {
	CoreStats             // the sum over all cores; Queued includes what waits from outside, when that is known
	Cores     []CoreStats // by core; those no longer in use come last
	Workers   int         // workers that run turns
	Spares    int         // workers inside a task that has lost its core
	Wakes     uint64      // parked workers woken
	TakenOver uint64      // times a core was taken from a stuck task
}

// ReadStats fills dst, reusing its slice. Any goroutine may call it; a core's figures are as of its last look at the clock.
func (s *Scheduler) ReadStats(dst *Stats) {
	cores := *s.cores.Load()
	out := dst.Cores[:0]
	var sum CoreStats
	now := s.clock()
	for _, c := range cores {
		p := &c.public
		idle := p.idle.Load()
		if c.progress.Load() == asleep {
			idle += max(0, now-p.since.Load())
		}
		x := CoreStats{
			Turns:      p.turns.Load(),
			Reductions: p.reductions.Load(),
			Steals:     p.steals.Load(),
			Stolen:     p.stolen.Load(),
			Parks:      p.parks.Load(),
			Busy:       max(0, time.Duration(now-idle)),
			Queued:     int(p.queued.Load()) + c.ring.len(),
		}
		sum.Turns += x.Turns
		sum.Reductions += x.Reductions
		sum.Steals += x.Steals
		sum.Stolen += x.Stolen
		sum.Parks += x.Parks
		sum.Busy += x.Busy
		sum.Queued += x.Queued
		out = append(out, x)
	}
	*dst = Stats{
		CoreStats: sum, Cores: out, Workers: s.Workers(),
		Spares: int(s.spares.Load()), Wakes: s.wakes.Load(), TakenOver: s.tookOver.Load(),
	}
}
