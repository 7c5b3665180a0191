package report

import (
	"math"

	"github.com/thrum-go/thrum/bench"
)

// htmlRatio is a bar; its places are percents.
type htmlRatio struct {
	Label, Text string
	X, Width    float64
	Slower      bool
}

// ratios shows the ratios on a logarithmic scale: twice as fast is as long as half as
// fast, on the other side of 1.
func (p *htmlPage) ratios(results []bench.Measured) {
	lo, hi := -1., 1. // powers of two
	for _, x := range results {
		if x.Ratio != nil && *x.Ratio > 0 {
			lo, hi = min(lo, math.Log2(*x.Ratio)), max(hi, math.Log2(*x.Ratio))
		}
	}
	p.One = share(0, lo, hi)
	for _, x := range results {
		if x.Ratio == nil || *x.Ratio <= 0 {
			continue
		}
		end := share(math.Log2(*x.Ratio), lo, hi)
		p.Ratios = append(p.Ratios, htmlRatio{
			Label: x.Label, Text: ratio(*x.Ratio), X: min(p.One, end), Width: max(0.4, math.Abs(end-p.One)), Slower: slower(x.Result),
		})
	}
}
