package load

import (
	"math"
	"math/rand/v2"
	"time"
)

// schedule yields the intended instants of an open loop, one after the other, in
// nanoseconds since the phase began. It is the generator's.
type schedule struct {
	arrival Arrival
	rate    float64 // operations a nanosecond; of a ramp that at its begin
	slope   float64 // of a ramp: by how much that grows each nanosecond
	end     int64
	n       float64 // operations yielded; whole
	at      float64 // of Poisson: the instant yielded last
	random  *rand.Rand
}

// newSchedule returns the schedule of d at a rate in operations a second, which a ramp
// does not need.
func newSchedule(a Arrival, perSecond float64, d time.Duration, seed uint64) *schedule {
	s := &schedule{arrival: a, rate: perSecond / 1e9, end: int64(d), random: rand.New(rand.NewPCG(seed, arrivals))}
	if a.Kind == Ramp {
		s.rate = a.From / 1e9
		s.slope = (a.To - a.From) / 1e9 / float64(d)
	}
	return s
}

// next returns the next instant; false when there is none before the end.
func (s *schedule) next() (ns int64, ok bool) {
	var t float64
	switch s.arrival.Kind {
	case Poisson:
		s.at += s.random.ExpFloat64() / s.rate
		t = s.at
	case Ramp:
		t = s.ramp(s.n)
	default:
		t = s.n / s.rate
	}
	s.n++
	if !(t < float64(s.end)) { // also when there is no such instant
		return 0, false
	}
	return int64(t), true
}

// ramp returns when the integral of the rate reaches n: the root of
// rate·t + slope·t²/2 = n, in the form that does not subtract two near numbers.
func (s *schedule) ramp(n float64) float64 {
	if n == 0 {
		return 0
	}
	return 2 * n / (s.rate + math.Sqrt(s.rate*s.rate+2*s.slope*n))
}

// expected returns how many operations begin before ns: the integral of the rate.
func (s *schedule) expected(ns int64) float64 {
	t := float64(min(ns, s.end))
	return s.rate*t + s.slope*t*t/2
}
