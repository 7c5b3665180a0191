package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminal opens a pseudo terminal and returns both its ends.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var unlock, number uint32
	for _, call := range []struct {
		what uintptr
		arg  *uint32
	}{{syscall.TIOCSPTLCK, &unlock}, {syscall.TIOCGPTN, &number}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), call.what, uintptr(unsafe.Pointer(call.arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return master, slave
}

func TestOnlyATerminalIsOne(t *testing.T) {
	_, slave := terminal(t)
	if !isTerminal(slave) {
		t.Error("a pseudo terminal is not taken for a terminal")
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for name, f := range map[string]*os.File{"the null device": null, "a file": file, "a pipe": w} {
		if isTerminal(f) {
			t.Errorf("%s is taken for a terminal", name)
		}
	}
}

// onTerminal runs a short measurement with stdout and stderr on a terminal.
func onTerminal(t *testing.T, env ...string) string {
	t.Helper()
	path := build(t, "")
	master, slave := terminal(t)
	cmd := exec.CommandContext(t.Context(), path, "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "2")
	cmd.Stdout, cmd.Stderr = slave, slave
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); name != "TERM" && name != "CI" && name != "NO_COLOR" {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	var said bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&said, master) // until the last end of the slave is closed
	}()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	slave.Close()
	<-read
	return said.String()
}

func TestTerminalGetsOneRepaintedLine(t *testing.T) {
	for _, c := range []struct {
		env         []string
		live, color bool
	}{
		{[]string{"TERM=xterm"}, true, true},
		{[]string{"TERM=xterm", "NO_COLOR=1"}, true, false},
		{[]string{"TERM=xterm", "CI=true"}, false, true},
		{[]string{"TERM=dumb"}, false, false},
	} {
		t.Run(strings.Join(c.env, " "), func(t *testing.T) {
			said := onTerminal(t, c.env...)
			// The terminal itself writes \r\n at the end of a line.
			body := strings.ReplaceAll(said, "\r\n", "\n")
			if got := strings.Contains(body, "\r[1/1] ring"); got != c.live {
				t.Errorf("repainted line: %t, want %t in %q", got, c.live, said)
			}
			if got := strings.Contains(body, "[1/1] ring procs=20\n"); got == c.live {
				t.Errorf("a line for each step: %t, want %t in %q", got, !c.live, said)
			}
			if got := strings.Contains(body, "\x1b["); got != c.color {
				t.Errorf("colour: %t, want %t in %q", got, c.color, said)
			}
			if !strings.Contains(body, "ring procs=20") || !strings.Contains(body, "ratio") {
				t.Errorf("no table in %q", said)
			}
		})
	}
}

func TestUnwritableOutputExits1(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), build(t, ""), "run", "ping", "-n", "10k", "--rounds", "1")
	cmd.Stdout, cmd.Stderr = full, &errs
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitInternal {
		t.Errorf("exit code %d, want %d", code, exitInternal)
	}
	if !strings.Contains(errs.String(), "writing the results") {
		t.Errorf("stderr does not say why: %q", errs.String())
	}
}
