package proc

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// replier is what both styles have for replies.
type replier interface {
	Reply(v any) error
	Caller() (Caller, bool)
	ReplyTo(k Caller, v any) error
	Expired() bool
	Send(to PID, body any) error
}

// bothStyles runs f with a process in each style that handles every message with handle.
func bothStyles(t *testing.T, rt *Runtime, handle func(s replier, m Message) error, f func(style string, pid PID), opts ...SpawnOption) {
	t.Helper()
	f("machine", handler(t, rt, func(c *Ctx, m Message) error { return handle(c, m) }, opts...))
	f("direct", direct(t, rt, func(self *Self) error {
		for {
			m := self.Receive()
			if err := handle(self, m); err != nil {
				return err
			}
		}
	}, opts...))
}

// A second reply says that nobody waits, and reaches nobody.
func TestOnlyTheFirstReplyCounts(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(20, Reject)}} {
		rt := begin(t, Config{Workers: 2})
		over := make(chan error, 1)
		bothStyles(t, rt, func(s replier, m Message) error {
			k, ok := s.Caller()
			if !ok || k.PID() != m.From || s.Expired() {
				over <- fmt.Errorf("caller %v of a call from %v, expired %v", k.PID(), m.From, s.Expired())
				return nil
			}
			var err error
			if m.Body == "first by Caller" {
				err = s.ReplyTo(k, 1)
			} else {
				err = s.Reply(1)
			}
			if err != nil {
				over <- fmt.Errorf("the first reply: %v", err)
				return nil
			}
			if e1, e2, expired := s.Reply(2), s.ReplyTo(k, 3), s.Expired(); e1 != ErrNoCaller || e2 != ErrNoCaller || !expired {
				over <- fmt.Errorf("after a reply: Reply %v, ReplyTo %v, Expired %v", e1, e2, expired)
				return nil
			}
			over <- nil
			return nil
		}, func(style string, callee PID) {
			for name, call := range ways {
				for _, req := range []string{"first by Reply", "first by Caller"} {
					if v, err := call(t, rt, callee, req, Forever); v != 1 || err != nil {
						t.Errorf("%s, %s, %s: %v, %v", style, name, req, v, err)
					}
					if err := await(t, "the callee", over); err != nil {
						t.Errorf("%s, %s, %s: %v", style, name, req, err)
					}
				}
			}
			if n := info(t, rt, callee).Calls; n != 0 {
				t.Errorf("%s: %d calls are open", style, n)
			}
		}, opts...)
	}
}

func TestReplyWithoutCallSaysSo(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	over := make(chan error, 1)
	bothStyles(t, rt, func(s replier, m Message) error {
		k, ok := s.Caller()
		if err := s.Reply(1); ok || k != (Caller{}) || err != ErrNoCaller || s.ReplyTo(k, 1) != ErrNoCaller || s.Expired() {
			over <- fmt.Errorf("%+v: caller %v, %v; Reply %v, Expired %v", m, k, ok, err, s.Expired())
			return nil
		}
		over <- nil
		return nil
	}, func(style string, pid PID) {
		for _, body := range []any{nil, 1, Reply{}, "a call's request"} {
			send(t, rt, pid, body)
			if err := await(t, "the receiver", over); err != nil {
				t.Errorf("%s: %v", style, err)
			}
		}
	})
	if err := rt.ReplyTo(Caller{}, 1); err != ErrNoCaller {
		t.Errorf("Runtime.ReplyTo nobody: %v", err)
	}
}

// A reply to a caller that has ended, or to one of another runtime, is dropped like a message in Erlang, and no call stays open for it.
func TestReplyToADeadCallerIsDropped(t *testing.T) {
	rt, other := begin(t, Config{Workers: 2}), begin(t, Config{Workers: 1})
	kept := make(chan Caller, 1)
	var k Caller
	over := make(chan error, 1)
	bothStyles(t, rt, func(s replier, m Message) error {
		if c, ok := s.Caller(); ok {
			kept <- c
			return nil
		}
		over <- s.ReplyTo(k, 1)
		return nil
	}, func(style string, callee PID) {
		caller := direct(t, rt, func(self *Self) error {
			_, err := self.Call(callee, 1, Forever)
			return err
		})
		k = await(t, "the call", kept)
		if n := info(t, rt, callee).Calls; n != 1 {
			t.Errorf("%s: %d calls are open, want 1", style, n)
		}
		if err := rt.Exit(caller, Kill); err != nil {
			t.Fatal(err)
		}
		gone(t, rt, caller)
		until(t, "the callee is told", func() bool { return info(t, rt, callee).Calls == 0 })
		send(t, rt, callee, "reply now")
		if err := await(t, "the reply", over); err != nil {
			t.Errorf("%s: reply to a caller that has ended: %v", style, err)
		}
		if err := rt.ReplyTo(k, 1); err != nil {
			t.Errorf("%s: Runtime.ReplyTo: %v", style, err)
		}
		if err := other.ReplyTo(k, 1); err != nil {
			t.Errorf("%s: ReplyTo of another runtime: %v", style, err)
		}
	})
	if s := stats(t, rt); s.DeadLetters != 0 {
		t.Errorf("%d dead letters", s.DeadLetters)
	}
}

// Many reply to one call at a time, from processes and goroutines: one reply counts, and the callee's book is emptied though it has not
// replied itself.
func TestOfManyRepliesOneCounts(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		const helpers = 4
		var pids [helpers]PID
		for i := range pids {
			pids[i] = handler(t, rt, func(c *Ctx, m Message) error { return c.ReplyTo(m.Body.(Caller), i) })
		}
		work := make(chan Caller, 100)
		var done sync.WaitGroup
		for i := range 2 {
			done.Go(func() {
				for k := range work {
					if err := rt.ReplyTo(k, helpers+i); err != nil {
						t.Errorf("ReplyTo: %v", err)
					}
				}
			})
		}
		callee := handler(t, rt, func(c *Ctx, m Message) error {
			k, _ := c.Caller()
			if m.Body == "is all done?" {
				return c.Reply(nil)
			}
			c.Blocking(func() { work <- k; work <- k })
			for _, pid := range pids {
				if err := c.Send(pid, k); err != nil {
					return err
				}
			}
			return nil
		})
		var by [helpers + 2]atomic.Int64
		n := scale(200)
		over := make(chan error, 4)
		for range cap(over) {
			direct(t, rt, func(self *Self) (err error) {
				defer func() { over <- err }()
				for range n {
					v, err := self.Call(callee, nil, Forever)
					if err != nil {
						return err
					}
					by[v.(int)].Add(1)
					if m, ok := self.ReceiveTimeout(0); ok {
						return fmt.Errorf("another reply came as a message: %+v", m)
					}
				}
				return nil
			})
		}
		for range cap(over) {
			if err := await(t, "a caller", over); err != nil {
				t.Error(err)
			}
		}
		if _, err := rt.Call(t.Context(), callee, "is all done?"); err != nil {
			t.Error(err)
		}
		close(work)
		done.Wait()
		stats(t, rt)
		if i := info(t, rt, callee); i.Calls != 0 {
			t.Errorf("%d workers: %d calls are open at the callee", workers, i.Calls)
		}
	}
}

// lastWords replies to its caller when it ends.
type lastWords struct{ k Caller }

func (l *lastWords) Handle(c *Ctx, m Message) error {
	l.k, _ = c.Caller()
	if m.Body == "and reply" {
		if err := c.Reply("before the end"); err != nil {
			return err
		}
	}
	return Normal
}

func (l *lastWords) Terminate(c *Ctx, reason error) { _ = c.ReplyTo(l.k, "in Terminate") }

// A process that ends with its call replies before its end is told: at once, or from Terminate.
func TestReplyGoesBeforeTheEnd(t *testing.T) {
	for name, call := range ways {
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(5, Reject)}} {
			rt := begin(t, Config{Workers: 2})
			for req, want := range map[string]string{"and reply": "before the end", "and end": "in Terminate"} {
				callee := spawn(t, rt, func() Machine { return &lastWords{} }, opts...)
				if v, err := call(t, rt, callee, req, time.Hour); v != want || err != nil {
					t.Errorf("%s, %s: %v, %v", name, req, v, err)
				}
			}
		}
	}
}

// The reply has room in its caller's mailbox, however full that is.
func TestReplyHasRoomInAFullMailbox(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	callee, calls := make(chan Caller, 1), 0
	to := handler(t, rt, func(c *Ctx, m Message) error {
		k, _ := c.Caller()
		callee <- k
		return nil
	})
	in, hold, got := make(chan struct{}), make(chan struct{}), make(chan string, 10)
	caller := handler(t, rt, func(c *Ctx, m Message) error {
		switch b := m.Body.(type) {
		case Reply:
			if b.Err != nil || b.Value != "reply" {
				return b.Err
			}
			got <- "reply"
		case string:
			got <- b
		case nil:
			if calls++; calls > 1 {
				return nil
			}
			if _, err := c.Request(to, 1, Forever); err != nil {
				return err
			}
			in <- struct{}{}
			c.Blocking(func() { <-hold })
		}
		return nil
	}, WithMailboxBound(1, Reject))
	send(t, rt, caller, nil)
	await(t, "the request", in)
	k := await(t, "the call", callee)
	send(t, rt, caller, "message")
	if err := rt.Send(caller, "too many"); !errors.Is(err, ErrMailboxFull) {
		t.Fatalf("a full mailbox: %v", err)
	}
	if err := rt.ReplyTo(k, "reply"); err != nil {
		t.Fatal(err)
	}
	close(hold)
	for _, want := range []string{"message", "reply"} {
		if s := await(t, want, got); s != want {
			t.Errorf("%q, want %q", s, want)
		}
	}
}
