package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/thrum-go/thrum/bench"
)

// WriteCSV writes a line for each result, under a line of names. Times are in
// nanoseconds; a figure that means nothing for a workload is empty.
func (r Report) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	loads := r.loads()
	// An error of one write comes again from Flush, by Error.
	_ = c.Write(append([]string{"workload", "label", "workers", "procs", "size", "style", "seed", "rounds", "messages", "ns_per_msg", "p50_ns", "p99_ns", "p999_ns",
		"max_ns", "allocs_per_msg", "bytes_per_proc", "figure", "twin", "ratio", "ok", "inflight"}, loads.heads()...))
	for _, x := range r.Results {
		_ = c.Write(append([]string{x.Workload, x.Label, strconv.Itoa(x.Params.Workers), strconv.Itoa(x.Params.Procs), strconv.FormatInt(x.Params.Size, 10),
			x.Params.Style, strconv.FormatUint(x.Params.Seed, 10), strconv.Itoa(x.Rounds),
			number(x.Messages), decimal(x.NsPerMsg, 100), number(x.P50), number(x.P99), number(x.P999), number(x.Max),
			decimal(x.AllocsPerMsg, 10_000), decimal(x.BytesPerProc, 10), string(x.Figure), decimal(x.Twin, 100), decimal(x.Ratio, 1000),
			strconv.FormatBool(x.OK), strconv.Itoa(max(1, x.Params.Inflight))}, loads.cells(x)...))
	}
	c.Flush()
	return c.Error()
}

func number(v *int64) string {
	return optional(v, func(n int64) string { return strconv.FormatInt(n, 10) })
}

func decimal(v *float64, parts float64) string {
	return optional(round(v, parts), func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) })
}

// ownFigure returns what the workload is about.
func ownFigure(r bench.Result) *float64 {
	switch r.Figure {
	case bench.P99:
		return asFloat(r.P99)
	case bench.BytesPerProc:
		return r.BytesPerProc
	default:
		return r.NsPerMsg
	}
}
