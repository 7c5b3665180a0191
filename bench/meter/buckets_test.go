package meter

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestRecorderSurvivesItsBuckets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := NewRecorder()
	for range 50_000 {
		r.Record(int64(rng.ExpFloat64() * 3e6))
	}
	r.Record(int64(200 * time.Second)) // beyond the range: only the maximum knows
	back, err := FromBuckets(r.Buckets(), r.Max())
	if err != nil {
		t.Fatal(err)
	}
	if back.Count() != r.Count() || back.Max() != r.Max() {
		t.Errorf("%d latencies up to %d came back as %d up to %d", r.Count(), r.Max(), back.Count(), back.Max())
	}
	for _, p := range []float64{0.01, 0.5, 0.9, 0.99, 0.999} {
		a, _ := r.Percentile(p)
		b, ok := back.Percentile(p)
		if a != b || !ok {
			t.Errorf("p%g was %d and came back as %d", p*100, a, b)
		}
	}
}

func TestBucketsThatNobodyWroteAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		buckets []Bucket
		max     int64
		want    string
	}{
		"negative":     {[]Bucket{{-1, 1}}, 5, "-1 ns"},
		"beyond range": {[]Bucket{{highest + 1, 1}}, highest + 1, "it takes 0 to"},
		"falling":      {[]Bucket{{5, 1}, {4, 1}}, 5, "must rise"},
		"empty bucket": {[]Bucket{{5, 0}}, 5, "cannot hold 0"},
		"overflow":     {[]Bucket{{5, 1 << 62}, {6, 1 << 62}}, 6, "cannot hold"},
		"maximum":      {[]Bucket{{5, 1}}, 4, "maximum"},
	} {
		if _, err := FromBuckets(c.buckets, c.max); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v does not say %q", name, err, c.want)
		}
	}
}

func TestSpectrumRisesToOneAndTheMaximum(t *testing.T) {
	r := NewRecorder()
	for i := range int64(1000) {
		r.Record(i * 1003)
	}
	s := r.Spectrum()
	last := s[len(s)-1]
	if last.Below != 1 || last.Ns != r.Max() {
		t.Errorf("it ends at %+v, the maximum is %d", last, r.Max())
	}
	for i := 1; i < len(s); i++ {
		if s[i].Below <= s[i-1].Below || s[i].Ns < s[i-1].Ns {
			t.Fatalf("point %d, %+v, follows %+v", i, s[i], s[i-1])
		}
	}
}

func TestHGRMHasTheFormOfItsPlotters(t *testing.T) {
	r := NewRecorder()
	for range 100 {
		r.Record(2_000_000)
	}
	var b strings.Builder
	if err := r.WriteHGRM(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Value", "TotalCount", "1/(1-Percentile)", "2000.", "#[Mean", "Total count    =          100"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
