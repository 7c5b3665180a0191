package report

import (
	"encoding/json"
	"io"
	"math"

	"github.com/thrum-go/thrum/bench"
)

// Schema names the form of the JSON output. It changes when a field changes its
// meaning or goes away.
const Schema = "thrum.loadgen/v1"

// jsonReport is the one object written.
type jsonReport struct {
	Schema      string            `json:"schema"`
	Env         Env               `json:"env"`
	Interrupted bool              `json:"interrupted,omitempty"`
	Results     []jsonResult      `json:"results"`
	Details     []jsonDetail      `json:"details,omitempty"`
	Violations  []bench.Violation `json:"violations,omitempty"`
}

// jsonResult is one row. Fields that mean nothing for its workload are absent.
type jsonResult struct {
	Workload     string     `json:"workload"`
	Params       jsonParams `json:"params"`
	Messages     *int64     `json:"messages,omitempty"`
	NsPerMsg     *float64   `json:"ns_per_msg,omitempty"`
	P50          *int64     `json:"p50_ns,omitempty"`
	P99          *int64     `json:"p99_ns,omitempty"`
	P999         *int64     `json:"p999_ns,omitempty"`
	Max          *int64     `json:"max_ns,omitempty"`
	AllocsPerMsg *float64   `json:"allocs_per_msg,omitempty"`
	BytesPerProc *float64   `json:"bytes_per_proc,omitempty"`
	TwinNsPerMsg *float64   `json:"twin_ns_per_msg,omitempty"`
	Ratio        *float64   `json:"ratio,omitempty"`
	OK           bool       `json:"ok"`
}

// jsonParams are the parameters the workload takes, as they were used.
type jsonParams struct {
	Workers  int    `json:"workers"`
	Procs    int    `json:"procs,omitempty"`
	Messages int64  `json:"messages,omitempty"` // asked for; else as many as fitted
	Duration string `json:"duration,omitempty"`
	Rounds   int    `json:"rounds"`
	Seed     uint64 `json:"seed,omitempty"`
	Size     int64  `json:"size,omitempty"`  // of what the workload has besides processes
	Style    string `json:"style,omitempty"` // which of the workload's forms
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
	out := jsonReport{Schema: Schema, Env: r.Env, Interrupted: r.Interrupted, Results: []jsonResult{}, Violations: r.Violations()}
	for i, x := range r.Results {
		row := jsonResult{
			Workload: x.Workload,
			Params: jsonParams{
				Workers: x.Params.Workers, Procs: x.Params.Procs, Messages: x.Params.Messages,
				Rounds: x.Rounds, Seed: x.Params.Seed, Size: x.Params.Size, Style: x.Params.Style,
			},
			Messages: x.Messages, NsPerMsg: round(x.NsPerMsg, 100),
			P50: x.P50, P99: x.P99, P999: x.P999, Max: x.Max,
			AllocsPerMsg: round(x.AllocsPerMsg, 10_000), BytesPerProc: round(x.BytesPerProc, 10),
			Ratio: round(x.Ratio, 1000), OK: x.OK,
		}
		if x.Params.Duration > 0 {
			row.Params.Duration = x.Params.Duration.String()
		}
		if x.Figure == bench.NsPerMsg {
			row.TwinNsPerMsg = round(x.Twin, 100)
		}
		out.Results = append(out.Results, row)
		for _, d := range details(x) {
			out.Details = append(out.Details, jsonDetail{i, x.Workload, d.Name, *round(&d.Value, 1000), d.Unit})
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// details returns the row's own further figures and, where the twin's figure is
// not a time for a message, that.
func details(x bench.Result) []bench.Detail {
	all := x.Details
	if x.Twin != nil && x.Figure != bench.NsPerMsg {
		unit := "ns"
		if x.Figure == bench.BytesPerProc {
			unit = "B"
		}
		all = append([]bench.Detail{{Name: "twin_" + string(x.Figure), Value: *x.Twin, Unit: unit}}, all...)
	}
	return all
}

// round keeps digits that mean something: to 1/parts.
func round(v *float64, parts float64) *float64 {
	if v == nil {
		return nil
	}
	return new(math.Round(*v*parts) / parts)
}
