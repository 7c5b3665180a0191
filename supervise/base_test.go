package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// patience is how long the tests wait for what must happen.
const patience = 60 * time.Second

// whole is how long a whole test may go on making calls: one that makes thousands takes minutes on a machine that has little time for it.
const whole = 10 * patience

var errBoom = errors.New("boom")

// world is a runtime with a log of what its processes do, in order.
type world struct {
	t   *testing.T
	rt  *proc.Runtime
	ctx context.Context
	k   proc.Client
	log buffer

	mu     sync.Mutex
	events []string
	more   chan struct{}
}

// buffer is a bytes.Buffer for many goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, more: make(chan struct{})}
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), whole)
	w.rt, w.ctx, w.k = rt, ctx, rt.Client(ctx)
	t.Cleanup(func() {
		defer cancel()
		end, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := rt.Shutdown(end); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return w
}

// note adds to the events.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, fmt.Sprintf(format, args...))
	close(w.more)
	w.more = make(chan struct{})
}

// take returns the events so far and forgets them.
func (w *world) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := strings.Join(w.events, " ")
	w.events = nil
	return s
}

// until waits for the events, which are those since the last take, and forgets them. Those of processes that do not wait for each other may come
// in one of several orders: each is given.
func (w *world) until(want ...string) {
	w.t.Helper()
	for {
		w.mu.Lock()
		got, more := strings.Join(w.events, " "), w.more
		if slices.Contains(want, got) {
			w.events = nil
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		select {
		case <-more:
		case <-w.ctx.Done():
			w.t.Fatalf("events: %q, want %q", got, want)
		}
	}
}

// eventually waits until ok holds. Between two looks it makes a round trip through the runtime.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for !ok() {
		if w.ctx.Err() != nil {
			w.t.Fatalf("not so after %v: %s", patience, what)
		}
		pid, err := w.rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return proc.Normal }))
		if err == nil {
			_ = w.rt.Send(pid, nil)
			_, _ = w.rt.Wait(w.ctx, pid)
		}
	}
}

// logged waits for a text in the log.
func (w *world) logged(parts ...string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("a log line with %q", parts), func() bool {
		for line := range strings.SplitSeq(w.log.String(), "\n") {
			n := 0
			for _, p := range parts {
				if strings.Contains(line, p) {
					n++
				}
			}
			if n == len(parts) {
				return true
			}
		}
		return false
	})
}

func (w *world) silent(text string) {
	w.t.Helper()
	if strings.Contains(w.log.String(), text) {
		w.t.Errorf("the log has %q:\n%s", text, w.log.String())
	}
}

// worker is a child that notes its start and, if it traps exits, its end. An error sent to it ends it with that reason.
type worker struct {
	w     *world
	name  string
	trap  bool
	deaf  bool // it ignores orders to end
	loose bool // it takes the link to its parent away
	init  func(c *proc.Ctx) error
}

func (m *worker) Init(c *proc.Ctx) error {
	c.TrapExit(m.trap || m.deaf)
	if m.loose {
		_ = c.Unlink(c.Parent())
	}
	if m.init != nil {
		if err := m.init(c); err != nil {
			return err
		}
	}
	m.w.note("+%s", m.name)
	return nil
}

func (m *worker) Handle(c *proc.Ctx, msg proc.Message) error {
	switch b := msg.Body.(type) {
	case proc.Exit:
		if m.deaf {
			return nil
		}
		m.w.note("-%s", m.name)
		return b.Reason
	case error:
		return b
	case string:
		if b == "panic" {
			panic(b)
		}
		return c.Reply(b)
	}
	return nil
}

// worker returns a spec of a worker that notes its stop too.
func (w *world) worker(name string, change ...func(*Spec)) Spec {
	s := Spec{ID: name, Factory: func() proc.Machine { return &worker{w: w, name: name, trap: true} }}
	for _, f := range change {
		f(&s)
	}
	return s
}

func transient(s *Spec)   { s.Restart = Transient }
func temporary(s *Spec)   { s.Restart = Temporary }
func significant(s *Spec) { s.Significant = true }

// with replaces the machine.
func (w *world) with(m worker) func(*Spec) {
	return func(s *Spec) {
		m.w, m.name = w, s.ID
		s.Factory = func() proc.Machine { n := m; return &n }
	}
}

// many are flags with which no restart is one too many.
func many(s Strategy) Flags { return Flags{Strategy: s, Intensity: 1000, Period: time.Hour} }

func (w *world) start(f Flags, specs ...Spec) proc.PID {
	w.t.Helper()
	pid, err := Start(w.k, f, specs)
	if err != nil {
		w.t.Fatal(err)
	}
	return pid
}

// pid returns the PID of a child, zero when it does not run.
func (w *world) pid(sup proc.PID, id string) proc.PID {
	w.t.Helper()
	list, err := WhichChildren(w.k, sup)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, ch := range list {
		if ch.ID == id {
			return ch.PID
		}
	}
	return 0
}

// crash ends a child with a reason and waits for its end.
func (w *world) crash(pid proc.PID, reason error) {
	w.t.Helper()
	if err := w.rt.Send(pid, reason); err != nil {
		w.t.Fatal(err)
	}
	w.ends(pid, nil)
}

// ends waits for the end of a process and checks the reason, if that is not nil.
func (w *world) ends(pid proc.PID, want error) error {
	w.t.Helper()
	got, err := w.rt.Wait(w.ctx, pid)
	if err != nil {
		w.t.Fatal(err)
	}
	if want != nil && got != want {
		w.t.Errorf("%v ended with %v, want %v", pid, got, want)
	}
	return got
}

// is checks an error.
func (w *world) is(got, want error) {
	w.t.Helper()
	if !errors.Is(got, want) {
		w.t.Errorf("error %v, want %v", got, want)
	}
}

// children returns the ids with r for restarting, - for one that does not run and + for one that does, newest first.
func (w *world) children(sup proc.PID) string {
	w.t.Helper()
	list, err := WhichChildren(w.k, sup)
	if err != nil {
		w.t.Fatal(err)
	}
	var b []string
	for _, ch := range list {
		mark := "-"
		switch {
		case ch.PID != 0:
			mark = "+"
		case ch.Restarting:
			mark = "r"
		}
		b = append(b, mark+ch.ID)
	}
	return strings.Join(b, " ")
}

// watch returns a function that waits for the end of a process and returns the reason, also when that has been before.
func (w *world) watch(pid proc.PID) func() error {
	w.t.Helper()
	reason := make(chan error, 1)
	_, err := w.rt.Start(w.ctx, func() proc.Machine { return &watcher{pid, reason} })
	if err != nil {
		w.t.Fatal(err)
	}
	return func() error {
		w.t.Helper()
		select {
		case r := <-reason:
			return r
		case <-w.ctx.Done():
			w.t.Fatalf("%v has not ended", pid)
			return nil
		}
	}
}

type watcher struct {
	pid    proc.PID
	reason chan error
}

func (m *watcher) Init(c *proc.Ctx) error {
	_, err := c.Monitor(m.pid)
	return err
}

func (m *watcher) Handle(_ *proc.Ctx, msg proc.Message) error {
	m.reason <- msg.Body.(proc.Down).Reason
	return proc.Normal
}
