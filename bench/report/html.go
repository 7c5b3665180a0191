package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/thrum-go/thrum/bench"
)

// WriteHTML writes the report as one page with charts, which needs nothing but
// itself: no script, no font, no file from anywhere.
func (r Report) WriteHTML(w io.Writer) error {
	var b bytes.Buffer
	if err := page.Execute(&b, r.page()); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	// Coordinates have as many digits as can be seen.
	"n": func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
}).Parse(pageText))

// htmlPage is what the template fills in.
type htmlPage struct {
	Env         string
	Verdict     []htmlVerdict
	Headings    []string
	Rows        []htmlRow
	Objectives  []Objective
	Ratios      []htmlRatio
	One         float64     // where a ratio of 1 lies, in percent
	Percentiles *htmlChart  // latency by percentile
	Times       []htmlTimes // what was seen over time, by row
	TimesOpen   bool
	Warm, Twin  bool // what there are bands for
	Details     []htmlDetail
	Remarks     []string
	Command     string
	Environment []htmlPair
}

// htmlVerdict is what the reader is to see first.
type htmlVerdict struct {
	Class, Text string
}

type htmlRow struct {
	Cells  []string
	Failed bool
}

type htmlDetail struct{ Row, Name, Value, Unit string }

type htmlPair struct{ Name, Value string }

// openRows is how many rows show their charts over time without being asked.
const openRows = 6

func (r Report) page() htmlPage {
	p := htmlPage{Env: r.line(), Verdict: r.verdict(), Objectives: r.Objectives, Environment: r.environment()}
	used := make([]bool, len(columns))
	for _, x := range r.Results {
		for c, col := range columns {
			used[c] = used[c] || col.cell(x.Result) != ""
		}
	}
	for c, col := range columns {
		if used[c] {
			p.Headings = append(p.Headings, col.heading)
		}
	}
	for _, x := range r.Results {
		row := htmlRow{Failed: !x.OK || notValid(x)}
		for c, col := range columns {
			if used[c] {
				row.Cells = append(row.Cells, col.cell(x.Result))
			}
		}
		p.Rows = append(p.Rows, row)
		for _, d := range x.Details {
			p.Details = append(p.Details, htmlDetail{x.Label, strings.ReplaceAll(d.Name, "_", " "), quantity(d.Value), d.Unit})
		}
		for _, d := range x.Scheduler {
			p.Details = append(p.Details, htmlDetail{x.Label, "scheduler: " + strings.ReplaceAll(d.Name, "_", " "), quantity(d.Value), d.Unit})
		}
		if t := times(x); t != nil {
			p.Times = append(p.Times, *t)
			p.Warm, p.Twin = p.Warm || t.Warm, p.Twin || t.Twin
		}
	}
	p.TimesOpen = len(p.Times) <= openRows
	p.ratios(r.Results)
	p.Percentiles = percentiles(r.Results)
	p.Remarks = r.withoutDetails().remarks(Style{})
	if len(r.Config.Command) > 0 {
		p.Command = "loadgen " + strings.Join(quoted(r.Config.Command), " ")
	}
	return p
}

// withoutDetails leaves out what the page has tables for.
func (r Report) withoutDetails() Report {
	out := r
	out.Objectives = nil
	out.Results = slices.Clone(r.Results)
	for i := range out.Results {
		out.Results[i].Details = nil
	}
	return out
}

// verdict says in a few words what has come of it.
func (r Report) verdict() []htmlVerdict {
	var out []htmlVerdict
	add := func(bad bool, class, text string) {
		if bad {
			out = append(out, htmlVerdict{class, text})
		}
	}
	missed := 0
	for _, o := range r.Objectives {
		if !o.OK {
			missed++
		}
	}
	failed := len(r.Violations())
	add(len(r.Results) == 0, "bad", "nothing was measured")
	add(failed == 0 && len(r.Results) > 0, "good", "all checks held")
	add(failed == 1, "bad", "a check failed")
	add(failed > 1, "bad", fmt.Sprintf("%d checks failed", failed))
	add(missed == 0 && len(r.Objectives) > 0, "good", "all objectives met")
	add(missed > 0, "bad", fmt.Sprintf("%d of %d objectives missed", missed, len(r.Objectives)))
	add(len(r.Invalid()) > 0, "bad", "not valid: the generator was the limit")
	add(r.Stopped != "", "bad", "stopped early")
	add(r.Interrupted, "bad", "interrupted")
	add(r.Env.Race, "bad", "race detector on")
	return out
}

// environment lists all that figures depend on besides the code.
func (r Report) environment() []htmlPair {
	e := r.Env
	var out []htmlPair
	add := func(name, value string) {
		if value != "" && value != "0" {
			out = append(out, htmlPair{name, value})
		}
	}
	add("Go", e.Go)
	add("system", strings.Trim(e.OS+"/"+e.Arch, "/"))
	add("instruction set", e.Level)
	add("kernel", e.Kernel)
	add("CPU", e.CPU)
	add("CPUs", strconv.Itoa(e.CPUs))
	add("GOMAXPROCS", strconv.Itoa(e.GOMAXPROCS))
	add("CPU quota", quantity(e.CPUQuota))
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GODEBUG"} {
		add(name, e.Settings[name])
	}
	add("clock", e.Clock)
	if e.PGO {
		add("profile-guided", "yes")
	}
	if e.Race {
		add("race detector", "on: times mean little")
	}
	add("module", strings.TrimSpace(e.Module+" "+e.Version))
	revision := e.Revision
	if e.Modified {
		revision += ", modified"
	}
	add("revision", revision)
	for _, t := range r.Config.tags() {
		k, v, _ := strings.Cut(t, "=")
		add("tag "+k, v)
	}
	return out
}

// quoted writes arguments as a shell takes them.
func quoted(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`|&;<>()*?[]#~!{}") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		out[i] = a
	}
	return out
}

// headline is what a row's charts over time are titled with.
func headline(x bench.Measured) string {
	var parts []string
	if s := own(x.Result); s != "" {
		switch x.Figure {
		case bench.NsPerMsg:
			s += " ns/msg"
		case bench.BytesPerProc:
			s += "/proc"
		case bench.P99:
			s = "p99 " + s
		}
		parts = append(parts, s)
	}
	if x.Ratio != nil {
		parts = append(parts, ratio(*x.Ratio)+" the twin")
	}
	return strings.Join(parts, ", ")
}
