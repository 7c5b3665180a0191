package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench/report"
)

func TestLoadThatCannotBeExits2AndNamesTheFlag(t *testing.T) {
	path := build(t, "")
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{\n  \"phases\": [\n    {\"duration\": \"1s\", \"rate\": 5, \"mix\": {\"cal\": 1}}\n  ]\n}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		want []string
	}{
		{"run call --rate 0", []string{"--rate", `"0"`, "0.001/s"}},
		{"run call --rate -5", []string{"--rate", `"-5"`}},
		{"run call --rate NaN", []string{"--rate", `"NaN"`, "200k/s"}},
		{"run call --rate 1e300", []string{"--rate", `"1e300"`, "1e+09/s"}},
		{"run call --rate 1e-300", []string{"--rate", `"1e-300"`, "0.001/s"}},
		{"run call --rate auto", []string{"--rate", `"auto"`, "auto:70%"}},
		{"run call --rate auto:0%", []string{"--rate", "from 1%"}},
		{"run call --rate 5 --arrival ramp:1..5", []string{"--rate", "ramp", "leave rate out"}},
		{"run call --rate 5 --arrival evenly", []string{"--arrival", `"evenly"`, "poisson"}},
		{"run call --arrival poisson", []string{"--arrival", "give --rate"}},
		{"run ping --rate 5", []string{"ping", "no --rate", "call"}},
		{"run ping --warmup 5s", []string{"--warmup", "ping", "belongs to loads"}},
		{"run call --twin", []string{"--twin", "give --rate"}},
		{"run call --rate 5 -n 100", []string{"--messages", "rounds", "--duration"}},
		{"run call --rate 5 --style direct", []string{"--style"}},
		{"run call --rate 5 --procs 2m", []string{"--procs", "1 to 1000000"}},
		{"run big --rate 5 --procs 5k", []string{"--procs", "4096"}},
		{"run big --rate 5 --twin", []string{"--twin", "big has no twin"}},
		{"run call --rate 5 -d 1ns", []string{"--duration", "10ms"}},
		{"run call --rate 5 --inflight 1g", []string{"--inflight", "10000000"}},
		{"run call --rate 5 --warmup 5h", []string{"--warmup", "1h"}},
		{"run call --rate 5 --abort-on-slo", []string{"--abort-on-slo", "--slo"}},
		{"run call --rate 5 --slo drop==0", []string{"--slo", `"drop"`, "drops"}},
		{"run call --rate 5 --slo rate>fast", []string{"--slo", "190k/s"}},
		{"run call --rate 5 --serve 0.0.0.0:0", []string{"--serve", "this machine only"}},
		{"run cast", []string{"cast", "--rate", "--inflight"}},
		{"run cas --rate 5", []string{`"cas"`}},
		{"run none.json", []string{"none.json", "no such file"}},
		{"run ./none", []string{"./none", "no such file"}},
		{"run " + bad, []string{bad + ":3:43", `did you mean "call"?`}},
		{"run " + bad + " --rate 5", []string{"--rate", "scenario"}},
		{"run " + bad + " -d 5s", []string{"--duration", "scenario"}},
	} {
		t.Run(strings.ReplaceAll(c.args, bad, "FILE"), func(t *testing.T) {
			stdout, stderr, code := invoke(t, path, strings.Fields(c.args)...)
			if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(stderr, w) {
					t.Errorf("%q does not say %q", stderr, w)
				}
			}
		})
	}
}

func TestRateIsKeptAndToldInEveryForm(t *testing.T) {
	dir := t.TempDir()
	args := []string{"run", "cast", "--rate", "10k/s", "--arrival", "poisson", "-d", "300ms", "--procs", "50", "--seed", "9", "--max-lag", "1h", "--slo", "lost==0"}
	for _, form := range report.Forms {
		args = append(args, "-o", form+"="+filepath.Join(dir, form))
	}
	_, stderr, code := invoke(t, build(t, ""), args...)
	if code != exitOK && code != exitInvalid { // a machine that stands still meanwhile
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for form, want := range map[string][]string{
		"text": {"cast 10k/s poisson", "asked/s", "service p99", "lag p99", "drops", "seed 9", "objective met"},
		"json": {`"arrival": "poisson"`, `"scheduled": `, `"service": {`, `"lag": {`},
		"csv":  {"achieved_per_s", "10k/s poisson", ",poisson,10000,"},
		"md":   {"| asked/s |"},
		"html": {"cast 10k/s poisson", "lag p99"},
		"hgrm": {"#[cast 10k/s poisson, service time, microseconds]"},
	} {
		data, err := os.ReadFile(filepath.Join(dir, form))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(data), w) {
				t.Errorf("%s does not say %q:\n%s", form, w, data)
			}
		}
	}
	data, _ := os.ReadFile(filepath.Join(dir, "json"))
	r, err := report.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Results[0].Load; l.Rate != 10_000 || l.Begun+l.Dropped > l.Scheduled || r.Results[0].Latency.Count() != l.Begun || r.Results[0].Params.Seed != 9 {
		t.Errorf("%+v", l)
	}
	stdout, stderr, code := invoke(t, build(t, ""), "report", filepath.Join(dir, "json"), filepath.Join(dir, "json"), "-o", "json")
	var doc struct {
		Results []struct {
			Load struct{ Scheduled int64 }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != exitOK || doc.Results[0].Load.Scheduled != 2*r.Results[0].Load.Scheduled {
		t.Errorf("exit code %d, %v: two files are not one of twice as much: %s", code, err, stderr)
	}
	if _, stderr, code := invoke(t, build(t, ""), "compare", filepath.Join(dir, "json"), filepath.Join(dir, "json")); code != exitOK {
		t.Errorf("compare: exit code %d: %s", code, stderr)
	}
}

func TestGeneratorThatIsTheLimitExits5(t *testing.T) {
	stdout, stderr, code := invoke(t, build(t, ""), "run", "cast", "--rate", "10k/s", "-d", "300ms", "--procs", "50", "--max-lag", "1ns", "--slo", "p50<1ns")
	if code != exitInvalid || !strings.Contains(stdout, "NOT VALID") || !strings.Contains(stderr, "not valid: cast 10k/s: the generator was late") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestAbortOnSLOStopsEarlyAndExits3(t *testing.T) {
	stdout, stderr, code := invoke(t, build(t, ""), "run", "cast", "--rate", "1k/s", "-d", "10h", "--interval", "50ms", "--max-lag", "10h",
		"--slo", "max<1ns", "--abort-on-slo")
	if code != exitObjective && code != exitInvalid || !strings.Contains(stderr, "stopped early: cast 1k/s: max<1ns") || !strings.Contains(stdout, "stopped early") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestScenarioFileAndClosedLoopRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "two.json")
	if err := os.WriteFile(file, []byte(`{"seed": 3, "procs": 20, "warmup": "20ms", "phases": [
		{"name": "one", "duration": "100ms", "arrival": "ramp:1k..9k", "mix": {"call": 3, "bang": 1}},
		{"name": "two", "duration": "100ms", "inflight": 16, "mix": {"spawn": 1}}], "slo": ["lost==0"]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := invoke(t, build(t, ""), "run", file, "--twin", "--max-lag", "1h")
	if code != exitOK && code != exitInvalid {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"mix one ", "call one ", "bang one ", "spawn two ", "seed 3, 20 processes", "objective met: spawn two: lost==0"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table does not say %q:\n%s", want, stdout)
		}
	}
	stdout, stderr, code = invoke(t, build(t, ""), "run", "cast", "--inflight", "8", "-d", "100ms", "--procs", "10")
	if code != exitOK || !strings.Contains(stdout, "cast inflight=8") || strings.Contains(stdout, "lag p99  drops") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestListTellsWhatTakesARate(t *testing.T) {
	stdout, _, code := invoke(t, build(t, ""), "list")
	if code != exitOK || !strings.Contains(stdout, "These take --rate") || !strings.Contains(stdout, "gencall      call, with a generic server") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}
