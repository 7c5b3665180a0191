package report

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

// recorder has latencies of 1 µs, 2 µs, ... times step.
func recorder(n int, step int64) *meter.Recorder {
	r := meter.NewRecorder()
	for i := range n {
		r.Record(int64(i+1) * step)
	}
	return r
}

// loaded is a report of loads: one that is well, one of which the generator was the
// limit, and a closed loop.
func loaded() Report {
	row := func(workload, phase string, r *meter.Recorder, l bench.Load) bench.Measured {
		l.Phase, l.Operation = phase, workload
		m := bench.Measured{Result: bench.Result{
			Workload: workload, Label: workload + " " + phase, Figure: bench.P99, Rounds: 1, OK: true, Load: &l,
			Params: bench.Params{Workers: 2, Procs: 1000, Duration: 2 * time.Second, Rounds: 1, Seed: 7}, Messages: new(r.Count()),
			P50: percentile(r, 0.5), P99: percentile(r, 0.99), P999: percentile(r, 0.999), Max: new(r.Max()),
		}, Latency: r, Samples: []bench.Round{{"p99_ns": float64(*percentile(r, 0.99)), "rate": l.Achieved(), "dropped": float64(l.Dropped)}}}
		return m
	}
	fine := row("call", "auto:70% poisson", recorder(20_000, 100), bench.Load{
		Arrival: "poisson", Rate: 10_500, Peak: 15_000, Inflight: 1_000_000, Elapsed: 2 * time.Second, Scheduled: 20_010, Begun: 20_000, Dropped: 10, Completed: 19_500,
		Service: recorder(20_000, 50), Lag: recorder(20_000, 40),
	})
	fine.Twin, fine.Ratio, fine.Load.TwinAchieved = new(4e6), new(2.02), 10_100
	fine.Load.GCShare, fine.Load.TwinGCShare = 0.02, 0.314
	late := row("cast", "200k/s", recorder(20_000, 10_000), bench.Load{
		Arrival: "const", Rate: 200_000, Inflight: 1_000_000, Elapsed: 2 * time.Second, Scheduled: 400_000, Begun: 20_000, Completed: 20_000,
		Service: recorder(20_000, 50), Lag: recorder(20_000, 9_000), Invalid: []string{"the generator began 5.0 % of what was due, less than 99 %: it cannot keep up with this rate"},
	})
	closed := row("bang", "inflight=64", recorder(20_000, 5), bench.Load{Inflight: 64, Elapsed: 2 * time.Second, Scheduled: 20_000, Begun: 20_000, Completed: 20_000})
	closed.Figure, closed.NsPerMsg = bench.NsPerMsg, new(100_000.)
	return Report{Env: fixed().Env, Results: []bench.Measured{fine, late, closed}, Stopped: "cast 200k/s: p99<1ms: 198ms, and it can no longer be met"}
}

func TestLoadsAreWrittenAsAgreed(t *testing.T) {
	for _, form := range []string{"text", "csv", "md", "bench"} {
		var b bytes.Buffer
		if err := loaded().Write(&b, form, Style{}); err != nil {
			t.Fatal(err)
		}
		golden(t, "load."+form, b.Bytes())
	}
}

func TestLoadsSurviveJSONAndObeyItsSchema(t *testing.T) {
	var first, second bytes.Buffer
	if err := loaded().WriteJSON(&first); err != nil {
		t.Fatal(err)
	}
	back, err := Read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := back.WriteJSON(&second); err != nil || first.String() != second.String() {
		t.Errorf("%v: written again it differs:\n%s\n%s", err, first.String(), second.String())
	}
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	var doc any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(first.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if err := validate(schema, schema, doc, "report"); err != nil {
		t.Error(err)
	}
	for _, c := range [][2]string{{`"elapsed": "2s"`, `"elapsed": "long"`}, {`"begun": 20000`, `"begun": -1`}, {`"rate": 10500`, `"rate": -1`},
		{`"gc_share": 0.02`, `"gc_share": 2`}} {
		if _, err := Read(strings.NewReader(strings.Replace(first.String(), c[0], c[1], 1))); err == nil || !strings.Contains(err.Error(), "load") {
			t.Errorf("%s: %v", c[1], err)
		}
	}
}

func TestMergedLoadsAddUp(t *testing.T) {
	all, err := Merge(loaded(), loaded())
	if err != nil {
		t.Fatal(err)
	}
	l := all.Results[0].Load
	if l.Scheduled != 40_020 || l.Dropped != 20 || l.Completed != 39_000 || l.Elapsed != 4*time.Second || l.Service.Count() != 40_000 || l.Rate != 10_500 ||
		l.GCShare != 0.02 || l.TwinGCShare != 0.314 {
		t.Errorf("%+v", l)
	}
	if !reflect.DeepEqual(all.Invalid(), loaded().Invalid()) || len(all.Invalid()) != 1 {
		t.Errorf("%v", all.Invalid())
	}
}

func TestComparisonRefusesWhatIsNotValid(t *testing.T) {
	c := Compare(loaded(), loaded(), nil, 0.05)
	if len(c.Untested) != 1 || !strings.Contains(c.Untested[0], "cast 200k/s") {
		t.Errorf("%v", c.Untested)
	}
	for _, x := range c.Changes {
		if x.Label == "cast 200k/s" {
			t.Errorf("%+v", x)
		}
	}
}

func TestObjectivesOfLoads(t *testing.T) {
	o, err := ParseObjectives("rate>=9.5k/s,drops==0,service_p99<1ms,lag<1ms")
	if err != nil {
		t.Fatal(err)
	}
	var met []bool
	for _, j := range Judge(o, loaded().Results[:1]) {
		met = append(met, j.OK)
	}
	if want := []bool{true, false, true, true}; !reflect.DeepEqual(met, want) {
		t.Errorf("met: %v, want %v", met, want)
	}
}

func TestHopelessIsWhatNothingCanChange(t *testing.T) {
	m := loaded().Results[0] // 20,000 latencies up to 2 ms, 10 drops
	for _, c := range []struct {
		objective string
		total     float64
		want      bool
	}{
		{"max<1ms", 0, true}, {"max<3ms", 0, false}, {"max<=2ms", 0, false}, {"max>1ms", 0, false},
		{"drops==0", 0, true}, {"drops<=10", 0, false}, {"drops<10", 0, true},
		{"p99<1ms", 20_000, true}, {"p99<1ms", 1e6, false}, {"p99<1ms", 0.9e6, true}, {"p99<1ms", 0, false}, {"p99<2ms", 20_000, false},
		{"p50<1ms", 1e5, false}, {"p99.9<1.9ms", 20_000, true}, {"service_p99<500us", 20_000, true}, {"lag<1ms", 20_000, false},
		{"rate>1g", 20_000, false}, {"lost==0", 20_000, false},
	} {
		text := strings.Replace(c.objective, "1g", "1000000k/s", 1)
		o, err := ParseObjectives(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := o[0].Hopeless(m, c.total); got != c.want {
			t.Errorf("%s of %.0f is hopeless: %v", text, c.total, got)
		}
	}
}
