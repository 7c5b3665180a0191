package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// build returns the path of the built program, with the build tag if one is given.
// Each is built once for all tests.
var build = func() func(t *testing.T, tag string) string {
	type built struct {
		once sync.Once
		path string
		err  error
	}
	var mu sync.Mutex
	all := map[string]*built{}
	return func(t *testing.T, tag string) string {
		t.Helper()
		mu.Lock()
		b := all[tag]
		if b == nil {
			b = &built{}
			all[tag] = b
		}
		mu.Unlock()
		b.once.Do(func() {
			b.path = filepath.Join(binaries, "loadgen"+tag)
			if runtime.GOOS == "windows" {
				b.path += ".exe"
			}
			out, err := exec.Command("go", "build", "-tags", tag, "-o", b.path, ".").CombinedOutput()
			if err != nil {
				b.err = fmt.Errorf("go build: %w\n%s", err, out)
			}
		})
		if b.err != nil {
			t.Fatal(b.err)
		}
		return b.path
	}
}()

var binaries string // where built programs lie

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "loadgen")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// invoke runs the program and returns what it printed and its exit code.
func invoke(t *testing.T, path string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestWrongUsageExits2AndNamesWhatIsWrong(t *testing.T) {
	path := build(t, "")
	for _, c := range []struct {
		args string
		want []string
	}{
		{"run ring --procs 1", []string{"--procs", "1", "2 to 10000000"}},
		{"run ring --procs -1", []string{"--procs", "-1", "at least 1"}},
		{"run ring -n 0", []string{"--messages", `"0"`, "10k"}},
		{"run ring -n many", []string{"--messages", `"many"`, "10k"}},
		{"run ring -d 5", []string{"--duration", `"5"`, "5s"}},
		{"run ring -d -5s", []string{"--duration", `"-5s"`, "positive"}},
		{"run ring -d 1ns", []string{"--duration", "1ns", "10ms to 24h"}},
		{"run ring --workers 1k", []string{"--workers", "1000", "1 to 255"}},
		{"run ring --workers", []string{"--workers needs a value"}},
		{"run ping --seed 3", []string{"--seed", "3", "takes no such parameter"}},
		{"run pairs --procs 3", []string{"--procs", "3", "even"}},
		{"run call --style fast", []string{"--style", "fast", "machine, direct or goroutine"}},
		{"run ring --style fast", []string{"--style", "fast", "takes no such parameter"}},
		{"run receive --size 0", []string{"--size", `"0"`, "10k"}},
		{"run ping --size 5", []string{"--size", "5", "takes no such parameter"}},
		{"run skynet --procs 12", []string{"--procs", "12", "power of ten"}},
		{"run ring --prox 5", []string{"--prox", "--procs"}},
		{"run ring --bogus 5", []string{"--bogus", "--help"}},
		{"run ring -x", []string{"-x", "--help"}},
		{"run ring -o yaml", []string{"--output", `"yaml"`, "text, json", "hgrm"}},
		{"run ring -o json=", []string{"--output", "name of the file", "json=FILE"}},
		{"run ring -o json -o text", []string{"--output", "stdout already", "text=FILE"}},
		{"run ring -o json=/a/b -o text=/a/../a/b", []string{"--output", "that file already"}},
		{"run ring -o json=/no/such/directory/x", []string{"--output", "/no/such/directory/x", "cannot be written"}},
		{"run ring --slo p98<2ms", []string{"--slo", `"p98"`, "p99"}},
		{"run ring --interval 1ms", []string{"--interval", "1ms", "10ms to 1h"}},
		{"run ring --interval 2h", []string{"--interval", "2h", "10ms to 1h"}},
		{"run ring --interval 0s", []string{"--interval", `"0s"`, "positive"}},
		{"run ring --tag branch", []string{"--tag", `"branch"`, "branch=main"}},
		{"run ring --tag Branch=main", []string{"--tag", `"Branch"`, "lower-case"}},
		{"run ring --tag =main", []string{"--tag", `""`, "lower-case"}},
		{"run ring --tag branch=", []string{"--tag", "branch", "not empty"}},
		{"run ring --tag cpu=fast", []string{"--tag", `"cpu"`, "goos"}},
		{"run ring --tag a=1 --tag a=2", []string{"--tag", "a is given twice"}},
		{"list --interval 1s", []string{"--interval"}},
		{"noise -d 1ms", []string{"--duration", "1ms", "10ms to 24h"}},
		{"noise loud", []string{"noise", `"loud"`}},
		{"version 2", []string{"version", `"2"`}},
		{"sweep ring --procs 10,1", []string{"--procs", "1", "2 to 10000000"}},
		{"sweep ring --procs 10,,20", []string{"--procs", "whole number"}},
		{"sweep ring --procs 10,10", []string{"--procs", "10 is in it twice"}},
		{"sweep", []string{"sweep needs the name", "loadgen list"}},
		{"list -o csv", []string{"--output", "csv", "text or json"}},
		{"run ring twice", []string{`"twice"`, "one workload"}},
		{"run", []string{"name of a workload", "loadgen list"}},
		{"run rign", []string{`"rign"`, `"ring"`}},
		{"run skynt", []string{`"skynt"`, `"skynet"`}},
		{"run zzzzzz", []string{`"zzzzzz"`, "loadgen list"}},
		{"ring", []string{`"ring"`, "loadgen run ring"}},
		{"help swep", []string{`"swep"`, `"sweep"`}},
		{"help ping", []string{`"ping"`, "loadgen run ping"}},
		{"completion", []string{"name of a shell", "zsh"}},
		{"completion tcsh", []string{`"tcsh"`, "bash"}},
		{"lits", []string{`"lits"`, `"list"`}},
		{"list all", []string{`"all"`}},
		{"--procs 5", []string{"--procs", "loadgen run NAME"}},
		{"-n 5", []string{"-n", "loadgen run NAME"}},
		{"-o yaml", []string{"--output", `"yaml"`, "text, json"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			stdout, stderr, code := invoke(t, path, strings.Fields(c.args)...)
			if code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if stdout != "" {
				t.Errorf("something on stdout: %q", stdout)
			}
			if strings.Count(stderr, "\n") != 1 {
				t.Errorf("want one line on stderr, got %q", stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(stderr, w) {
					t.Errorf("%q does not say %q", stderr, w)
				}
			}
		})
	}
}

func TestRunPrintsTableOnStdoutAndStepsOnStderr(t *testing.T) {
	stdout, stderr, code := invoke(t, build(t, ""), "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"workload", "ns/msg", "ring procs=20", "10,000", "twin", "ratio", "GOMAXPROCS"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table does not say %q:\n%s", want, stdout)
		}
	}
	if stderr != "[1/1] ring procs=20\n" {
		t.Errorf("want one line for the one step, got %q", stderr)
	}
	if strings.Contains(stdout+stderr, "\x1b") || strings.Contains(stdout+stderr, "\r") {
		t.Errorf("codes for a terminal, but there is none: %q", stdout+stderr)
	}
}

func TestRunPrintsOneJSONObject(t *testing.T) {
	stdout, stderr, code := invoke(t, build(t, ""), "run", "big", "--procs", "16", "-n", "10k", "--rounds", "1", "--seed", "7", "-o", "json")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var doc struct {
		Schema  string
		Env     map[string]any
		Results []struct {
			Workload     string
			Params       map[string]any
			Messages     int64
			NsPerMsg     float64 `json:"ns_per_msg"`
			TwinNsPerMsg float64 `json:"twin_ns_per_msg"`
			Ratio        float64
			OK           bool
		}
	}
	d := json.NewDecoder(strings.NewReader(stdout))
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if d.More() {
		t.Error("more than one object")
	}
	if doc.Schema == "" || doc.Env["go"] != runtime.Version() || len(doc.Results) != 1 {
		t.Fatalf("schema, environment or results are missing: %s", stdout)
	}
	r := doc.Results[0]
	if r.Workload != "big" || !r.OK || r.Messages < 9_900 || r.Messages > 10_000 || r.NsPerMsg <= 0 || r.TwinNsPerMsg <= 0 {
		t.Errorf("%+v", r)
	}
	if want := r.TwinNsPerMsg / r.NsPerMsg; r.Ratio < want*0.98 || r.Ratio > want*1.02 {
		t.Errorf("ratio %g is not twin over Thrum, %g", r.Ratio, want)
	}
	if r.Params["seed"] != 7.0 || r.Params["procs"] != 16.0 || r.Params["messages"] != 10_000.0 {
		t.Errorf("parameters are not those given: %v", r.Params)
	}
}

func TestFailedCheckExits4AndSaysWhatAndWhere(t *testing.T) {
	path := build(t, "thrumfault")
	for _, format := range []string{"text", "json"} {
		stdout, stderr, code := invoke(t, path, "run", "broken", "--procs", "10", "-n", "10k", "-o", format)
		if code != exitViolation {
			t.Errorf("exit code %d, want %d", code, exitViolation)
		}
		for _, want := range []string{"check failed", "broken", "ring process", "came again"} {
			if !strings.Contains(stderr, want) {
				t.Errorf("stderr does not say %q: %q", want, stderr)
			}
		}
		if format == "text" && !strings.Contains(stdout, "CHECK FAILED") || format == "json" && !strings.Contains(stdout, `"ok": false`) {
			t.Errorf("the results do not show it:\n%s", stdout)
		}
	}
}

func TestListNamesEveryWorkload(t *testing.T) {
	path := build(t, "")
	text, _, code := invoke(t, path, "list")
	if code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	js, _, code := invoke(t, path, "list", "-o", "json")
	if code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("a line of the list is %d wide: %s", n, line)
		}
	}
	folded := strings.Join(strings.Fields(text), " ")
	var doc struct {
		Workloads []struct{ Name, Purpose string }
	}
	if err := json.Unmarshal([]byte(js), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Workloads) < 19 {
		t.Errorf("%d workloads are listed", len(doc.Workloads))
	}
	for _, w := range doc.Workloads {
		if !strings.Contains(text, w.Name+" ") || !strings.Contains(folded, w.Purpose) {
			t.Errorf("the list for people lacks %s", w.Name)
		}
	}
}

func TestMissedObjectiveExits3AndNamesWhich(t *testing.T) {
	path := build(t, "")
	stdout, stderr, code := invoke(t, path, "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1", "--slo", "ns/msg<1h,lost==0", "--slo", "ratio>1000000")
	if code != exitObjective || !strings.Contains(stderr, "objective failed: ring procs=20: ratio>1000000") || strings.Contains(stderr, "lost==0") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if !strings.Contains(stdout, "objective met: ring procs=20: lost==0") {
		t.Errorf("the report does not say which was met:\n%s", stdout)
	}
	if _, stderr, code := invoke(t, path, "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1", "--slo", "lost==0"); code != exitOK {
		t.Errorf("exit code %d although it was met: %s", code, stderr)
	}
}

func TestSweepMeasuresEveryCombination(t *testing.T) {
	stdout, stderr, code := invoke(t, build(t, ""), "sweep", "ring", "--workers", "1,2", "--procs", "10,1k", "-n", "5k", "--rounds", "1", "-o", "bench")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"BenchmarkRing/procs=10-1\t", "BenchmarkRing/procs=10-2\t", "BenchmarkRing/procs=1000-1\t", "BenchmarkRing/procs=1000-2\t"} {
		if strings.Count(stdout, want) != 1 {
			t.Errorf("not one line %q:\n%s", want, stdout)
		}
	}
	stdout, _, _ = invoke(t, build(t, ""), "sweep", "ring", "--workers", "1,2", "-n", "5k", "--rounds", "1")
	if !strings.Contains(stdout, "workers=1 ") || !strings.Contains(stdout, "workers=2 ") {
		t.Errorf("rows cannot be told apart:\n%s", stdout)
	}
}

func TestNoiseAndVersionPrintJSON(t *testing.T) {
	path := build(t, "")
	stdout, stderr, code := invoke(t, path, "noise", "-d", "50ms", "-o", "json")
	if code != exitOK || !strings.Contains(stdout, "noise wake-up") || !json.Valid([]byte(stdout)) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	stdout, _, code = invoke(t, path, "version", "--json")
	var v struct{ Go, Schema string }
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != exitOK || v.Go != runtime.Version() || v.Schema == "" {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
	}
	if stdout, _, code := invoke(t, path, "version"); code != exitOK || !strings.HasPrefix(stdout, "loadgen ") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}
