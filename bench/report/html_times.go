package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// htmlTimes is what was seen of a row over time.
type htmlTimes struct {
	Label, Headline string
	Charts          []*htmlChart
	Warm, Twin      bool // such bands are there
}

// Bounds of what a page draws of a row.
const (
	maxPoints = 240 // intervals; more are joined
	maxLanes  = 16  // workers with a lane each; of more the busiest, the mean and the least busy are drawn
	laneTall  = 26  // pixels
)

// times returns the charts of a row; nil when nothing of Thrum was seen.
func times(x bench.Measured) *htmlTimes {
	all := continued(x.Intervals)
	if !slices.ContainsFunc(all, counted) {
		return nil
	}
	for len(all) > maxPoints {
		n := len(all)
		if all = halved(all); len(all) == n {
			break
		}
	}
	t := timeline{all: all, end: all[len(all)-1].End.Seconds()}
	out := &htmlTimes{Label: x.Label, Headline: headline(x)}
	for _, c := range []*htmlChart{t.throughput(), t.latency(), t.workers(), t.backlog()} {
		if c != nil {
			out.Charts = append(out.Charts, c)
		}
	}
	for _, b := range out.Charts[0].Bands {
		out.Warm, out.Twin = out.Warm || b.Class == "warm", out.Twin || b.Class == "other"
	}
	return out
}

// counted says whether an interval counts what was done: those of a twin do not.
func counted(i bench.Interval) bool { return i.Busy != nil || i.Messages > 0 || figuresOf(i) != nil }

func figuresOf(i bench.Interval) *bench.LatencyFigures { return i.Keep().Figures }

// continued has the intervals of merged files, each of which begins at 0, follow one another.
func continued(all []bench.Interval) []bench.Interval {
	out := slices.Clone(all)
	var shift, end time.Duration
	for n := range out {
		if out[n].Begin+shift < end-time.Millisecond {
			shift = end - out[n].Begin
		}
		out[n].Begin += shift
		out[n].End += shift
		end = out[n].End
	}
	return out
}

// halved joins every interval with the one behind it, where both are of one phase and round.
func halved(all []bench.Interval) []bench.Interval {
	var out []bench.Interval
	for n := 0; n < len(all); n++ {
		x := all[n]
		if n+1 < len(all) && all[n+1].Phase == x.Phase && all[n+1].Round == x.Round {
			n++
			x = x.Join(all[n])
		}
		out = append(out, x)
	}
	return out
}

// timeline draws charts whose horizontal axis is time.
type timeline struct {
	all []bench.Interval
	end float64 // seconds
}

// chart returns an empty one, with the phases behind it.
func (t timeline) chart(title, unit string, tall int) *htmlChart {
	c := &htmlChart{Title: title, Unit: unit, Tall: tall, Caption: "seconds"}
	for _, s := range steps(0, t.end, 5) {
		c.Across = append(c.Across, htmlTick{share(s, 0, t.end), quantityTo(s, 3)})
	}
	for n := 0; n < len(t.all); {
		// Intervals that follow one another in a phase are one band.
		first, last := t.all[n], t.all[n]
		for n++; n < len(t.all) && t.all[n].Phase == first.Phase && t.all[n].Round == first.Round; n++ {
			last = t.all[n]
		}
		class := "run"
		switch {
		case first.Phase == "twin":
			class = "other"
		case first.Round == 0:
			class = "warm"
		}
		if class == "run" {
			continue
		}
		from, to := share(first.Begin.Seconds(), 0, t.end), share(last.End.Seconds(), 0, t.end)
		c.Bands = append(c.Bands, htmlBand{from, to - from, class, first.Phase + period(first.Begin, last.End)})
	}
	return c
}

func period(from, to time.Duration) string {
	return fmt.Sprintf(", %s s to %s s", quantityTo(from.Seconds(), 2), quantityTo(to.Seconds(), 2))
}

// each calls f with every stretch of intervals that follow one another and have what is wanted.
func (t timeline) each(has func(bench.Interval) bool, f func([]bench.Interval)) {
	begin := -1
	for n := 0; n <= len(t.all); n++ {
		whole := n < len(t.all) && has(t.all[n])
		if begin >= 0 && (!whole || t.all[n].Round != t.all[n-1].Round || t.all[n].Phase != t.all[n-1].Phase) {
			f(t.all[begin:n])
			begin = -1
		}
		if whole && begin < 0 {
			begin = n
		}
	}
}

// stairs adds a value of each interval, from its beginning to its end.
func stairs(p *plot, run []bench.Interval, value func(bench.Interval) float64) {
	for _, i := range run {
		p.add(i.Begin.Seconds(), value(i))
		p.add(i.End.Seconds(), value(i))
	}
}

// area is stairs with the ground below them.
func area(p *plot, run []bench.Interval, value func(bench.Interval) float64) string {
	p.add(run[0].Begin.Seconds(), 0)
	stairs(p, run, value)
	p.add(run[len(run)-1].End.Seconds(), 0)
	return p.line()
}

func (t timeline) throughput() *htmlChart {
	// Warming up may be faster than anything later: a short round stays in cache. It is not what is to be seen.
	measured := slices.ContainsFunc(t.all, func(i bench.Interval) bool { return i.Round > 0 && counted(i) })
	top := 0.
	for _, i := range t.all {
		if i.Round > 0 || !measured {
			top = max(top, i.Rate())
		}
	}
	p := &plot{right: t.end, high: roof(top, 3)}
	c := t.chart(fmt.Sprintf("throughput over time, up to %s messages a second", amount(top)), "msg/s", 150)
	for _, v := range steps(0, p.high, 3) {
		c.Up = append(c.Up, htmlTick{p.y(v), amount(v)})
	}
	t.each(counted, func(run []bench.Interval) {
		c.Areas = append(c.Areas, htmlShape{area(p, run, bench.Interval.Rate), "s0", roundTitle(run)})
		stairs(p, run, bench.Interval.Rate)
		c.Lines = append(c.Lines, htmlShape{p.line(), "s0", roundTitle(run)})
	})
	return c
}

// roundTitle says what a stretch is and what was done in it.
func roundTitle(run []bench.Interval) string {
	all := run[0]
	for _, i := range run[1:] {
		all = all.Join(i)
	}
	title := all.Phase
	if all.Round > 0 {
		title += fmt.Sprintf(" round %d", all.Round)
	}
	return title + period(all.Begin, all.End) + ": " + amount(all.Rate()) + " msg/s"
}

func (t timeline) latency() *htmlChart {
	lo, hi := math.Inf(1), math.Inf(-1)
	kinds := []struct {
		name, class string
		of          func(*bench.LatencyFigures) *int64
	}{
		{"max", "s1", func(f *bench.LatencyFigures) *int64 { return &f.Max }},
		{"p99", "s4", func(f *bench.LatencyFigures) *int64 { return f.P99 }},
		{"p50", "s0", func(f *bench.LatencyFigures) *int64 { return f.P50 }},
	}
	value := func(i bench.Interval, of func(*bench.LatencyFigures) *int64) (float64, bool) {
		f := figuresOf(i)
		if f == nil || f.Count == 0 || of(f) == nil {
			return 0, false
		}
		return math.Log10(float64(max(1, *of(f)))), true
	}
	for _, k := range kinds {
		for _, i := range t.all {
			if v, ok := value(i, k.of); ok {
				lo, hi = min(lo, math.Floor(v)), max(hi, math.Ceil(v))
			}
		}
	}
	if lo > hi {
		return nil
	}
	p := &plot{right: t.end, low: lo, high: max(hi, lo+1)}
	c := t.chart("latency over time, logarithmic: median, 99th percentile and maximum of each interval", "latency", 150)
	for v := p.low; v <= p.high; v++ {
		c.Up = append(c.Up, htmlTick{p.y(v), latency(int64(math.Pow(10, v)))})
	}
	for _, k := range kinds {
		t.each(func(i bench.Interval) bool { _, ok := value(i, k.of); return ok }, func(run []bench.Interval) {
			stairs(p, run, func(i bench.Interval) float64 { v, _ := value(i, k.of); return v })
			c.Lines = append(c.Lines, htmlShape{p.line(), k.class, k.name + period(run[0].Begin, run[len(run)-1].End)})
		})
		c.Legend = append(c.Legend, htmlShape{Class: k.class, Title: k.name})
	}
	return c
}

// workers draws how busy each worker was: a lane each, or three lines where they are many.
func (t timeline) workers() *htmlChart {
	n := 0
	for _, i := range t.all {
		n = max(n, len(i.Busy))
	}
	busy := func(i bench.Interval) bool { return len(i.Busy) > 0 }
	switch {
	case n == 0:
		return nil
	case n > maxLanes:
		return t.crowd(n, busy)
	}
	c := t.chart(fmt.Sprintf("utilisation of each of %d workers over time", n), "worker", max(60, n*laneTall))
	for w := range n {
		of := func(i bench.Interval) float64 {
			if w < len(i.Busy) {
				return i.Busy[w]
			}
			return 0
		}
		// Lane w takes the n-th part of the height, but for a little room above it.
		lane := 100 / float64(n)
		var sum, length float64
		t.each(busy, func(run []bench.Interval) {
			p := &plot{right: t.end, high: 1}
			points := []string{}
			put := func(x, v float64) {
				points = append(points, fmt.Sprintf("%.2f,%.2f", p.x(x), lane*(float64(w+1)-0.86*v)))
			}
			put(run[0].Begin.Seconds(), 0)
			for _, i := range run {
				put(i.Begin.Seconds(), of(i))
				put(i.End.Seconds(), of(i))
				if i.Round > 0 {
					sum += of(i) * i.Length().Seconds()
					length += i.Length().Seconds()
				}
			}
			put(run[len(run)-1].End.Seconds(), 0)
			p.points = points
			c.Areas = append(c.Areas, htmlShape{p.line(), "lane s2", fmt.Sprintf("worker %d: %s", w, roundTitle(run))})
		})
		text := fmt.Sprint(w)
		if length > 0 {
			text = fmt.Sprintf("%d: %.0f%%", w, 100*sum/length)
		}
		c.Up = append(c.Up, htmlTick{lane * (float64(w) + 1), text})
	}
	return c
}

func (t timeline) crowd(n int, busy func(bench.Interval) bool) *htmlChart {
	c := t.chart(fmt.Sprintf("utilisation of %d workers over time: the busiest, the mean and the least busy", n), "busy", 150)
	p := &plot{right: t.end, high: 1}
	for _, v := range []float64{0, 0.5, 1} {
		c.Up = append(c.Up, htmlTick{p.y(v), fmt.Sprintf("%.0f%%", v*100)})
	}
	for _, k := range []struct {
		name, class string
		of          func([]float64) float64
	}{
		{"busiest", "s1", slices.Max[[]float64]},
		{"mean", "s2", func(v []float64) float64 {
			sum := 0.
			for _, x := range v {
				sum += x
			}
			return sum / float64(len(v))
		}},
		{"least busy", "s0", slices.Min[[]float64]},
	} {
		t.each(busy, func(run []bench.Interval) {
			stairs(p, run, func(i bench.Interval) float64 { return k.of(i.Busy) })
			c.Lines = append(c.Lines, htmlShape{p.line(), k.class, k.name + period(run[0].Begin, run[len(run)-1].End)})
		})
		c.Legend = append(c.Legend, htmlShape{Class: k.class, Title: k.name})
	}
	return c
}

// backlog draws how a load at a given rate was kept; nil when none was.
func (t timeline) backlog() *htmlChart {
	top, lag, dropped := int64(0), time.Duration(0), int64(0)
	for _, i := range t.all {
		top, lag = max(top, i.Backlog), max(lag, i.Lag)
		dropped += i.Dropped
	}
	if top == 0 && lag == 0 && dropped == 0 {
		return nil
	}
	p := &plot{right: t.end, high: roof(float64(top), 3)}
	c := t.chart(fmt.Sprintf("operations under way over time, up to %d", top), "under way", 110)
	for _, v := range steps(0, p.high, 3) {
		c.Up = append(c.Up, htmlTick{p.y(v), amount(v)})
	}
	t.each(counted, func(run []bench.Interval) {
		stairs(p, run, func(i bench.Interval) float64 { return float64(i.Backlog) })
		c.Lines = append(c.Lines, htmlShape{p.line(), "s3", "under way" + period(run[0].Begin, run[len(run)-1].End)})
	})
	c.Caption = fmt.Sprintf("seconds; the generator was late by %s at most, %s operations were dropped", latency(int64(lag)), grouped(dropped))
	return c
}
