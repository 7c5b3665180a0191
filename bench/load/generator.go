package load

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"
)

// generator begins operations and takes them back when they are completed. It is one
// goroutine, so that neither beginning nor recording needs a lock: whoever completes an
// operation only reads the clock.
type generator struct {
	w       *world
	scribe  *scribe
	stopped *atomic.Bool // interrupted, or an objective can no longer be met
	every   int64        // length of an interval
	stages  []*stage     // that may have operations under way
	stock   *op
	under   int64 // operations under way, of all stages
	spin    int64 // nanoseconds before an instant in which it does not sleep any more
}

const (
	// batch is how many operations are begun before it looks at anything else.
	batch = 64
	// longestNap is how long it sleeps at most: somebody may want it to stop.
	longestNap = int64(10 * time.Millisecond)
	// closeBy is how long it spins before an instant, where that costs little: waking
	// takes some 100 µs.
	closeBy = int64(100 * time.Microsecond)
	// rare is the distance between operations from which on spinning costs little.
	rare = int64(time.Millisecond)
	// patient is how long it waits for completions of a closed loop before it sleeps.
	patient = int64(20 * time.Microsecond)
	// grace is how much longer than its duration an open loop may take to begin what is
	// due: this, and as much of the duration as may be missing.
	grace = int64(10 * time.Millisecond)
)

// over says that nothing shall be begun any more.
func (g *generator) over() bool { return g.stopped.Load() || g.w.failed() }

// run runs a stage.
func (g *generator) run(s *stage) {
	before := g.w.env.spent()
	s.begin = g.w.env.now()
	s.end = s.begin + int64(s.Duration)
	s.origin = s.begin
	if s.row != nil {
		if s.row.origin == 0 {
			s.row.origin = s.begin
		}
		s.origin = s.row.origin
	}
	s.lastTick, s.nextTick = s.begin, s.begin+g.every
	g.stages = append(g.stages, s)
	if s.Open() {
		g.open(s)
	} else {
		g.closed(s)
	}
	if now := g.w.env.now(); g.over() {
		s.end = min(s.end, now)
	}
	s.spent = g.w.env.spent().since(before)
	g.reclaim()
	g.report(s, true)
}

// open begins everything that is due, each with its own intended instant, and sleeps
// until more is.
func (g *generator) open(s *stage) {
	schedule := newSchedule(s.Arrival, s.rate, s.Duration, g.w.seed)
	g.spin = 0
	if gap := int64(float64(s.Duration) / max(schedule.expected(schedule.end), 1)); gap >= rare || runtime.NumCPU() > len(g.w.sinks)/sinksPerWorker {
		g.spin = closeBy
	}
	last := int64(0) // the instant at which it gives up
	due, more := schedule.next()
	for more && !g.over() {
		now := g.w.env.now()
		for n := 0; more && s.begin+due <= now && n < batch; n++ {
			g.begin(s, s.begin+due)
			due, more = schedule.next()
		}
		g.reclaim()
		g.tick(s)
		if now > s.end && last == 0 {
			// From when it is seen: a machine that stood still can be made up for.
			last = now + grace + int64(float64(s.Duration)*mayMiss)
		}
		if last > 0 && now > last {
			s.cut = max(0, schedule.expected(schedule.end)-schedule.n+1)
			return
		}
		if more {
			g.pause(s, min(s.begin+due, s.nextTick))
		}
	}
	for !g.over() && g.w.env.now() < s.end {
		g.pause(s, min(s.end, s.nextTick))
		g.reclaim()
		g.tick(s)
	}
}

// closed keeps a number of operations under way.
func (g *generator) closed(s *stage) {
	for now := g.w.env.now(); now < s.end && !g.over(); now = g.w.env.now() {
		g.reclaim()
		begun := false
		for n := 0; g.under < s.Inflight && n < batch; n++ {
			if !g.begin(s, g.w.env.now()) {
				break
			}
			begun = true
		}
		g.tick(s)
		if !begun {
			g.await(min(s.end, s.nextTick))
		}
	}
}

// begin begins one operation; false when too much is under way.
func (g *generator) begin(s *stage, due int64) bool {
	t := s.choose()
	c := t.now
	if g.under >= s.Inflight {
		g.reclaim()
	}
	open := s.Open()
	if open {
		c.scheduled++
	}
	if g.under >= s.Inflight {
		c.dropped++
		return false
	}
	o := g.fresh()
	o.kind, o.due, o.begun = t, due, due
	if open {
		o.begun = g.w.env.now()
	}
	o.live.Store(true)
	late := o.begun - due
	switch err := t.target.begin(o); {
	case errors.Is(err, errFull):
		o.next, g.stock = g.stock, o
		if open {
			c.dropped++
		}
		return false
	case err != nil:
		g.w.failf(t.op.Name, "begin", "refused: %v", err)
		return false
	}
	// o is somebody else's now, and may be completed already.
	g.under++
	t.under++
	c.begun++
	if !open {
		c.scheduled++
		return true
	}
	c.lag.Record(late)
	c.longest = max(c.longest, late)
	return true
}

// fresh returns an operation that is not under way.
func (g *generator) fresh() *op {
	if g.stock == nil {
		some := make([]op, 256)
		for i := range some {
			some[i].next, g.stock = g.stock, &some[i]
		}
	}
	o := g.stock
	g.stock = o.next
	return o
}

// reclaim takes back what has been completed, and records it.
func (g *generator) reclaim() {
	for i := range g.w.sinks {
		for o := g.w.sinks[i].take(); o != nil; {
			t := o.kind
			t.now.latency.Record(o.done - o.due)
			t.now.service.Record(o.done - o.begun)
			if o.done < t.of.end {
				t.now.completed++
			}
			t.under--
			g.under--
			o, o.next, g.stock = o.next, g.stock, o
		}
	}
}

// pause waits until an instant, or a little at least.
func (g *generator) pause(s *stage, until int64) {
	now := g.w.env.now()
	if wake := min(until, now+longestNap) - g.spin; wake > now {
		g.w.env.sleep(wake)
		s.idle += g.w.env.now() - now
	}
	if until-now > longestNap {
		return
	}
	for g.w.env.now() < until {
		g.reclaim()
	}
}

// await waits until something has been completed, or until an instant.
func (g *generator) await(until int64) {
	begun := g.w.env.now()
	for now := begun; now < min(until, begun+patient); now = g.w.env.now() {
		if g.completed() {
			return
		}
	}
	w := g.w
	w.asleep.Store(true)
	if g.completed() {
		if !w.asleep.CompareAndSwap(true, false) {
			<-w.wake
		}
		return
	}
	if !w.env.wait(w.wake, min(max(until-begun, 0), longestNap)) && !w.asleep.CompareAndSwap(true, false) {
		<-w.wake
	}
}

// completed says whether there is something to reclaim.
func (g *generator) completed() bool {
	for i := range g.w.sinks {
		if g.w.sinks[i].head.Load() != nil {
			return true
		}
	}
	return false
}

// drain waits until everything that was begun is completed, as far as that can be
// waited for. What is not, is lost, unless the run was interrupted.
func (g *generator) drain() (clean bool) {
	allowed := g.w.looks
	if g.stopped.Load() {
		allowed /= 5
	}
	for look := 0; ; look++ {
		before := g.under
		g.reclaim()
		if g.under != before {
			look = 0
		}
		switch {
		case g.under == 0:
			g.report(nil, true)
			return !g.w.failed()
		case g.w.failed():
			return false
		case look > allowed:
			g.report(nil, true)
			if !g.stopped.Load() {
				g.lost()
			}
			return false
		}
		nap := min(lookEvery, time.Duration(look+1)*100*time.Microsecond)
		g.w.env.wait(nil, int64(nap))
	}
}

// lost tells what was begun and never completed.
func (g *generator) lost() {
	for _, s := range g.stages {
		for _, t := range s.tallies {
			if t.under > 0 {
				g.w.failf(t.op.Name, "drain", "%d operations of phase %q were begun and are not completed, and nothing came for %v", t.under, s.Name, time.Duration(g.w.looks)*lookEvery)
			}
		}
	}
}
