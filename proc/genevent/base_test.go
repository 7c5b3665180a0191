package genevent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

// patience is how long a test waits for what must happen. No test passes because time has gone by.
const patience = 60 * time.Second

var errFault = errors.New("fault")

// journal is what handlers write down, in the order in which they do.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// take returns the lines and forgets them.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lines
	j.lines = nil
	return l
}

// puppet is a handler that does what its functions say, and writes down what is called. An event is a string.
type puppet struct {
	name     string
	j        *journal
	event    func(c *proc.Ctx, e string) error
	init     func(c *proc.Ctx) error
	takeOver func(c *proc.Ctx, last any, found bool) error
	call     func(c *proc.Ctx, req any) (any, error)
	info     func(c *proc.Ctx, m proc.Message) error
	end      func(c *proc.Ctx, why any) any
}

func (p *puppet) HandleEvent(c *proc.Ctx, e string) error {
	p.j.add("%s event %s", p.name, e)
	if p.event == nil {
		return nil
	}
	return p.event(c, e)
}

func (p *puppet) Init(c *proc.Ctx) error {
	p.j.add("%s init", p.name)
	if p.init == nil {
		return nil
	}
	return p.init(c)
}

func (p *puppet) TakeOver(c *proc.Ctx, last any, found bool) error {
	p.j.add("%s takes over %v %v", p.name, last, found)
	if p.takeOver == nil {
		return nil
	}
	return p.takeOver(c, last, found)
}

func (p *puppet) HandleCall(c *proc.Ctx, req any) (any, error) {
	p.j.add("%s call %v", p.name, req)
	if p.call == nil {
		return req, nil
	}
	return p.call(c, req)
}

func (p *puppet) HandleInfo(c *proc.Ctx, m proc.Message) error {
	p.j.add("%s info %v", p.name, m.Body)
	if p.info == nil {
		return nil
	}
	return p.info(c, m)
}

func (p *puppet) Terminate(c *proc.Ctx, why any) any {
	p.j.add("%s ends %T %v", p.name, why, why)
	if p.end == nil {
		return p.name + "'s last"
	}
	return p.end(c, why)
}

// plain is a handler with HandleEvent alone.
type plain struct{}

func (plain) HandleEvent(*proc.Ctx, string) error { return nil }

// world is a runtime with one manager.
type world struct {
	*testing.T
	rt  *proc.Runtime
	k   proc.Client
	m   genevent.Ref[string]
	j   *journal
	log *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func begin(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, j: &journal{}, log: &safeBuffer{}}
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.NewTextHandler(w.log, nil))})
	w.must(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		defer cancel()
		if err := rt.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	w.rt, w.k = rt, rt.Client(ctx)
	w.m, err = genevent.Start[string](w.k)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// puppet adds a puppet that change has changed, and forgets that its Init was called.
func (w *world) puppet(name string, change func(p *puppet)) {
	w.Helper()
	p := &puppet{name: name, j: w.j}
	if change != nil {
		change(p)
	}
	w.must(genevent.Add(w.k, w.m, name, p))
	w.says(name + " init")
}

// says checks what the handlers have written down since the last time.
func (w *world) says(want ...string) {
	w.Helper()
	if got := w.j.take(); !slices.Equal(got, want) {
		w.Fatalf("the handlers were called:\n%q\nwant\n%q", got, want)
	}
}

// has checks which handlers there are.
func (w *world) has(want ...string) {
	w.Helper()
	got, err := genevent.Which(w.k, w.m)
	w.must(err)
	if !slices.Equal(got, want) {
		w.Fatalf("the manager has the handlers %q, want %q", got, want)
	}
}

func (w *world) sync(e string) {
	w.Helper()
	w.must(genevent.SyncNotify(w.k, w.m, e))
}

// reason waits for the end of a process.
func (w *world) reason(pid proc.PID) error {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := w.rt.Wait(ctx, pid)
	w.must(err)
	return r
}

// adder is a process in direct style that a test tells what to do.
type adder struct {
	w   *world
	pid proc.PID
	do  chan func(self *proc.Self) error
	out chan proc.Message
}

func (w *world) adder(opts ...proc.SpawnOption) *adder {
	w.Helper()
	a := &adder{w: w, do: make(chan func(*proc.Self) error), out: make(chan proc.Message, 100)}
	pid, err := w.rt.Go(func(self *proc.Self) error {
		for {
			m := self.Receive()
			if e, ok := m.Body.(proc.Exit); ok && e.From == 0 {
				return e.Reason // the runtime shuts down
			}
			f, ok := m.Body.(func(*proc.Self) error)
			if !ok {
				a.out <- m
				continue
			}
			if err := f(self); err != nil {
				return err
			}
		}
	}, opts...)
	w.must(err)
	a.pid = pid
	return a
}

// does has the adder call f and waits for it.
func (a *adder) does(f func(self *proc.Self, k proc.Client) error) {
	a.w.Helper()
	done := make(chan error, 1)
	a.w.must(a.w.rt.Send(a.pid, func(self *proc.Self) error {
		done <- f(self, self.Client(proc.Forever))
		return nil
	}))
	select {
	case err := <-done:
		a.w.must(err)
	case <-time.After(patience):
		a.w.Fatal("the adder does not return")
	}
}

// next returns the next message that the adder gets.
func next[T any](a *adder) (v T) {
	a.w.Helper()
	select {
	case m := <-a.out:
		v, ok := m.Body.(T)
		if !ok {
			a.w.Fatalf("the adder got a %T %v, want a %T", m.Body, m.Body, v)
		}
		return v
	case <-time.After(patience):
		a.w.Fatalf("the adder gets no %T", v)
	}
	return v
}

// supervised has the adder add a puppet.
func (a *adder) supervised(name string, change func(p *puppet)) {
	a.w.Helper()
	p := &puppet{name: name, j: a.w.j}
	if change != nil {
		change(p)
	}
	a.does(func(_ *proc.Self, k proc.Client) error { return genevent.AddSupervised(k, a.w.m, name, p) })
	a.w.says(name + " init")
}

// gone checks the Exited message that comes next.
func (a *adder) gone(id string, reason error) {
	a.w.Helper()
	e := next[genevent.Exited](a)
	if e.Manager != a.w.m.PID || e.ID != id || !errors.Is(e.Reason, reason) {
		a.w.Fatalf("Exited: %+v, want handler %q with %v", e, id, reason)
	}
}

// hearsNothing checks that nothing has come before a message that is sent now.
func (a *adder) hearsNothing() {
	a.w.Helper()
	type mark struct{}
	a.w.sync("mark") // what the manager has sent before has been sent
	a.w.j.take()
	a.w.must(a.w.rt.Send(a.pid, mark{}))
	next[mark](a)
}
