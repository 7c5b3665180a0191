package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
	"github.com/thrum-go/thrum/supervise/application"
)

const patience = 60 * time.Second // for what must happen

func newRuntime(t *testing.T) (*proc.Runtime, context.Context) {
	t.Helper()
	goroutines := runtime.NumGoroutine()
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		defer cancel()
		must(t, rt.Shutdown(ctx))
		eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	})
	return rt, ctx
}

type testServer struct {
	*server
	stop func()
}

// serve runs a server until the test ends, and then looks that nothing is left of it.
func serve(t *testing.T) *testServer {
	t.Helper()
	rt, ctx := newRuntime(t)
	cfg := defaults()
	cfg.Addr, cfg.Timeout = "127.0.0.1:0", patience
	s := &testServer{server: newServer(cfg)}
	ctl, err := application.StartController(rt.Client(ctx), nil, []application.App{s.app()})
	must(t, err)
	must(t, application.Start(rt.Client(ctx), ctl, "kv"))
	stop := func() {
		must(t, application.StopController(rt.Client(ctx), ctl, proc.Shutdown))
		for pid := range rt.Processes() {
			t.Errorf("process %v is left", pid)
		}
	}
	var once sync.Once
	s.stop = func() { once.Do(stop) } // once.Do, unlike sync.OnceFunc, makes no panic of a failed test
	t.Cleanup(s.stop)
	return s
}

type client struct {
	conn net.Conn
	in   *bufio.Scanner
}

func (s *server) dial(t *testing.T) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.ln.Addr().String())
	must(t, err)
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	t.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewScanner(conn)}
}

// do sends a command and returns the reply, "" when the connection has ended.
func (k *client) do(command string) string {
	if _, err := io.WriteString(k.conn, command+"\n"); err != nil || !k.in.Scan() {
		return ""
	}
	return k.in.Text()
}

func TestEachCommandHasItsReply(t *testing.T) {
	k := serve(t).dial(t)
	for _, c := range []struct{ command, want string }{
		{"GET a", "NONE"},
		{"SET a some text ", "OK"},
		{"get a", "VALUE some text "},
		{"SET a ", "OK"},
		{"GET a", "VALUE "},
		{"DEL a", "1"},
		{"DEL a", "0"},
		{"INCR n", "1"},
		{"INCR n", "2"},
		{"GET n", "VALUE 2"},
		{"SET n x", "OK"},
		{"INCR n", "ERR value is not a number"},
		{"SET n 9223372036854775807", "OK"},
		{"INCR n", "ERR value would be too large"},
		{"STATS", "shards=4 down=0 keys=1"},
		{"GET", "ERR wrong number of arguments"},
		{"GET a b", "ERR wrong number of arguments"},
		{"SET a", "ERR wrong number of arguments"},
		{"STATS now", "ERR wrong number of arguments"},
		{"FLUSH", "ERR unknown command; there are GET, SET, DEL, INCR, STATS"},
		{"", "ERR unknown command; there are GET, SET, DEL, INCR, STATS"},
	} {
		if got := k.do(c.command); got != c.want {
			t.Errorf("%q: %q, want %q", c.command, got, c.want)
		}
	}
}

func TestCommandsOfOneClientAreDoneInOrder(t *testing.T) {
	k := serve(t).dial(t)
	_, err := io.WriteString(k.conn, "SET a 1\nINCR a\nGET a\n")
	must(t, err)
	for _, want := range []string{"OK", "2", "VALUE 2"} {
		if !k.in.Scan() || k.in.Text() != want {
			t.Errorf("%q, want %q", k.in.Text(), want)
		}
	}
}

func TestALineThatIsTooLongIsRefusedAndNothingIsDone(t *testing.T) {
	s := serve(t)
	k := s.dial(t)
	_, err := k.conn.Write([]byte("SET a " + strings.Repeat("x", s.cfg.MaxLine-len("SET a ")))) // without an end
	must(t, err)
	if !k.in.Scan() || k.in.Text() != "ERR line is too long" || k.in.Scan() {
		t.Errorf("%q, want an error and the end", k.in.Text())
	}
	if got := s.dial(t).do("STATS"); got != "shards=4 down=0 keys=0" {
		t.Error(got)
	}
}

func TestIncrementsOfManyClientsAreAllCounted(t *testing.T) {
	const clients, each = 8, 200
	s := serve(t)
	var all sync.WaitGroup
	for range clients {
		k := s.dial(t)
		all.Go(func() {
			for range each {
				k.do("INCR n")
			}
		})
	}
	all.Wait()
	if got, want := s.dial(t).do("GET n"), fmt.Sprint("VALUE ", clients*each); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// kill kills a shard and waits until its successor is there.
func (s *testServer) kill(t *testing.T, shard int) {
	t.Helper()
	old, ok := s.store.rt.Whereis(shardName(shard))
	if !ok {
		t.Fatalf("no %s", shardName(shard))
	}
	must(t, s.store.rt.Exit(old, proc.Kill))
	eventually(t, "the shard is back", func() bool { pid, ok := s.store.rt.Whereis(shardName(shard)); return ok && pid != old })
}

func TestAKilledShardComesBackEmptyAndTheOthersKeepTheirKeys(t *testing.T) {
	const keys, victim = 100, 2
	s := serve(t)
	k := s.dial(t)
	kept := 0
	for i := range keys {
		if got := k.do(fmt.Sprint("SET ", i, " ", i)); got != "OK" {
			t.Fatal(got)
		}
	}
	s.kill(t, victim)
	for i := range keys {
		want := "NONE"
		if s.store.shardOf(fmt.Sprint(i)) != victim {
			want = fmt.Sprint("VALUE ", i)
			kept++
		}
		if got := k.do(fmt.Sprint("GET ", i)); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	if got, want := k.do("STATS"), fmt.Sprintf("shards=4 down=0 keys=%d", kept); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWhileShardsFailEveryCommandHasAReplyOrADefinedError(t *testing.T) {
	s := serve(t)
	done := make(chan struct{})
	var all sync.WaitGroup
	for i := range 4 {
		k := s.dial(t)
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				switch got := k.do(fmt.Sprintf("SET %d.%d x", i, n%50)); got {
				case "OK", "ERR " + errUnavailable.Error():
				default:
					t.Errorf("reply %q", got)
					return
				}
			}
		})
	}
	for i := range 8 { // fewer than the supervisor's intensity
		s.kill(t, i%s.cfg.Shards)
	}
	close(done)
	all.Wait()
	if got := s.dial(t).do("STATS"); !strings.HasPrefix(got, "shards=4 down=0 ") {
		t.Error(got)
	}
}

func TestAShardThatCannotReplyIsADefinedError(t *testing.T) {
	rt, _ := newRuntime(t)
	s := newStore(rt, 1)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := s.run(short, "GET a"); got != "ERR "+errUnavailable.Error() {
		t.Errorf("no shard: %q", got)
	}
	if got := s.run(short, "STATS"); got != "shards=1 down=1 keys=0" {
		t.Errorf("no shard: %q", got)
	}
	deaf, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return nil }), proc.WithName(shardName(0)))
	must(t, err)
	if got := s.run(short, "GET a"); got != "ERR "+errSlow.Error() {
		t.Errorf("a shard that does not reply: %q", got)
	}
	must(t, rt.Unregister(shardName(0)))
	must(t, rt.Exit(deaf, proc.Kill))
	_, err = rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return io.ErrUnexpectedEOF }), proc.WithName(shardName(0)))
	must(t, err)
	if got := s.run(t.Context(), "GET a"); got != "ERR "+errUnavailable.Error() {
		t.Errorf("a shard that fails: %q", got)
	}
}

func TestACommandUnderWayHasItsReplyWhenTheServerStops(t *testing.T) {
	s := serve(t)
	rt := s.store.rt
	idle, k := s.dial(t), s.dial(t)
	if got := k.do("SET a b"); got != "OK" {
		t.Fatal(got)
	}
	shard, _ := rt.Whereis(shardName(s.store.shardOf("a")))
	must(t, sys.Suspend(rt.Client(t.Context()), shard))
	_, err := io.WriteString(k.conn, "GET a\n")
	must(t, err)
	eventually(t, "the shard has the command", func() bool {
		info, err := rt.Info(shard)
		must(t, err)
		return info.Messages > 0
	})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.stop()
	}()
	if idle.in.Scan() {
		t.Errorf("an idle client has heard %q, want the end", idle.in.Text())
	}
	must(t, sys.Resume(rt.Client(t.Context()), shard))
	if !k.in.Scan() || k.in.Text() != "VALUE b" || k.in.Scan() {
		t.Errorf("%q, want the reply and the end", k.in.Text())
	}
	<-stopped
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
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
