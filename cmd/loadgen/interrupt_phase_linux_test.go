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
	"time"

	"github.com/thrum-go/thrum/bench/report"
)

// TestCtrlCInThePhaseKeepsWhatThereIs waits until the frame shows a phase, and interrupts it there.
func TestCtrlCInThePhaseKeepsWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		phase  string // as the frame shows it
		see    string // in the frame before the signal
		rounds int
		args   []string
	}{
		{"round 1 of 2, thrum", "workers", 0, []string{"-d", "1h"}},
		{"round 1 of 2, twin", "twin", 1, []string{"-n", "30m"}}, // of which the twin takes many times as long
	} {
		t.Run(c.phase, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "r.json")
			s := onTerminal(t, []string{"TERM=xterm"}, 100, 30, append([]string{"run", "ring", "--procs", "20", "--rounds", "2", "--interval", "10ms", "--no-color", "-o", "json=" + file}, c.args...)...)
			s.await(s.await(0, c.phase)-len(c.phase), c.see)
			s.cmd.Process.Signal(os.Interrupt)
			_, code := s.end()
			rep, err := readReport(file)
			if err != nil {
				t.Fatal(err)
			}
			x := rep.Results[0]
			if code != exitInterrupted || !rep.Interrupted || x.Rounds != c.rounds || (x.NsPerMsg != nil) != (c.rounds > 0) || x.Ratio != nil || len(x.Intervals) == 0 || !x.OK {
				t.Errorf("exit code %d, interrupted %t, %d rounds, %v ns/msg, ratio %v, %d intervals, %v",
					code, rep.Interrupted, x.Rounds, x.NsPerMsg, x.Ratio, len(x.Intervals), x.Violations)
			}
		})
	}
}

// TestCtrlCWhileResultsAreWrittenLetsThemBeWritten has the program write into a pipe that is full.
func TestCtrlCWhileResultsAreWrittenLetsThemBeWritten(t *testing.T) {
	for _, again := range []bool{false, true} {
		dir := t.TempDir()
		first, fifo := filepath.Join(dir, "first"), filepath.Join(dir, "fifo")
		if err := syscall.Mkfifo(fifo, 0o644); err != nil {
			t.Fatal(err)
		}
		// Opened for both, it blocks nobody; what is in it keeps the program waiting.
		pipe, err := os.OpenFile(fifo, os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer pipe.Close()
		pipe.SetWriteDeadline(time.Now().Add(time.Second))
		filled, err := pipe.Write(make([]byte, 1<<20))
		if err == nil {
			t.Skip("the pipe has no end")
		}
		var errs bytes.Buffer
		cmd := exec.CommandContext(t.Context(), build(t, ""), append(quick, "-o", "csv="+first, "-o", "json="+fifo)...)
		said, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for until := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if text, err := os.ReadFile(first); err == nil && len(text) > 0 {
				break // the next one is the pipe
			}
			if time.Now().After(until) {
				t.Fatal("no results")
			}
		}
		cmd.Process.Signal(os.Interrupt)
		room := make([]byte, 1)
		for !strings.Contains(errs.String(), "are being written") {
			if _, err := said.Read(room); err != nil {
				t.Fatalf("it said %q: %v", errs.String(), err)
			}
			errs.Write(room)
		}
		if again {
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
		} else {
			rest := make(chan string)
			go func() {
				io.CopyN(io.Discard, pipe, int64(filled))
				f, _ := os.OpenFile(fifo, os.O_RDONLY, 0) // sees the end when all writers are gone
				pipe.Close()
				text, _ := io.ReadAll(f)
				rest <- string(text)
			}()
			text := <-rest
			if _, err := report.Read(strings.NewReader(text)); err != nil {
				t.Errorf("the results are not whole: %v in %q", err, text)
			}
			cmd.Wait()
		}
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("exit code %d, want %d", code, exitInterrupted)
		}
		only(t, dir, "fifo", "first")
	}
}
