//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// sh runs a line of shell in which $loadgen is the program and $f a file; both streams are returned.
func sh(t *testing.T, file, line string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env = append(os.Environ(), "f="+file, "loadgen="+build(t, "")+" "+strings.Join(quick, " "))
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestFileThatFillsKeepsWhatItHeld lets the program write no more than some hundred bytes into any file.
func TestFileThatFillsKeepsWhatItHeld(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "r.json")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := sh(t, file, `ulimit -f 1; $loadgen -o json="$f"`)
	if code != exitInternal || !strings.Contains(stderr, "writing the results to "+file) || !strings.Contains(stderr, "file too large") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if !strings.Contains(stdout, "ring procs=20") {
		t.Errorf("the results are lost: %q", stdout)
	}
	if text, err := os.ReadFile(file); string(text) != "old" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	only(t, dir, "r.json")
}

func TestFolderThatMayNotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "there")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	if _, stderr, code := invoke(t, build(t, ""), append(quick, "-o", "csv="+filepath.Join(dir, "new"))...); code != exitUsage || !strings.Contains(stderr, "permission denied") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	// What is there may be written all the same.
	if _, stderr, code := invoke(t, build(t, ""), append(quick, "-o", "csv="+file)...); code != exitOK {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if text, _ := os.ReadFile(file); !strings.HasPrefix(string(text), "workload,") {
		t.Errorf("%q", text)
	}
}

func TestFileThatMayNotBeWrittenIsNotReplaced(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everything")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("old"), 0o444); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := invoke(t, build(t, ""), append(quick, "-o", "csv="+file)...); code != exitUsage || !strings.Contains(stderr, "permission denied") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestPipesGetTheResults(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o644); err != nil {
		t.Skip(err)
	}
	got := make(chan string)
	go func() {
		f, err := os.Open(fifo)
		if err != nil {
			got <- err.Error()
			return
		}
		defer f.Close()
		text, _ := io.ReadAll(f)
		got <- string(text)
	}()
	if _, stderr, code := invoke(t, build(t, ""), append(quick, "-o", "csv="+fifo)...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if text := <-got; !strings.HasPrefix(text, "workload,") {
		t.Errorf("%q", text)
	}
	only(t, dir, "fifo")
}

func TestOwnStreamsAreWrittenAsTheyAre(t *testing.T) {
	if _, err := os.Stat("/dev/stdout"); err != nil {
		t.Skip("no /dev/stdout here")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	for _, c := range []struct{ line, want string }{
		{`$loadgen -o csv=/dev/stdout >"$f"`, "workload,"},
		{`echo before >"$f"; $loadgen -o csv=/dev/stdout >>"$f"`, "before\nworkload,"},
		{`$loadgen -o csv=/dev/stdout | cat >"$f"`, "workload,"},
		{`$loadgen -o csv=/dev/fd/5 5>"$f"`, "workload,"},
		{`$loadgen -o csv=/dev/stderr 2>"$f"`, "workload,"},
	} {
		if out, errs, code := sh(t, file, c.line); code != exitOK {
			t.Errorf("%s: exit code %d: %s%s", c.line, code, out, errs)
		}
		if text, err := os.ReadFile(file); !strings.HasPrefix(string(text), c.want) {
			t.Errorf("%s: the file holds %q, %v", c.line, text, err)
		}
		only(t, dir, "file")
	}
}
