package load

import (
	"runtime"
	"slices"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// Plan is what shall be done: one phase after the other, on one runtime.
type Plan struct {
	Seed    uint64        // of all random choices; 0: 1
	Workers int           // 0: GOMAXPROCS
	Procs   int           // processes that each operation has; 0: 1,000
	Warmup  time.Duration // at the load of the first phase, not measured; negative: none, 0: a second, or a tenth of a shorter run
	Phases  []Phase
	SLO     []string // objectives as package report reads them, judged for every row
}

// Phase is a time of one load.
type Phase struct {
	Name     string
	Duration time.Duration
	Rate     Rate    // zero, and no ramp: a closed loop
	Arrival  Arrival // of an open loop
	// Inflight is how many operations may be under way: in an open loop what is due
	// beyond that is dropped, in a closed loop so many are kept under way.
	Inflight int64
	Mix      Mix

	// Include is the file of a scenario whose phases stand for this one, relative to the
	// file that it stands in; the phase then has nothing else but a name and Repeat.
	Include string
	// Repeat is how often the phase, or what is included, runs; 0: once. The rounds of a
	// phase become one result.
	Repeat int
}

// Open says whether the phase is an open loop.
func (p Phase) Open() bool { return !p.Rate.IsZero() || p.Arrival.Kind == Ramp }

// Mix is the operations of a phase with their weights, in their order.
type Mix []Share

// Share is an operation's part of a mix.
type Share struct {
	Operation string
	Weight    float64
}

// The streams of random numbers, so that a choice of one kind does not move others.
const (
	arrivals = iota + 1
	choices
	targets
	delays
)

// resolved returns a plan that was checked with defaults for zero fields, and every
// repetition of a phase as a phase of its own.
func (p Plan) resolved() Plan {
	if p.Seed == 0 {
		p.Seed = 1
	}
	if p.Workers == 0 {
		p.Workers = min(runtime.GOMAXPROCS(0), sched.MaxWorkers)
	}
	if p.Procs == 0 {
		p.Procs = defaultProcs
	}
	var all []Phase
	var total time.Duration
	for _, ph := range p.Phases {
		if ph.Inflight == 0 {
			ph.Inflight = defaultInflight
		}
		if ph.Open() && ph.Arrival.Kind == "" {
			ph.Arrival.Kind = Const
		}
		times := max(ph.Repeat, 1)
		ph.Repeat = 0
		total += time.Duration(times) * ph.Duration
		all = append(all, slices.Repeat([]Phase{ph}, times)...)
	}
	p.Phases = all
	if p.Warmup == 0 {
		p.Warmup = min(time.Second, total/10)
	}
	return p
}

// warm returns the phase that warms up: the load with which the plan begins.
func (p Plan) warm() Phase {
	ph := p.Phases[0]
	ph.Duration = p.Warmup
	if a := ph.Arrival; a.Kind == Ramp {
		ph.Arrival = Arrival{Kind: Const}
		ph.Rate = Rate{PerSecond: a.From}
		if a.From == 0 {
			ph.Rate.PerSecond = a.To / 10
		}
	}
	return ph
}
