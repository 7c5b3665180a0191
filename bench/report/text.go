package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/thrum-go/thrum/bench"
)

// Style says how text is written.
type Style struct {
	// Color lets escape codes mark the header, rows where Thrum is slower than its
	// twin, and failed checks.
	Color bool
	// Width is how many columns the terminal has: what is longer is broken there, a wide table into several. 0: nothing is.
	Width int
}

const (
	bold   = "\x1b[1m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	plain  = "\x1b[0m"
)

// columns of the table: heading, and how a result fills it. An empty cell means
// that the figure means nothing for the workload.
var columns = []struct {
	heading string
	cell    func(bench.Result) string
}{
	{"workload", func(r bench.Result) string { return r.Label }},
	{"messages", func(r bench.Result) string { return optional(r.Messages, func(n int64) string { return grouped(n) }) }},
	{"asked/s", asked},
	{"done/s", done},
	{"ns/msg", func(r bench.Result) string { return optional(r.NsPerMsg, figures) }},
	{"p50", func(r bench.Result) string { return optional(r.P50, latency) }},
	{"p99", func(r bench.Result) string { return optional(r.P99, latency) }},
	{"p99.9", func(r bench.Result) string { return optional(r.P999, latency) }},
	{"max", func(r bench.Result) string { return optional(r.Max, latency) }},
	{"service p99", func(r bench.Result) string { return nanos(serviceP99(r.Load)) }},
	{"lag p99", func(r bench.Result) string { return nanos(lagP99(r.Load)) }},
	{"drops", dropped},
	{"allocs/msg", func(r bench.Result) string { return optional(r.AllocsPerMsg, allocations) }},
	{"bytes/proc", func(r bench.Result) string { return optional(r.BytesPerProc, figures) }},
	{"twin", twin},
	{"ratio", func(r bench.Result) string { return optional(r.Ratio, ratio) }},
}

// WriteText writes the report as a table for a person.
func (r Report) WriteText(w io.Writer, style Style) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\n\n", fold(r.line(), style.Width))
	r.table(b, style)
	for i, l := range r.remarks(style) {
		if i == 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintln(b, fold(l, style.Width))
	}
	if l := r.legend(); l != "" {
		fmt.Fprintf(b, "\n%s", refill(l, style.Width))
	}
	return b.Flush()
}

// line describes the machine in one line.
func (e Env) line() string {
	parts := []string{"thrum loadgen", e.Go + " " + e.OS + "/" + e.Arch}
	if e.CPU != "" {
		parts = append(parts, e.CPU)
	}
	parts = append(parts, fmt.Sprintf("%d CPUs, GOMAXPROCS %d", e.CPUs, e.GOMAXPROCS))
	if e.Revision != "" {
		rev := "revision " + e.Revision[:min(12, len(e.Revision))]
		if e.Modified {
			rev += ", modified"
		}
		parts = append(parts, rev)
	}
	if e.Race {
		parts = append(parts, "race detector on: times mean little")
	}
	return strings.Join(parts, " · ")
}

// line describes the machine, and what the results are marked with.
func (r Report) line() string {
	return strings.Join(append([]string{r.Env.line()}, r.Config.tags()...), " · ")
}

func (r Report) table(w io.Writer, style Style) {
	rows := make([][]string, len(r.Results))
	used := make([]bool, len(columns))
	width := make([]int, len(columns))
	for i, x := range r.Results {
		for c, col := range columns {
			s := col.cell(x.Result)
			rows[i] = append(rows[i], s)
			used[c] = used[c] || s != ""
			width[c] = max(width[c], utf8.RuneCountInString(s), len(col.heading))
		}
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "nothing was measured")
		return
	}
	headings := make([]string, len(columns))
	for c, col := range columns {
		headings[c] = col.heading
	}
	for i, band := range bands(used, width, style.Width) {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, style.paint(bold, tableLine(headings, band, width)))
		for k, x := range r.Results {
			s := tableLine(rows[k], band, width)
			switch {
			case !x.OK:
				s = style.paint(red, s+"  CHECK FAILED")
			case notValid(x):
				s = style.paint(red, s+"  NOT VALID")
			case slower(x.Result):
				s = style.paint(yellow, s)
			}
			fmt.Fprintln(w, s)
		}
	}
}

// remarks tells what does not fit into columns, and where Thrum loses.
func (r Report) remarks(style Style) []string {
	var lines []string
	for _, x := range r.Results {
		if len(x.Details) > 0 {
			var parts []string
			for _, d := range x.Details {
				parts = append(parts, strings.TrimSpace(strings.ReplaceAll(d.Name, "_", " ")+" "+quantity(d.Value)+" "+d.Unit))
			}
			lines = append(lines, x.Label+": "+strings.Join(parts, ", "))
		}
	}
	for _, why := range r.Invalid() {
		lines = append(lines, style.paint(red, "not valid: "+why))
	}
	lines = append(lines, r.settings()...)
	for _, x := range r.Results {
		lines = append(lines, loadRemarks(x, style)...)
	}
	for _, x := range r.Results {
		if slower(x.Result) && !notValid(x) {
			how := "Thrum is slower than its twin here"
			if x.Self {
				how = "it should cost what its twin does"
			}
			lines = append(lines, style.paint(yellow, fmt.Sprintf("%s: %s, %s against %s", x.Label, how, own(x.Result), twin(x.Result))))
		}
	}
	for _, x := range r.Results {
		switch {
		case x.Rounds == 0 && x.OK && len(x.Intervals) > 0:
			lines = append(lines, x.Label+": interrupted before a round was done, so it has no figures; "+glimpse(x.Intervals))
		case r.Interrupted && x.OK && x.Rounds < x.Params.Rounds:
			lines = append(lines, fmt.Sprintf("%s: %d of %d rounds were measured", x.Label, x.Rounds, x.Params.Rounds))
		}
	}
	for _, v := range r.Violations() {
		lines = append(lines, style.paint(red, "check failed: "+v.String()))
	}
	for _, o := range r.Objectives {
		if o.OK {
			lines = append(lines, "objective met: "+o.String())
		} else {
			lines = append(lines, style.paint(red, "objective failed: "+o.String()))
		}
	}
	if r.Stopped != "" {
		lines = append(lines, style.paint(red, "stopped early: "+r.Stopped))
	}
	if r.Interrupted {
		lines = append(lines, "interrupted: the rest was not measured")
	}
	return lines
}

// glimpse tells what was seen of a measurement that came to nothing.
func glimpse(all []bench.Interval) string {
	var seen bench.Interval // of Thrum's first round, or else of its warm-up
	for _, i := range all {
		if i.Phase == "twin" || i.Round == 0 && seen.Round > 0 {
			continue
		}
		if seen.End == 0 || i.Round > seen.Round {
			seen = i
			continue
		}
		seen = seen.Join(i)
	}
	return fmt.Sprintf("until then %s messages were handled in %s, %s a second", grouped(seen.Messages), latency(int64(seen.Length())), amount(seen.Rate()))
}

// sameAs is the ratio below which something does not cost the same any more.
const sameAs = 0.9

// slower says whether Thrum loses. Against itself it does so only clearly: one of
// the two is always a little faster.
func slower(r bench.Result) bool {
	limit := 1.0
	if r.Self {
		limit = sameAs
	}
	return r.Ratio != nil && *r.Ratio < limit
}

func (s Style) paint(color, text string) string {
	if !s.Color {
		return text
	}
	return color + text + plain
}
