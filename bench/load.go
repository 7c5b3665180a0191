package bench

import (
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

// Load is what a measurement of package bench/load has besides the figures of all: how
// much was asked for, and whether the generator could do it. Counts are of all rounds
// together, without warm-up and drain; Latency of the measurement counts from the
// scheduled instants of an open loop.
type Load struct {
	Phase     string
	Operation string  // empty: all of the phase
	Arrival   string  // "const", "poisson" or "ramp:A..B"; empty: a closed loop
	Rate      float64 // asked for, operations a second, on the average; 0 in a closed loop
	Peak      float64 // the measured peak that Rate is a share of; 0: none was measured
	Inflight  int64   // the most that may be under way, or in a closed loop what is

	Elapsed   time.Duration
	Scheduled int64 // operations that were due; in a closed loop those begun
	Begun     int64 // of these
	Dropped   int64 // of these, because too much was under way
	Completed int64 // within Elapsed, whenever they were begun

	// Service holds the times from the actual begin to the completion, Lag those from the
	// scheduled instant to the actual begin: by how much the generator was late. nil in a
	// closed loop, where service is the latency and nothing is scheduled.
	Service, Lag *meter.Recorder

	// TwinAchieved is what Achieved is of Thrum; 0 when there is no twin.
	TwinAchieved float64

	// GCShare is the share of the processors' time within Elapsed, idle or not, that went into
	// garbage collection; 0 also when no collection ended meanwhile, and for one operation of
	// several. TwinGCShare is that of the twin's rounds.
	GCShare, TwinGCShare float64

	// Invalid says why the figures tell of the generator rather than of the system; nil
	// when they do not.
	Invalid []string
}

// Achieved returns how many operations were completed a second; 0 when no time has gone by.
func (l *Load) Achieved() float64 { return perSecond(l.Completed, l.Elapsed) }

// Offered returns how many operations were due a second; 0 when no time has gone by.
func (l *Load) Offered() float64 { return perSecond(l.Scheduled, l.Elapsed) }

func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
