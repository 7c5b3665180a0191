package proc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"
)

type outcome struct {
	v   any
	err error
}

// ways are the ways to call a process. Each calls once and returns what came of it.
var ways = map[string]func(t testing.TB, rt *Runtime, to PID, req any, timeout time.Duration) (any, error){
	"Request": func(t testing.TB, rt *Runtime, to PID, req any, timeout time.Duration) (any, error) {
		return machineCalls(t, rt, func(c *Ctx, done func(any, error)) error {
			_, err := c.Request(to, req, timeout)
			return err
		})
	},
	"Await": func(t testing.TB, rt *Runtime, to PID, req any, timeout time.Duration) (any, error) {
		return machineCalls(t, rt, func(c *Ctx, done func(any, error)) error {
			return c.Await(to, req, timeout, func(c *Ctx, v any, err error) error {
				done(v, err)
				return Normal
			})
		})
	},
	"Self.Call": func(t testing.TB, rt *Runtime, to PID, req any, timeout time.Duration) (v any, err error) {
		inside(t, rt, func(self *Self) error {
			v, err = self.Call(to, req, timeout)
			return nil
		})
		return v, err
	},
	"Runtime.Call": func(t testing.TB, rt *Runtime, to PID, req any, timeout time.Duration) (any, error) {
		ctx := context.Background()
		if timeout != Forever {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		return rt.Call(ctx, to, req)
	},
}

// machineCalls runs call in a state machine and returns what it hands to done, or the Reply that comes, or its error.
func machineCalls(t testing.TB, rt *Runtime, call func(c *Ctx, done func(any, error)) error) (any, error) {
	t.Helper()
	over := make(chan outcome, 2)
	done := func(v any, err error) { over <- outcome{v, err} }
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if r, ok := m.Body.(Reply); ok {
			done(r.Value, r.Err)
			return Normal
		}
		if err := call(c, done); err != nil {
			done(nil, err)
			return Normal
		}
		return nil
	})
	send(t, rt, pid, nil)
	o := await(t, "the end of a call", over)
	gone(t, rt, pid)
	if len(over) > 0 {
		t.Errorf("a call ended twice, then with %+v", <-over)
	}
	return o.v, o.err
}

// callees reply to a number with the next one, each in its own way.
var callees = map[string]func(t testing.TB, rt *Runtime) PID{
	"at once": func(t testing.TB, rt *Runtime) PID {
		return handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body.(int) + 1) })
	},
	"at once, bounded": func(t testing.TB, rt *Runtime) PID {
		return handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body.(int) + 1) }, WithMailboxBound(5, Reject))
	},
	"with a later message": func(t testing.TB, rt *Runtime) PID {
		var from Caller
		return handler(t, rt, func(c *Ctx, m Message) error {
			if n, ok := m.Body.(int); ok {
				from, _ = c.Caller()
				return c.SendWord(c.Self(), nil, uint64(n))
			}
			return c.ReplyTo(from, int(m.Word)+1)
		})
	},
	"after Blocking": func(t testing.TB, rt *Runtime) PID {
		return handler(t, rt, func(c *Ctx, m Message) error {
			c.Blocking(func() {})
			return c.Reply(m.Body.(int) + 1)
		})
	},
	"direct": func(t testing.TB, rt *Runtime) PID {
		return direct(t, rt, func(self *Self) error {
			for {
				m := self.Receive()
				if err := self.Reply(m.Body.(int) + 1); err != nil {
					return err
				}
			}
		})
	},
	"by another process": func(t testing.TB, rt *Runtime) PID {
		helper := handler(t, rt, func(c *Ctx, m Message) error { return c.ReplyTo(m.Body.(Caller), int(m.Word)+1) })
		return handler(t, rt, func(c *Ctx, m Message) error {
			k, _ := c.Caller()
			return c.SendWord(helper, k, uint64(m.Body.(int)))
		})
	},
	"by a goroutine": func(t testing.TB, rt *Runtime) PID {
		return handler(t, rt, func(c *Ctx, m Message) error {
			k, _ := c.Caller()
			go rt.ReplyTo(k, m.Body.(int)+1)
			return nil
		})
	},
	"in Await's function": func(t testing.TB, rt *Runtime) PID {
		inner := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body.(int) + 1) })
		return handler(t, rt, func(c *Ctx, m Message) error {
			return c.Await(inner, m.Body, Forever, func(c *Ctx, v any, err error) error {
				if err != nil {
					return err
				}
				return c.Reply(v)
			})
		})
	},
}

func TestCallGetsTheReply(t *testing.T) {
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		for how, callee := range callees {
			to := callee(t, rt)
			for name, call := range ways {
				for _, timeout := range []time.Duration{Forever, time.Hour} {
					if v, err := call(t, rt, to, 41, timeout); v != 42 || err != nil {
						t.Errorf("%s, reply %s: %v, %v", name, how, v, err)
					}
				}
			}
			if n := info(t, rt, to).Calls; n != 0 {
				t.Errorf("reply %s: %d calls are open at the callee after all have been answered", how, n)
			}
		}
	}
}

func TestCallNameReachesWhoHasTheName(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	handlerNamed := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) }, WithName("echo"))
	if v, err := rt.CallName(context.Background(), "echo", 7); v != 7 || err != nil {
		t.Errorf("Runtime.CallName: %v, %v", v, err)
	}
	if _, err := rt.CallName(context.Background(), "nobody", 7); !errors.Is(err, ErrNoName) {
		t.Errorf("Runtime.CallName to nobody: %v", err)
	}
	inside(t, rt, func(self *Self) error {
		if v, err := self.CallName("echo", 8, Forever); v != 8 || err != nil {
			return fmt.Errorf("CallName: %v, %v", v, err)
		}
		if _, err := self.CallName("nobody", 8, Forever); !errors.Is(err, ErrNoName) {
			return fmt.Errorf("CallName to nobody: %v", err)
		}
		return nil
	})
	_ = rt.Exit(handlerNamed, Shutdown)
}

// Whatever keeps a reply from coming is said, as a *CallError that names the callee, in every way to call.
func TestCallErrors(t *testing.T) {
	value := ExitValue{"why"}
	ends := func(f func(c *Ctx) error) func(t testing.TB, rt *Runtime) PID {
		return func(t testing.TB, rt *Runtime) PID {
			return handler(t, rt, func(c *Ctx, m Message) error { return f(c) })
		}
	}
	cases := map[string]struct {
		callee  func(t testing.TB, rt *Runtime) PID
		timeout time.Duration
		want    error
	}{
		"no reply in time": {ends(func(*Ctx) error { return nil }), time.Millisecond, ErrTimeout},
		"nobody":           {func(testing.TB, *Runtime) PID { return 0 }, Forever, ErrNoProc},
		"ended before": {func(t testing.TB, rt *Runtime) PID {
			pid := handler(t, rt, func(*Ctx, Message) error { return Normal })
			send(t, rt, pid, nil)
			gone(t, rt, pid)
			return pid
		}, Forever, ErrNoProc},
		"of another runtime": {func(t testing.TB, rt *Runtime) PID {
			return handler(t, begin(t, Config{Workers: 1}), ignore)
		}, Forever, ErrWrongRuntime},
		"full": {func(t testing.TB, rt *Runtime) PID {
			in, hold := make(chan struct{}, 2), make(chan struct{})
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				in <- struct{}{}
				c.Blocking(func() { <-hold })
				return nil
			}, WithMailboxBound(1, Reject))
			send(t, rt, pid, nil)
			await(t, "the handler", in)
			send(t, rt, pid, nil)
			t.(*testing.T).Cleanup(func() { close(hold) }) // before the runtime ends
			return pid
		}, Forever, ErrMailboxFull},
		"ends normally":    {ends(func(*Ctx) error { return Normal }), Forever, Normal},
		"ends for a value": {ends(func(*Ctx) error { return value }), Forever, value},
		"is killed":        {ends(func(c *Ctx) error { return c.Exit(c.Self(), Kill) }), Forever, Killed},
		"Goexit":           {ends(func(c *Ctx) error { runtime.Goexit(); return nil }), time.Hour, ErrGoexit},
	}
	for what, cs := range cases {
		for name, call := range ways {
			rt := begin(t, Config{Workers: 2})
			to := cs.callee(t, rt)
			v, err := call(t, rt, to, 1, cs.timeout)
			if v != nil || !errors.Is(err, cs.want) {
				t.Errorf("%s, %s: %v, %v; want %v", what, name, v, err, cs.want)
			}
			if e := (*CallError)(nil); cs.want != ErrWrongRuntime && (!errors.As(err, &e) || e.To != to) {
				t.Errorf("%s, %s: %v is no CallError with the callee", what, name, err)
			}
		}
	}
	for name, call := range ways {
		rt := begin(t, Config{Workers: 2})
		_, err := call(t, rt, handler(t, rt, func(*Ctx, Message) error { panic(value) }), 1, Forever)
		if p := (*Panic)(nil); !errors.As(err, &p) || p.Value != any(value) {
			t.Errorf("callee panics, %s: %v", name, err)
		}
	}
}

func TestCallRefusesBadArguments(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	to := handler(t, rt, func(c *Ctx, m Message) error { t.Error("a refused call has been sent"); return nil })
	for name, call := range ways {
		if name == "Runtime.Call" {
			continue // its timeout is its context's
		}
		for _, d := range []time.Duration{0, -2, -time.Hour} {
			if _, err := call(t, rt, to, 1, d); err == nil {
				t.Errorf("%s with the timeout %v is not refused", name, d)
			}
		}
	}
	then := func(*Ctx, any, error) error { t.Error("then is called after an error"); return nil }
	over := make(chan error, 3)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		_, err := c.Request(c.Self(), 1, Forever)
		over <- err
		over <- c.Await(c.Self(), 1, Forever, then)
		return nil
	})
	direct(t, rt, func(self *Self) error {
		_, err := self.Call(self.PID(), 1, Forever)
		over <- err
		return nil
	})
	send(t, rt, pid, nil)
	for range 3 {
		if err := await(t, "a call to oneself", over); !errors.Is(err, ErrCallingSelf) {
			t.Errorf("a call to oneself: %v", err)
		}
	}
}
