package sched

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// Whenever the machine stands still, Now is no later than Stale says.
func TestNowIsNoLaterThanStaleSays(t *testing.T) {
	var clock atomic.Int64
	s := begin(t, Config{Workers: 2, StuckAfter: time.Hour, clock: clock.Load})
	type look struct{ said, was int64 }
	for round := range 20 {
		looks := make(chan []look, 1)
		left := 300
		var seen []look
		r := rand.New(rand.NewPCG(uint64(round), 1))
		job := &job{run: func(w *Worker) Next {
			ticks := s.tick.Load()
			for range r.IntN(4) {
				clock.Add(r.Int64N(int64(20 * time.Millisecond)))
				said := w.Now()
				seen = append(seen, look{said, clock.Load()})
			}
			for r.IntN(8) == 0 && s.tick.Load() == ticks {
				time.Sleep(100 * time.Microsecond) // until the monitor ticks, now and then
			}
			if left--; left > 0 {
				return Spent
			}
			looks <- seen
			return Done
		}}
		submit(t, s, job)
		late := 0
		for _, l := range await(t, "the looks", looks) {
			d := time.Duration(l.was - l.said)
			if d > NowLate {
				late++
			}
			if stale := s.Stale(l.said); d > stale {
				t.Fatalf("round %d: Now was %v late, Stale says %v", round, d, stale)
			}
		}
		if late == 0 {
			t.Errorf("round %d: Now was never late", round)
		}
	}
}

// Each gap is remembered for the seconds that it touches, the longest counts, and of those that had to make room the longest of all.
func TestGapsAreRememberedBySecond(t *testing.T) {
	const (
		second = int64(1) << staleShift
		ms     = int64(time.Millisecond)
		unit   = int64(1) << gapShift
	)
	var st staleness
	check := func(at, now, want int64) {
		t.Helper()
		if got := st.at(at, now); got < want || got > want+unit {
			t.Errorf("at %.2f s, asked at %.2f s: %.3f ms, want %.3f", float64(at)/float64(second), float64(now)/float64(second), float64(got)/1e6, float64(want)/1e6)
		}
	}
	st.note(5*second, 5*second+int64(NowLate))
	if got := st.at(5*second, 6*second); got != 0 {
		t.Errorf("what is not late is noted as %d ns", got)
	}
	st.note(7*second+1, 7*second+1+9*ms)
	st.note(7*second+20*ms, 7*second+25*ms) // shorter
	st.note(9*second-30*ms, 9*second+10*ms)
	now := 10 * second
	check(6*second, now, 0)
	check(7*second, now, 9*ms)
	check(8*second-1, now, 9*ms)
	check(8*second, now, 40*ms)
	check(9*second, now, 40*ms)
	check(10*second, now, 0)

	now = (7 + staleSeconds) * second
	st.note(now, now+3*ms) // takes the place of the seventh second
	check(7*second, now, 9*ms)
	check(now, now, 3*ms)
	check(8*second, now, 40*ms)

	st.note(now, now+2000*second)
	check(now+1999*second, now+2000*second, 2000*second)
	check(now, now+2000*second, 2000*second)
	st.note(now, 1<<62)
	check(1<<61, 1<<62, gapMask<<gapShift)
}
