package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/thrum-go/thrum/bench"
)

type benchmarkUnit struct{ figure, unit, better string }

// benchmarkUnits are the figures of a round that the benchmark form has, with their
// units there and which direction is better.
var benchmarkUnits = []benchmarkUnit{
	{string(bench.NsPerMsg), "ns/msg", "lower"},
	{"p50_ns", "p50-ns", "lower"},
	{string(bench.P99), "p99-ns", "lower"},
	{"p999_ns", "p99.9-ns", "lower"},
	{"max_ns", "max-ns", "lower"},
	{"allocs_per_msg", "allocs/msg", "lower"},
	{string(bench.BytesPerProc), "B/proc", "lower"},
	{"ratio", "twin-ratio", "higher"},
}

// WriteBenchmark writes the rounds in the format of Go's benchmarks, a line each,
// so that benchstat can read them: parameters are key=value parts of the name, and
// Unit lines tell which direction is better. A failed check has no line: a program
// that loses messages has no speed. Nor has a result of which the generator was the
// limit.
func (r Report) WriteBenchmark(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "goos: %s\ngoarch: %s\npkg: github.com/thrum-go/thrum/bench\n", r.Env.OS, r.Env.Arch)
	if r.Env.CPU != "" {
		fmt.Fprintf(b, "cpu: %s\n", r.Env.CPU)
	}
	if r.Env.Revision != "" {
		fmt.Fprintf(b, "commit: %s\n", r.Env.Revision)
	}
	for _, k := range slices.Sorted(maps.Keys(r.Config.Tags)) {
		fmt.Fprintf(b, "%s: %s\n", k, r.Config.Tags[k])
	}
	units := benchmarkUnits
	if r.loads() {
		units = slices.Concat(units, loadUnits)
	}
	for _, u := range units {
		fmt.Fprintf(b, "Unit %s better=%s\n", u.unit, u.better)
	}
	for _, x := range r.Results {
		if !x.OK || x.Load != nil && len(x.Load.Invalid) > 0 {
			continue
		}
		for _, s := range x.Samples {
			var parts []string
			for _, u := range units {
				if v, ok := s[u.figure]; ok {
					parts = append(parts, strconv.FormatFloat(*round(&v, 10_000), 'f', -1, 64)+" "+u.unit)
				}
			}
			if len(parts) > 0 {
				fmt.Fprintf(b, "%s\t%d\t%s\n", benchmarkName(x.Result), iterations(x.Result), strings.Join(parts, "\t"))
			}
		}
	}
	return b.Flush()
}

// iterations may not be 0 for those who read the format.
func iterations(r bench.Result) int64 {
	if r.Messages == nil {
		return 1
	}
	return max(1, *r.Messages)
}

func benchmarkName(r bench.Result) string {
	var b strings.Builder
	b.WriteString("Benchmark")
	for i, c := range r.Workload {
		if i == 0 {
			c = unicode.ToUpper(c)
		}
		b.WriteRune(c)
	}
	for _, p := range []struct {
		key   string
		value string
	}{{"style", r.Params.Style}, {"procs", positive(int64(r.Params.Procs))}, {"size", positive(r.Params.Size)}, {"inflight", several(r.Params.Inflight)},
		{"load", load(r)}} {
		if p.value != "" {
			b.WriteString("/" + p.key + "=" + p.value)
		}
	}
	fmt.Fprintf(&b, "-%d", r.Params.Workers)
	return b.String()
}

// several keeps the names that benchmarks had before there was a choice.
func several(n int) string {
	if n <= 1 {
		return ""
	}
	return strconv.Itoa(n)
}

// load returns what a label says beyond the parameters named before, as one word.
func load(r bench.Result) string {
	var parts []string
	for _, f := range strings.Fields(strings.TrimPrefix(r.Label, r.Workload)) {
		name, _, _ := strings.Cut(f, "=")
		if f != r.Params.Style && !slices.Contains([]string{bench.Procs, bench.Size, bench.Workers, bench.Inflight}, name) {
			parts = append(parts, strings.ReplaceAll(f, "/", ":"))
		}
	}
	return strings.Join(parts, ",")
}

func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
