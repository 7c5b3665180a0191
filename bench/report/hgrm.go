package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrNoLatency says that no workload of the report has latencies.
var ErrNoLatency = errors.New("report: no workload here has latencies, so there is nothing in the hgrm form")

// WriteHGRM writes the percentile distributions of all results that have latencies
// in the text form of HdrHistogram, in microseconds. Each is headed by a comment
// with its label.
//
// Errors: ErrNoLatency, and what the writer says.
func (r Report) WriteHGRM(w io.Writer) error {
	b := bufio.NewWriter(w)
	some := false
	for _, x := range r.Results {
		if x.Latency == nil || x.Latency.Count() == 0 {
			continue
		}
		some = true
		fmt.Fprintf(b, "#[%s, microseconds]\n", x.Label)
		if err := x.Latency.WriteHGRM(b); err != nil {
			return err
		}
		if x.Load == nil || x.Load.Service == nil || x.Load.Service.Count() == 0 {
			continue
		}
		fmt.Fprintf(b, "#[%s, service time, microseconds]\n", x.Label)
		if err := x.Load.Service.WriteHGRM(b); err != nil {
			return err
		}
	}
	if !some {
		return ErrNoLatency
	}
	return b.Flush()
}
