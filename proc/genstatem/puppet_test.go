package genstatem

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// puppet is a machine whose callbacks are functions of the test. It writes down what it handles.
type puppet struct {
	first  string
	init   func(c *Ctx[string]) error
	handle func(c *Ctx[string], s string, e Event) error
	enters bool
	end    func(c *Ctx[string], reason error, s string)
	log    *journal
}

// journal is what happened, in order, whoever asks for it.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *journal) want(t testing.TB, want ...string) {
	t.Helper()
	if got := j.all(); !slices.Equal(got, want) {
		t.Errorf("callbacks\n%q\nwant\n%q", got, want)
	}
}

func (p *puppet) Init(c *Ctx[string]) (string, error) {
	if p.init != nil {
		if err := p.init(c); err != nil {
			return "", err
		}
	}
	if p.first == "" {
		return "A", nil
	}
	return p.first, nil
}

func (p *puppet) HandleEvent(c *Ctx[string], s string, e Event) error {
	p.log.add("%s %v", s, e)
	if p.handle == nil {
		return nil
	}
	return p.handle(c, s, e)
}

func (p *puppet) StateEnter() bool { return p.enters }

func (p *puppet) Terminate(c *Ctx[string], reason error, s string) {
	p.log.add("%s terminate: %v", s, reason)
	if p.end != nil {
		p.end(c, reason, s)
	}
}

// stage is a puppet at work, and who plays with it.
type stage struct {
	t     testing.TB
	rt    *proc.Runtime
	k     proc.Client
	pid   proc.PID
	log   *journal
	clock *fakeClock
}

// play starts p on a runtime of its own, with a clock that the test moves.
func play(t testing.TB, p *puppet, opts ...proc.SpawnOption) *stage {
	t.Helper()
	return playOn(t, begin(t), p, opts...)
}

func playOn(t testing.TB, rt *proc.Runtime, p *puppet, opts ...proc.SpawnOption) *stage {
	t.Helper()
	p.log = &journal{}
	s := &stage{t, rt, rt.Client(waiting(t)), 0, p.log, newClock()}
	var err error
	s.pid, err = s.k.Start(Factory(func() Handler[string] { return p }, withClock(s.clock)), opts...)
	ok(t, err)
	return s
}

// cast sends casts.
func (s *stage) cast(bodies ...string) {
	s.t.Helper()
	for _, b := range bodies {
		ok(s.t, Cast(s.rt, RefOf[any, any, string](s.pid), b))
	}
}

// sync waits until everything that was sent has been handled.
func (s *stage) sync() State[string] {
	s.t.Helper()
	v, err := sys.GetState(s.k, s.pid)
	ok(s.t, err)
	return v.(State[string])
}

// fire lets a timeout go off.
func (s *stage) fire(key any) {
	s.t.Helper()
	s.sync()
	to := s.clock.take(key)
	if to == nil {
		s.t.Fatalf("timeout %v does not run", key)
	}
	ok(s.t, s.rt.Send(s.pid, to))
}

// want waits until everything is handled and compares.
func (s *stage) want(lines ...string) {
	s.t.Helper()
	s.sync()
	s.log.want(s.t, lines...)
}

// watch begins to wait for the end before it can have come.
func (s *stage) watch() (reason func() error) {
	s.t.Helper()
	watching, got := make(chan bool), make(chan error, 1)
	_, err := s.rt.Go(func(self *proc.Self) error {
		_, err := self.Monitor(s.pid)
		watching <- err == nil
		got <- self.Receive().Body.(proc.Down).Reason
		return nil
	})
	ok(s.t, err)
	if !<-watching {
		s.t.Fatal("not monitored")
	}
	return func() error { return <-got }
}

var errOops = errors.New("oops")

// reacts makes a handler of actions by event: "state kind: body" as the journal has it.
func reacts(do map[string]func(c *Ctx[string]) error) func(*Ctx[string], string, Event) error {
	return func(c *Ctx[string], s string, e Event) error {
		if f := do[fmt.Sprintf("%s %v", s, e)]; f != nil {
			return f(c)
		}
		return nil
	}
}
