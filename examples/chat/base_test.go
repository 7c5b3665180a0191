package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
	"github.com/thrum-go/thrum/supervise/application"
)

const patience = 60 * time.Second // for what must happen

type testServer struct {
	*server
	stop func()
}

// serve runs a server until the test ends, and then looks that nothing is left of it.
func serve(t *testing.T, change func(cfg *config)) *testServer {
	t.Helper()
	cfg := defaults()
	cfg.Addr = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	goroutines := runtime.NumGoroutine()
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s := &testServer{server: newServer(cfg)}
	ctl, err := application.StartController(rt.Client(ctx), nil, []application.App{s.app()})
	must(t, err)
	must(t, application.Start(rt.Client(ctx), ctl, "chat"))
	stop := func() {
		defer cancel()
		must(t, application.StopController(rt.Client(ctx), ctl, proc.Shutdown))
		for pid := range rt.Processes() {
			t.Errorf("process %v is left", pid)
		}
		must(t, rt.Shutdown(ctx))
		eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	}
	var once sync.Once
	s.stop = func() { once.Do(stop) } // once.Do, unlike sync.OnceFunc, makes no panic of a failed test
	t.Cleanup(s.stop)
	return s
}

// client is somebody at the other end of a connection.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Scanner
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Helper()
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	t.Cleanup(func() { conn.Close() })
	return &client{t, conn, bufio.NewScanner(conn)}
}

// dial connects, as name, to a room; with "" it goes only as far as that.
func (s *testServer) dial(t *testing.T, name, room string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.ln.Addr().String())
	must(t, err)
	k := newClient(t, conn)
	k.hears("* Welcome")
	if name == "" {
		return k
	}
	k.says(name)
	k.hears("* Hello " + name)
	if room == "" {
		return k
	}
	k.says("/join " + room)
	k.hears("* You are one of")
	k.hears("* " + name + " has joined " + room)
	return k
}

func (k *client) says(text string) {
	k.t.Helper()
	_, err := io.WriteString(k.conn, text+"\n")
	must(k.t, err)
}

// hears fails unless the next line begins so.
func (k *client) hears(start string) {
	k.t.Helper()
	if !k.in.Scan() {
		k.t.Fatalf("connection ended (%v), want a line that begins with %q", k.in.Err(), start)
	}
	if !strings.HasPrefix(k.in.Text(), start) {
		k.t.Fatalf("heard %q, want a line that begins with %q", k.in.Text(), start)
	}
}

// ends fails unless the server has closed the connection.
func (k *client) ends() {
	k.t.Helper()
	if k.in.Scan() {
		k.t.Fatalf("heard %q, want the end of the connection", k.in.Text())
	}
	if err, ok := k.in.Err().(net.Error); ok && err.Timeout() {
		k.t.Fatal("connection is still open")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("not within %v: %s\n%s", patience, what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// sessions returns how many clients there are.
func (s *testServer) sessions(t *testing.T) int {
	t.Helper()
	sup, ok := s.rt.Whereis(sessionsName)
	if !ok {
		t.Fatal("no supervisor of sessions")
	}
	n, err := supervise.CountChildren(s.rt.Client(t.Context()), sup)
	must(t, err)
	return n.Active
}
