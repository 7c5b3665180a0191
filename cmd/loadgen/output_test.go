package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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

// quick is a measurement of a moment.
var quick = []string{"run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1"}

// only fails unless the folder holds nothing but these.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func TestFileIsReplacedAsAWhole(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Skip(err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := invoke(t, build(t, ""), append(quick, "-o", "csv="+link)...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	text, _ := os.ReadFile(file)
	after, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "workload,") || after.Mode() != before.Mode() || os.SameFile(before, after) {
		t.Errorf("%q, mode %v, the same file %t", text, after.Mode(), os.SameFile(before, after))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v %v", info, err)
	}
	only(t, dir, "file", "link")
}

func TestLinkToNothingIsWrittenWhereItLeads(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if _, stderr, code := invoke(t, build(t, ""), append(quick, "-o", "csv="+filepath.Join(dir, "link"))...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	only(t, dir, "file", "link")
}

// TestTwoRunsAtOnceLeaveOneWholeFile has many write to the same file.
func TestTwoRunsAtOnceLeaveOneWholeFile(t *testing.T) {
	dir := t.TempDir()
	file, path := filepath.Join(dir, "r.json"), build(t, "")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if out, err := exec.CommandContext(t.Context(), path, append(quick, "-o", "json="+file)...).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rep, err := report.Read(f); err != nil || len(rep.Results) != 1 {
		t.Errorf("%v: %+v", err, rep)
	}
	only(t, dir, "r.json")
}
