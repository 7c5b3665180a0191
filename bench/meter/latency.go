package meter

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of a recorder: 1 ns to 100 s at three significant digits (230 KB).
const (
	lowest    = 1
	highest   = int64(100 * time.Second)
	precision = 3
)

// Recorder collects latencies. It belongs to one process or goroutine at a time;
// give each its own and merge them with Merge once they have stopped.
type Recorder struct {
	hist *hdrhistogram.Histogram
	max  int64 // exact; the histogram knows only the bucket
	loud int64 // from which latency on an Alarm is told
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder {
	return &Recorder{hist: hdrhistogram.New(lowest, highest, precision), loud: alarmLimit()}
}

// Record adds one latency in nanoseconds. Negative ones count as 0, those beyond
// 100 s as 100 s in the percentiles; the maximum stays exact.
func (r *Recorder) Record(ns int64) {
	r.max = max(r.max, ns)
	if ns >= r.loud {
		raise(ns)
	}
	// Cannot fail: the value is inside the histogram's range.
	_ = r.hist.RecordValue(min(max(ns, 0), highest))
}

// RecordPaced adds a latency of something that was due every interval
// nanoseconds and could not be due again while it was late. The instants missed
// meanwhile are added with the latencies they would have had (ns-interval,
// ns-2·interval, ...), so that one long stall does not count as a single sample.
func (r *Recorder) RecordPaced(ns, interval int64) {
	r.Record(ns)
	if interval <= 0 {
		return
	}
	for missed := min(ns, highest) - interval; missed >= interval; missed -= interval {
		r.Record(missed)
	}
}

// Merge adds everything other has recorded.
func (r *Recorder) Merge(other *Recorder) {
	if other == nil {
		return
	}
	r.max = max(r.max, other.max)
	r.hist.Merge(other.hist)
}

// Reset forgets everything recorded.
func (r *Recorder) Reset() {
	r.hist.Reset()
	r.max = 0
}

// Count returns the number of latencies recorded.
func (r *Recorder) Count() int64 { return r.hist.TotalCount() }

// Max returns the largest latency in nanoseconds, exactly; 0 when there is none.
func (r *Recorder) Max() int64 { return r.max }

// Percentile returns the latency in nanoseconds below which the share p (0 < p < 1)
// of all lies. ok is false, and there is nothing to tell, when fewer than
// 10/(1-p) were recorded: the answer would be decided by a handful of samples.
func (r *Recorder) Percentile(p float64) (ns int64, ok bool) {
	const beyond = 10 - 1e-6 // 1-p is not exact: 10/(1-0.999) exceeds 10,000
	if float64(r.hist.TotalCount())*(1-p) < beyond {
		return 0, false
	}
	// A bucket's upper edge may lie beyond the largest value ever seen.
	return min(r.hist.ValueAtQuantile(p*100), r.max), true
}
