//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCtrlCInALoadPrintsWhatWasMeasured interrupts each phase of a scenario when the
// first interval of it is told.
func TestCtrlCInALoadPrintsWhatWasMeasured(t *testing.T) {
	path := build(t, "")
	file := filepath.Join(t.TempDir(), "s.json")
	for _, c := range []struct {
		first, second string // durations
		line          string // whose interval is waited for
		want          []string
	}{
		{"1h", "1s", "cast first", []string{"cast first", "interrupted"}},
		{"100ms", "1h", "bang second", []string{"cast first", "bang second", "interrupted"}},
	} {
		text := `{"procs": 20, "warmup": "20ms", "phases": [{"name": "first", "duration": "` + c.first + `", "rate": "2k/s", "mix": {"cast": 1}},
			{"name": "second", "duration": "` + c.second + `", "inflight": 8, "mix": {"bang": 1}}]}`
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), path, "run", file, "--interval", "50ms", "--max-lag", "1h")
		cmd.Stdout = &out
		pipe, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stop := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		defer stop.Stop()
		lines := bufio.NewScanner(pipe)
		entered, sent := false, false
		for lines.Scan() {
			switch {
			case strings.Contains(lines.Text(), c.line):
				entered = true
			case entered && !sent && strings.HasPrefix(lines.Text(), " "):
				sent = true
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
		}
		io.Copy(io.Discard, pipe)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("%s: exit code %d, want %d", c.line, code, exitInterrupted)
		}
		for _, w := range c.want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: the table does not say %q:\n%s", c.line, w, out.String())
			}
		}
	}
}
