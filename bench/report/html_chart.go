package report

import (
	"fmt"
	"math"
	"strings"
)

// htmlChart is a chart without its text, which the page sets beside it: text inside a picture that shrinks with the
// page cannot be read on a telephone. Coordinates are percents of the plot, from its top left corner.
type htmlChart struct {
	Title   string // for those who do not see it: what it shows, and its main figures
	Tall    int    // pixels
	Up      []htmlTick
	Across  []htmlTick
	Bands   []htmlBand
	Areas   []htmlShape
	Lines   []htmlShape
	Legend  []htmlShape // of each class once
	Unit    string      // what stands above the vertical axis
	Caption string      // below
}

type htmlTick struct {
	At   float64
	Text string
}

// htmlBand is a stretch of time.
type htmlBand struct {
	X, Width     float64
	Class, Title string
}

type htmlShape struct{ Points, Class, Title string }

// plot turns values into coordinates.
type plot struct {
	left, right float64
	low, high   float64
	points      []string
}

func (p *plot) x(v float64) float64 { return share(v, p.left, p.right) }
func (p *plot) y(v float64) float64 { return 100 - share(v, p.low, p.high) }

// share returns where v lies between two values, in percent.
func share(v, from, to float64) float64 {
	if to <= from {
		return 0
	}
	return min(100, max(0, (v-from)/(to-from)*100))
}

func (p *plot) add(x, y float64) {
	p.points = append(p.points, fmt.Sprintf("%.2f,%.2f", p.x(x), p.y(y)))
}

// line returns what was added, and begins anew.
func (p *plot) line() string {
	s := strings.Join(p.points, " ")
	p.points = p.points[:0]
	return s
}

// steps returns about n round values from low to high, both included when they are round themselves.
func steps(low, high float64, n int) []float64 {
	if !(high > low) || math.IsInf(high-low, 0) {
		return []float64{low}
	}
	raw := (high - low) / float64(n)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, f := range []float64{1, 2, 5} {
		if f*unit >= raw*0.9999 {
			step = f * unit
			break
		}
	}
	var out []float64
	for k := math.Ceil(low/step - 1e-9); k*step <= high*(1+1e-9); k++ {
		out = append(out, k*step+0) // no -0
	}
	return out
}

// roof returns the least round value that is not below v.
func roof(v float64, n int) float64 {
	if v <= 0 {
		return 1
	}
	s := steps(0, v, n)
	if last := s[len(s)-1]; last < v*0.9999 && len(s) > 1 {
		return last + s[1]
	}
	return v
}
