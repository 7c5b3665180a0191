package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/profiles"
)

// loadgenIn runs a command line and returns its exit code and what it printed.
func loadgenIn(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	var files [2]*os.File
	for i, name := range []string{"out", "err"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	code = execute(args, files[0], files[1])
	out, _ := os.ReadFile(files[0].Name())
	bad, _ := os.ReadFile(files[1].Name())
	return code, string(out), string(bad)
}

func TestProfileWritesAllAndNeverOverwrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	merged := filepath.Join(t.TempDir(), "lib.pgo")
	args := []string{"profile", "ping", "-o", dir, "-d", "300ms", "--merge", merged, "--spawns", "1"}
	code, out, bad := loadgenIn(t, args...)
	for range 20 { // a machine that had no time for us in all of the 300 ms
		if !strings.Contains(bad, "no sample in a function") {
			break
		}
		code, out, bad = loadgenIn(t, append(args, "--force")...)
	}
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, bad)
	}
	for _, want := range []string{"function", "process type", "-tagroot thrum_type", "mailbox_wait", merged} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, name := range []string{profiles.FileCPU, profiles.FileHeap, profiles.FileMutex, profiles.FileTree, profiles.FileTrace} {
		if info, err := os.Stat(filepath.Join(dir, "ping", name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := readProfile(merged); err != nil || len(p.Sample) == 0 {
		t.Errorf("the merged profile: %v", err)
	}
	if code, _, bad := loadgenIn(t, args...); code != exitUsage || !strings.Contains(bad, "--force") {
		t.Errorf("again: exit code %d: %s", code, bad)
	}
	if code, _, bad := loadgenIn(t, append(args, "--force")...); code != exitOK && !strings.Contains(bad, "no sample in a function") {
		t.Errorf("with --force: exit code %d: %s", code, bad)
	}
}

func TestProfileRefusesClearly(t *testing.T) {
	for want, args := range map[string][]string{
		"profile needs the name of a workload": {"profile"},
		"did you mean \"ring\"":                {"profile", "rign"},
		"--all is for all workloads":           {"profile", "ring", "--all"},
		"--procs is for one workload":          {"profile", "--all", "--procs", "5"},
		"profiles take 100ms to 1h":            {"profile", "ring", "-d", "1ms"},
		"--spawns is 2000000000":               {"profile", "ring", "--spawns", "2g"},
		"--trace-on is \"x>1\"":                {"run", "ring", "--trace-on", "x>1"},
		"ring records none":                    {"run", "ring", "--trace-on", "latency>5ms", "--trace-out", filepath.Join(t.TempDir(), "t")},
		"--cpuprofile is":                      {"run", "ring", "--cpuprofile", filepath.Join(t.TempDir(), "none", "cpu")},
	} {
		if code, out, bad := loadgenIn(t, args...); code != exitUsage || !strings.Contains(bad, want) || out != "" {
			t.Errorf("%q: exit code %d, %q, want %q; printed %q", args, code, bad, want, out)
		}
	}
}

func TestRunWritesTheProfilesOfGoTest(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	code, _, bad := loadgenIn(t, "run", "fair", "--procs", "5", "-d", "300ms", "--cpuprofile", path("cpu"), "--memprofile", path("mem"), "--mutexprofile", path("mutex"),
		"--blockprofile", path("block"), "--trace", path("trace"), "--trace-on", "latency>1ns", "--trace-out", path("slow"))
	if code != exitOK || !strings.Contains(bad, "go tool trace "+path("slow")) {
		t.Fatalf("exit code %d: %s", code, bad)
	}
	for _, name := range []string{"cpu", "mem", "mutex", "block"} {
		if _, err := readProfile(path(name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"trace", "slow"} {
		if b, err := os.ReadFile(path(name)); err != nil || !strings.HasPrefix(string(b), "go 1.") {
			t.Errorf("%s is no trace: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(path(".loadgen-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
