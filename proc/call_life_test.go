package proc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// books are the numbers of entries in a process's tables of calls.
type books struct{ open, late, calls int }

// booksOf looks into the tables of a process that handles the message with f, from inside.
func booksOf(c *Ctx) (b books) {
	if r := c.p.cold; r != nil && r.talk != nil {
		b = books{r.talk.open.len(), r.talk.late.len(), r.talk.calls.len()}
		if r.talk.await.id != 0 {
			b.calls++
		}
	}
	return b
}

type look struct{}

// Ten thousand timeouts leave nothing behind, at the caller and at the callee, wherever the calls were when they timed out: handled
// without reply, or in the mailbox.
func TestTimeoutsLeaveNothingBehind(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100_000, Reject)}} {
		for _, blocked := range []bool{false, true} {
			rt := begin(t, Config{Workers: 2})
			n := scale(10_000)
			if opts != nil {
				n /= 10
			}
			hold, in, seen := make(chan struct{}), make(chan struct{}, 1), make(chan books, 2)
			expired := 0
			callee := handler(t, rt, func(c *Ctx, m Message) error {
				switch m.Body {
				case look{}:
					if blocked && expired != n {
						t.Errorf("%d of %d calls whose caller gave up before were seen as expired", expired, n)
					}
					seen <- booksOf(c)
				case "block":
					in <- struct{}{}
					c.Blocking(func() { <-hold })
				default:
					if c.Expired() {
						expired++
					}
				}
				return nil
			}, opts...)
			if blocked {
				send(t, rt, callee, "block")
				await(t, "the callee blocks", in)
			}
			left := n
			caller := handler(t, rt, func(c *Ctx, m Message) error {
				switch r := m.Body.(type) {
				case look:
					seen <- booksOf(c)
				case Reply:
					if !errors.Is(r.Err, ErrTimeout) {
						return r.Err
					}
					if left--; left == 0 {
						in <- struct{}{}
					}
				default:
					for range n {
						if _, err := c.Request(callee, 1, time.Millisecond); err != nil {
							return err
						}
					}
				}
				return nil
			}, opts...)
			send(t, rt, caller, nil)
			await(t, "all timeouts", in)
			close(hold)
			stats(t, rt)
			for _, pid := range []PID{callee, caller} {
				send(t, rt, pid, look{})
				if b := await(t, "a look", seen); b.open != 0 || b.calls != 0 || b.late > 64 {
					t.Errorf("bound %v, blocked %v: %+v are left at the %s", opts != nil, blocked, b, map[PID]string{callee: "callee", caller: "caller"}[pid])
				}
			}
		}
	}
}

// A callee sees until when its caller waits.
func TestCalleeSeesTheDeadline(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	type seen struct {
		at      time.Time
		ok      bool
		expired bool
	}
	got := make(chan seen, 1)
	callees := []PID{
		handler(t, rt, func(c *Ctx, m Message) error {
			at, ok := c.Deadline()
			got <- seen{at, ok, c.Expired()}
			return c.Reply(nil)
		}),
		direct(t, rt, func(self *Self) error {
			for {
				self.Receive()
				at, ok := self.Deadline()
				got <- seen{at, ok, self.Expired()}
				_ = self.Reply(nil)
			}
		}),
	}
	for _, callee := range callees {
		for name, call := range ways {
			for _, d := range []time.Duration{Forever, time.Minute, 24 * time.Hour, 11 * 24 * time.Hour, 13 * 24 * time.Hour, 1000 * 24 * time.Hour} {
				before := time.Now()
				if _, err := call(t, rt, callee, 1, d); err != nil {
					t.Fatal(err)
				}
				after := time.Now()
				s := await(t, "the deadline", got)
				shown := d != Forever && d < 12*24*time.Hour
				if s.ok != shown || s.expired {
					t.Errorf("%s with %v: %+v", name, d, s)
				}
				const blur = 10 * time.Millisecond
				if shown && (s.at.Before(before.Add(d-blur)) || s.at.After(after.Add(d+blur))) {
					t.Errorf("%s with %v: the deadline is %v after the call", name, d, s.at.Sub(before))
				}
			}
		}
		send(t, rt, callee, 1)
		if s := await(t, "no deadline", got); s.ok || s.expired {
			t.Errorf("a message without caller: %+v", s)
		}
	}
}

// A callee sees that its caller waits no longer: because the time is up, though nobody has told it yet, or because it is told.
func TestCalleeSeesThatTheCallerHasGivenUp(t *testing.T) {
	type self interface {
		Expired() bool
		Info() Info
		Reply(v any) error
	}
	in, resume, over := make(chan struct{}), make(chan struct{}), make(chan error)
	handle := func(s self, m Message) error {
		in <- struct{}{}
		<-resume // when the caller has its error
		if m.Body == "told" {
			s.Info() // lets signals take effect
		}
		if !s.Expired() {
			return fmt.Errorf("%v: not expired after the caller has given up", m.Body)
		}
		if err := s.Reply(1); err != nil {
			return fmt.Errorf("reply to a caller that has given up: %v", err)
		}
		return nil
	}
	for _, how := range []string{"time", "told"} {
		cfg := Config{Workers: 2}
		if how == "told" {
			cfg.StuckAfter = time.Hour // a handler that has lost its worker is told nothing
		}
		rt := begin(t, cfg)
		for _, callee := range []PID{
			handler(t, rt, func(c *Ctx, m Message) error {
				over <- handle(c, m)
				return nil
			}),
			direct(t, rt, func(self *Self) error {
				m := self.Receive()
				over <- handle(self, m)
				self.Receive()
				return nil
			}),
		} {
			done := make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if how == "told" {
				go func() {
					_, err := rt.Call(ctx, callee, how)
					done <- err
				}()
			} else {
				direct(t, rt, func(self *Self) error {
					_, err := self.Call(callee, how, time.Millisecond)
					done <- err
					return nil
				})
			}
			await(t, "the handler", in)
			if how == "told" {
				cancel()
			}
			if err := await(t, "the caller's error", done); err == nil {
				t.Fatal("a call without reply succeeded")
			}
			stamp := rt.since()
			until(t, "the deadline is past to within the clock's resolution", func() bool { return rt.since() > stamp+3*time.Millisecond })
			resume <- struct{}{}
			if err := await(t, "the callee", over); err != nil {
				t.Error(err)
			}
			if n := info(t, rt, callee).Calls; n != 0 {
				t.Errorf("%d calls are open at the callee", n)
			}
		}
	}
}
