package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/thrum-go/thrum/bench"
)

// Regression says by how much a figure may change for the worse, as in ratio<-10%.
type Regression struct {
	Text   string
	metric metric
	op     string  // "<" or ">"
	limit  float64 // a share: -0.1 for -10%
}

// ParseRegressions reads limits separated by commas, such as "ratio<-10%,p99>+20%":
// a metric, < or >, and the change in percent.
//
// Errors: which part cannot be read, and what would be right.
func ParseRegressions(s string) ([]Regression, error) {
	var out []Regression
	for part := range strings.SplitSeq(s, ",") {
		r, err := parseRegression(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func parseRegression(s string) (Regression, error) {
	at := strings.IndexAny(s, "<>")
	if at < 0 {
		return Regression{}, fmt.Errorf("%q has no < or >; a limit reads like ratio<-10%%", s)
	}
	r := Regression{Text: s, op: s[at : at+1]}
	name := strings.TrimSpace(s[:at])
	var ok bool
	if r.metric, ok = findMetric(name); !ok || r.metric.round == "" {
		return r, fmt.Errorf("%q is about %q; it takes one of %s", s, name, roundMetricNames())
	}
	change := strings.TrimSpace(s[at+1:])
	digits, ok := strings.CutSuffix(change, "%")
	v, err := strconv.ParseFloat(digits, 64)
	switch {
	case !ok || err != nil || math.IsNaN(v) || math.IsInf(v, 0):
		return r, fmt.Errorf("%q compares with %q; it takes a change in percent, as -10%% or +5%%", s, change)
	case r.op == "<" && (v >= 0 || v <= -100):
		return r, fmt.Errorf("%q can only fail for less than %q; a fall is from -100%% to 0%%, as in ratio<-10%%", s, change)
	case r.op == ">" && v <= 0:
		return r, fmt.Errorf("%q can only fail for more than %q; a rise is above 0%%, as in p99>+10%%", s, change)
	}
	r.limit = v / 100
	return r, nil
}

func roundMetricNames() string {
	var names []string
	for _, m := range metrics {
		if m.round != "" {
			names = append(names, m.name)
		}
	}
	return strings.Join(names, ", ")
}

// Change is how a figure of one setting differs between two reports.
type Change struct {
	Label    string
	Metric   string
	Old, New float64 // medians of the rounds
	N, M     int     // rounds that have the figure, in the old and in the new report
	Delta    float64 // the typical change from an old round to a new one: 0.1 is 10 % more
	P        float64 // how probable chance makes such a difference; see Mann-Whitney
	// TooFew says that so few rounds cannot show any difference.
	TooFew bool
	// Significant says that chance is less probable than was allowed.
	Significant bool
	// Regressed names the limit that is exceeded; empty when none is.
	Regressed string
}

// Comparison is what Compare has found.
type Comparison struct {
	Changes          []Change
	OnlyOld, OnlyNew []string // settings that have no counterpart
	Untested         []string // limits that could be applied to no setting, or where rounds were too few
}

// Regressions returns the changes that exceed a limit.
func (c Comparison) Regressions() []Change {
	var out []Change
	for _, x := range c.Changes {
		if x.Regressed != "" {
			out = append(out, x)
		}
	}
	return out
}

// Compare tests, for each setting that both reports have, whether its figures have
// changed: the workload's own figure, its ratio, and those that limits are about. A
// change counts when it would come by chance with a probability below alpha. Only
// then, and when it exceeds a limit, it is a regression.
func Compare(old, now Report, limits []Regression, alpha float64) Comparison {
	var out Comparison
	tested := make([]bool, len(limits))
	found := map[string]bool{}
	for _, a := range old.Results {
		b, ok := find(now.Results, key(a.Result))
		if !ok {
			out.OnlyOld = append(out.OnlyOld, a.Label)
			continue
		}
		found[key(a.Result)] = true
		if notValid(a) || notValid(b) {
			out.Untested = append(out.Untested, a.Label+": in one of the files the generator was the limit, so its figures are not those of the system")
			for i := range tested {
				tested[i] = true // told already
			}
			continue
		}
		for _, m := range metrics {
			wanted := m.round == string(a.Figure) || m.round == "ratio"
			for _, l := range limits {
				wanted = wanted || l.metric.name == m.name
			}
			x, y := values(a.Samples, m.round), values(b.Samples, m.round)
			if !wanted || m.round == "" || len(x) == 0 || len(y) == 0 {
				continue
			}
			c := change(a, m, x, y, alpha)
			for i, l := range limits {
				if l.metric.name != m.name {
					continue
				}
				if c.TooFew {
					out.Untested = append(out.Untested, fmt.Sprintf("%s of %s: %d rounds against %d cannot show a change at alpha %g; measure with more --rounds",
						l.Text, a.Label, c.N, c.M, alpha))
				}
				tested[i] = true
				if c.Significant && (l.op == "<" && c.Delta < l.limit || l.op == ">" && c.Delta > l.limit) {
					c.Regressed = l.Text
				}
			}
			out.Changes = append(out.Changes, c)
		}
	}
	for _, b := range now.Results {
		if !found[key(b.Result)] {
			out.OnlyNew = append(out.OnlyNew, b.Label)
		}
	}
	for i, l := range limits {
		if !tested[i] {
			out.Untested = append(out.Untested, l.Text+": no setting that both files have has rounds with this figure")
		}
	}
	return out
}

func find(results []bench.Measured, k string) (bench.Measured, bool) {
	for _, r := range results {
		if key(r.Result) == k {
			return r, true
		}
	}
	return bench.Measured{}, false
}

func change(a bench.Measured, m metric, x, y []float64, alpha float64) Change {
	c := Change{Label: a.Label, Metric: m.name, Old: median(x), New: median(y), N: len(x), M: len(y)}
	c.Delta = shift(x, y)
	c.P = ranksTest(x, y)
	c.TooFew = leastP(len(x), len(y)) > alpha
	c.Significant = c.P <= alpha
	return c
}

// shift estimates by what share y exceeds x: the median of all pairs (Hodges and
// Lehmann). It goes with the test of ranks, and scatters a fifth less than the
// difference of the medians: that gave a false alarm of 5 % in one of twenty equal
// runs of twenty rounds.
func shift(x, y []float64) float64 {
	var pairs []float64
	for _, a := range x {
		for _, b := range y {
			switch {
			case a > 0:
				pairs = append(pairs, b/a-1)
			case b > 0:
				pairs = append(pairs, math.MaxFloat64)
			default:
				pairs = append(pairs, 0)
			}
		}
	}
	// Halves, because the median adds two of them.
	for i := range pairs {
		pairs[i] /= 2
	}
	return 2 * median(pairs)
}

// WriteText writes the comparison as a table for a person.
func (c Comparison) WriteText(w io.Writer, style Style) error {
	b := bufio.NewWriter(w)
	head := []string{"workload", "figure", "old", "new", "change", "p", "rounds", ""}
	lines := [][]string{head}
	for _, x := range c.Changes {
		note := ""
		delta := fmt.Sprintf("%+.1f%%", x.Delta*100)
		if x.Delta > 1e6 {
			delta = "from 0"
		}
		switch {
		case x.TooFew:
			delta, note = "?", "too few rounds to tell"
		case !x.Significant:
			delta = "~"
		case x.Regressed != "":
			note = "REGRESSION: " + x.Regressed
		}
		lines = append(lines, []string{x.Label, x.Metric, figures(x.Old), figures(x.New), delta, fmt.Sprintf("%.3f", x.P), fmt.Sprintf("%d+%d", x.N, x.M), note})
	}
	width := make([]int, len(head))
	for _, l := range lines {
		for i, s := range l {
			width[i] = max(width[i], len(s))
		}
	}
	if len(c.Changes) == 0 {
		fmt.Fprintln(b, "nothing to compare: no setting is in both")
		lines = nil
	}
	for n, l := range lines {
		var s strings.Builder
		for i, cell := range l {
			if i < 2 || i == len(l)-1 {
				fmt.Fprintf(&s, "%-*s  ", width[i], cell)
			} else {
				fmt.Fprintf(&s, "%*s  ", width[i], cell)
			}
		}
		text := strings.TrimRight(s.String(), " ")
		switch {
		case n == 0:
			text = style.paint(bold, text)
		case c.Changes[n-1].Regressed != "":
			text = style.paint(red, text)
		}
		fmt.Fprintln(b, text)
	}
	for _, s := range c.OnlyOld {
		fmt.Fprintf(b, "only in the old file: %s\n", s)
	}
	for _, s := range c.OnlyNew {
		fmt.Fprintf(b, "only in the new file: %s\n", s)
	}
	fmt.Fprint(b, "\nold and new are medians of the rounds, times in ns; change is the median over all pairs of an old\nand a new round; ~ is a difference that chance explains (Mann-Whitney U)\n")
	return b.Flush()
}
