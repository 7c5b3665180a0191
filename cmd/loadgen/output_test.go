package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench/report"
)

func TestOutputsAreReadAsPeopleWriteThem(t *testing.T) {
	var o outputs
	for _, s := range []string{"text", "json=a.json", "bench=b=c.txt"} {
		if err := o.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	if len(o) != 3 || o[1] != (output{"json", "a.json"}) || o[2] != (output{"bench", "b=c.txt"}) {
		t.Errorf("%+v", o)
	}
	for _, s := range []string{"", "yaml", "json=", "=x", "csv", "md=./a.json"} {
		if err := o.Set(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestResultsGoToEveryFileAsked(t *testing.T) {
	dir := t.TempDir()
	js, txt := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.bench")
	if err := os.WriteFile(js, bytes.Repeat([]byte("old results, longer than the new "), 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := invoke(t, build(t, ""), "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "2", "-o", "json="+js, "-o", "bench="+txt)
	if code != exitOK || stdout != "" {
		t.Fatalf("exit code %d, stdout %q: %s", code, stdout, stderr)
	}
	f, err := os.Open(js)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rep, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Results) != 1 || len(rep.Results[0].Samples) != 2 || rep.Config.Command[0] != "run" {
		t.Errorf("%+v", rep)
	}
	lines, err := os.ReadFile(txt)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(lines), "BenchmarkRing/procs=20-"); n != 2 {
		t.Errorf("%d lines for two rounds:\n%s", n, lines)
	}
}

func TestFileThatCannotBeWrittenStopsBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	_, stderr, code := invoke(t, build(t, ""), "run", "ring", "-o", "json="+dir)
	if code != exitUsage || !strings.Contains(stderr, dir) || strings.Contains(stderr, "[1/1]") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestFullDiskIsToldAndResultsGoToStdout(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	stdout, stderr, code := invoke(t, build(t, ""), "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1", "-o", "json=/dev/full")
	if code != exitInternal || !strings.Contains(stderr, "/dev/full") || !strings.Contains(stderr, "no space") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if !strings.Contains(stdout, "ring procs=20") {
		t.Errorf("the results are lost: %q", stdout)
	}
}

func TestFormWithoutLatenciesIsToldAndResultsGoToStdout(t *testing.T) {
	stdout, stderr, code := invoke(t, build(t, ""), "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1", "-o", "hgrm")
	if code != exitInternal || !strings.Contains(stderr, "no workload here has latencies") || !strings.Contains(stdout, "ring procs=20") {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
}
