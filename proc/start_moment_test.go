package proc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// heldContext is a context that is done when the test says so.
type heldContext struct {
	context.Context
	done chan struct{}
	why  error
}

func (h *heldContext) Done() <-chan struct{} { return h.done }
func (h *heldContext) Err() error {
	select {
	case <-h.done:
		return h.why
	default:
		return nil
	}
}

// A process whose Init takes longer than the context allows is killed, which takes effect when Init returns; Start does not wait for that.
func TestStartKillsWhatTakesTooLong(t *testing.T) {
	for _, why := range []error{context.Canceled, context.DeadlineExceeded} {
		for _, core := range []bool{false, true} {
			rt := begin(t, Config{Workers: 2, StuckAfter: time.Millisecond})
			in, let := make(chan PID), make(chan bool)
			wait := func() { <-let }
			terminated := false
			f := func() Machine {
				return &faultyEnd{init: func(c *Ctx) error {
					in <- c.Self()
					if core {
						wait()
					} else {
						c.Blocking(wait)
					}
					return nil
				}, terminate: func() { terminated = true }}
			}
			ctx := &heldContext{context.Background(), make(chan struct{}), why}
			over := make(chan error, 1)
			go func() {
				_, err := rt.Start(ctx, f, WithName("slow"))
				over <- err
			}()
			pid := await(t, "Init", in)
			watcher := newPuppet(t, rt, styles[0])
			ref := watcher.watches(pid)
			close(ctx.done)
			err := await(t, "the end of Start", over)
			var e *StartError
			if !errors.As(err, &e) || e.PID != pid || !errors.Is(err, why) || errors.Is(err, ErrTimeout) != (why == context.DeadlineExceeded) {
				t.Errorf("%v: %v", why, err)
			}
			if who, ok := rt.Whereis("slow"); !ok || who != pid {
				t.Errorf("the name is %v's while Init runs", who)
			}
			close(let)
			watcher.hears("the end", ref, pid, Killed)
			if _, ok := rt.Whereis("slow"); ok || terminated {
				t.Errorf("after the end: name %v, Terminate %v", ok, terminated)
			}
			end(t, rt)
		}
	}
}

// faultyEnd is a machine that handles nothing.
type faultyEnd struct {
	init      func(c *Ctx) error
	terminate func()
}

func (f *faultyEnd) Init(c *Ctx) error          { return f.init(c) }
func (f *faultyEnd) Handle(*Ctx, Message) error { return nil }
func (f *faultyEnd) Terminate(*Ctx, error)      { f.terminate() }

// In a process the same: and its link and monitor are gone before the other is killed, so that nothing comes, also not to one that does not trap
// exits.
func TestStartInAProcessKillsWhatTakesTooLong(t *testing.T) {
	for _, trap := range []bool{false, true} {
		for timeout := 10 * time.Millisecond; ; timeout *= 2 {
			rt := begin(t, Config{Workers: 2})
			watcher := newPuppet(t, rt, styles[0], WithTrapExit())
			var begun atomic.Bool
			let := make(chan bool)
			f := withInit(func(c *Ctx) error {
				if err := c.Link(watcher.pid); err != nil {
					return err
				}
				begun.Store(true)
				c.Blocking(func() { <-let })
				return nil
			})
			var opts []SpawnOption
			if trap {
				opts = append(opts, WithTrapExit())
			}
			inside(t, rt, func(self *Self) error {
				var ref MonitorRef
				pid, err := self.Start(f, timeout, WithLink(), WithMonitor(&ref))
				var e *StartError
				if !errors.As(err, &e) || pid != 0 || !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
					return fmt.Errorf("%v, %w", pid, err)
				}
				close(let)
				if begun.Load() {
					// Links are told before the next signal of the same process: what was to come would be here.
					self.Blocking(func() { watcher.hasExit("the end", e.PID, Killed) })
				}
				if err := self.Exit(e.PID, errSecond); err != nil || self.Alive(e.PID) {
					return errors.New("it is alive after the kill")
				}
				if m, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("got %+v", m)
				}
				if i := self.Info(); i.Requests != 0 || len(i.Links) != 0 || len(i.Monitors) != 0 {
					return fmt.Errorf("%+v is left", i)
				}
				return nil
			}, opts...)
			if s := stats(t, rt); s.Processes != 1 {
				t.Errorf("%d processes, want the watcher", s.Processes)
			}
			end(t, rt)
			if begun.Load() {
				break // else the time was over before Init: that is something else
			}
		}
	}
}

// requester starts a process with RequestStart and hands out everything it gets.
func requester(t *testing.T, rt *Runtime, f Factory, timeout time.Duration, opts ...SpawnOption) (self PID, child chan PID, id *RequestID, got chan Message) {
	t.Helper()
	child, id, got = make(chan PID, 1), new(RequestID), make(chan Message, 100)
	self = handler(t, rt, func(c *Ctx, m Message) error {
		if m.Body != "start" {
			got <- m
			return nil
		}
		pid, r, err := c.RequestStart(f, timeout, opts...)
		if err != nil {
			return err
		}
		*id = r
		child <- pid
		return nil
	}, WithTrapExit())
	send(t, rt, self, "start")
	return self, child, id, got
}

// RequestStart ends with exactly one Reply, and Exit and Down of a process that fails come before it.
func TestRequestStartEndsWithOneReply(t *testing.T) {
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		for _, s := range starts {
			for round := range scale(20) {
				var ref MonitorRef
				opts := []SpawnOption{WithLink(), WithMonitor(&ref)}
				if round%2 == 1 {
					opts = append(opts, WithMailboxBound(1, Reject))
				}
				self, child, id, got := requester(t, rt, s.f, []time.Duration{Forever, time.Hour}[round%2], opts...)
				pid := await(t, s.name+": the process", child)
				if s.reason != nil {
					if m := await(t, s.name+": Exit", got); m.Body.(Exit).From != pid || !s.reason(m.Body.(Exit).Reason) {
						t.Fatalf("%s: got %+v", s.name, m)
					}
					if m := await(t, s.name+": Down", got); m.Body.(Down).Monitor != ref || !s.reason(m.Body.(Down).Reason) {
						t.Fatalf("%s: got %+v", s.name, m)
					}
				}
				m := await(t, s.name+": Reply", got)
				r, ok := m.Body.(Reply)
				var e *CallError
				switch {
				case !ok || m.From != pid || r.Request != *id || r.Value != nil:
					t.Fatalf("%s: got %+v", s.name, m)
				case s.reason == nil && r.Err != nil:
					t.Fatalf("%s: %v", s.name, r.Err)
				case s.reason != nil && (!errors.As(r.Err, &e) || e.To != pid || !s.reason(e.Err)):
					t.Fatalf("%s: %v", s.name, r.Err)
				}
				if s.reason == nil {
					_ = rt.Exit(pid, Kill)
					if m := await(t, s.name+": Exit", got); m.Body != (Exit{pid, Killed}) {
						t.Fatalf("%s: got %+v", s.name, m)
					}
					await(t, s.name+": Down", got)
				}
				gone(t, rt, pid)
				_ = rt.Exit(self, Kill)
				gone(t, rt, self)
				if len(got) > 0 {
					t.Fatalf("%s: got %+v besides", s.name, <-got)
				}
			}
		}
		if s := stats(t, rt); s.Processes != 0 || s.DeadLetters != 0 {
			t.Errorf("%d processes and %d dead letters are left", s.Processes, s.DeadLetters)
		}
		end(t, rt)
	}
}

// After ErrTimeout the process goes on, and the end of its Init says nothing more.
func TestRequestStartThatTakesTooLongIsToldOnce(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	let := make(chan bool)
	f := withInit(func(c *Ctx) error { c.Blocking(func() { <-let }); return nil })
	self, child, id, got := requester(t, rt, f, time.Millisecond, WithLink())
	pid := await(t, "the process", child)
	m := await(t, "Reply", got)
	if r, ok := m.Body.(Reply); !ok || r.Request != *id || !errors.Is(r.Err, ErrTimeout) {
		t.Fatalf("got %+v", m)
	}
	close(let)
	if v, err := rt.Call(context.Background(), pid, 7); v != 7 || err != nil {
		t.Errorf("a call to it: %v, %v", v, err)
	}
	stats(t, rt)
	_ = rt.Exit(self, Kill)
	gone(t, rt, self)
	if len(got) > 0 {
		t.Errorf("got %+v besides", <-got)
	}
}

// Who has started a process may end before its Init does: the process goes on, or ends with it when it is linked, and nobody else is told.
func TestStarterMayEndBeforeInitDoes(t *testing.T) {
	for _, link := range []bool{false, true} {
		for _, core := range []bool{false, true} {
			for round := range scale(100) {
				rt := begin(t, Config{Workers: 1 + round%2, StuckAfter: time.Millisecond})
				in, let := make(chan PID, 1), make(chan bool)
				f := withInit(func(c *Ctx) error {
					in <- c.Self()
					if core {
						<-let
					} else {
						c.Blocking(func() { <-let })
					}
					return nil
				})
				var opts []SpawnOption
				if link {
					opts = append(opts, WithLink())
				}
				var parent PID
				if round%4 < 2 {
					parent = direct(t, rt, func(self *Self) error { _, err := self.Start(f, Forever, opts...); return err })
				} else {
					parent = handler(t, rt, func(c *Ctx, m Message) error { _, _, err := c.RequestStart(f, time.Hour, opts...); return err })
					send(t, rt, parent, nil)
				}
				pid := await(t, "Init", in)
				_ = rt.Exit(parent, errFault)
				gone(t, rt, parent)
				heir := newPuppet(t, rt, styles[0]) // as a rule in the parent's slot
				close(let)
				if link {
					gone(t, rt, pid)
				} else if v, err := rt.Call(context.Background(), pid, 7); v != 7 || err != nil {
					t.Fatalf("a call to it: %v, %v", v, err)
				}
				heir.nothing("after the end of Init")
				if s := stats(t, rt); s.DeadLetters != 0 {
					t.Fatalf("%d dead letters", s.DeadLetters)
				}
				end(t, rt)
			}
		}
	}
}

// Starts and calls of many goroutines and processes at once: each is told its own end, once.
func TestEveryStartIsToldItsOwnEnd(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		rt := begin(t, Config{Workers: workers})
		echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
		n := scale(300)
		init := func(i int) Factory {
			return withInit(func(c *Ctx) error {
				if i%3 == 0 {
					c.Blocking(func() {})
				}
				if i%2 == 0 {
					return ExitValue{i}
				}
				return nil
			})
		}
		check := func(i int, pid PID, err error) error {
			if i%2 == 0 && !errors.Is(err, ExitValue{i}) || i%2 == 1 && err != nil {
				return fmt.Errorf("start %d: %v", i, err)
			}
			if i%2 == 1 {
				_ = rt.Exit(pid, Kill)
			}
			return nil
		}
		var all sync.WaitGroup
		for g := range 4 {
			all.Go(func() {
				for i := g * n; i < (g+1)*n; i++ {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					pid, err := rt.Start(ctx, init(i))
					if err := check(i, pid, err); err != nil {
						t.Error(err)
					}
					if v, err := rt.Call(ctx, echo, i); v != i || err != nil {
						t.Errorf("call %d: %v, %v", i, v, err)
					}
					cancel()
				}
			})
			all.Go(func() {
				inside(t, rt, func(self *Self) error {
					for i := g * n; i < (g+1)*n; i++ {
						opts := []SpawnOption{WithLink()}
						pid, err := self.Start(init(i), patience, opts[:i%2]...)
						if err := check(i, pid, err); err != nil {
							return err
						}
						if v, err := self.Call(echo, i, Forever); v != i || err != nil {
							return fmt.Errorf("call %d: %v, %w", i, v, err)
						}
						if i%2 == 1 {
							if m := self.Receive(); m.Body != (Exit{pid, Killed}) {
								return fmt.Errorf("start %d: got %+v", i, m)
							}
						}
						if m, ok := self.ReceiveTimeout(0); ok {
							return fmt.Errorf("start %d: got %+v", i, m)
						}
					}
					return nil
				}, WithTrapExit())
			})
		}
		all.Wait()
		if s := stats(t, rt); s.Processes != 1 || s.DeadLetters != 0 {
			t.Errorf("%d processes and %d dead letters are left", s.Processes, s.DeadLetters)
		}
		end(t, rt)
	}
}

// Shutdown ends every Start: with the process begun, or with why it has not.
func TestShutdownEndsEveryStart(t *testing.T) {
	for round := range scale(60) {
		rt := begin(t, Config{Workers: 1 + round%3})
		var all sync.WaitGroup
		var some atomic.Int64
		expected := func(err error) bool {
			var e *StartError
			return err == nil || errors.Is(err, ErrShutdown) || errors.As(err, &e) && (e.Err == Shutdown || e.Err == Killed)
		}
		f := withInit(func(c *Ctx) error {
			if some.Add(1)%5 == 0 {
				c.Blocking(func() { until(t, "Shutdown has begun", rt.closed.Load) })
			}
			return nil
		})
		in := make(chan bool)
		last := withInit(func(c *Ctx) error {
			in <- true
			c.Blocking(func() { until(t, "Shutdown has begun", rt.closed.Load) })
			return nil
		})
		for range 3 {
			all.Go(func() {
				if _, err := rt.Start(context.Background(), last); !expected(err) {
					t.Errorf("Start: %v", err)
				}
				if _, err := rt.Start(context.Background(), f); err == nil || !expected(err) {
					t.Errorf("Start during Shutdown: %v", err)
				}
			})
			direct(t, rt, func(self *Self) error {
				for {
					pid, err := self.Start(f, Forever, WithLink())
					if !expected(err) {
						t.Errorf("Self.Start: %v", err)
					}
					if err != nil {
						return nil
					}
					_ = self.Unlink(pid)
					_ = self.Exit(pid, Kill)
				}
			})
		}
		for range 3 {
			await(t, "Init", in)
		}
		until(t, "some starts", func() bool { return some.Load() > 10 })
		shutdownSoon(t, rt)
		all.Wait()
	}
}

// A Start that waits for an Init which never returns ends with the runtime.
func TestStartOfWhatNeverBeginsEndsWithTheRuntime(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	in, let := make(chan bool), make(chan bool)
	over := make(chan error, 1)
	go func() {
		_, err := rt.Start(context.Background(), withInit(func(c *Ctx) error {
			c.Blocking(func() { close(in); <-let })
			return nil
		}))
		over <- err
	}()
	await(t, "Init", in)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var left *ShutdownError
	if err := rt.Shutdown(ctx); !errors.As(err, &left) || len(left.Left) != 1 {
		t.Errorf("Shutdown: %v", err)
	}
	var e *StartError
	if err := await(t, "the end of Start", over); !errors.As(err, &e) || !errors.Is(err, ErrShutdown) {
		t.Errorf("Start: %v", err)
	}
	close(let)
}
