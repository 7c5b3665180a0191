package load

import (
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

// scribe adds up what the generator has counted and tells who looks on. It is a goroutine
// of its own: a terminal that does not take its line must not hold back the generator.
type scribe struct {
	w       *world
	in      chan entry
	done    chan struct{}
	spare   chan *counts
	observe func(bench.Interval)
	judge   func(*stage) // gets a stage as it stands when its totals have grown
	busy    []time.Duration
}

// entry is what was counted in an interval.
type entry struct {
	stage      *stage // nil: none is under way any more
	begin, end int64
	under      int64
	list       []counted
}

// counted is what was counted of one tally.
type counted struct {
	of *tally
	*counts
}

func newScribe(w *world, observe func(bench.Interval), judge func(*stage)) *scribe {
	s := &scribe{w: w, in: make(chan entry, 2), done: make(chan struct{}), spare: make(chan *counts, 16), observe: observe, judge: judge}
	go func() {
		defer close(s.done)
		for e := range s.in {
			s.write(e)
		}
	}()
	return s
}

// end waits until everything is written.
func (s *scribe) end() {
	close(s.in)
	<-s.done
}

// empty returns counts to be filled.
func (s *scribe) empty() *counts {
	select {
	case c := <-s.spare:
		return c
	default:
		return newCounts()
	}
}

func (s *scribe) write(e entry) {
	whole := bench.Interval{Backlog: e.under}
	if e.stage != nil {
		whole.Busy = s.workers(time.Duration(e.end - e.begin))
	}
	latency := meter.NewRecorder()
	for _, c := range e.list {
		c.of.total.add(c.counts)
		if c.of.of == e.stage {
			whole.Messages += c.completed
			whole.Dropped += c.dropped
			whole.Lag = max(whole.Lag, time.Duration(c.longest))
			latency.Merge(c.latency)
			c.of.seen = bench.KeepInterval(c.of.seen, e.interval(bench.Interval{
				Messages: c.completed, Dropped: c.dropped, Lag: time.Duration(c.longest), Backlog: e.under, Latency: c.latency, Busy: whole.Busy,
			}))
		}
		c.reset()
		select {
		case s.spare <- c.counts:
		default:
		}
	}
	if e.stage == nil {
		return
	}
	whole.Latency = latency
	whole = e.interval(whole)
	e.stage.seen = bench.KeepInterval(e.stage.seen, whole)
	if s.observe != nil {
		s.observe(whole)
	}
	if s.judge != nil && e.stage.row != nil {
		x := e.stage
		s.judge(&stage{Phase: x.Phase, rate: x.rate, tallies: x.tallies, row: x.row, begin: x.begin, end: e.end})
	}
}

// interval completes what is told of an interval.
func (e entry) interval(i bench.Interval) bench.Interval {
	i.Begin, i.End = time.Duration(e.begin-e.stage.origin), time.Duration(e.end-e.stage.origin)
	i.Phase = e.stage.title
	if e.stage.row != nil {
		i.Round = len(e.stage.row.rounds) + 1
	}
	return i
}

// workers returns which share of a time each worker has had work since the last look;
// nil of a twin.
func (s *scribe) workers(d time.Duration) []float64 {
	if s.w.rt == nil || d <= 0 {
		return nil
	}
	var st proc.Stats
	s.w.rt.ReadStats(&st)
	first := s.busy == nil
	if first {
		s.busy = make([]time.Duration, len(st.Workers))
	}
	out := make([]float64, len(st.Workers))
	for i, c := range st.Workers {
		if i < len(s.busy) {
			out[i] = min(max(float64(c.BusyTime-s.busy[i])/float64(d), 0), 1)
			s.busy[i] = c.BusyTime
		}
	}
	if first {
		return nil
	}
	return out
}

// tick hands over what was counted when an interval is over. The last one takes up to a
// quarter more, rather than leave a remainder too short to say anything.
func (g *generator) tick(s *stage) {
	if now := g.w.env.now(); now >= s.nextTick && s.end-now >= g.every/4 {
		g.report(s, false)
		for s.nextTick <= now {
			s.nextTick += g.every
		}
	}
}

// report hands over what was counted since the last time. When the scribe is behind and
// it need not be now, the interval goes on.
func (g *generator) report(s *stage, now bool) {
	if !now && len(g.scribe.in) == cap(g.scribe.in) {
		return
	}
	e := entry{stage: s, under: g.under}
	if s != nil {
		e.begin, e.end = s.lastTick, min(g.w.env.now(), max(s.end, s.lastTick))
		s.lastTick = e.end
	}
	var left []*stage
	for _, x := range g.stages {
		under := int64(0)
		for _, t := range x.tallies {
			e.list = append(e.list, counted{t, t.now})
			t.now = g.scribe.empty()
			under += t.under
		}
		if x == s || under > 0 {
			left = append(left, x)
		}
	}
	g.stages = left
	g.scribe.in <- e
}
