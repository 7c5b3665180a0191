package load

import (
	"math/rand/v2"
	"sort"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// tally counts the operations of one kind in one phase of one side.
type tally struct {
	of     *stage
	op     *Operation
	target target
	under  int64   // operations under way; the generator's, as now
	now    *counts // since the last interval
	total  *counts // of the intervals before; the scribe's until it has ended, as what follows
	seen   []bench.Interval
}

// counts are what has been counted.
type counts struct {
	scheduled, begun, dropped, completed int64
	longest                              int64 // lag
	latency, service, lag                *meter.Recorder
}

func newCounts() *counts {
	return &counts{latency: meter.NewRecorder(), service: meter.NewRecorder(), lag: meter.NewRecorder()}
}

// add adds what was counted elsewhere.
func (c *counts) add(x *counts) {
	c.scheduled += x.scheduled
	c.begun += x.begun
	c.dropped += x.dropped
	c.completed += x.completed
	c.longest = max(c.longest, x.longest)
	c.latency.Merge(x.latency)
	c.service.Merge(x.service)
	c.lag.Merge(x.lag)
}

func (c *counts) reset() {
	c.latency.Reset()
	c.service.Reset()
	c.lag.Reset()
	*c = counts{latency: c.latency, service: c.service, lag: c.lag}
}

// stage is a phase while it runs: on one side, once.
type stage struct {
	Phase
	rate       float64 // operations a second; that of the peak's share is known by now
	tallies    []*tally
	upTo       []float64 // the weights added up, for choose
	random     *rand.Rand
	begin, end int64   // instants; an interrupted stage ends earlier
	origin     int64   // the instant from which its intervals are counted
	lastTick   int64   // when the interval began
	nextTick   int64   // when it ends
	idle       int64   // nanoseconds in which the generator slept
	spent      cpu     // while it ran
	cut        float64 // operations that were due and to which the generator never came
	title      string  // what the intervals are called
	row        *row    // the phase's; nil while warming up
	seen       []bench.Interval
}

// choose returns the kind of the next operation.
func (s *stage) choose() *tally {
	if len(s.tallies) == 1 {
		return s.tallies[0]
	}
	x := s.random.Float64() * s.upTo[len(s.upTo)-1]
	return s.tallies[sort.Search(len(s.upTo)-1, func(i int) bool { return x < s.upTo[i] })]
}
