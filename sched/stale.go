package sched

import (
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
)

// staleness remembers when Worker.Now was late by more than NowLate. Now is the latest of what the core and the monitor have read, so it is never
// later than the monitor's next tick: that is usually a millisecond away, but on a machine that has more to do than processors, or that stands
// still for a while, the monitor waits too. What it has not seen it writes down, as the longest gap of each second; the last quarter of an
// hour is kept in seconds, what was before only as the longest of all.
//
// Only the monitor's goroutine calls note; anyone may call at.
type staleness struct {
	seconds [staleSeconds]atomics.Uint64 // the second's number, and in the low staleBits the longest gap in units of 16 µs
	before  atomics.Int64                // the longest gap of the seconds that had to make room
}

const (
	// NowLate is how late Worker.Now may be without Scheduler.Stale saying so.
	NowLate = 2 * time.Millisecond

	staleSeconds = 1024
	staleShift   = 30 // a second has 2^30 ns
	gapShift     = 14 // a unit has 2^14 ns
	gapBits      = 30 // of a number of units: five hours
	gapMask      = 1<<gapBits - 1
)

// note writes down that the monitor has seen nothing between from and to.
func (st *staleness) note(from, to int64) {
	if to-from <= int64(NowLate) {
		return
	}
	gap := min(uint64(to-from)>>gapShift+1, gapMask)
	first, last := from>>staleShift, to>>staleShift
	for s := max(first, last-staleSeconds+1); s <= last; s++ {
		e := &st.seconds[s%staleSeconds]
		old := e.Load()
		if int64(old>>gapBits) != s {
			st.forget(old & gapMask) // first: who does not find it there any more looks here
			old = 0
		}
		e.Store(uint64(s)<<gapBits | max(old&gapMask, gap))
	}
	if last-first >= staleSeconds {
		st.forget(gap)
	}
}

func (st *staleness) forget(gap uint64) {
	st.before.Store(max(st.before.Load(), int64(gap<<gapShift)))
}

// at returns how late Worker.Now may have been when it returned the time at, if by more than NowLate; now is the time.
func (st *staleness) at(at, now int64) int64 {
	s := at >> staleShift
	if e := st.seconds[s%staleSeconds].Load(); int64(e>>gapBits) == s {
		return int64(e & gapMask << gapShift)
	}
	if now>>staleShift-s < staleSeconds {
		return 0
	}
	return st.before.Load()
}

// Stale returns how late Worker.Now may have been, at the most, when it returned the time at. Any goroutine may ask.
func (s *Scheduler) Stale(at int64) time.Duration {
	now := s.clock()
	if s.mon.now.Load() < at {
		return time.Duration(now - at) // the monitor has not ticked since
	}
	return max(NowLate, time.Duration(s.stale.at(at, now)))
}
