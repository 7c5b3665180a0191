package bench

import (
	"time"

	"github.com/thrum-go/thrum/proc"
)

// sampler looks at a runtime once an interval while a round runs, and a last time when it ends. Looking costs the
// workers nothing: they publish their counters anyway.
type sampler struct {
	look  *lookout
	read  func(*proc.Stats)
	now   func() time.Duration
	stats proc.Stats

	at       time.Duration // of the last look
	messages uint64
	busy     []time.Duration

	shares []float64 // from which intervals get their Busy, so that a look seldom allocates

	stop, over chan struct{}
}

// newSampler begins with a first look.
func newSampler(look *lookout, read func(*proc.Stats), now func() time.Duration) *sampler {
	s := &sampler{look: look, read: read, now: now, stop: make(chan struct{}), over: make(chan struct{})}
	s.read(&s.stats)
	s.at = now()
	s.note()
	return s
}

// sample starts a sampler of the round's runtime, if anybody watches.
func (s *system) sample() {
	if s.look == nil || s.look.tell == nil {
		return
	}
	s.sampler = newSampler(s.look, s.rt.ReadStats, s.look.now)
	ticker := time.NewTicker(s.look.interval)
	go func() {
		defer ticker.Stop()
		s.sampler.run(ticker.C)
	}()
}

// run looks at every tick, and once more at the end.
func (s *sampler) run(ticks <-chan time.Time) {
	defer close(s.over)
	for {
		select {
		case <-s.stop:
			s.sample()
			return
		case <-ticks:
			s.sample()
		}
	}
}

// end has the last interval told and returns when that is done.
func (s *sampler) end() {
	if s != nil {
		close(s.stop)
		<-s.over
	}
}

func (s *sampler) sample() {
	s.read(&s.stats)
	now := s.now()
	length := now - s.at
	if length <= 0 {
		return // what was done belongs to the next
	}
	i := Interval{
		Begin: s.at, End: now, Phase: s.look.phase, Round: s.look.round,
		Messages: int64(s.stats.Messages - s.messages), Busy: s.share(len(s.stats.Workers)),
	}
	for w := range i.Busy {
		// A worker's figures are as of its last look at the clock: a little may fall into the next interval.
		i.Busy[w] = min(1, max(0, float64(s.stats.Workers[w].BusyTime-s.busy[w])/float64(length)))
	}
	s.at = now
	s.note()
	s.look.tell(i)
}

// note keeps what the next look is compared with.
func (s *sampler) note() {
	s.messages = s.stats.Messages
	for len(s.busy) < len(s.stats.Workers) {
		s.busy = append(s.busy, 0)
	}
	for w := range s.stats.Workers {
		s.busy[w] = s.stats.Workers[w].BusyTime
	}
}

// share returns room for the shares of n workers.
func (s *sampler) share(n int) []float64 {
	for len(s.busy) < n {
		s.busy = append(s.busy, 0)
	}
	if len(s.shares) < n {
		s.shares = make([]float64, 64*n)
	}
	out := s.shares[:n:n]
	s.shares = s.shares[n:]
	return out
}
