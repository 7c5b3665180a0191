package load

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// stall is a second in which nothing is completed.
func stall(begin int64) func(int64) int64 {
	end := begin + 1000*ms
	return func(now int64) int64 {
		if now >= begin && now < end {
			return end - now
		}
		return 1000
	}
}

func TestOpenLoopShowsAStallThatAClosedLoopHides(t *testing.T) {
	f := newFake(t)
	f.service = stall(2000 * ms)
	open := f.run(Phase{Duration: 20 * time.Second, Rate: Rate{PerSecond: 1000}}, f.options())
	if open.P999 == nil || *open.P999 < 900*ms || *open.P99 < 700*ms || *open.Max < 999*ms {
		t.Errorf("a second of twenty without an answer, and p99 is %v, p99.9 %v, max %v", *open.P99, open.P999, *open.Max)
	}
	if open.Load.Dropped != 0 || open.Load.Begun != 20_000 || len(open.Load.Invalid) > 0 {
		t.Errorf("%+v", open.Load)
	}

	f = newFake(t)
	f.service = stall(1000 * ms)
	closed := f.run(Phase{Duration: 4 * time.Second, Inflight: 1}, f.options())
	if *closed.Max < 999*ms || *closed.P999 > 10*ms {
		t.Errorf("one of very many waits for the second: max is %v, p99.9 %v", *closed.Max, *closed.P999)
	}
}

// TestStallThatHoldsTheGeneratorShowsInLatencyNotInService is a system that does not
// take a message for a second: whoever would count from the begin sees nothing.
func TestStallThatHoldsTheGeneratorShowsInLatencyNotInService(t *testing.T) {
	f := newFake(t)
	stalled := false
	f.held = func(now int64) int64 {
		if now >= 2000*ms && !stalled {
			stalled = true
			return 1000 * ms
		}
		return 0
	}
	opts := f.options()
	opts.LagLimit = time.Hour
	m := f.run(Phase{Duration: 20 * time.Second, Rate: Rate{PerSecond: 1000}}, opts)
	service, _ := m.Load.Service.Percentile(0.999)
	lag, _ := m.Load.Lag.Percentile(0.999)
	if *m.P999 < 900*ms || service > ms || lag < 900*ms {
		t.Errorf("p99.9 of latency %v, of service %v, of lag %v", *m.P999, service, lag)
	}
	if m.Load.Begun != 20_000 || m.Load.Dropped != 0 {
		t.Errorf("%d begun, %d dropped: what was due meanwhile has to be made up for", m.Load.Begun, m.Load.Dropped)
	}
}

func TestPercentilesAreThoseOfASort(t *testing.T) {
	f := newFake(t)
	x := uint64(88172645463325252)
	f.service = func(int64) int64 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return int64(math.Exp(float64(x>>40) / (1 << 24) * 16)) // 1 ns to 9 ms, logarithmically
	}
	m := f.run(Phase{Duration: 10 * time.Second, Rate: Rate{PerSecond: 5000}, Arrival: Arrival{Kind: Poisson}}, f.options())
	var latency, service, lag []int64
	for _, d := range f.dones {
		latency, service, lag = append(latency, d.at-d.due), append(service, d.at-d.begun), append(lag, d.begun-d.due)
	}
	check := func(what string, got *int64, all []int64, p float64) {
		t.Helper()
		slices.Sort(all)
		want := all[int(math.Ceil(p*float64(len(all))))-1]
		if got == nil || math.Abs(float64(*got-want)) > float64(want)*0.001+1 {
			t.Errorf("%s: %v, a sort says %d", what, got, want)
		}
	}
	check("p50", m.P50, latency, 0.5)
	check("p99", m.P99, latency, 0.99)
	check("p99.9", m.P999, latency, 0.999)
	check("max", m.Max, latency, 1)
	check("service p99", percentile(m.Load.Service, 0.99), service, 0.99)
	check("lag p50", percentile(m.Load.Lag, 0.5), lag, 0.5)
	check("lag p99", percentile(m.Load.Lag, 0.99), lag, 0.99)
	if int64(len(latency)) != *m.Messages {
		t.Errorf("%d of %d operations have a latency", *m.Messages, len(latency))
	}
}

func TestWhatIsDueBeyondInflightIsDroppedAndCounted(t *testing.T) {
	f := newFake(t)
	f.service = stall(0) // nothing comes back in the first second
	m := f.run(Phase{Duration: 2 * time.Second, Rate: Rate{PerSecond: 1000}, Inflight: 10}, f.options())
	l := m.Load
	if l.Scheduled != 2000 || l.Begun+l.Dropped != 2000 || l.Dropped < 980 || l.Dropped > 1000 {
		t.Errorf("scheduled %d, begun %d, dropped %d; of 2000 nearly 990 cannot begin", l.Scheduled, l.Begun, l.Dropped)
	}
	if m.Latency.Count() != l.Begun || len(l.Invalid) > 0 {
		t.Errorf("%d latencies of %d begun, %v", m.Latency.Count(), l.Begun, l.Invalid)
	}
	var dropped int64
	for _, i := range m.Intervals {
		dropped += i.Dropped
	}
	if dropped != l.Dropped {
		t.Errorf("the intervals count %d dropped, all is %d", dropped, l.Dropped)
	}
}

func TestGeneratorThatIsTheLimitSaysSo(t *testing.T) {
	f := newFake(t)
	f.held = func(int64) int64 { return ms } // at most 1000 a second
	m := f.run(Phase{Duration: 2 * time.Second, Rate: Rate{PerSecond: 4000}}, f.options())
	all := strings.Join(m.Load.Invalid, "; ")
	if !strings.Contains(all, "began 2") || !strings.Contains(all, "was late by") {
		t.Errorf("a generator that can do a quarter of the rate has this to say: %q", all)
	}
	if m.Load.Scheduled != 8000 {
		t.Errorf("%d were due, not 8000", m.Load.Scheduled)
	}
	f = newFake(t)
	f.held = func(int64) int64 { return ms }
	if m := f.run(Phase{Duration: 2 * time.Second, Rate: Rate{PerSecond: 500}}, f.options()); len(m.Load.Invalid) > 0 {
		t.Errorf("it can do this rate: %v", m.Load.Invalid)
	}
}

func TestEveryOperationIsBegunAtItsInstantNeverBefore(t *testing.T) {
	for _, a := range []Arrival{{Kind: Const}, {Kind: Poisson}, {Kind: Ramp, From: 0, To: 2000}} {
		f := newFake(t)
		ph := Phase{Duration: 3 * time.Second, Rate: Rate{PerSecond: 700}, Arrival: a}
		if a.Kind == Ramp {
			ph.Rate = Rate{}
		}
		m := f.run(ph, f.options())
		if len(f.dones) < 1500 || int64(len(f.dones)) != m.Load.Scheduled {
			t.Errorf("%s: %d of %d done", a, len(f.dones), m.Load.Scheduled)
		}
		for _, d := range f.dones {
			if d.begun < d.due || d.at < d.begun {
				t.Fatalf("%s: due at %d, begun at %d, done at %d", a, d.due, d.begun, d.at)
			}
		}
	}
}

func TestClosedLoopKeepsTheNumberUnderWay(t *testing.T) {
	f := newFake(t)
	most := 0
	f.service = func(int64) int64 {
		most = max(most, len(f.pending)+1)
		return ms
	}
	m := f.run(Phase{Duration: time.Second, Inflight: 7}, f.options())
	if most != 7 {
		t.Errorf("%d were under way", most)
	}
	// Seven a millisecond, less what waking takes.
	if n := m.Load.Completed; n < 6000 || n > 7000 {
		t.Errorf("%d completed in a second", n)
	}
	if m.Figure != bench.NsPerMsg || m.NsPerMsg == nil || m.Load.Service != nil || m.Load.Arrival != "" {
		t.Errorf("%+v", m)
	}
}

func TestWarmupIsNotMeasured(t *testing.T) {
	f := newFake(t)
	f.service = func(now int64) int64 {
		if now < 1000*ms {
			return 50 * ms
		}
		return 1000
	}
	ph := Phase{Name: "fake", Duration: 2 * time.Second, Rate: Rate{PerSecond: 1000}, Mix: Mix{{"fake", 1}}}
	res, err := Plan{Warmup: time.Second, Workers: 1, Phases: []Phase{ph}}.Run(t.Context(), f.options())
	if err != nil {
		t.Fatal(err)
	}
	if m := res[0]; *m.Max > ms || m.Load.Scheduled != 2000 || len(f.dones) != 3000 {
		t.Errorf("max %v, %d scheduled, %d done: 1000 of them warm up", *m.Max, m.Load.Scheduled, len(f.dones))
	}
}

func TestDrainCountsForLatencyNotForRate(t *testing.T) {
	f := newFake(t)
	f.service = func(now int64) int64 {
		if now >= 900*ms {
			return 500 * ms // beyond the end
		}
		return 1000
	}
	m := f.run(Phase{Duration: time.Second, Rate: Rate{PerSecond: 1000}}, f.options())
	if m.Latency.Count() != 1000 || m.Load.Completed < 890 || m.Load.Completed > 910 || *m.Max < 500*ms {
		t.Errorf("%d latencies up to %v, %d completed in time", m.Latency.Count(), *m.Max, m.Load.Completed)
	}
}

func TestShareOfThePeakIsThatOfAMeasuredPeak(t *testing.T) {
	f := newFake(t)
	f.service = func(int64) int64 { return 512 * ms / 10 } // 512 under way: 10,000 a second
	opts := f.options()
	ph := Phase{Name: "fake", Duration: 2 * time.Second, Rate: Rate{OfPeak: 0.7}, Mix: Mix{{"fake", 1}}}
	res, err := Plan{Warmup: -1, Workers: 1, Phases: []Phase{ph}}.Run(t.Context(), opts)
	if err != nil || len(res) != 2 {
		t.Fatal(res, err)
	}
	peak, open := res[0].Load, res[1].Load
	if res[0].Label != "fake peak of fake" || peak.Arrival != "" || peak.Elapsed != defaultCalibrate {
		t.Errorf("%s %+v", res[0].Label, peak)
	}
	if open.Peak != peak.Achieved() || math.Abs(open.Rate-0.7*peak.Achieved()) > 0.001 || open.Peak < 9000 || open.Peak > 10_100 {
		t.Errorf("peak %.0f, rate %.0f of %.0f", peak.Achieved(), open.Rate, open.Peak)
	}
	if math.Abs(open.Offered()-open.Rate) > 1 {
		t.Errorf("%.0f/s were due, %.0f/s asked for", open.Offered(), open.Rate)
	}
}

func TestJudgeEndsARun(t *testing.T) {
	f := newFake(t)
	enough := errors.New("enough")
	opts := f.options()
	var totals []float64
	opts.Judge = func(m bench.Measured, total float64) error {
		totals = append(totals, total)
		if m.Latency.Count() > 2000 {
			return enough
		}
		return nil
	}
	ph := Phase{Name: "fake", Duration: 20 * time.Hour, Rate: Rate{PerSecond: 1000}, Mix: Mix{{"fake", 1}}}
	res, err := Plan{Warmup: -1, Workers: 1, Phases: []Phase{ph}}.Run(t.Context(), opts)
	if !errors.Is(err, enough) || len(res) != 1 || res[0].Load.Elapsed >= 20*time.Hour || res[0].Load.Begun < 2000 {
		t.Errorf("%v: %+v", err, res)
	}
	if totals[0] != 72e6 {
		t.Errorf("it is to be about %.0f operations", totals[0])
	}
}

func TestRepeatedPhaseIsOneResultWithItsRounds(t *testing.T) {
	f := newFake(t)
	ph := Phase{Name: "fake", Duration: time.Second, Rate: Rate{PerSecond: 2000}, Mix: Mix{{"fake", 1}}, Repeat: 3}
	opts := f.options()
	opts.Rounds = 2
	res, err := Plan{Warmup: -1, Workers: 1, Phases: []Phase{ph}}.Run(t.Context(), opts)
	if err != nil || len(res) != 1 {
		t.Fatal(res, err)
	}
	m := res[0]
	if m.Rounds != 6 || m.Params.Rounds != 6 || len(m.Samples) != 6 || m.Load.Scheduled != 12_000 || m.Load.Elapsed != 6*time.Second {
		t.Errorf("%d rounds of %d, %d samples, %d scheduled in %v", m.Rounds, m.Params.Rounds, len(m.Samples), m.Load.Scheduled, m.Load.Elapsed)
	}
	if m.Samples[0]["rate"] < 1990 || m.Samples[5][string(bench.P99)] <= 0 {
		t.Errorf("%v", m.Samples)
	}
}

// The share is that of the measured time: what collections took before, in the warm-up or between two rounds is not in it.
func TestGarbageCollectionIsToldAsAShareOfTheProcessorsTime(t *testing.T) {
	f := newFake(t)
	f.spent = func(now int64) cpu {
		at := float64(now) / 1e9
		return cpu{gc: 100 + at/5*2, all: 1000 + at*2} // a fifth of two processors, after a past with less
	}
	opts := f.options()
	opts.Rounds = 2
	m := f.run(Phase{Duration: 2 * time.Second, Rate: Rate{PerSecond: 1000}}, opts)
	if s := m.Load.GCShare; math.Abs(s-0.2) > 1e-6 || m.Load.TwinGCShare != 0 || len(m.Load.Invalid) > 0 {
		t.Errorf("a share of %v, of the twin %v, which is none: %v; it is a fifth", s, m.Load.TwinGCShare, m.Load.Invalid)
	}
	f = newFake(t)
	f.spent = func(int64) cpu { return cpu{gc: 5, all: 50} }
	if m := f.run(Phase{Duration: 2 * time.Second, Inflight: 1}, f.options()); m.Load.GCShare != 0 {
		t.Errorf("a share of %v although no collection has ended", m.Load.GCShare)
	}
}

func TestGoTellsWhatCollectionsTake(t *testing.T) {
	before := readCPU()
	runtime.GC()
	if took := readCPU().since(before); took.gc <= 0 || took.all < took.gc || took.share() <= 0 {
		t.Errorf("a collection took %+v", took)
	}
}
