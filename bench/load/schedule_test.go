package load

import (
	"math"
	"testing"
	"time"
)

// instants returns all of a schedule.
func instants(t *testing.T, s *schedule) []int64 {
	t.Helper()
	var out []int64
	for {
		at, ok := s.next()
		if !ok {
			return out
		}
		if at < 0 || at >= s.end || len(out) > 0 && at < out[len(out)-1] {
			t.Fatalf("instant %d of a schedule of %d ns, after %v", at, s.end, out[max(0, len(out)-1):])
		}
		out = append(out, at)
	}
}

func TestConstantScheduleKeepsItsDistance(t *testing.T) {
	all := instants(t, newSchedule(Arrival{Kind: Const}, 30_000, 10*time.Second, 1))
	if len(all) != 300_000 {
		t.Fatalf("%d instants, not 300,000", len(all))
	}
	for i, at := range all {
		if want := float64(i) / 30_000 * 1e9; math.Abs(float64(at)-want) > 1 {
			t.Fatalf("operation %d is at %d, not %.0f: errors add up", i, at, want)
		}
	}
}

func TestPoissonScheduleHasMeanAndVarianceOfItsRate(t *testing.T) {
	const rate, n = 20_000, 200_000
	all := instants(t, newSchedule(Arrival{Kind: Poisson}, rate, n/rate*time.Second, 7))
	// Numbers in windows of a millisecond: mean and variance are the same, 20.
	windows := make([]float64, n/rate*1000)
	for _, at := range all {
		windows[at/1e6]++
	}
	var mean, variance float64
	for _, x := range windows {
		mean += x / float64(len(windows))
	}
	for _, x := range windows {
		variance += (x - mean) * (x - mean) / float64(len(windows)-1)
	}
	if math.Abs(mean-20) > 0.2 || math.Abs(variance-20) > 1 {
		t.Errorf("in a millisecond there are %.2f on the average with variance %.2f; both are to be 20", mean, variance)
	}
	// Gaps are exponential: their deviation is their mean.
	var gap, square float64
	for i := 1; i < len(all); i++ {
		d := float64(all[i] - all[i-1])
		gap += d
		square += d * d
	}
	gap /= float64(len(all) - 1)
	deviation := math.Sqrt(square/float64(len(all)-1) - gap*gap)
	if math.Abs(gap-50_000) > 500 || math.Abs(deviation/gap-1) > 0.02 {
		t.Errorf("gaps are %.0f ns with deviation %.0f; both are to be 50,000", gap, deviation)
	}
}

func TestSeedDecidesPoissonSchedule(t *testing.T) {
	all := func(seed uint64) []int64 {
		return instants(t, newSchedule(Arrival{Kind: Poisson}, 1000, time.Second, seed))
	}
	a, b, c := all(1), all(1), all(2)
	if len(a) != len(b) || a[len(a)-1] != b[len(b)-1] {
		t.Error("the same seed gives another schedule")
	}
	if a[0] == c[0] && a[1] == c[1] {
		t.Error("another seed gives the same schedule")
	}
}

func TestRampHasTheIntegralOfItsRate(t *testing.T) {
	for _, r := range []struct{ from, to float64 }{{0, 10_000}, {10_000, 0}, {1000, 9000}, {9000, 1000}, {5000, 5000}, {4999, 5001}} {
		const seconds = 4
		a := Arrival{Kind: Ramp, From: r.from, To: r.to}
		s := newSchedule(a, 0, seconds*time.Second, 1)
		all := instants(t, s)
		if want := (r.from + r.to) / 2 * seconds; math.Abs(float64(len(all))-want) > 1 || math.Abs(s.expected(s.end)-want) > 1e-6*want {
			t.Errorf("%s: %d instants, expected %.1f, the integral is %.0f", a, len(all), s.expected(s.end), want)
		}
		for _, at := range []int64{1e9, 2e9, 3e9} {
			n := 0
			for _, x := range all {
				if x < at {
					n++
				}
			}
			x := float64(at) / 1e9
			if want := r.from*x + (r.to-r.from)*x*x/2/seconds; math.Abs(float64(n)-want) > 1.5 {
				t.Errorf("%s: %d before %.0f s, the integral is %.1f", a, n, x, want)
			}
		}
	}
}

func TestRatesAndArrivalsAreReadAndWrittenAlike(t *testing.T) {
	for text, want := range map[string]Rate{
		"500": {PerSecond: 500}, "200k/s": {PerSecond: 200_000}, "1.5M/s": {PerSecond: 1.5e6}, "0.25/s": {PerSecond: 0.25}, "1e3": {PerSecond: 1000}, "1_000": {PerSecond: 1000},
		"auto:70%": {OfPeak: 0.7}, "auto:7.5%": {OfPeak: 0.075}, "AUTO:150%": {OfPeak: 1.5}, "123457/s": {PerSecond: 123457}, "1g": {PerSecond: 1e9},
	} {
		r, err := ParseRate(text)
		if err != nil || r != want {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
		if back, err := ParseRate(r.String()); err != nil || back != r {
			t.Errorf("%q is written %q, which is %+v, %v", text, r, back, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "-5k/s", "NaN", "nan/s", "inf", "+Inf", "1e-9", "1e12", "1e400", "2g", "0x10", "fast", "10/m", "k", "auto", "auto:", "auto:70", "auto:0%",
		"auto:-5%", "auto:NaN%", "auto:inf%", "auto:5000%", "10 k", "1__0e"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q is taken for %+v", text, r)
		}
	}
	for text, want := range map[string]Arrival{
		"const": {Kind: Const}, "Poisson": {Kind: Poisson}, "ramp:0..200k": {Ramp, 0, 200_000}, "ramp:10k/s..0": {Ramp, 10_000, 0}, "ramp:1..1": {Ramp, 1, 1},
	} {
		a, err := ParseArrival(text)
		if err != nil || a != want {
			t.Errorf("%q: %+v, %v", text, a, err)
		}
		if back, err := ParseArrival(a.String()); err != nil || back != a {
			t.Errorf("%q is written %q, which is %+v, %v", text, a, back, err)
		}
	}
	for _, text := range []string{"", "constant", "ramp", "ramp:", "ramp:10k", "ramp:10k-20k", "ramp:0..0", "ramp:-1..5", "ramp:5..nan", "ramp:1..1e13", "const:5", "poisson:"} {
		if a, err := ParseArrival(text); err == nil {
			t.Errorf("%q is taken for %+v", text, a)
		}
	}
}
