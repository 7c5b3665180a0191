package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// typed is a terminal in which top runs.
type typed struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	mu     sync.Mutex
	said   bytes.Buffer
	before syscall.Termios
	slave  *os.File
}

func topOnTerminal(t *testing.T, s *httptest.Server) *typed {
	t.Helper()
	master, slave := terminal(t)
	y := &typed{t: t, master: master, slave: slave}
	if err := termios(slave, getTermios, &y.before); err != nil {
		t.Fatal(err)
	}
	y.cmd = exec.CommandContext(t.Context(), build(t, ""), "top", s.URL, "--interval", "100ms")
	y.cmd.Stdin, y.cmd.Stdout, y.cmd.Stderr = slave, slave, slave
	y.cmd.Env = append(os.Environ(), "TERM=xterm", "CI=", "LC_ALL=C.UTF-8")
	y.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := y.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			y.mu.Lock()
			y.said.Write(buf[:n])
			y.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return y
}

func (y *typed) wait(what string) {
	y.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		y.mu.Lock()
		said := y.said.String()
		if strings.Contains(said, what) {
			y.said.Reset()
			y.mu.Unlock()
			return
		}
		y.mu.Unlock()
		if time.Now().After(deadline) {
			y.t.Fatalf("no %q in the last of %q", what, said[max(0, len(said)-2000):])
		}
	}
}

func (y *typed) keys(s string) {
	y.t.Helper()
	if _, err := io.WriteString(y.master, s); err != nil {
		y.t.Fatal(err)
	}
}

// end waits for the end, and sees to it that the terminal is as it was.
func (y *typed) end(code int) {
	y.t.Helper()
	_ = y.cmd.Wait()
	if got := y.cmd.ProcessState.ExitCode(); got != code {
		y.t.Errorf("exit code %d, want %d", got, code)
	}
	y.wait("\x1b[?25h\x1b[?1049l")
	var after syscall.Termios
	if err := termios(y.slave, getTermios, &after); err != nil || after != y.before {
		y.t.Errorf("the terminal is not as it was: %v, %+v, %+v", err, after, y.before)
	}
}

func TestTopPaintsAndObeysKeysOnATerminal(t *testing.T) {
	y := topOnTerminal(t, watchedProgram(t))
	y.wait("store proc.")
	y.keys("t")
	y.wait("(runtime)")
	y.keys("h")
	y.wait("sort by reductions")
	y.keys("\x1b")
	y.wait("store proc.")
	y.keys("1\r")
	y.wait("the oldest for")
	y.keys("q")
	y.end(exitOK)
}

// The second question for the processes is never answered: as one is not that waits for a long window.
func TestTopShowsAtOnceWhatAKeyAsksFor(t *testing.T) {
	program := watchedProgram(t)
	var asked atomic.Int32
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/processes") && asked.Add(1) > 1 {
			<-r.Context().Done()
			return
		}
		program.Config.Handler.ServeHTTP(w, r)
	}))
	defer slow.Close()
	y := topOnTerminal(t, slow)
	y.wait("store proc.")
	for asked.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	y.keys("1\r")
	y.wait("the oldest for")
	y.keys("t")
	y.wait("(runtime)")
	y.keys("q")
	y.end(exitOK)
}

func TestTopLeavesTheTerminalInOrder(t *testing.T) {
	t.Run("Ctrl-C", func(t *testing.T) {
		y := topOnTerminal(t, watchedProgram(t))
		y.wait("store proc.")
		y.keys("\x03")
		y.end(exitInterrupted)
	})
	t.Run("SIGTERM", func(t *testing.T) {
		y := topOnTerminal(t, watchedProgram(t))
		y.wait("store proc.")
		_ = y.cmd.Process.Signal(syscall.SIGTERM)
		y.end(exitInterrupted)
	})
	t.Run("the program ends", func(t *testing.T) {
		s := watchedProgram(t)
		y := topOnTerminal(t, s)
		y.wait("store proc.")
		s.CloseClientConnections()
		s.Close()
		y.end(exitInternal)
	})
}
