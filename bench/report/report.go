package report

import "github.com/thrum-go/thrum/bench"

// Report is what a run of one or more workloads has to say.
type Report struct {
	Env         Env
	Results     []bench.Result
	Interrupted bool // not everything asked for was measured
}

// Violations returns the failed checks of all results.
func (r Report) Violations() []bench.Violation {
	var all []bench.Violation
	for _, x := range r.Results {
		all = append(all, x.Violations...)
	}
	return all
}
