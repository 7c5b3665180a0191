package proc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// starting is a machine with an Init; it replies to calls with what they hold.
type starting struct{ init func(c *Ctx) error }

func (s *starting) Init(c *Ctx) error              { return s.init(c) }
func (s *starting) Handle(c *Ctx, m Message) error { return c.Reply(m.Body) }

func withInit(init func(c *Ctx) error) Factory {
	return func() Machine { return &starting{init} }
}

func echoes(self *Self) error {
	for {
		if err := self.Reply(self.Receive().Body); err != nil {
			return err
		}
	}
}

// starts are the ways in which the start of a process goes; reason is nil when it goes well.
var starts = []struct {
	name   string
	f      Factory
	reason func(error) bool
}{
	{"machine without Init", Of(func(c *Ctx, m Message) error { return c.Reply(m.Body) }), nil},
	{"Init", withInit(func(*Ctx) error { return nil }), nil},
	{"Init that loses its core", withInit(func(c *Ctx) error { c.Blocking(runtime.Gosched); return nil }), nil},
	{"Init that becomes another machine", withInit(func(c *Ctx) error {
		return c.Become(Func(func(c *Ctx, m Message) error { return c.Reply(m.Body) }))
	}), nil},
	{"direct", Direct(echoes), nil},
	{"direct that loses its core", Direct(func(self *Self) error { self.Blocking(runtime.Gosched); return echoes(self) }), nil},
	{"error", withInit(func(*Ctx) error { return errFault }), same(errFault)},
	{"error without a core", withInit(func(c *Ctx) error { c.Blocking(runtime.Gosched); return errFault }), same(errFault)},
	{"Normal", withInit(func(*Ctx) error { return Normal }), same(Normal)},
	{"Shutdown", withInit(func(*Ctx) error { return Shutdown }), same(Shutdown)},
	{"panic", withInit(func(*Ctx) error { panic("in Init") }), isPanic("in Init")},
	{"panic without a core", withInit(func(c *Ctx) error { c.Blocking(func() { panic("in Init") }); return nil }), isPanic("in Init")},
	{"Goexit", withInit(func(*Ctx) error { runtime.Goexit(); return nil }), same(ErrGoexit)},
	{"exit", withInit(func(c *Ctx) error { _ = c.Exit(c.Self(), errFault); return nil }), same(errFault)},
	{"kill", withInit(func(c *Ctx) error { _ = c.Exit(c.Self(), Kill); return nil }), same(Killed)},
	{"nil machine", func() Machine { return nil }, same(ErrFactory)},
	{"panic in the factory", func() Machine { panic("in the factory") }, isPanic("in the factory")},
}

// begun checks what Start has returned, and that after an error neither the process nor its name is left. The process, if there is one,
// is killed.
func begun(rt *Runtime, pid PID, err error, reason func(error) bool) error {
	var e *StartError
	switch {
	case reason == nil && err != nil:
		return err
	case reason == nil:
		if who, ok := rt.Whereis("started"); !ok || who != pid {
			return fmt.Errorf("the name is %v's, not %v's", who, pid)
		}
		if v, err := rt.Call(context.Background(), pid, 7); v != 7 || err != nil {
			return fmt.Errorf("a call to it: %v, %w", v, err)
		}
		return rt.Exit(pid, Kill)
	case err == nil:
		return fmt.Errorf("%v has been started, which must not be", pid)
	case !errors.As(err, &e) || !reason(e.Err) || e.PID == 0:
		return fmt.Errorf("the error is %#v", err)
	case pid != 0:
		return fmt.Errorf("%v comes with an error", pid)
	case rt.lives(e.PID):
		return errors.New("it still lives")
	}
	if who, ok := rt.Whereis("started"); ok {
		return fmt.Errorf("the name is still %v's", who)
	}
	return nil
}

// When Start returns to a goroutine, Init is done, or the process and its name are gone, and the error says why.
func TestStartReturnsWhenInitIsDone(t *testing.T) {
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		for _, s := range starts {
			for round := range scale(40) {
				opts := []SpawnOption{WithName("started")}
				if round%2 == 1 {
					opts = append(opts, WithMailboxBound(1, Reject))
				}
				pid, err := rt.Start(context.Background(), s.f, opts...)
				if err := begun(rt, pid, err, s.reason); err != nil {
					t.Fatalf("%s, round %d: %v", s.name, round, err)
				}
				until(t, "the name is free", func() bool { _, ok := rt.Whereis("started"); return !ok })
			}
		}
		end(t, rt)
	}
}

// The same for a process, linked, monitoring, or both; after an error no Exit, no Down, and nothing in its books is left of the other.
func TestStartInAProcessLeavesNothingOfWhatFailed(t *testing.T) {
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			for _, s := range starts {
				for round := range scale(40) {
					opts := []SpawnOption{WithName("started")}
					var ref MonitorRef
					if round%2 == 1 {
						opts = append(opts, WithLink())
					}
					if round%4 >= 2 {
						opts = append(opts, WithMonitor(&ref))
					}
					if round%5 == 0 {
						self.Blocking(func() {})
					}
					if round%3 == 0 {
						opts = append(opts, WithMailboxBound(1, Reject))
					}
					pid, err := self.Start(s.f, []time.Duration{Forever, time.Hour}[round/8%2], opts...)
					if err := begun(rt, pid, err, s.reason); err != nil {
						return fmt.Errorf("%s, round %d: %w", s.name, round, err)
					}
					if s.reason == nil && round%2 == 1 {
						if m := self.Receive(); m.Body != (Exit{pid, Killed}) {
							return fmt.Errorf("%s, round %d: got %+v", s.name, round, m)
						}
					}
					if s.reason == nil && round%4 >= 2 {
						if m := self.Receive(); m.Body != (Down{Monitor: ref, PID: pid, Reason: Killed}) {
							return fmt.Errorf("%s, round %d: got %+v", s.name, round, m)
						}
					}
					if m, ok := self.ReceiveTimeout(0); ok {
						return fmt.Errorf("%s, round %d: got %+v besides", s.name, round, m)
					}
					self.Blocking(func() {
						until(t, "the name is free", func() bool { _, ok := rt.Whereis("started"); return !ok })
					})
					active, _ := links(self)
					if n := tiesOf(self).monitors.len(); len(active) != 0 || n != 0 {
						return fmt.Errorf("%s, round %d: linked to %v, %d monitors", s.name, round, active, n)
					}
				}
			}
			return nil
		}, WithTrapExit())
		if s := stats(t, rt); s.Processes != 0 || s.DeadLetters != 0 {
			t.Errorf("%d processes and %d dead letters are left", s.Processes, s.DeadLetters)
		}
		end(t, rt)
	}
}

// A process that does not trap exits and is linked ends for the reason of what it starts; by Normal it does not, and when it is not
// linked neither.
func TestStartWithLinkFollowsTheLink(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, s := range starts {
		for _, link := range []bool{false, true} {
			for range scale(30) {
				let, over := make(chan bool), make(chan error, 1)
				pid := direct(t, rt, func(self *Self) error {
					self.Blocking(func() { <-let })
					var opts []SpawnOption
					if link {
						opts = append(opts, WithLink())
					}
					_, err := self.Start(s.f, Forever, opts...)
					over <- err
					self.Receive()
					return nil
				})
				ended := newPuppet(t, rt, styles[0])
				ref := ended.watches(pid)
				close(let)
				if s.reason == nil || !link || s.reason(Normal) {
					if err := await(t, s.name+": the end of Start", over); (err == nil) != (s.reason == nil) {
						t.Fatalf("%s, link %v: %v", s.name, link, err)
					}
					send(t, rt, pid, "end")
					ended.hears(s.name, ref, pid, Normal)
					continue
				}
				if m := ended.next(s.name); !s.reason(m.Body.(Down).Reason) {
					t.Fatalf("%s: it has ended with %v", s.name, m.Body)
				}
				if len(over) != 0 {
					t.Fatalf("%s: Start has returned", s.name)
				}
			}
		}
	}
}

// A process in direct style has begun when its function runs, and so is started also if that returns, or fails, at once.
func TestDirectProcessIsStartedThoughItEndsAtOnce(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, reason := range []error{nil, Normal, errFault} {
		want := reason
		if want == nil {
			want = Normal
		}
		f := Direct(func(*Self) error { return reason })
		for range scale(500) {
			if _, err := rt.Start(context.Background(), f, WithName("brief")); err != nil {
				t.Fatalf("%v: %v", reason, err)
			}
			until(t, "the name is free", func() bool { _, ok := rt.Whereis("brief"); return !ok })
		}
		inside(t, rt, func(self *Self) error {
			for range scale(500) {
				pid, err := self.Start(f, Forever, WithLink())
				if err != nil {
					return err
				}
				if m := self.Receive(); m.Body != (Exit{pid, want}) {
					return fmt.Errorf("got %+v", m)
				}
			}
			return nil
		}, WithTrapExit())
	}
}

// Only what the spawner has spawned, or started, with a link has it for its parent.
func TestParentIsWhoHasSpawnedWithALink(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	inside(t, rt, func(self *Self) error {
		for _, linked := range []bool{false, true} {
			for _, direct := range []bool{false, true} {
				got, opts, want := make(chan PID, 1), []SpawnOption{WithName("child"), WithMonitor(new(MonitorRef))}, PID(0)
				if linked {
					opts, want = append(opts, WithLink()), self.PID()
				}
				f := withInit(func(c *Ctx) error { got <- c.Parent(); return nil })
				if direct {
					f = Direct(func(self *Self) error { got <- self.Parent(); self.Receive(); return nil })
				}
				for _, start := range []bool{false, true} {
					var pid PID
					var err error
					if start {
						pid, err = self.Start(f, Forever, opts...)
					} else {
						pid, err = self.Spawn(f, opts...)
					}
					if err != nil {
						return err
					}
					parent := PID(0)
					self.Blocking(func() { parent = await(t, "the child", got) })
					if parent != want {
						return fmt.Errorf("linked %v, direct %v, start %v: the parent is %v, not %v", linked, direct, start, parent, want)
					}
					_ = self.Unlink(pid)
					_ = self.Exit(pid, Kill)
					self.ReceiveMatch(func(m Message) bool { _, ok := m.Body.(Down); return ok })
				}
			}
		}
		return nil
	}, WithTrapExit())
}

func TestStartRefusesBadInput(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	f := Of(ignore)
	var ref MonitorRef
	for _, opts := range [][]SpawnOption{{WithLink()}, {WithMonitor(&ref)}} {
		_, err := rt.Start(context.Background(), f, opts...)
		names(t, err, "proc: Start", "WithLink", "Ctx.RequestStart")
	}
	_, err := rt.Start(context.Background(), nil)
	names(t, err, "proc: ", "factory is nil")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var e *StartError
	if _, err := rt.Start(ctx, f); !errors.As(err, &e) || e.PID != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done: %v", err)
	}
	handler(t, rt, ignore, WithName("taken"))
	if _, err := rt.Start(context.Background(), f, WithName("taken")); !errors.Is(err, ErrNameTaken) {
		t.Errorf("a name that is taken: %v", err)
	}
	inside(t, rt, func(self *Self) error {
		for _, d := range []time.Duration{0, -2, -time.Second} {
			_, err := self.Start(f, d)
			names(t, err, "proc: Start", "timeout", d.String(), "Forever")
		}
		if _, err := self.Start(f, Forever, WithName("taken"), WithLink()); !errors.Is(err, ErrNameTaken) {
			t.Errorf("a name that is taken: %v", err)
		}
		if _, err := self.Start(nil, Forever); err == nil {
			t.Error("a nil factory")
		}
		if active, _ := links(self); len(active) > 0 || self.Info().Requests > 0 {
			t.Errorf("linked to %v, %d requests", active, self.Info().Requests)
		}
		return nil
	})
	if s := stats(t, rt); s.Processes != 1 {
		t.Errorf("%d processes, want 1", s.Processes)
	}
}
