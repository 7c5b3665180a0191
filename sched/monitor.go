package sched

import (
	"log/slog"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

const (
	tickEvery   = time.Millisecond
	takenLately = int64(100 * time.Millisecond)
	followEvery = 100 // ticks between two looks at GOMAXPROCS
)

// monitor watches the workers from a goroutine of its own: it ticks while any is busy, notices one that makes no progress,
// and follows GOMAXPROCS. While all are parked it sleeps too, so an idle scheduler uses no CPU.
type monitor struct {
	asleep atomics.Bool  // set by the monitor, cleared by whoever wakes it
	now    atomics.Int64 // the clock at its last tick; written by the monitor
	late   int64         // ns that the monitor's own sleeps lasted too long of late; its own
	woken  int64         // the time of whoever wakes it; written before sem, read after
	kept   atomics.Int32 // who has called KeepTicking and not LetRest; anyone adds
	sem    chan struct{}
}

func (m *monitor) init() { m.sem = make(chan struct{}, 1) }

func (m *monitor) wake(now int64) {
	if m.asleep.CompareAndSwap(true, false) {
		m.woken = now
		m.sem <- struct{}{}
	}
}

// monitorWake is called by a worker that has found work, with the time of its core.
func (s *Scheduler) monitorWake(now int64) {
	if s.mon.asleep.Load() {
		s.mon.wake(now)
	}
}

func (s *Scheduler) monitor() {
	defer s.running.Done()
	t := time.NewTimer(tickEvery)
	defer t.Stop()
	slept, every := s.clock(), tickEvery
	seen := slept // the monitor's last tick, or its wake
	for round := 0; ; round++ {
		select {
		case <-s.stop:
			return
		case <-t.C:
		}
		now := s.clock()
		s.stale.note(seen, now) // before now: who sees that finds the gap
		seen = now
		s.mon.now.Store(now) // before the tick: who sees that finds its time
		s.tick.Add(1)
		// On a machine that has more to do than processors, every thread waits now and then, this one as well: a worker that
		// waits for its processor is not stuck.
		s.mon.late = max(now-slept-int64(every), s.mon.late-s.mon.late/16)
		limit := s.cfg.StuckAfter + min(time.Duration(2*s.mon.late), s.cfg.StuckAfter/2)
		busy := false
		for _, c := range *s.cores.Load() {
			p := c.progress.Load()
			if p == asleep {
				continue
			}
			busy = true
			l := limit
			if now-c.takenAt < takenLately {
				l /= 4 // where one handler blocks, the next in the queue often does so too: do not wait as long for each
			}
			if since := time.Duration(now - p); since > l && s.takeOver(c, since) {
				c.takenAt = now
			}
		}
		if round%balanceEvery == 0 {
			s.balance()
		}
		if s.follow && round%followEvery == 0 {
			s.followProcs()
		}
		if !busy {
			// Announce, then look again: a worker that starts after the look sees the announcement.
			s.mon.asleep.Store(true)
			for _, c := range *s.cores.Load() {
				busy = busy || c.progress.Load() != asleep
			}
			busy = busy || s.mon.kept.Load() > 0
			if !busy {
				select {
				case <-s.mon.sem:
					seen = s.mon.woken
				case <-s.stop:
					return
				}
			} else if !s.mon.asleep.CompareAndSwap(true, false) {
				<-s.mon.sem
			}
		}
		if every = tickEvery; s.mon.kept.Load() > 0 {
			every = tickEvery/2 + rand.N(tickEvery) // out of step with work that comes every millisecond
		}
		slept = s.clock()
		t.Reset(every)
	}
}

// KeepTicking has the monitor tick also while nobody works, and at random distances around a millisecond, until LetRest is called as often: whoever takes
// samples at ticks then sees a worker at work as likely as it is. Any goroutine may call it.
func (s *Scheduler) KeepTicking() {
	s.mon.kept.Add(1)
	s.mon.wake(s.clock()) // pairs with the look at kept after asleep has been set
}

// LetRest ends one KeepTicking.
func (s *Scheduler) LetRest() { s.mon.kept.Add(-1) }

// TickedAt returns the clock at the monitor's last tick, which Ticks may not count yet. Any goroutine may ask.
func (s *Scheduler) TickedAt() int64 { return s.mon.now.Load() }

// followProcs adjusts the number of workers to a changed GOMAXPROCS.
func (s *Scheduler) followProcs() {
	n := ps.wish(s)
	if n != s.Workers() {
		s.resize(n)
	}
}

func (s *Scheduler) logger() *slog.Logger {
	if s.cfg.Logger != nil {
		return s.cfg.Logger
	}
	return slog.Default()
}

func relax() { runtime.Gosched() }
