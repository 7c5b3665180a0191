package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// element is a part of a page.
type element struct {
	name     string
	attrs    map[string]string
	own      string // text
	children []*element
}

// parsed reads a page. Whatever is not closed, or closed twice, is an error.
func parsed(t *testing.T, page string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	root := &element{}
	stack := []*element{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the page is broken: %v", err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			e := &element{name: x.Name.Local, attrs: map[string]string{}}
			for _, a := range x.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			top := stack[len(stack)-1]
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			if top := stack[len(stack)-1]; top.name != x.Name.Local {
				t.Fatalf("<%s> is closed by </%s>", top.name, x.Name.Local)
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top := stack[len(stack)-1]
			top.children = append(top.children, &element{own: string(x)})
		}
	}
	if len(stack) != 1 {
		t.Fatalf("<%s> is not closed", stack[len(stack)-1].name)
	}
	return root
}

// text returns all that is to be read.
func (e *element) text() string {
	var b strings.Builder
	b.WriteString(e.own)
	for _, c := range e.children {
		b.WriteString(c.text() + " ")
	}
	return b.String()
}

// all returns the elements of a name, and of a class unless that is empty, in their order.
func (e *element) all(name, class string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.name == name && (class == "" || strings.Contains(" "+c.attrs["class"]+" ", " "+class+" ")) {
			out = append(out, c)
		}
		out = append(out, c.all(name, class)...)
	}
	return out
}

// points reads the coordinates of a line or an area; all must lie within the plot.
func (e *element) points(t *testing.T) [][2]float64 {
	t.Helper()
	var out [][2]float64
	for pair := range strings.FieldsSeq(e.attrs["points"]) {
		x, y, _ := strings.Cut(pair, ",")
		v, err := strconv.ParseFloat(x, 64)
		w, err2 := strconv.ParseFloat(y, 64)
		if err != nil || err2 != nil || !(v >= 0 && v <= 100 && w >= 0 && w <= 100) {
			t.Fatalf("a point is %q", pair)
		}
		out = append(out, [2]float64{v, w})
	}
	return out
}

// html writes a report and reads the page.
func html(t *testing.T, r Report) *element {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"NaN", "Inf", "ZgotmplZ", "%!"} {
		if strings.Contains(b.String(), bad) {
			t.Fatalf("the page has %q", bad)
		}
	}
	return parsed(t, b.String())
}

// charted returns the plots of a page, by the beginning of their labels.
func charted(t *testing.T, page *element) map[string][]*element {
	t.Helper()
	out := map[string][]*element{}
	for _, svg := range page.all("svg", "plot") {
		title := svg.attrs["aria-label"]
		if svg.attrs["role"] != "img" || title == "" {
			t.Errorf("a chart has role %q and label %q", svg.attrs["role"], title)
		}
		for _, shape := range append(svg.all("polyline", ""), svg.all("polygon", "")...) {
			if n := len(shape.points(t)); n < 2 {
				t.Errorf("%s: a shape of %d points", title, n)
			}
			if len(shape.all("title", "")) != 1 {
				t.Errorf("%s: a shape has no title", title)
			}
		}
		kind := strings.Join(strings.Fields(title)[:1], " ")
		if strings.HasPrefix(title, "latency by") {
			kind = "percentiles"
		}
		out[kind] = append(out[kind], svg)
	}
	return out
}

func TestChartsHoldTheirFigures(t *testing.T) {
	page := html(t, fixed())
	charts := charted(t, page)
	for kind, want := range map[string][]struct{ lines, areas, bands int }{
		"percentiles": {{2, 0, 0}},                    // fair and blocking have latencies
		"throughput":  {{3, 3, 3}, {3, 3, 3}},         // ping and fair: warm-up and two rounds; bands for warm-up and two turns of the twin
		"utilisation": {{0, 2 * 3, 3}, {0, 2 * 3, 3}}, // two workers
		"latency":     {{3 + 2 + 3, 0, 3}},            // fair: max and p50 everywhere, p99 not in the second round
		"operations":  {{3, 0, 3}},                    // under way
	} {
		if len(charts[kind]) != len(want) {
			t.Errorf("%d charts of %s, want %d", len(charts[kind]), kind, len(want))
			continue
		}
		for i, svg := range charts[kind] {
			lines, areas, bands := len(svg.all("polyline", "")), len(svg.all("polygon", "")), len(svg.all("rect", ""))
			if lines != want[i].lines || areas != want[i].areas || bands != want[i].bands {
				t.Errorf("%s %d has %d lines, %d areas and %d bands, want %+v", kind, i, lines, areas, bands, want[i])
			}
		}
	}
	if n := len(page.all("div", "bar")); n != 7 {
		t.Errorf("%d bars, want one for each result with a ratio, 7", n)
	}
	if n := len(page.all("div", "slower")); n != 2 {
		t.Errorf("%d bars are marked, want 2", n)
	}
	// Thrum's first round: 45,000, 52,000 and 14,000 messages in 1 s, 1 s and 0.3 s, in 8.612 s, on an axis up to 60,000.
	got := charts["throughput"][0].all("polyline", "")[1].points(t)
	x := func(s float64) float64 { return s / 8.612 * 100 }
	y := func(rate float64) float64 { return 100 - rate/60_000*100 }
	want := [][2]float64{
		{x(0.012), y(45_000)}, {x(1.012), y(45_000)}, {x(1.012), y(52_000)}, {x(2.012), y(52_000)}, {x(2.012), y(14_000 / 0.3)}, {x(2.312), y(14_000 / 0.3)},
	}
	if !near(got, want) {
		t.Errorf("the first round is drawn as %v, want %v", got, want)
	}
	// Its second worker was busy for a quarter, a half and an eighth of them, in the lower half of the chart.
	lane := charts["utilisation"][0].all("polygon", "")[4].points(t)
	v := func(busy float64) float64 { return 100 - 0.86*50*busy }
	want = [][2]float64{
		{x(0.012), v(0)}, {x(0.012), v(0.25)}, {x(1.012), v(0.25)}, {x(1.012), v(0.5)}, {x(2.012), v(0.5)}, {x(2.012), v(0.125)}, {x(2.312), v(0.125)}, {x(2.312), v(0)},
	}
	if !near(lane, want) {
		t.Errorf("the second worker is drawn as %v, want %v", lane, want)
	}
}

func near(a, b [][2]float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if d, e := a[i][0]-b[i][0], a[i][1]-b[i][1]; d > 0.011 || d < -0.011 || e > 0.011 || e < -0.011 {
			return false
		}
	}
	return true
}

func TestPercentileCurveRisesToTheMaximum(t *testing.T) {
	rec := meter.NewRecorder()
	for ns := int64(1); ns <= 100_000; ns++ {
		rec.Record(ns * 10)
	}
	r := Report{Results: []bench.Measured{{Result: bench.Result{Workload: "fair", Label: "fair", Figure: bench.P99, OK: true,
		Load: &bench.Load{Service: rec}}, Latency: rec, TwinLatency: rec}}}
	lines := charted(t, html(t, r))["percentiles"][0].all("polyline", "")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want latency, service and twin", len(lines))
	}
	points := lines[0].points(t)
	for i := 1; i < len(points); i++ {
		if points[i][0] < points[i-1][0] || points[i][1] > points[i-1][1] {
			t.Errorf("from %v it goes to %v", points[i-1], points[i])
		}
	}
	if last := points[len(points)-1]; last[0] != 100 || last[1] != 0 {
		t.Errorf("it ends at %v: 100,000 samples are five nines, the highest took 1 ms", last)
	}
	if len(points) > 2000 {
		t.Errorf("%d points", len(points))
	}
	for i, class := range []string{"s0 d0", "s0 d0 service", "s0 d0 twin"} {
		if lines[i].attrs["class"] != class {
			t.Errorf("line %d is of class %q, want %q", i, lines[i].attrs["class"], class)
		}
	}
}

// TestPageOfAnythingIsWhole has rows of every kind that may come.
func TestPageOfAnythingIsWhole(t *testing.T) {
	many := func(workers, n int, phase string) []bench.Interval {
		var out []bench.Interval
		for i := range n {
			x := bench.Interval{Begin: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Phase: phase, Round: 1, Messages: int64(i)}
			for w := range workers {
				x.Busy = append(x.Busy, float64(w)/float64(workers))
			}
			out = append(out, x)
		}
		return out
	}
	row := func(name string, all []bench.Interval) bench.Measured {
		return bench.Measured{Result: bench.Result{Workload: "x", Label: name, OK: true, Figure: bench.NsPerMsg}, Intervals: all}
	}
	for _, c := range []struct {
		name          string
		rows          []bench.Measured
		charts, lines int
	}{
		{"nothing", nil, 0, 0},
		{"no intervals", []bench.Measured{row("a", nil)}, 0, 0},
		{"a twin alone", []bench.Measured{row("a", []bench.Interval{{End: 5, Phase: "twin", Round: 1}})}, 0, 0},
		{"no messages", []bench.Measured{row("a", many(2, 1, "thrum"))}, 2, 1},
		{"no length", []bench.Measured{row("a", []bench.Interval{{Phase: "thrum", Round: 1, Messages: 5, Busy: []float64{1}}})}, 2, 1},
		{"many workers", []bench.Measured{row("a", many(200, 20, "thrum"))}, 2, 1 + 3},
		{"a day", []bench.Measured{row("a", many(2, 86_400, "thrum"))}, 2, 1},
		{"markup", []bench.Measured{row(`<script>alert("1")</script>`, many(2, 3, `"><script>`))}, 2, 1},
		{"merged", []bench.Measured{row("a", append(many(1, 3, "thrum"), many(1, 3, "thrum")...))}, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := html(t, Report{Results: c.rows})
			charts, lines := 0, 0
			for _, all := range charted(t, page) {
				for _, svg := range all {
					charts++
					lines += len(svg.all("polyline", ""))
					for _, shape := range append(svg.all("polyline", ""), svg.all("polygon", "")...) {
						if n := len(shape.points(t)); n > 2*maxPoints+2 {
							t.Errorf("a shape has %d points", n)
						}
					}
				}
			}
			if charts != c.charts || lines != c.lines {
				t.Errorf("%d charts with %d lines, want %d and %d", charts, lines, c.charts, c.lines)
			}
			if len(page.all("script", "")) > 0 {
				t.Error("there is a script")
			}
		})
	}
}

func TestManyRowsHideTheirChartsUntilAsked(t *testing.T) {
	r := fixed()
	one := r.Results[0]
	one.Latency = meter.NewRecorder()
	one.Latency.Record(5)
	r.Results = nil
	for i := range 40 {
		one.Label = fmt.Sprintf("ping procs=%d", i)
		r.Results = append(r.Results, one)
		if n := i + 1; n != openRows && n != openRows+1 && n != 40 {
			continue
		}
		page := html(t, r)
		all := page.all("details", "")
		if len(all) != i+1 {
			t.Fatalf("%d rows have charts over time, want %d", len(all), i+1)
		}
		for _, d := range all {
			if _, open := d.attrs["open"]; open != (i < openRows) {
				t.Fatalf("with %d rows they are open: %t", i+1, open)
			}
		}
	}
	classes := map[string]bool{}
	for _, l := range charted(t, html(t, r))["percentiles"][0].all("polyline", "") {
		classes[l.attrs["class"]] = true
	}
	if len(classes) != 18 {
		t.Errorf("40 lines are drawn in %d ways, want 18", len(classes))
	}
}

func TestPageTellsCommandEnvironmentAndObjectives(t *testing.T) {
	r := fixed()
	r.Env.Settings, r.Env.Kernel, r.Env.CPUQuota = map[string]string{"GOGC": "50"}, "6.1", 1.5
	r.Config.Command = []string{"run", "fair", "--slo", "p99<1ms"}
	objectives, err := ParseObjectives("p99<1ms")
	if err != nil {
		t.Fatal(err)
	}
	r.Objectives = Judge(objectives, r.Results[4:6])
	text := strings.Join(strings.Fields(html(t, r).text()), " ")
	for _, want := range []string{
		"loadgen run fair --slo 'p99<1ms'", "✓ met fair: p99<1ms: 412µs", "✗ failed blocking: p99<1ms: not measured", "1 of 2 objectives missed", "a check failed",
		"GOGC 50", "kernel 6.1", "CPU quota 1.5", "CPU AMD EPYC", "clock tsc", "revision 0123456789abcdef0123456789abcdef01234567, modified", "tag branch main",
		"idle wake and exit 213 ns each",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAxesHaveRoundSteps(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		n         int
		want      string
	}{
		{0, 10, 5, "[0 2 4 6 8 10]"}, {0, 9.9, 5, "[0 2 4 6 8]"}, {0, 0.3, 3, "[0 0.1 0.2 0.3]"}, {0, 60, 3, "[0 20 40 60]"}, {0, 1e9, 3, "[0 5e+08 1e+09]"},
		{0, 0, 3, "[0]"}, {3, 3, 3, "[3]"},
	} {
		var got []float64
		for _, v := range steps(c.low, c.high, c.n) {
			got = append(got, *round(&v, 1e6))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%g to %g in %d: %v, want %s", c.low, c.high, c.n, got, c.want)
		}
	}
	for v, want := range map[float64]float64{0: 1, 52_000: 60_000, 60_000: 60_000, 7: 10} {
		if got := roof(v, 3); got < want*0.999 || got > want*1.001 {
			t.Errorf("above %g there is %g, want %g", v, got, want)
		}
	}
}
