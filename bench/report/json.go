package report

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// Schema names the form of the JSON output, which schema.json describes. It changes
// when a field changes its meaning or goes away.
const Schema = "thrum.loadgen/v1"

// jsonReport is the one object written.
type jsonReport struct {
	Schema      string            `json:"schema"`
	Env         Env               `json:"env"`
	Config      Config            `json:"config"`
	Interrupted bool              `json:"interrupted,omitempty"`
	Stopped     string            `json:"stopped,omitempty"`
	Results     []jsonResult      `json:"results"`
	Details     []jsonDetail      `json:"details,omitempty"`
	Objectives  []Objective       `json:"slo,omitempty"`
	Violations  []bench.Violation `json:"violations,omitempty"`
}

// jsonResult is one row. Fields that mean nothing for its workload are absent.
type jsonResult struct {
	Workload     string         `json:"workload"`
	Label        string         `json:"label"`
	Figure       bench.Figure   `json:"figure"`
	Params       jsonParams     `json:"params"`
	Messages     *int64         `json:"messages,omitempty"`
	NsPerMsg     *float64       `json:"ns_per_msg,omitempty"`
	P50          *int64         `json:"p50_ns,omitempty"`
	P99          *int64         `json:"p99_ns,omitempty"`
	P999         *int64         `json:"p999_ns,omitempty"`
	Max          *int64         `json:"max_ns,omitempty"`
	AllocsPerMsg *float64       `json:"allocs_per_msg,omitempty"`
	BytesPerProc *float64       `json:"bytes_per_proc,omitempty"`
	TwinNsPerMsg *float64       `json:"twin_ns_per_msg,omitempty"`
	Ratio        *float64       `json:"ratio,omitempty"`
	Self         bool           `json:"self,omitempty"`
	OK           bool           `json:"ok"`
	Scheduler    []bench.Detail `json:"scheduler,omitempty"`
	Rounds       []bench.Round  `json:"rounds,omitempty"`
	Latency      *jsonHist      `json:"latency,omitempty"`
	TwinLatency  *jsonHist      `json:"twin_latency,omitempty"`
	Load         *jsonLoad      `json:"load,omitempty"`

	Intervals []jsonInterval `json:"intervals,omitempty"`
}

// jsonHist is a histogram: pairs of a bucket's lower edge in nanoseconds and its
// count. Histograms with the same precision merge by adding counts.
type jsonHist struct {
	Unit      string     `json:"unit"`
	Precision int        `json:"significant_digits"`
	Max       int64      `json:"max"` // exact
	Buckets   [][2]int64 `json:"buckets"`
}

// jsonParams are the parameters the workload takes, as they were used.
type jsonParams struct {
	Workers  int    `json:"workers"`
	Procs    int    `json:"procs,omitempty"`
	Messages int64  `json:"messages,omitempty"` // asked for; else as many as fitted
	Duration string `json:"duration,omitempty"`
	Rounds   int    `json:"rounds"`                 // done
	Asked    int    `json:"rounds_asked,omitempty"` // if more than done
	Seed     uint64 `json:"seed,omitempty"`
	Size     int64  `json:"size,omitempty"`  // of what the workload has besides processes
	Style    string `json:"style,omitempty"` // which of the workload's forms
	Inflight int    `json:"inflight,omitempty"`
}

// jsonDetail is a figure only some workloads have. Result is the row's place in
// results, from 0.
type jsonDetail struct {
	Result   int     `json:"result"`
	Workload string  `json:"workload"`
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit,omitempty"`
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	out := jsonReport{
		Schema: Schema, Env: r.Env, Config: r.Config, Interrupted: r.Interrupted, Stopped: r.Stopped, Results: []jsonResult{},
		Objectives: r.Objectives, Violations: r.Violations(),
	}
	for i, x := range r.Results {
		out.Results = append(out.Results, row(x))
		for _, d := range details(x.Result) {
			out.Details = append(out.Details, jsonDetail{i, x.Workload, d.Name, *round(&d.Value, 1000), d.Unit})
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func row(x bench.Measured) jsonResult {
	out := jsonResult{
		Workload: x.Workload, Label: x.Label, Figure: x.Figure,
		Params: jsonParams{
			Workers: x.Params.Workers, Procs: x.Params.Procs, Messages: x.Params.Messages,
			Rounds: x.Rounds, Seed: x.Params.Seed, Size: x.Params.Size, Style: x.Params.Style, Inflight: x.Params.Inflight,
		},
		Messages: x.Messages, NsPerMsg: round(x.NsPerMsg, 100),
		P50: x.P50, P99: x.P99, P999: x.P999, Max: x.Max,
		AllocsPerMsg: round(x.AllocsPerMsg, 10_000), BytesPerProc: round(x.BytesPerProc, 10),
		Ratio: round(x.Ratio, 1000), Self: x.Self, OK: x.OK,
		Latency: histogram(x.Latency), TwinLatency: histogram(x.TwinLatency), Load: writeLoad(x.Load),
		Intervals: intervals(x.Intervals),
	}
	if x.Params.Duration > 0 {
		out.Params.Duration = x.Params.Duration.String()
	}
	if x.Params.Rounds > x.Rounds {
		out.Params.Asked = x.Params.Rounds
	}
	if x.Figure == bench.NsPerMsg {
		out.TwinNsPerMsg = round(x.Twin, 100)
	}
	for _, d := range x.Scheduler {
		out.Scheduler = append(out.Scheduler, bench.Detail{Name: d.Name, Value: *round(&d.Value, 1000), Unit: d.Unit})
	}
	for _, s := range x.Samples {
		digits := bench.Round{}
		for name, v := range s {
			digits[name] = *round(&v, 10_000)
		}
		out.Rounds = append(out.Rounds, digits)
	}
	return out
}

func histogram(r *meter.Recorder) *jsonHist {
	if r == nil || r.Count() == 0 {
		return nil
	}
	h := &jsonHist{Unit: "ns", Precision: meter.Digits, Max: r.Max()}
	for _, b := range r.Buckets() {
		h.Buckets = append(h.Buckets, [2]int64{b.From, b.Count})
	}
	return h
}

// details returns the row's own further figures and, where the twin's figure is
// not a time for a message, that.
func details(x bench.Result) []bench.Detail {
	all := x.Details
	if x.Twin != nil && x.Figure != bench.NsPerMsg {
		all = append([]bench.Detail{{Name: "twin_" + string(x.Figure), Value: *x.Twin, Unit: unit(x.Figure)}}, all...)
	}
	return all
}

func unit(f bench.Figure) string {
	if f == bench.BytesPerProc {
		return "B"
	}
	return "ns"
}

// round keeps digits that mean something: to 1/parts.
func round(v *float64, parts float64) *float64 {
	if v == nil {
		return nil
	}
	return new(math.Round(*v*parts) / parts)
}

// params reads parameters back.
func (p jsonParams) params() (bench.Params, error) {
	out := bench.Params{
		Workers: p.Workers, Procs: p.Procs, Messages: p.Messages, Rounds: max(p.Rounds, p.Asked), Seed: p.Seed, Size: p.Size, Style: p.Style,
		Inflight: p.Inflight,
	}
	if p.Duration == "" {
		return out, nil
	}
	var err error
	out.Duration, err = time.ParseDuration(p.Duration)
	return out, err
}
