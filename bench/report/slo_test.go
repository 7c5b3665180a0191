package report

import (
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench"
)

func TestObjectivesAreJudgedForEachResult(t *testing.T) {
	results := []bench.Measured{
		{Result: bench.Result{Label: "a", P99: new(int64(1_900_000)), NsPerMsg: new(20.0), Ratio: new(6.0)}},
		{Result: bench.Result{Label: "b", NsPerMsg: new(21.0), P99: new(int64(2_000_000)), Violations: []bench.Violation{{}}}},
	}
	for text, want := range map[string][2]bool{
		"p99<2ms": {true, false}, "p99<=2ms": {true, true}, "p99>1.9ms": {false, true}, "p99 < 2000000": {true, false},
		"lost==0": {true, false}, "lost!=0": {false, true}, "ratio>=6": {true, false}, "ns/msg<20.5ns": {true, false}, "p99.9<1h": {false, false},
	} {
		o, err := ParseObjectives(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := Judge(o, results)
		if len(got) != 2 || got[0].OK != want[0] || got[1].OK != want[1] {
			t.Errorf("%s is judged %+v, want %v", text, got, want)
		}
	}
}

func TestObjectiveThatWasNotMeasuredFailsAndSaysSo(t *testing.T) {
	o, err := ParseObjectives("p99.9<1h")
	if err != nil {
		t.Fatal(err)
	}
	got := Judge(o, []bench.Measured{{Result: bench.Result{Label: "a"}}})[0]
	if got.OK || !strings.Contains(got.String(), "not measured") {
		t.Errorf("%v", got)
	}
}

func TestObjectivesThatCannotBeReadAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "p99<2ms", "p99": "p99<2ms", "p98<2ms": `"p98"`, "p99<fast": `"fast"`, "p99<": "a time", "p99=2ms": "== !=", "ratio<2ms": "a number",
		"p99<-2ms": `"-2ms"`, "p99<2ms,": "p99<2ms", "<2": "one of p50", "lost==NaN": "NaN", "lost<Inf": "Inf", "p99<1e400": "1e400",
	} {
		if _, err := ParseObjectives(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v does not say %q", text, err, want)
		}
	}
}
