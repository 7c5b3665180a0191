package genserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// patience is how long a test waits for what must happen. No test passes because time has gone by.
const patience = 60 * time.Second

var errFault = errors.New("fault")

// begin starts a runtime that ends with the test.
func begin(t testing.TB, cfg proc.Config) *proc.Runtime {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	rt, err := proc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for pid := range rt.Processes() {
			_ = rt.Exit(pid, proc.Kill) // servers live until they are stopped
		}
		if err := rt.Shutdown(within(t)); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return rt
}

// within is a context that ends when patience does.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func client(t testing.TB, rt *proc.Runtime) proc.Client { return rt.Client(within(t)) }

// started is Start that must succeed.
func started[Q, R, M any](t testing.TB, rt *proc.Runtime, f func() Server[Q, R, M], opts ...Option) Ref[Q, R, M] {
	t.Helper()
	ref, err := Start(client(t, rt), f, opts...)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	return ref
}

// await receives from ch.
func await[T any](t testing.TB, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("%s: nothing came", what)
	}
	return v
}

// until asks until yes is true.
func until(t testing.TB, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !yes(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: never", what)
		}
	}
}

// inside runs f as a process in direct style and waits for it; what it returns must be nil.
func inside(t testing.TB, rt *proc.Runtime, f func(self *proc.Self) error, opts ...proc.SpawnOption) {
	t.Helper()
	over := make(chan error, 1)
	_, err := rt.Go(func(self *proc.Self) (err error) {
		err = errors.New("the process has ended before its function returned")
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v", v)
			}
			over <- err
		}()
		return f(self)
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := await(t, "the end of the test's process", over); err != nil {
		t.Error(err)
	}
}

// watch is a monitor of a process.
type watch struct{ reason chan error }

// watched monitors a process. The monitor is set when it returns.
func watched(t testing.TB, rt *proc.Runtime, pid proc.PID) watch {
	t.Helper()
	w := watch{make(chan error, 1)}
	set := make(chan error, 1)
	_, err := rt.Go(func(self *proc.Self) error {
		_, err := self.Monitor(pid)
		self.Alive(pid) // the monitor takes effect before this is answered
		set <- err
		w.reason <- self.ReceiveMatch(func(m proc.Message) bool { _, ok := m.Body.(proc.Down); return ok }).Body.(proc.Down).Reason
		return nil
	})
	if err == nil {
		err = await(t, "a monitor", set)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ended returns the exit reason.
func (w watch) ended(t testing.TB) error {
	t.Helper()
	return await(t, "the end of a server", w.reason)
}

// records is a slog handler that keeps what it is given.
type records struct {
	mu   sync.Mutex
	list []slog.Record
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }
func (r *records) Handle(_ context.Context, rec slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, rec.Clone())
	return nil
}

// with returns the attributes of each record whose message contains text.
func (r *records) with(text string) (found []map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range r.list {
		if !strings.Contains(rec.Message, text) {
			continue
		}
		attrs := map[string]string{"level": rec.Level.String()}
		rec.Attrs(func(a slog.Attr) bool {
			attrs[a.Key] = a.Value.Resolve().String()
			return true
		})
		found = append(found, attrs)
	}
	return found
}

// script is a server made of functions; calls and casts carry the function to run. It keeps a diary.
type script struct {
	t     testing.TB
	init  func(c *Ctx) error
	info  func(c *Ctx, m proc.Message) error
	cont  func(c *Ctx, what any) error
	term  func(c *Ctx, reason error)
	diary chan string
}

type (
	// ask is a request of a script.
	ask func(c *Ctx, from From[string]) (string, error)
	// tell is a cast of a script.
	tell func(c *Ctx) error
)

func newScript(t testing.TB) *script { return &script{t: t, diary: make(chan string, 1000)} }

// factory returns s as a function that makes a server.
func (s *script) factory() Server[ask, string, tell] { return s }

func (s *script) Init(c *Ctx) error {
	if s.init == nil {
		return nil
	}
	return s.init(c)
}

func (s *script) HandleCall(c *Ctx, f ask, from From[string]) (string, error) { return f(c, from) }
func (s *script) HandleCast(c *Ctx, f tell) error                             { return f(c) }

func (s *script) HandleInfo(c *Ctx, m proc.Message) error {
	if s.info == nil {
		s.note("info %v", m.Body)
		return nil
	}
	return s.info(c, m)
}

func (s *script) HandleContinue(c *Ctx, what any) error {
	if s.cont == nil {
		s.note("continue %v", what)
		return nil
	}
	return s.cont(c, what)
}

func (s *script) Terminate(c *Ctx, reason error) {
	s.note("terminate %v", reason)
	if s.term != nil {
		s.term(c, reason)
	}
}

func (s *script) note(format string, args ...any) { s.diary <- fmt.Sprintf(format, args...) }

// noted returns what is in the diary.
func (s *script) noted() (list []string) {
	for {
		select {
		case e := <-s.diary:
			list = append(list, e)
		default:
			return list
		}
	}
}

// wrote checks the whole diary.
func (s *script) wrote(t testing.TB, want ...string) {
	t.Helper()
	if got := s.noted(); strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("it wrote %q, want %q", got, want)
	}
}

type scriptRef = Ref[ask, string, tell]

// run starts a script.
func run(t testing.TB, rt *proc.Runtime, s *script, opts ...Option) scriptRef {
	t.Helper()
	return started(t, rt, s.factory, opts...)
}

// do has a script run f in a call and returns what the caller gets.
func do(t testing.TB, rt *proc.Runtime, ref scriptRef, f ask) (string, error) {
	t.Helper()
	return CallContext(within(t), rt, ref, f)
}

// synced waits until the script has handled what came before.
func synced(t testing.TB, rt *proc.Runtime, ref scriptRef) {
	t.Helper()
	if s, err := do(t, rt, ref, func(*Ctx, From[string]) (string, error) { return "ok", nil }); s != "ok" || err != nil {
		t.Fatalf("a call: %q, %v", s, err)
	}
}

// hold has a script wait inside a cast until release is called, so that what is sent meanwhile is in its mailbox then.
func hold(t testing.TB, rt *proc.Runtime, ref scriptRef) (release func()) {
	t.Helper()
	inside, gate := make(chan struct{}), make(chan struct{})
	cast(t, rt, ref, func(c *Ctx) error {
		close(inside)
		c.Blocking(func() { <-gate })
		return nil
	})
	await(t, "a cast that waits", inside)
	return sync.OnceFunc(func() { close(gate) })
}

func cast(t testing.TB, rt *proc.Runtime, ref scriptRef, f tell) {
	t.Helper()
	if err := Cast(rt, ref, f); err != nil {
		t.Fatalf("Cast: %v", err)
	}
}

// eq checks a value.
func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// is checks an error.
func is(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// says checks that an error has a text which contains all of the words.
func says(t testing.TB, what string, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v, which does not say %q", what, err, w)
		}
	}
}
