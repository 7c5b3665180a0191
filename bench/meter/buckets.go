package meter

import (
	"errors"
	"fmt"
	"io"
)

// Digits is how many significant decimal digits of a latency the buckets of a
// recorder keep. Recorders with the same merge.
const Digits = precision

// Bucket counts the latencies of one bucket of a recorder: those from From, in
// nanoseconds, to the next bucket's.
type Bucket struct{ From, Count int64 }

// Buckets returns the buckets that hold anything, lowest first. Together with Max
// they are all that the recorder knows; see [FromBuckets].
func (r *Recorder) Buckets() []Bucket {
	var out []Bucket
	for _, bar := range r.hist.Distribution() {
		if bar.Count > 0 {
			out = append(out, Bucket{bar.From, bar.Count})
		}
	}
	return out
}

// FromBuckets returns the recorder that had these buckets and this exact maximum,
// in nanoseconds.
//
// Errors: buckets that no recorder has written: out of order or range, without a
// count, or a maximum that lies below the last.
func FromBuckets(buckets []Bucket, maximum int64) (*Recorder, error) {
	r := NewRecorder()
	last, total := int64(-1), int64(0)
	for _, b := range buckets {
		switch {
		case b.From < 0 || b.From > highest:
			return nil, fmt.Errorf("meter: bucket from %d ns: it takes 0 to %d", b.From, highest)
		case b.From <= last:
			return nil, fmt.Errorf("meter: bucket from %d ns comes after %d ns: they must rise", b.From, last)
		case b.Count < 1 || b.Count > 1<<62-total:
			return nil, fmt.Errorf("meter: bucket from %d ns: it cannot hold %d", b.From, b.Count)
		}
		last = b.From
		total += b.Count
		if err := r.hist.RecordValues(b.From, b.Count); err != nil {
			return nil, fmt.Errorf("meter: bucket from %d ns: %w", b.From, err)
		}
	}
	if maximum < max(last, 0) {
		return nil, errors.New("meter: the maximum lies below the last bucket")
	}
	r.max = maximum
	return r, nil
}

// Point is a step of the cumulative distribution: the share Below of all
// latencies, 0 to 1, took Ns nanoseconds or less.
type Point struct {
	Below float64
	Ns    int64
}

// Spectrum returns the cumulative distribution at every bucket that holds
// anything. No point lies beyond the maximum.
func (r *Recorder) Spectrum() []Point {
	var out []Point
	var seen int64
	for _, bar := range r.hist.Distribution() {
		if bar.Count == 0 {
			continue
		}
		seen += bar.Count
		out = append(out, Point{float64(seen) / float64(r.Count()), min(bar.To, r.max)})
	}
	return out
}

// WriteHGRM writes the percentile distribution in the text form that
// HdrHistogram's plotters read, in microseconds.
func (r *Recorder) WriteHGRM(w io.Writer) error {
	const ticksPerHalfDistance, nsPerUnit = 5, 1000
	_, err := r.hist.PercentilesPrint(w, ticksPerHalfDistance, nsPerUnit)
	return err
}
