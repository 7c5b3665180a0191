//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds what must come to an end; it says nothing about speed.
const patience = time.Minute

// interrupted starts the standard set, waits until its first workload is done and
// the second under way, and sends it Ctrl-C.
func interrupted(t *testing.T, stdout io.Writer, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t, ""), args...)
	cmd.Stdout = stdout
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	t.Cleanup(func() { stop.Stop(); cmd.Process.Kill() })
	var said bytes.Buffer
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "[ 2/") {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(lines.Text(), "interrupted") {
			break
		}
	}
	go io.Copy(io.Discard, pipe)
	return cmd, &said
}

func TestCtrlCPrintsWhatWasMeasuredAndExits130(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			cmd, said := interrupted(t, &out, "-o", format)
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d, want %d; stderr %s", code, exitInterrupted, said)
			}
			if format == "text" {
				for _, want := range []string{"ping", "ns/msg", "interrupted"} {
					if !strings.Contains(out.String(), want) {
						t.Errorf("the table does not say %q:\n%s", want, out.String())
					}
				}
				return
			}
			var doc struct {
				Interrupted bool
				Results     []struct {
					Workload string
					NsPerMsg float64 `json:"ns_per_msg"`
				}
			}
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
				t.Fatalf("%v in %s", err, out.String())
			}
			if !doc.Interrupted || len(doc.Results) == 0 || doc.Results[0].Workload != "ping" || doc.Results[0].NsPerMsg <= 0 {
				t.Errorf("want what was measured of ping, got %s", out.String())
			}
		})
	}
}

// TestSecondCtrlCEndsAtOnce lets the program hang while it prints, into a pipe that
// is full and that nobody reads.
func TestSecondCtrlCEndsAtOnce(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	full := make(chan struct{})
	go func() { // writes until the pipe is closed
		defer close(full)
		for {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}()
	cmd, _ := interrupted(t, w)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("it ended although its output cannot be written: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("it goes on after the second Ctrl-C")
	}
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	r.Close()
	<-full
}
