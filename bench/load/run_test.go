package load

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/proc"
)

// patience bounds what must happen; it says nothing about speed.
const patience = time.Minute

// short is a phase of one operation.
func short(name, operation string) Phase {
	return Phase{Name: name, Duration: 50 * time.Millisecond, Rate: Rate{PerSecond: 5000}, Arrival: Arrival{Kind: Poisson}, Mix: Mix{{operation, 1}}}
}

// sound checks what holds of every result.
func sound(t *testing.T, m bench.Measured) {
	t.Helper()
	l := m.Load
	if !m.OK || len(m.Violations) > 0 {
		t.Errorf("%s: %v", m.Label, m.Violations)
	}
	if l.Begun+l.Dropped > l.Scheduled || l.Begun == 0 || l.Completed > l.Begun || m.Latency.Count() != l.Begun {
		t.Errorf("%s: scheduled %d, begun %d, dropped %d, completed %d, %d latencies", m.Label, l.Scheduled, l.Begun, l.Dropped, l.Completed, m.Latency.Count())
	}
	if l.Arrival == "" {
		return
	}
	if l.Service.Count() != l.Begun || l.Lag.Count() != l.Begun || l.Service.Max() > m.Latency.Max() {
		t.Errorf("%s: %d service times up to %d, %d lags, of %d with latencies up to %d", m.Label, l.Service.Count(), l.Service.Max(), l.Lag.Count(), l.Begun, m.Latency.Max())
	}
}

func TestEveryOperationCompletesOnceOnBothSides(t *testing.T) {
	for _, o := range Operations() {
		t.Run(o.Name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			closed := short("closed", o.Name)
			closed.Rate, closed.Arrival, closed.Inflight = Rate{}, Arrival{}, 32
			p := Plan{Procs: 20, Warmup: 10 * time.Millisecond, Phases: []Phase{short("open", o.Name), closed, short("again", o.Name)}}
			res, err := p.Run(t.Context(), Options{Twin: o.twin != nil})
			if err != nil || len(res) != 3 {
				t.Fatal(res, err)
			}
			for _, m := range res {
				sound(t, m)
				if twin := m.TwinLatency != nil && m.TwinLatency.Count() > 0; twin != (o.twin != nil) {
					t.Errorf("%s: a twin was measured: %v", m.Label, twin)
				}
			}
			for end := time.Now().Add(patience); runtime.NumGoroutine() > before; {
				if time.Now().After(end) {
					t.Fatalf("%d goroutines are left, %d were there before", runtime.NumGoroutine(), before)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
}

func TestMixHasAResultForEachOperationAndOneForAll(t *testing.T) {
	ph := short("both", "call")
	ph.Rate.PerSecond = 40_000
	ph.Mix = Mix{{"call", 3}, {"bang", 1}}
	res, err := Plan{Procs: 20, Phases: []Phase{ph}}.Run(t.Context(), Options{})
	if err != nil || len(res) != 3 {
		t.Fatal(res, err)
	}
	all, call, bang := res[0], res[1], res[2]
	for _, m := range res {
		sound(t, m)
	}
	if all.Label != "mix both" || call.Label != "call both" || bang.Label != "bang both" || all.Load.Operation != "" {
		t.Errorf("%s, %s, %s", all.Label, call.Label, bang.Label)
	}
	if all.Load.Begun != call.Load.Begun+bang.Load.Begun || all.Latency.Count() != call.Latency.Count()+bang.Latency.Count() || all.Load.Dropped != call.Load.Dropped+bang.Load.Dropped {
		t.Errorf("all is %d, its parts %d and %d", all.Load.Begun, call.Load.Begun, bang.Load.Begun)
	}
	if share := float64(call.Load.Scheduled) / float64(all.Load.Scheduled); share < 0.5 || share > 0.95 {
		t.Errorf("%.2f of the operations are calls, three of four were to be", share)
	}
	if call.Load.Rate != 30_000 || bang.Load.Rate != 10_000 {
		t.Errorf("asked for %.0f and %.0f", call.Load.Rate, bang.Load.Rate)
	}
}

// blocker is a machine whose first operation waits.
type blocker struct {
	proc.Machine
	once *atomic.Bool
	wait func()
}

// Handle implements proc.Machine.
func (b *blocker) Handle(c *proc.Ctx, m proc.Message) error {
	if _, ok := m.Body.(*op); ok && b.once.CompareAndSwap(false, true) {
		b.wait()
	}
	return b.Machine.Handle(c, m)
}

// TestHandlerThatBlocksShowsInTheLatencyOfWhatComesBehind bounds the order of events, not
// their time: the handler of the first operation returns only when a thousand others have
// begun, which are due a second later at the earliest.
func TestHandlerThatBlocksShowsInTheLatencyOfWhatComesBehind(t *testing.T) {
	ph := Phase{Name: "stall", Duration: 1500 * time.Millisecond, Rate: Rate{PerSecond: 1000}, Mix: Mix{{"bang", 1}}}
	var begun atomic.Int64
	had := bangOperation.thrum
	defer func() { bangOperation.thrum = had }()
	bangOperation.thrum = func(w *world) (target, error) {
		var once atomic.Bool
		w.faulty = func(m proc.Machine) proc.Machine {
			return &blocker{m, &once, func() {
				for end := time.Now().Add(patience); begun.Load() < 1000 && time.Now().Before(end); {
					time.Sleep(time.Millisecond)
				}
			}}
		}
		in, err := had(w)
		return &counting{in, &begun}, err
	}
	res, err := Plan{Warmup: -1, Phases: []Phase{ph}}.Run(t.Context(), Options{LagLimit: time.Hour})
	if err != nil || len(res) != 1 {
		t.Fatal(res, err)
	}
	m := res[0]
	sound(t, m)
	// The first waits for 999 ms at least, the next for 998 ms, and so on.
	if *m.Max < 990*ms || *m.P50 < 200*ms || m.Load.Begun != 1500 {
		t.Errorf("of %d operations a thousand wait up to a second for one, and the latencies are: p50 %v, max %v",
			m.Load.Begun, time.Duration(*m.P50), time.Duration(*m.Max))
	}
}

// counting is a target that counts what has begun.
type counting struct {
	target
	n *atomic.Int64
}

func (c *counting) begin(o *op) error {
	defer c.n.Add(1)
	return c.target.begin(o)
}

// saboteur does something else with the hundredth operation that its machines get.
type saboteur struct {
	proc.Machine
	seen *atomic.Int64
	do   func(s *saboteur, c *proc.Ctx, m proc.Message) error
	kept *proc.Message
}

// Handle implements proc.Machine.
func (s *saboteur) Handle(c *proc.Ctx, m proc.Message) error {
	if _, ok := m.Body.(*op); !ok {
		return s.Machine.Handle(c, m)
	}
	if k := s.kept; k != nil && k.From == m.From {
		s.kept = nil
		if err := s.Machine.Handle(c, m); err != nil {
			return err
		}
		return s.Machine.Handle(c, *k)
	}
	if s.seen.Add(1) == 100 {
		return s.do(s, c, m)
	}
	return s.Machine.Handle(c, m)
}

func TestLostDoubledAndOvertakenOperationsAreSeen(t *testing.T) {
	faults := map[string]func(s *saboteur, c *proc.Ctx, m proc.Message) error{
		"lost": func(*saboteur, *proc.Ctx, proc.Message) error { return nil },
		"doubled": func(s *saboteur, c *proc.Ctx, m proc.Message) error {
			if err := s.Machine.Handle(c, m); err != nil {
				return err
			}
			return s.Machine.Handle(c, m)
		},
		"overtaken": func(s *saboteur, _ *proc.Ctx, m proc.Message) error {
			s.kept = &m
			return nil
		},
		"crashed": func(*saboteur, *proc.Ctx, proc.Message) error { panic("on purpose") },
	}
	for _, operation := range []string{"call", "cast", "bang", "big"} {
		for name, do := range faults {
			t.Run(operation+"/"+name, func(t *testing.T) {
				ph := short("broken", operation)
				ph.Rate.PerSecond = 20_000
				ph.Duration = 100 * time.Millisecond
				opts := Options{faulty: func(w *world) {
					var seen atomic.Int64
					w.looks = 5
					w.faulty = func(m proc.Machine) proc.Machine { return &saboteur{Machine: m, seen: &seen, do: do} }
				}}
				res, err := Plan{Procs: 4, Warmup: -1, Phases: []Phase{ph}}.Run(t.Context(), opts)
				if err != nil || len(res) != 1 {
					t.Fatal(res, err)
				}
				if m := res[0]; m.OK || len(m.Violations) == 0 || m.Violations[0].Workload != m.Label || m.Violations[0].What == "" {
					t.Errorf("nobody has seen it: %+v", m.Violations)
				}
			})
		}
	}
}

func TestInterruptedRunKeepsWhatWasMeasured(t *testing.T) {
	before := runtime.NumGoroutine()
	first, second := short("first", "cast"), short("second", "call")
	first.Rate, second.Rate = Rate{OfPeak: 0.1}, Rate{PerSecond: 2000}
	second.Duration = time.Hour
	for _, c := range []struct {
		phase string // in which it is interrupted
		label string
		want  []string // labels of the results
	}{
		{"warm-up", "cast peak of first", nil},
		{"thrum", "cast peak of first", []string{"cast peak of first"}},
		{"warm-up", "cast first", nil},
		{"thrum", "cast first", []string{"cast peak of first", "cast first"}},
		{"thrum", "call second", []string{"cast peak of first", "cast first", "call second"}},
	} {
		t.Run(c.phase+" of "+c.label, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var now atomic.Pointer[string] // the phase to be interrupted is under way
			opts := Options{Calibrate: 100 * time.Millisecond, Watch: bench.Watch{
				Interval: 10 * time.Millisecond,
				Progress: func(e bench.Event) {
					if e.Phase == c.phase && e.Label == c.label {
						s := strings.TrimPrefix(strings.TrimPrefix(c.label, "cast "), "call ")
						if c.phase == "warm-up" {
							s = c.phase
						}
						now.Store(&s)
					}
				},
				Observe: func(i bench.Interval) {
					if s := now.Load(); s != nil && i.Phase == *s {
						cancel()
					}
				},
			}}
			p := Plan{Procs: 10, Warmup: 100 * time.Millisecond, Phases: []Phase{first, second}}
			p.Phases[0].Duration = 100 * time.Millisecond
			switch { // what is interrupted does not end by itself
			case c.phase == "warm-up":
				if c.label == "cast first" {
					p.Phases[0].Rate = Rate{PerSecond: 2000}
				}
				p.Warmup = time.Hour
			case strings.HasPrefix(c.label, "cast peak"):
				opts.Calibrate = time.Hour
			case c.label == "cast first":
				p.Phases[0].Duration = time.Hour
			}
			res, err := p.Run(ctx, opts)
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			var labels []string
			for _, m := range res {
				labels = append(labels, m.Label)
				if !m.OK || m.Load.Elapsed <= 0 || m.Load.Elapsed > time.Minute {
					t.Errorf("%s: %+v, %v", m.Label, m.Load, m.Violations)
				}
			}
			if strings.Join(labels, ", ") != strings.Join(c.want, ", ") {
				t.Errorf("results of %v, want %v", labels, c.want)
			}
		})
	}
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left, %d were there before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestIntervalsCoverAPhaseWithoutGaps(t *testing.T) {
	var told []bench.Interval
	ph := short("seen", "cast")
	ph.Duration = 300 * time.Millisecond
	res, err := Plan{Procs: 10, Warmup: -1, Phases: []Phase{ph}}.Run(t.Context(), Options{Watch: bench.Watch{
		Interval: 20 * time.Millisecond, Observe: func(i bench.Interval) { told = append(told, i) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	all := res[0].Intervals
	if len(all) == 0 || len(all) != len(told) {
		t.Fatalf("%d intervals are kept, %d were told", len(all), len(told))
	}
	var messages int64
	for i, x := range all {
		if i > 0 && x.Begin != all[i-1].End || x.End < x.Begin || x.Round != 1 || x.Phase != "seen" {
			t.Errorf("interval %d is %+v", i, x)
		}
		messages += x.Messages
	}
	if all[0].Begin != 0 || all[len(all)-1].End != 300*time.Millisecond || messages > res[0].Load.Completed {
		t.Errorf("they begin at %v and end at %v, with %d of %d completed", all[0].Begin, all[len(all)-1].End, messages, res[0].Load.Completed)
	}
}

func TestExampleScenarioRuns(t *testing.T) {
	p, err := ReadScenario("testdata/day.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Phases { // as it is, it takes ten seconds
		p.Phases[i].Duration /= 20
	}
	p.Warmup /= 20
	res, err := p.Run(t.Context(), Options{Calibrate: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, m := range res {
		labels = append(labels, m.Label)
		sound(t, m)
	}
	want := "mix peak of noon, call peak of noon, bang peak of noon, spawn peak of noon, mix morning, call morning, cast morning, " +
		"mix noon, call noon, bang noon, spawn noon, mix night/quiet, cast night/quiet, timer night/quiet, gencall night/batch"
	if got := strings.Join(labels, ", "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if m := res[len(res)-1]; m.Rounds != 2 {
		t.Errorf("%s has %d rounds, it is repeated once", m.Label, m.Rounds)
	}
}
