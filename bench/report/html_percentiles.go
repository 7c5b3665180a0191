package report

import (
	"fmt"
	"math"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// seriesColors is how many colours the page has for lines; those that come later have them once more, drawn otherwise.
const seriesColors = 6

// seriesClass returns the classes of line n.
func seriesClass(n int) string {
	return fmt.Sprintf("s%d d%d", n%seriesColors, n/seriesColors%3)
}

// finest is the narrowest step that is drawn, in percent of the chart: a histogram has thousands.
const finest = 0.1

// percentiles shows each latency's percentiles: every nine further to the right is as
// far as the one before, and so is every power of ten upwards. What belongs to a row has
// its colour: the twin's, and the times of service without the wait for them.
func percentiles(results []bench.Measured) *htmlChart {
	type curve struct {
		label, class string
		rec          *meter.Recorder
	}
	var curves []curve
	rows := 0
	for _, x := range results {
		class := seriesClass(rows)
		before := len(curves)
		add := func(label, kind string, rec *meter.Recorder) {
			if rec != nil && rec.Count() > 0 {
				curves = append(curves, curve{label, class + kind, rec})
			}
		}
		add(x.Label, "", x.Latency)
		if x.Load != nil {
			add(x.Label+", service", " service", x.Load.Service)
		}
		add(x.Label+", twin", " twin", x.TwinLatency)
		if len(curves) > before {
			rows++
		}
	}
	if len(curves) == 0 {
		return nil
	}
	nines, lo, hi := 1., math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		nines = max(nines, math.Log10(float64(c.rec.Count())))
		for _, s := range c.rec.Spectrum() {
			v := math.Log10(float64(max(1, s.Ns)))
			lo, hi = min(lo, math.Floor(v)), max(hi, math.Ceil(v))
		}
	}
	hi = max(hi, lo+1)
	p := &plot{left: 0, right: nines, low: lo, high: hi}
	out := &htmlChart{Title: "latency by percentile, both axes logarithmic", Tall: 300, Unit: "latency", Caption: "percentile"}
	for n := 0.; n <= nines; n++ {
		text := "0"
		if n > 0 {
			text = "p" + quantityTo(100*(1-math.Pow(10, -n)), int(max(0, n-2)))
		}
		out.Across = append(out.Across, htmlTick{p.x(n), text})
	}
	for v := lo; v <= hi; v++ {
		out.Up = append(out.Up, htmlTick{p.y(v), latency(int64(math.Pow(10, v)))})
	}
	for _, c := range curves {
		end := min(nines, math.Log10(float64(c.rec.Count())))
		from := 0.
		for _, s := range c.rec.Spectrum() {
			y := math.Log10(float64(max(1, s.Ns)))
			to := end
			if s.Below < 1 {
				to = min(nines, -math.Log10(1-s.Below))
			}
			if p.x(to)-p.x(from) < finest && s.Below < 1 {
				continue // the next step covers it
			}
			// A step: everything from the last share to this one took so long.
			p.add(from, y)
			p.add(to, y)
			from = to
		}
		shape := htmlShape{p.line(), c.class, fmt.Sprintf("%s: %d samples, max %s", c.label, c.rec.Count(), latency(c.rec.Max()))}
		out.Lines = append(out.Lines, shape)
		out.Legend = append(out.Legend, htmlShape{Class: c.class, Title: c.label})
	}
	return out
}
