package proc

import (
	"errors"
	"testing"
	"time"
)

// A callee that ends with a call unhandled, wherever that is, ends the call with its reason.
func TestCallToAProcessThatEndsWithItUnhandled(t *testing.T) {
	why := ExitValue{"why"}
	for place, opts := range map[string][]SpawnOption{"mailbox": nil, "gate": {WithMailboxBound(100, Reject)}} {
		for how, callee := range map[string]func(t *testing.T, rt *Runtime) PID{
			"postponed": func(t *testing.T, rt *Runtime) PID {
				return handler(t, rt, func(c *Ctx, m Message) error { return c.Postpone(m) }, opts...)
			},
			"awaiting": func(t *testing.T, rt *Runtime) PID {
				silent := handler(t, rt, ignore)
				return handler(t, rt, func(c *Ctx, m Message) error {
					return c.Await(silent, 1, Forever, func(*Ctx, any, error) error { return nil })
				}, opts...)
			},
			"passed over": func(t *testing.T, rt *Runtime) PID {
				return direct(t, rt, func(self *Self) error {
					self.ReceiveMatch(func(Message) bool { return false })
					return nil
				}, opts...)
			},
			"not replied to": func(t *testing.T, rt *Runtime) PID { return handler(t, rt, ignore, opts...) },
		} {
			rt := begin(t, Config{Workers: 2})
			pid := callee(t, rt)
			const n = 20
			over := make(chan error, n)
			for range n / 2 {
				go func() {
					_, err := rt.Call(t.Context(), pid, 1)
					over <- err
				}()
				direct(t, rt, func(self *Self) error {
					_, err := self.Call(pid, 1, Forever)
					over <- err
					return nil
				})
			}
			until(t, how+": all calls are there", func() bool {
				i := info(t, rt, pid)
				return i.Messages+i.Calls == n
			})
			if err := rt.Exit(pid, why); err != nil {
				t.Fatal(err)
			}
			for range n {
				if err := await(t, how+": the end of a call", over); !errors.Is(err, why) {
					t.Errorf("%s, %s: %v, want %v", place, how, err, why)
				}
			}
		}
	}
}

// While a handler runs, calls lie in the inbox. When the process is killed then, they end with Killed.
func TestCallInTheInboxOfAProcessThatIsKilled(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10, Reject)}} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		in, hold := make(chan struct{}), make(chan struct{})
		callee := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body != "block" {
				t.Error("a call was handled after the process had been killed")
			}
			in <- struct{}{}
			<-hold
			return nil
		}, opts...)
		send(t, rt, callee, "block")
		await(t, "the handler", in)
		const n = 5
		over := make(chan error, n)
		for range n {
			go func() {
				_, err := rt.Call(t.Context(), callee, 1)
				over <- err
			}()
		}
		p := rt.table.find(callee)
		until(t, "a call has come", func() bool {
			if g := p.gate.Load(); g != nil {
				n, _ := g.state()
				return n > 0
			}
			return !p.mb.State().Empty()
		})
		if err := rt.Exit(callee, Kill); err != nil {
			t.Fatal(err)
		}
		close(hold)
		killed := 0
		for range n {
			switch err := await(t, "the end of a call", over); {
			case errors.Is(err, Killed):
				killed++
			case !errors.Is(err, ErrNoProc): // sent later
				t.Errorf("%v, want Killed", err)
			}
		}
		if killed == 0 {
			t.Error("no call ended with Killed")
		}
	}
}
