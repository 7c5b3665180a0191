package bench

import (
	"runtime/metrics"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// schedulerDetails tells what the scheduler of a runtime did that has lived so long.
func schedulerDetails(st *proc.Stats, lived time.Duration) []Detail {
	each := func(n uint64) float64 { return float64(n) / float64(max(1, st.Messages)) * 1e6 }
	busy := float64(st.BusyTime) / float64(max(1, lived)) / float64(max(1, len(st.Workers))) * 100
	const unit = "in a million messages"
	return []Detail{
		{"steals", each(st.Steals), unit},
		{"parks", each(st.Parks), unit},
		{"wakes", each(st.Wakes), unit},
		{"turns", each(st.Turns), unit},
		{"worker_busy", busy, "%"},
	}
}

// collector is the processor time that garbage collection and the whole program have
// used, in seconds. Both are told by Go at the end of a collection.
type collector struct{ gc, all float64 }

func readCollector() collector {
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(s)
	return collector{s[0].Value.Float64(), s[1].Value.Float64() - s[2].Value.Float64()}
}

// share returns the share of the processor time since an earlier look that went into
// collection: 0 when there was none.
func (c collector) share(before collector) Detail {
	d := Detail{"gc_share", 0, "%"}
	if all := c.all - before.all; all > 0 {
		d.Value = min(100, max(0, c.gc-before.gc)/all*100)
	}
	return d
}
