package report

import (
	"bytes"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench"
)

// noisy returns a report of n rounds around a mean, as a shared machine gives them:
// 3 % of normal noise, and one round in ten up to half as slow again, which the twin
// beside it feels as well.
func noisy(rng *rand.Rand, n int, mean float64) Report {
	m := bench.Measured{Result: bench.Result{Workload: "ping", Label: "ping", Figure: bench.NsPerMsg, OK: true, Rounds: n}}
	for range n {
		disturbance := 1.0
		if rng.IntN(10) == 0 {
			disturbance += rng.Float64() / 2
		}
		own := mean * (1 + 0.03*rng.NormFloat64()) * disturbance
		twin := 6 * 20 * (1 + 0.03*rng.NormFloat64()) * disturbance
		m.Samples = append(m.Samples, bench.Round{"ns_per_msg": own, "twin_ns_per_msg": twin, "ratio": twin / own})
	}
	return Report{Results: []bench.Measured{m}}
}

func limits(t *testing.T, s string) []Regression {
	t.Helper()
	l, err := ParseRegressions(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTenPercentSlowerIsFoundEveryTime(t *testing.T) {
	l := limits(t, "ratio<-5%")
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		c := Compare(noisy(rng, 20, 20), noisy(rng, 20, 22), l, 0.05)
		if len(c.Regressions()) != 1 {
			t.Errorf("seed %d: %+v", seed, c.Changes)
		}
	}
}

func TestEqualRunsAreSilentEveryTime(t *testing.T) {
	l := limits(t, "ratio<-5%,ns/msg>+5%")
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		if c := Compare(noisy(rng, 20, 20), noisy(rng, 20, 20), l, 0.05); len(c.Regressions()) != 0 || len(c.Untested) != 0 {
			t.Errorf("seed %d: %+v", seed, c)
		}
	}
}

func TestFasterIsNoRegression(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	c := Compare(noisy(rng, 20, 20), noisy(rng, 20, 15), limits(t, "ratio<-5%,ns/msg>5%"), 0.05)
	if len(c.Regressions()) != 0 || !c.Changes[0].Significant || c.Changes[0].Delta > -0.2 {
		t.Errorf("%+v", c)
	}
}

func TestTooFewRoundsAreToldNotPassed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	c := Compare(noisy(rng, 3, 20), noisy(rng, 3, 40), limits(t, "ratio<-5%,p99>10%"), 0.05)
	if len(c.Regressions()) != 0 || len(c.Untested) != 2 || !strings.Contains(c.Untested[0], "3 rounds against 3") || !strings.Contains(c.Untested[1], "p99") {
		t.Errorf("%+v", c)
	}
	if c := Compare(noisy(rng, 4, 20), noisy(rng, 4, 40), limits(t, "ratio<-5%"), 0.05); len(c.Regressions()) != 1 {
		t.Errorf("four rounds that do not overlap: %+v", c)
	}
}

func TestGrowthFromNothingIsSignificantAndFinite(t *testing.T) {
	zero, one := []float64{0, 0, 0, 0, 0}, []float64{1, 1, 1, 1, 1}
	if d := shift(zero, one); math.IsInf(d, 0) || d < 1e6 {
		t.Errorf("from 0 to 1 is %g", d)
	}
	if d := shift(zero, zero); d != 0 {
		t.Errorf("from 0 to 0 is %g", d)
	}
	if d := shift(one, zero); d != -1 {
		t.Errorf("from 1 to 0 is %g", d)
	}
}

func TestSettingsWithoutCounterpartAreNamed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	a, b := noisy(rng, 5, 20), noisy(rng, 5, 20)
	b.Results[0].Params.Procs = 7
	b.Results[0].Label = "ping procs=7"
	c := Compare(a, b, nil, 0.05)
	if len(c.Changes) != 0 || !slices.Equal(c.OnlyOld, []string{"ping"}) || !slices.Equal(c.OnlyNew, []string{"ping procs=7"}) {
		t.Errorf("%+v", c)
	}
}

func TestComparisonIsAsAgreed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	old, now := noisy(rng, 10, 20), noisy(rng, 10, 24)
	few := noisy(rng, 2, 20).Results[0]
	few.Label, few.Workload = "ring", "ring"
	same := noisy(rng, 10, 20).Results[0]
	same.Label, same.Workload = "call", "call"
	old.Results = append(old.Results, few, same)
	now.Results = append(now.Results, few, same)
	var b bytes.Buffer
	if err := Compare(old, now, limits(t, "ratio<-5%"), 0.05).WriteText(&b, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", b.Bytes())
}

func TestLimitsThatCannotBeReadAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "ratio<-10%", "ratio": "ratio<-10%", "speed<-10%": `"speed"`, "lost>10%": `"lost"`, "ratio<-10": "percent", "ratio<x%": "percent",
		"ratio<10%": "fall", "ratio<-100%": "fall", "p99>-10%": "rise", "p99>0%": "rise", "p99>NaN%": "percent", "p99>+Inf%": "percent", "ratio<=-5%": "percent",
	} {
		if _, err := ParseRegressions(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v does not say %q", text, err, want)
		}
	}
}

// bruteForce tries every way to choose.
func bruteForce(x, y []float64) float64 {
	ranks := doubledRanks(x, y)
	sumOf := func(mask uint) (s int) {
		for i, r := range ranks {
			if mask>>i&1 == 1 {
				s += r
			}
		}
		return s
	}
	total := sumOf(1<<len(ranks) - 1)
	far := abs(sumOf(1<<len(x)-1)*len(ranks) - len(x)*total)
	var extreme, all float64
	for mask := uint(0); mask < 1<<len(ranks); mask++ {
		if bits.OnesCount(mask) != len(x) {
			continue
		}
		all++
		if abs(sumOf(mask)*len(ranks)-len(x)*total) >= far {
			extreme++
		}
	}
	return extreme / all
}

func TestRanksTestCountsEveryWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		x, y := make([]float64, 1+rng.IntN(6)), make([]float64, 1+rng.IntN(6))
		for i := range x {
			x[i] = float64(rng.IntN(6)) // with ties
		}
		for i := range y {
			y[i] = float64(rng.IntN(6) + 1)
		}
		if got, want := ranksTest(x, y), bruteForce(x, y); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v against %v: %g, want %g", x, y, got, want)
		}
	}
	if p := ranksTest([]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}); math.Abs(p-2./70) > 1e-12 || math.Abs(p-leastP(4, 4)) > 1e-12 {
		t.Errorf("four below four: %g, want 2/70", p)
	}
}

func TestApproximationAgreesWithCounting(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, shift := range []float64{0, 0.3, 0.8} {
		x, y := make([]float64, 30), make([]float64, 30)
		for i := range x {
			x[i], y[i] = rng.NormFloat64(), rng.NormFloat64()+shift
		}
		ranks := doubledRanks(x, y)
		sum := 0
		for _, r := range ranks[:30] {
			sum += r
		}
		if a, b := approximate(ranks, 30, sum), exact(ranks, 30, sum); math.Abs(a-b) > 0.005 {
			t.Errorf("shift %g: %g approximated, %g counted", shift, a, b)
		}
	}
}
