package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// optional formats a figure that may have no meaning.
func optional[T any](v *T, format func(T) string) string {
	if v == nil {
		return ""
	}
	return format(*v)
}

// figures writes a number with three digits that mean something, or all before
// the point.
func figures(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return grouped(int64(v + 0.5))
	}
}

// quantity writes a number of any sign with as few digits as say enough.
func quantity(v float64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	s := figures(v)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return sign + s
}

// grouped writes a whole number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// latency writes nanoseconds in the unit that suits them.
func latency(ns int64) string {
	for _, u := range []struct {
		unit string
		ns   time.Duration
	}{{"s", time.Second}, {"ms", time.Millisecond}, {"µs", time.Microsecond}} {
		if d := time.Duration(ns); d >= u.ns {
			return figures(float64(d)/float64(u.ns)) + u.unit
		}
	}
	return grouped(ns) + "ns"
}

// amount writes a large number in the unit that suits it, as 45.2M.
func amount(v float64) string {
	for _, u := range []struct {
		from float64
		unit string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= u.from*0.9995 {
			return figures(v/u.from) + u.unit
		}
	}
	return quantityTo(v, 0)
}

// allocations writes 0 as 0 and little as little.
func allocations(v float64) string {
	switch {
	case v < 0.00005:
		return "0"
	case v < 0.001:
		return "<0.001"
	default:
		return quantityTo(v, 3)
	}
}

func quantityTo(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

func ratio(v float64) string { return figures(v) + "x" }

// twin writes the twin's figure, with a unit where it is not the table's usual one.
func twin(r bench.Result) string {
	return optional(r.Twin, func(v float64) string { return inUnit(r.Figure, v) })
}

// own writes Thrum's figure as twin does the twin's.
func own(r bench.Result) string {
	switch {
	case r.Figure == bench.P99 && r.P99 != nil:
		return inUnit(r.Figure, float64(*r.P99))
	case r.Figure == bench.BytesPerProc && r.BytesPerProc != nil:
		return inUnit(r.Figure, *r.BytesPerProc)
	case r.NsPerMsg != nil:
		return inUnit(r.Figure, *r.NsPerMsg)
	}
	return ""
}

func inUnit(f bench.Figure, v float64) string {
	switch f {
	case bench.P99:
		return latency(int64(v))
	case bench.BytesPerProc:
		return figures(v) + "B"
	default:
		return figures(v)
	}
}
