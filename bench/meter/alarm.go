package meter

import (
	"math"
	"sync/atomic"
	"time"
)

// alarm is what is told of long latencies, nil for nobody.
var alarm atomic.Pointer[struct {
	limit int64
	tell  func(time.Duration)
}]

// Alarm has tell called with each latency of limit or more that is recorded, by the goroutine or process that records it, until off is called.
// It holds for recorders that are made from now on. There is one alarm in a program: another one takes its place.
func Alarm(limit time.Duration, tell func(time.Duration)) (off func()) {
	alarm.Store(&struct {
		limit int64
		tell  func(time.Duration)
	}{int64(limit), tell})
	return func() { alarm.Store(nil) }
}

// alarmLimit returns from which latency on a new recorder looks for the alarm.
func alarmLimit() int64 {
	if a := alarm.Load(); a != nil {
		return a.limit
	}
	return math.MaxInt64
}

func raise(ns int64) {
	if a := alarm.Load(); a != nil && ns >= a.limit {
		a.tell(time.Duration(ns))
	}
}
