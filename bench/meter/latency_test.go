package meter

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestPercentilesMatchAnExactSort compares with a sort of the same samples.
func TestPercentilesMatchAnExactSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := NewRecorder()
	var all []int64
	for range 50_000 {
		v := int64(math.Exp(rng.Float64()*18)) + 1 // 1 ns to 65 ms, log-uniform
		r.Record(v)
		all = append(all, v)
	}
	slices.Sort(all)
	for _, p := range []float64{0.5, 0.99, 0.999} {
		got, ok := r.Percentile(p)
		if !ok {
			t.Fatalf("p%g of %d samples was refused", p*100, len(all))
		}
		want := all[int(math.Ceil(p*float64(len(all))))-1]
		if diff := math.Abs(float64(got - want)); diff > 0.002*float64(want)+1 {
			t.Errorf("p%g is %d ns, an exact sort says %d ns", p*100, got, want)
		}
	}
	if r.Max() != all[len(all)-1] {
		t.Errorf("max is %d ns, the largest sample was %d ns", r.Max(), all[len(all)-1])
	}
}

func TestPercentileNeedsTenSamplesBeyondIt(t *testing.T) {
	for _, c := range []struct {
		p float64
		n int
	}{{0.5, 20}, {0.99, 1000}, {0.999, 10_000}} {
		r := NewRecorder()
		for range c.n - 1 {
			r.Record(5)
		}
		if v, ok := r.Percentile(c.p); ok {
			t.Errorf("p%g told as %d from %d samples", c.p*100, v, c.n-1)
		}
		r.Record(5)
		if v, ok := r.Percentile(c.p); !ok || v != 5 {
			t.Errorf("p%g of %d samples of 5 ns: %d, %t", c.p*100, c.n, v, ok)
		}
	}
}

func TestPercentileNeverExceedsTheLargestSample(t *testing.T) {
	r := NewRecorder()
	const v = 123_456_789
	for range 20_000 {
		r.Record(v)
	}
	for _, p := range []float64{0.5, 0.99, 0.999} {
		if got, _ := r.Percentile(p); got > v {
			t.Errorf("p%g is %d ns, beyond the only value %d ns", p*100, got, v)
		}
	}
}

func TestMergedRecordersCountEverySample(t *testing.T) {
	a, b, both := NewRecorder(), NewRecorder(), NewRecorder()
	for i := range int64(5000) {
		a.Record(i)
		b.Record(i * 1000)
		both.Record(i)
		both.Record(i * 1000)
	}
	a.Merge(b)
	a.Merge(nil)
	if a.Count() != both.Count() || a.Max() != both.Max() {
		t.Fatalf("merged: %d samples, max %d; recorded together: %d, max %d", a.Count(), a.Max(), both.Count(), both.Max())
	}
	for _, p := range []float64{0.5, 0.99} {
		x, _ := a.Percentile(p)
		y, _ := both.Percentile(p)
		if x != y {
			t.Errorf("p%g: merged %d, together %d", p*100, x, y)
		}
	}
}

// TestOneLongStallIsNotOneSample is coordinated omission: something due every
// millisecond stalls once for two seconds among two seconds of prompt answers.
func TestOneLongStallIsNotOneSample(t *testing.T) {
	r := NewRecorder()
	ms := int64(time.Millisecond)
	for range 2000 {
		r.RecordPaced(10_000, ms)
	}
	r.RecordPaced(2000*ms, ms)
	if r.Count() < 3990 || r.Count() > 4001 {
		t.Fatalf("%d samples, want one for each of about 4,000 due instants", r.Count())
	}
	p99, ok := r.Percentile(0.99)
	if !ok || p99 < 1900*ms {
		t.Errorf("p99 is %v although half of all instants fell into the stall", time.Duration(p99))
	}
}

func TestRecorderTakesValuesOutsideItsRange(t *testing.T) {
	r := NewRecorder()
	r.Record(-5)
	r.Record(highest * 3)
	if r.Count() != 2 {
		t.Errorf("%d samples counted, want 2", r.Count())
	}
	if r.Max() != highest*3 {
		t.Errorf("max is %d, want %d exactly", r.Max(), highest*3)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := NewRecorder()
	b.ReportAllocs()
	var v int64
	for b.Loop() {
		v = v*1103515245 + 12345
		r.Record(v & 0xfffff)
	}
}
