package report

import (
	"fmt"
	"slices"

	"github.com/thrum-go/thrum/bench"
)

// Report is what a run of one or more workloads has to say.
type Report struct {
	Env         Env
	Config      Config
	Results     []bench.Measured
	Objectives  []Objective // as they were judged; none when none were given
	Interrupted bool        // not everything asked for was measured
	Stopped     string      // why it ended early by itself; empty when it did not
}

// Config is what was asked for.
type Config struct {
	Command []string          `json:"command,omitempty"` // the arguments of the program
	Tags    map[string]string `json:"tags,omitempty"`    // what the results are marked with
}

// Violations returns the failed checks of all results.
func (r Report) Violations() []bench.Violation {
	var all []bench.Violation
	for _, x := range r.Results {
		all = append(all, x.Violations...)
	}
	return all
}

// key tells settings apart: results with the same key measure the same.
func key(r bench.Result) string {
	return fmt.Sprintf("%s workers=%d procs=%d size=%d style=%s inflight=%d", r.Label, r.Params.Workers, r.Params.Procs, r.Params.Size, r.Params.Style,
		max(r.Params.Inflight, 1)) // files from before there was such a parameter say nothing of it
}

// Merge puts reports together: results of the same setting become one, with the
// rounds of all, percentiles of the merged histograms and the intervals one after the
// other. The environment is that of the first; Differences tells where others differ.
// Tags are those that all have.
//
// Errors: results of one setting that are about different figures.
func Merge(reports ...Report) (Report, error) {
	var out Report
	place := map[string]int{}
	for i, r := range reports {
		if i == 0 {
			out.Env, out.Config = r.Env, r.Config
		}
		out.Config.Tags = common(out.Config.Tags, r.Config.Tags)
		out.Interrupted = out.Interrupted || r.Interrupted
		out.Objectives = append(out.Objectives, r.Objectives...)
		for _, x := range r.Results {
			at, known := place[key(x.Result)]
			if !known {
				place[key(x.Result)] = len(out.Results)
				out.Results = append(out.Results, x)
				continue
			}
			if out.Results[at].Figure != x.Figure {
				return out, fmt.Errorf("report: %s is about %s in one file and about %s in another", x.Label, out.Results[at].Figure, x.Figure)
			}
			out.Results[at] = join(out.Results[at], x)
		}
	}
	return out, nil
}

// Differences names what differs between the environments of reports, so that
// their figures may not be comparable.
func Differences(reports ...Report) []string {
	var out []string
	for i, r := range reports {
		if i == 0 {
			continue
		}
		a, b := reports[0].Env, r.Env
		for _, d := range []struct {
			what     string
			old, now any
		}{
			{"CPU", a.CPU, b.CPU}, {"number of CPUs", a.CPUs, b.CPUs}, {"GOMAXPROCS", a.GOMAXPROCS, b.GOMAXPROCS},
			{"system", a.OS + "/" + a.Arch, b.OS + "/" + b.Arch}, {"Go version", a.Go, b.Go}, {"race detector", a.Race, b.Race},
		} {
			if s := fmt.Sprintf("%s: %v and %v", d.what, d.old, d.now); d.old != d.now && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
