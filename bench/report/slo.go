package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// Objective is a service level objective, such as p99<2ms, and, once judged for a
// result, what became of it.
type Objective struct {
	Text     string   `json:"objective"`
	Workload string   `json:"workload,omitempty"` // label of the result it was judged for
	Value    *float64 `json:"value,omitempty"`    // absent when it was not measured, which fails
	OK       bool     `json:"ok"`

	metric metric
	op     string
	limit  float64
}

// metric is a figure that objectives and regressions can be about.
type metric struct {
	name string
	of   func(bench.Measured) *float64
	time bool // in nanoseconds: limits may have a unit
	rate bool // a second: limits may be written 200k/s
	// round is the name of the figure in a [bench.Round]; "figure" stands for the
	// one that the workload is about. Empty: rounds have none.
	round string
}

var metrics = []metric{
	{"p50", func(m bench.Measured) *float64 { return asFloat(m.P50) }, true, false, "p50_ns"},
	{"p99", func(m bench.Measured) *float64 { return asFloat(m.P99) }, true, false, "p99_ns"},
	{"p99.9", func(m bench.Measured) *float64 { return asFloat(m.P999) }, true, false, "p999_ns"},
	{"max", func(m bench.Measured) *float64 { return asFloat(m.Max) }, true, false, "max_ns"},
	{"ns/msg", func(m bench.Measured) *float64 { return m.NsPerMsg }, true, false, string(bench.NsPerMsg)},
	{"allocs/msg", func(m bench.Measured) *float64 { return m.AllocsPerMsg }, false, false, "allocs_per_msg"},
	{"bytes/proc", func(m bench.Measured) *float64 { return m.BytesPerProc }, false, false, string(bench.BytesPerProc)},
	{"ratio", func(m bench.Measured) *float64 { return m.Ratio }, false, false, "ratio"},
	{"rate", achieved, false, true, "rate"},
	{"service_p99", func(m bench.Measured) *float64 { return serviceP99(m.Load) }, true, false, "service_p99_ns"},
	{"lag", func(m bench.Measured) *float64 { return lagP99(m.Load) }, true, false, "lag_p99_ns"},
	{"drops", drops, false, false, "dropped"},
	{"lost", func(m bench.Measured) *float64 { return new(float64(len(m.Violations))) }, false, false, ""},
}

func metricNames() string {
	var names []string
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return strings.Join(names, ", ")
}

func findMetric(name string) (metric, bool) {
	for _, m := range metrics {
		if m.name == name {
			return m, true
		}
	}
	return metric{}, false
}

// operators, longest first, so that <= is not taken for <.
var operators = []string{"<=", ">=", "==", "!=", "<", ">"}

// ParseObjectives reads objectives separated by commas, such as "p99<2ms,lost==0":
// a metric, one of < <= > >= == !=, and a number, which for a latency has a unit
// (a number alone is nanoseconds).
//
// Errors: which part cannot be read, and what would be right.
func ParseObjectives(s string) ([]Objective, error) {
	var out []Objective
	for part := range strings.SplitSeq(s, ",") {
		o, err := parseObjective(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func parseObjective(s string) (Objective, error) {
	at := strings.IndexAny(s, "<>=!")
	if at < 0 {
		return Objective{}, fmt.Errorf("%q has no comparison; an objective reads like p99<2ms", s)
	}
	o := Objective{Text: s}
	for _, op := range operators {
		if strings.HasPrefix(s[at:], op) {
			o.op = op
			break
		}
	}
	if o.op == "" {
		return o, fmt.Errorf("%q has no comparison; it takes one of < <= > >= == !=", s)
	}
	name, limit := strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+len(o.op):])
	var ok bool
	if o.metric, ok = findMetric(name); !ok {
		return o, fmt.Errorf("%q is about %q; it takes one of %s", s, name, metricNames())
	}
	v, err := strconv.ParseFloat(limit, 64)
	if err != nil && o.metric.time {
		v, err = nanoseconds(limit)
	}
	if err != nil && o.metric.rate {
		v, err = perSecond(limit)
	}
	if err != nil || v < 0 || v != v || v > 1e300 {
		want := "a number, as 0 or 1.5"
		if o.metric.time {
			want = "a time, as 2ms or 150us"
		}
		if o.metric.rate {
			want = "operations a second, as 190k/s"
		}
		return o, fmt.Errorf("%q compares with %q; %s takes %s", s, limit, o.metric.name, want)
	}
	o.limit = v
	return o, nil
}

// nanoseconds reads a time. A time.Duration would drop fractions of a nanosecond,
// of which a message may take few.
func nanoseconds(s string) (float64, error) {
	if digits, ok := strings.CutSuffix(s, "ns"); ok {
		return strconv.ParseFloat(digits, 64)
	}
	d, err := time.ParseDuration(s)
	return float64(d), err
}

// Judge returns the objectives as they stand for each result. One whose figure was
// not measured is not met: nothing shows that it is.
func Judge(objectives []Objective, results []bench.Measured) []Objective {
	var out []Objective
	for _, r := range results {
		for _, o := range objectives {
			o.Workload = r.Label
			if o.Value = o.metric.of(r); o.Value != nil {
				o.OK = holds(*o.Value, o.op, o.limit)
			}
			out = append(out, o)
		}
	}
	return out
}

func holds(v float64, op string, limit float64) bool {
	switch op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	case ">=":
		return v >= limit
	case "==":
		return v == limit
	default:
		return v != limit
	}
}

// String says what was wanted and what was found.
func (o Objective) String() string {
	found := "not measured, or by too few samples to tell"
	if o.Value != nil {
		found = quantity(*o.Value)
		if m, ok := findMetric(o.name()); ok && m.time {
			found = latency(int64(*o.Value))
		}
	}
	return fmt.Sprintf("%s: %s: %s", o.Workload, o.Text, found)
}

func (o Objective) name() string {
	at := strings.IndexAny(o.Text, "<>=!")
	return strings.TrimSpace(o.Text[:max(at, 0)])
}
