package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
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

// session is a program that runs with stdout and stderr on a terminal.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	mu     sync.Mutex
	said   []byte
	ended  chan struct{}
}

// onTerminal starts the program.
func onTerminal(t *testing.T, env []string, cols, rows uint16, args ...string) *session {
	t.Helper()
	s := &session{t: t, ended: make(chan struct{})}
	var slave *os.File
	s.master, slave = terminal(t)
	s.resize(cols, rows)
	s.cmd = exec.CommandContext(t.Context(), build(t, ""), args...)
	s.cmd.Stdout, s.cmd.Stderr = slave, slave
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); name != "TERM" && name != "CI" && name != "NO_COLOR" && name != "LANG" && !strings.HasPrefix(name, "LC_") {
			s.cmd.Env = append(s.cmd.Env, e)
		}
	}
	s.cmd.Env = append(s.cmd.Env, env...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	go func() { // until the last end of the slave is closed
		defer close(s.ended)
		room := make([]byte, 4096)
		for {
			n, err := s.master.Read(room)
			s.mu.Lock()
			s.said = append(s.said, room[:n]...)
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *session) resize(cols, rows uint16) {
	size := struct{ rows, cols, width, height uint16 }{rows: rows, cols: cols}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, s.master.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		s.t.Fatal(errno)
	}
}

func (s *session) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.said)
}

// await waits until what was said from some place on contains text, and returns the place behind it.
func (s *session) await(from int, text string) int {
	s.t.Helper()
	for until := time.Now().Add(patience); ; {
		said := s.text()
		if at := strings.Index(said[from:], text); at >= 0 {
			return from + at + len(text)
		}
		if time.Now().After(until) {
			s.t.Fatalf("no %q in %q", text, said[from:])
		}
		select {
		case <-s.ended:
			if !strings.Contains(s.text()[from:], text) {
				s.t.Fatalf("it has ended without %q: %q", text, s.text()[from:])
			}
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// end waits for the program and returns all it said, and its exit code. The terminal itself writes \r\n at the end of a line.
func (s *session) end() (string, int) {
	s.t.Helper()
	s.cmd.Wait()
	<-s.ended
	return s.text(), s.cmd.ProcessState.ExitCode()
}

func TestTerminalGetsAFrame(t *testing.T) {
	for _, c := range []struct {
		env   []string
		args  []string
		want  string // in the progress
		frame bool
		color bool // of the frame
		paint bool // of the results
	}{
		{[]string{"TERM=xterm"}, nil, "rate", true, true, true},
		{[]string{"TERM=xterm", "NO_COLOR=1"}, nil, "rate", true, false, false},
		{[]string{"TERM=xterm"}, []string{"--no-color"}, "rate", true, false, false},
		{[]string{"TERM=xterm"}, []string{"--no-tui"}, "[1/1] ring procs=20\r\n", false, false, true},
		{[]string{"TERM=xterm", "CI=true"}, nil, "[1/1] ring procs=20\r\n", false, false, true},
		{[]string{"TERM=dumb"}, nil, "[1/1] ring procs=20\r\n", false, false, false},
		{nil, nil, "\r[1/1] ring procs=20: ", false, false, true},
	} {
		t.Run(strings.Join(append(c.env, c.args...), " "), func(t *testing.T) {
			s := onTerminal(t, c.env, 100, 30, append([]string{"run", "ring", "--procs", "20", "-d", "1h", "--rounds", "2"}, c.args...)...)
			s.await(0, c.want)
			s.cmd.Process.Signal(os.Interrupt)
			said, code := s.end()
			if code != exitInterrupted {
				t.Errorf("exit code %d, want %d", code, exitInterrupted)
			}
			progress, results, _ := strings.Cut(said, "loadgen: interrupted")
			if got := strings.Contains(progress, "\x1b["); got != c.frame {
				t.Errorf("a frame: %t, want %t in %q", got, c.frame, progress)
			}
			if got := strings.Contains(progress, codeBold); got != c.color {
				t.Errorf("colour in the frame: %t, want %t in %q", got, c.color, progress)
			}
			if got := strings.Contains(results, codeBold); got != c.paint {
				t.Errorf("colour in the results: %t, want %t in %q", got, c.paint, results)
			}
			if strings.Contains(results, "\x1b[?") || !strings.Contains(results, "ring procs=20") {
				t.Errorf("the results are %q", results)
			}
		})
	}
}

func TestResultsFitTheTerminal(t *testing.T) {
	text, code := onTerminal(t, []string{"TERM=xterm", "NO_COLOR=1"}, 40, 24, "run", "ping", "-n", "1k", "-q").end()
	if code != exitOK || strings.Count(text, "workload") < 2 {
		t.Errorf("exit code %d: %q", code, text)
	}
	for _, l := range strings.Split(text, "\r\n") {
		if n := utf8.RuneCountInString(l); n > 40 {
			t.Errorf("a line of %d characters: %q", n, l)
		}
	}
}

func TestQuietShowsNoProgress(t *testing.T) {
	s := onTerminal(t, []string{"TERM=xterm"}, 100, 30, "run", "ring", "--procs", "20", "-n", "10k", "--rounds", "1", "-q", "--no-color")
	said, code := s.end()
	if code != exitOK || !strings.HasPrefix(said, "thrum loadgen") {
		t.Errorf("exit code %d: %q", code, said)
	}
}

// TestTerminalIsCleanAfterCtrlC plays what was said on an emulated terminal.
func TestTerminalIsCleanAfterCtrlC(t *testing.T) {
	const cols, rows = 90, 40
	s := onTerminal(t, []string{"TERM=xterm"}, cols, rows, "run", "ring", "--procs", "20", "-d", "1h", "--interval", "10ms", "-o", "csv")
	s.await(0, "workers")
	s.cmd.Process.Signal(os.Interrupt)
	said, _ := s.end()
	e := newEmulator(cols, rows)
	io.WriteString(e, said)
	e.restored(t) // a line of csv is long
	got := e.text()
	if !strings.HasPrefix(got, "loadgen: interrupted; what was measured follows (Ctrl-C once more ends at once)\nworkload,label") || strings.Contains(got, "rate  ") {
		t.Errorf("the screen is\n%s", got)
	}
}

// TestResizedTerminalKeepsItsFrame makes the terminal smaller and larger while it is painted.
func TestResizedTerminalKeepsItsFrame(t *testing.T) {
	s := onTerminal(t, []string{"TERM=xterm"}, 100, 30, "run", "ring", "--procs", "20", "-d", "1h", "--interval", "10ms", "--no-color")
	at := s.await(0, "workers")
	for _, size := range []struct {
		cols, rows uint16
		want       string
	}{{50, 30, "workers"}, {30, 30, "[1/1] ring procs=20: "}, {100, 3, "[1/1] ring procs=20: "}, {120, 40, "workers"}, {3, 1, "[1"}, {80, 24, "workers"}} {
		s.resize(size.cols, size.rows)
		s.cmd.Process.Signal(syscall.SIGWINCH)
		// What was painted before it saw the new size may still come; a frame after the next one is of that size.
		for range 3 {
			at = s.await(at, "\x1b[?25l")
		}
		at = s.await(at, size.want)
		end := s.await(at, "\x1b[?25h")
		frame := s.text()[strings.LastIndex(s.text()[:end], "\x1b[?25l"):end]
		e := newEmulator(int(size.cols), int(size.rows))
		io.WriteString(e, frame)
		e.inOrder(t)
		if e.scrolled > 0 {
			t.Errorf("%d x %d: it scrolls: %q", size.cols, size.rows, frame)
		}
	}
	s.cmd.Process.Signal(os.Interrupt)
	if _, code := s.end(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
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
