package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// Read reads a report that WriteJSON has written. Its figures have the digits that
// were written.
//
// Errors: what is no such report, with the field that is wrong; a field that this
// version does not know; anything behind the object.
func Read(r io.Reader) (Report, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var in jsonReport
	switch err := d.Decode(&in); {
	case errors.Is(err, io.EOF):
		return Report{}, errors.New("report: it is empty; it takes the JSON that \"loadgen run -o json\" prints")
	case err != nil:
		return Report{}, fmt.Errorf("report: this is not the JSON that \"loadgen run -o json\" prints: %w", err)
	case in.Schema != Schema:
		return Report{}, fmt.Errorf("report: its schema is %q; it takes %q", in.Schema, Schema)
	case d.More():
		return Report{}, errors.New("report: something follows the JSON object; give each report a file of its own")
	}
	out := Report{Env: in.Env, Config: in.Config, Interrupted: in.Interrupted, Stopped: in.Stopped, Objectives: in.Objectives}
	for k, v := range in.Config.Tags {
		if err := CheckTag(k, v); err != nil {
			return Report{}, fmt.Errorf("report: config.tags: %w", err)
		}
	}
	for i, x := range in.Results {
		m, err := x.measured()
		if err != nil {
			return Report{}, fmt.Errorf("report: results[%d] (%s): %w", i, x.Label, err)
		}
		out.Results = append(out.Results, m)
	}
	for i, x := range in.Details {
		if x.Result < 0 || x.Result >= len(out.Results) {
			return Report{}, fmt.Errorf("report: details[%d] belongs to result %d, there are %d", i, x.Result, len(out.Results))
		}
		m := &out.Results[x.Result]
		if x.Name == "twin_"+string(m.Figure) {
			m.Twin = &x.Value
			continue
		}
		m.Details = append(m.Details, bench.Detail{Name: x.Name, Value: x.Value, Unit: x.Unit})
	}
	for i, v := range in.Violations {
		at := ownerOf(v, out.Results)
		if at < 0 {
			return Report{}, fmt.Errorf("report: violations[%d] is of %q, which has no result that failed", i, v.Workload)
		}
		out.Results[at].Violations = append(out.Results[at].Violations, v)
	}
	return out, nil
}

// ownerOf finds the result a violation is of: violations bear its label.
func ownerOf(v bench.Violation, results []bench.Measured) int {
	for i, r := range results {
		if !r.OK && (v.Workload == r.Label || v.Workload == r.Workload) {
			return i
		}
	}
	return -1
}

func (x jsonResult) measured() (bench.Measured, error) {
	var out bench.Measured
	p, err := x.Params.params()
	if err != nil {
		return out, fmt.Errorf("params.duration: %w", err)
	}
	switch x.Figure {
	case bench.NsPerMsg, bench.P99, bench.BytesPerProc:
	default:
		return out, fmt.Errorf("figure is %q; it takes %s, %s or %s", x.Figure, bench.NsPerMsg, bench.P99, bench.BytesPerProc)
	}
	if x.Workload == "" || x.Label == "" {
		return out, errors.New("workload and label must not be empty")
	}
	for i, r := range x.Rounds {
		for name, v := range r {
			if math.IsNaN(v) || v < 0 {
				return out, fmt.Errorf("rounds[%d].%s is %g; it takes 0 or more", i, name, v)
			}
		}
	}
	out.Result = bench.Result{
		Workload: x.Workload, Label: x.Label, Params: p, Figure: x.Figure, Rounds: x.Params.Rounds,
		Messages: x.Messages, NsPerMsg: x.NsPerMsg, P50: x.P50, P99: x.P99, P999: x.P999, Max: x.Max,
		AllocsPerMsg: x.AllocsPerMsg, BytesPerProc: x.BytesPerProc, Twin: x.TwinNsPerMsg, Ratio: x.Ratio, Self: x.Self, OK: x.OK,
	}
	out.Samples, out.Scheduler = x.Rounds, x.Scheduler
	for i, y := range x.Intervals {
		z, err := y.interval()
		if err != nil {
			return out, fmt.Errorf("intervals[%d]: %w", i, err)
		}
		out.Intervals = append(out.Intervals, z)
	}
	if out.Latency, err = x.Latency.recorder(); err != nil {
		return out, fmt.Errorf("latency: %w", err)
	}
	if out.TwinLatency, err = x.TwinLatency.recorder(); err != nil {
		return out, fmt.Errorf("twin_latency: %w", err)
	}
	if out.Load, err = x.Load.load(); err != nil {
		return out, fmt.Errorf("load: %w", err)
	}
	return out, nil
}

func (h *jsonHist) recorder() (*meter.Recorder, error) {
	if h == nil {
		return nil, nil
	}
	if h.Unit != "ns" || h.Precision != meter.Digits {
		return nil, fmt.Errorf("it has unit %q and %d significant digits; it takes \"ns\" and %d", h.Unit, h.Precision, meter.Digits)
	}
	buckets := make([]meter.Bucket, len(h.Buckets))
	for i, b := range h.Buckets {
		buckets[i] = meter.Bucket{From: b[0], Count: b[1]}
	}
	return meter.FromBuckets(buckets, h.Max)
}
