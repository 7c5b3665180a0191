package bench

import "time"

// Watch says who is told of a measurement under way. The zero Watch is nobody.
type Watch struct {
	Progress Progress // before each phase

	// Observe is told what was done in each interval, in their order and never by two goroutines at once. It runs while
	// the workload does, so it must be quick and allocate little: what it allocates counts for the workload.
	Observe  func(Interval)
	Interval time.Duration // between two looks; 0: one second
}

// DefaultInterval is the time between two looks at a measurement, unless another is given.
const DefaultInterval = time.Second

func (w Watch) interval() time.Duration {
	if w.Interval <= 0 {
		return DefaultInterval
	}
	return w.Interval
}

// lookout is what a round knows of those who watch its row.
type lookout struct {
	began    time.Time // when the measurement of the row began
	interval time.Duration
	phase    string
	round    int
	tell     func(Interval)
}

func (l *lookout) now() time.Duration { return time.Since(l.began) }

// twin tells of a twin's round, whose goroutines nobody counts while they run.
func (l *lookout) twin(begin time.Duration) {
	l.tell(Interval{Begin: begin, End: l.now(), Phase: l.phase, Round: l.round})
}
