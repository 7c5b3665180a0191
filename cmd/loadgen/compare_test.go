package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/report"
)

// kept writes a file of results with rounds of these ratios.
func kept(t *testing.T, name string, ratios ...float64) string {
	t.Helper()
	m := bench.Measured{Result: bench.Result{Workload: "ping", Label: "ping", Figure: bench.NsPerMsg, OK: true, Rounds: len(ratios), NsPerMsg: new(20.0)}}
	for _, r := range ratios {
		m.Samples = append(m.Samples, bench.Round{"ns_per_msg": 120 / r, "twin_ns_per_msg": 120, "ratio": r})
	}
	var b bytes.Buffer
	if err := (report.Report{Env: report.Environment(), Results: []bench.Measured{m}}).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompareExits3OnARegressionAlone(t *testing.T) {
	path := build(t, "")
	old := kept(t, "old.json", 6, 6.1, 6.2, 6.05, 5.95)
	slow := kept(t, "slow.json", 5.4, 5.5, 5.45, 5.35, 5.3)
	few := kept(t, "few.json", 5.4, 5.5)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{old, slow}, exitOK, ""},
		{[]string{old, old, "--fail", "ratio<-5%"}, exitOK, ""},
		{[]string{old, slow, "--fail", "ratio<-5%"}, exitObjective, "regression: ping: ratio changed by -10"},
		{[]string{old, slow, "--fail", "ratio<-20%"}, exitOK, ""},
		{[]string{slow, old, "--fail", "ratio<-5%"}, exitOK, ""},
		{[]string{old, slow, "--fail", "ns/msg>+5%"}, exitObjective, "ns/msg"},
		{[]string{old, few, "--fail", "ratio<-5%"}, exitInvalid, "5 rounds against 2"},
		{[]string{old, slow, "--fail", "p99>5%"}, exitInvalid, "p99"},
		{[]string{old}, exitUsage, "two files"},
		{[]string{old, "no-such-file"}, exitUsage, "no-such-file"},
		{[]string{old, slow, "--fail", "speed<-5%"}, exitUsage, `"speed"`},
		{[]string{old, slow, "--alpha", "2"}, exitUsage, "--alpha"},
		{[]string{old, slow, "-o", "json"}, exitUsage, "prints text"},
	} {
		_, stderr, code := invoke(t, path, append([]string{"compare"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.want) || c.want == "" && stderr != "" {
			t.Errorf("%v exits %d, want %d and %q: %s", c.args[2:], code, c.code, c.want, stderr)
		}
	}
}

func TestReportMergesFilesAndPrintsAnyForm(t *testing.T) {
	path := build(t, "")
	a, b := kept(t, "a.json", 6, 6.1), kept(t, "b.json", 6.2, 6.3, 6.4)
	for form, want := range map[string]string{"text": "ping", "json": `"rounds": 5`, "csv": "ping,ping,", "md": "| ping |", "bench": "BenchmarkPing-0\t1\t"} {
		stdout, stderr, code := invoke(t, path, "report", a, b, "-o", form)
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit code %d, no %q: %s%s", form, code, want, stdout, stderr)
		}
	}
	stdout, _, _ := invoke(t, path, "report", a, b, "-o", "bench")
	if n := strings.Count(stdout, "BenchmarkPing"); n != 5 {
		t.Errorf("%d rounds, want those of both files, 5", n)
	}
}

func TestReportRefusesWhatIsNoResult(t *testing.T) {
	path := build(t, "")
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, fmt.Appendf(nil, `{"schema": %q, "sppeed": 1}`, report.Schema), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"report", "needs files"}, {"report " + bad, "sppeed"}, {"report no-such-file", "no-such-file"},
	} {
		_, stderr, code := invoke(t, path, strings.Fields(c.args)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d: %s", c.args, code, stderr)
		}
	}
}
