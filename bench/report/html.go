package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"math"
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

// htmlPage is what the template fills in.
type htmlPage struct {
	Env      string
	Headings []string
	Rows     []htmlRow
	Bars     []htmlBar
	BarsHigh int
	One      float64 // where a ratio of 1 lies
	Curves   []htmlCurve
	Across   []htmlTick // percentiles
	Up       []htmlTick // latencies
	Remarks  []string
}

type htmlRow struct {
	Cells  []string
	Failed bool
}

type htmlBar struct {
	Y           int
	X, Width    float64
	Label, Text string
	Slower      bool
}

type htmlCurve struct {
	Points, Color, Label string
	Y                    int // of the label
}

type htmlTick struct {
	At   float64
	Text string
}

// The charts' measures, in the units of their view boxes.
const (
	barHigh    = 22
	barsLeft   = 220.
	barsWide   = 480.
	curveLeft  = 70.
	curveWide  = 560.
	curveTop   = 10.
	curveTall  = 300.
	labelEvery = 18
)

func (r Report) page() htmlPage {
	p := htmlPage{Env: r.Env.line(), Remarks: r.remarks(Style{})}
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
		row := htmlRow{Failed: !x.OK}
		for c, col := range columns {
			if used[c] {
				row.Cells = append(row.Cells, col.cell(x.Result))
			}
		}
		p.Rows = append(p.Rows, row)
	}
	p.bars(r.Results)
	p.curves(r.Results)
	return p
}

// bars shows the ratios on a logarithmic scale: twice as fast is as long as half as
// fast, on the other side of 1.
func (p *htmlPage) bars(results []bench.Measured) {
	lo, hi := -1., 1. // powers of two
	for _, x := range results {
		if x.Ratio != nil && *x.Ratio > 0 {
			lo, hi = min(lo, math.Log2(*x.Ratio)), max(hi, math.Log2(*x.Ratio))
		}
	}
	at := func(v float64) float64 { return barsLeft + (v-lo)/(hi-lo)*barsWide }
	p.One = at(0)
	for _, x := range results {
		if x.Ratio == nil || *x.Ratio <= 0 {
			continue
		}
		end := at(math.Log2(*x.Ratio))
		p.Bars = append(p.Bars, htmlBar{
			Y: len(p.Bars) * barHigh, X: min(p.One, end), Width: math.Abs(end - p.One),
			Label: x.Label, Text: ratio(*x.Ratio), Slower: slower(x.Result),
		})
	}
	p.BarsHigh = len(p.Bars)*barHigh + 4
}

// curveColors can be told apart by most eyes (Okabe and Ito).
var curveColors = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}

// curves shows each latency's percentiles: every nine further to the right is as
// far as the one before, and so is every power of ten upwards.
func (p *htmlPage) curves(results []bench.Measured) {
	nines, lo, hi := 1., math.Inf(1), math.Inf(-1)
	for _, x := range results {
		if x.Latency == nil || x.Latency.Count() == 0 {
			continue
		}
		nines = max(nines, math.Log10(float64(x.Latency.Count())))
		for _, s := range x.Latency.Spectrum() {
			v := math.Log10(float64(max(1, s.Ns)))
			lo, hi = min(lo, math.Floor(v)), max(hi, math.Ceil(v))
		}
	}
	if lo > hi {
		return
	}
	hi = max(hi, lo+1)
	across := func(below float64) float64 { return curveLeft + min(nines, -math.Log10(1-below))/nines*curveWide }
	up := func(v float64) float64 { return curveTop + (hi-v)/(hi-lo)*curveTall }
	for n := 0.; n <= nines; n++ {
		text := "0"
		if n > 0 {
			text = "p" + quantityTo(100*(1-math.Pow(10, -n)), int(max(0, n-2)))
		}
		p.Across = append(p.Across, htmlTick{curveLeft + n/nines*curveWide, text})
	}
	for v := lo; v <= hi; v++ {
		p.Up = append(p.Up, htmlTick{up(v), latency(int64(math.Pow(10, v)))})
	}
	for _, x := range results {
		if x.Latency == nil || x.Latency.Count() == 0 {
			continue
		}
		var points []string
		from := 0.
		for _, s := range x.Latency.Spectrum() {
			y := up(math.Log10(float64(max(1, s.Ns))))
			// A step: everything from the last share to this one took so long.
			points = append(points, fmt.Sprintf("%.1f,%.1f", across(from), y))
			if s.Below < 1 {
				points = append(points, fmt.Sprintf("%.1f,%.1f", across(s.Below), y))
			} else {
				points = append(points, fmt.Sprintf("%.1f,%.1f", curveLeft+min(nines, math.Log10(float64(x.Latency.Count())))/nines*curveWide, y))
			}
			from = s.Below
		}
		n := len(p.Curves)
		p.Curves = append(p.Curves, htmlCurve{strings.Join(points, " "), curveColors[n%len(curveColors)], x.Label, 20 + n*labelEvery})
	}
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>thrum loadgen</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .2em .7em; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
.failed td { color: #b00; font-weight: bold }
svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif }
.bar { fill: #009e73 } .slower { fill: #d55e00 } .line { stroke: #bbb }
</style>
</head>
<body>
<h1>thrum loadgen</h1>
<p>{{.Env}}</p>
{{if .Rows}}<table>
<tr>{{range .Headings}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr{{if .Failed}} class="failed"{{end}}>{{range .Cells}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
{{else}}<p>nothing was measured</p>
{{end}}{{if .Bars}}<h2>Ratio to the twin</h2>
<p>Logarithmic; to the right of the line Thrum is better.</p>
<svg viewBox="0 0 780 {{.BarsHigh}}" width="780" role="img" aria-label="ratios">
{{range .Bars}}<g transform="translate(0,{{.Y}})"><text x="210" y="15" text-anchor="end">{{.Label}}</text><rect class="bar{{if .Slower}} slower{{end}}" x="{{printf "%.1f" .X}}" y="3" width="{{printf "%.1f" .Width}}" height="16"><title>{{.Label}}: {{.Text}}</title></rect><text x="710" y="15">{{.Text}}</text></g>
{{end}}<line class="line" x1="{{printf "%.1f" .One}}" x2="{{printf "%.1f" .One}}" y1="0" y2="{{.BarsHigh}}"/>
</svg>
{{end}}{{if .Curves}}<h2>Latency by percentile</h2>
<svg viewBox="0 0 860 340" width="860" role="img" aria-label="latencies by percentile">
{{range .Up}}<line class="line" x1="70" x2="630" y1="{{printf "%.1f" .At}}" y2="{{printf "%.1f" .At}}"/><text x="62" y="{{printf "%.1f" .At}}" dy="4" text-anchor="end">{{.Text}}</text>
{{end}}{{range .Across}}<line class="line" x1="{{printf "%.1f" .At}}" x2="{{printf "%.1f" .At}}" y1="10" y2="310"/><text x="{{printf "%.1f" .At}}" y="328" text-anchor="middle">{{.Text}}</text>
{{end}}{{range .Curves}}<polyline fill="none" stroke="{{.Color}}" stroke-width="2" points="{{.Points}}"><title>{{.Label}}</title></polyline><text x="645" y="{{.Y}}" fill="{{.Color}}">{{.Label}}</text>
{{end}}</svg>
{{end}}{{if .Remarks}}<ul>
{{range .Remarks}}<li>{{.}}</li>
{{end}}</ul>
{{end}}<p>A percentile is told if ten samples lie beyond it. No figure is comparable across machines.</p>
</body>
</html>
`))
