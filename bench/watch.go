package bench

import (
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Watch says who is told of a measurement under way. The zero Watch is nobody.
type Watch struct {
	Progress Progress // before each phase

	// Observe is told what was done in each interval, in their order and never by two goroutines at once. It runs while
	// the workload does, so it must be quick and allocate little: what it allocates counts for the workload.
	Observe  func(Interval)
	Interval time.Duration // between two looks; 0: one second

	// Runtime is given the runtime of each of Thrum's rounds when it has begun. Before that is shut down, end is called, unless it is nil: when it has
	// returned, nobody may use the runtime any more, and goroutines that do not end by themselves would be taken for the workload's. end
	// returns how many processes those who looked have begun in the runtime, none of which may go on: they are left out of its checks, and dead letters, which
	// late answers to them may be, are not checked. Looking costs the
	// workload time and memory, which are measured as its own.
	Runtime func(*proc.Runtime) (end func() (begun int))
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
	tell     func(Interval) // nil: nobody wants to know
	runtime  func(*proc.Runtime) (end func() (begun int))
}

func (l *lookout) now() time.Duration { return time.Since(l.began) }

// twin tells of a twin's round, whose goroutines nobody counts while they run.
func (l *lookout) twin(begin time.Duration) {
	if l.tell != nil {
		l.tell(Interval{Begin: begin, End: l.now(), Phase: l.phase, Round: l.round})
	}
}
