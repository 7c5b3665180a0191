package proc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// chainLink is a link of a chain: it calls the next one and replies with what that says plus one. The last link, and one that is
// called by the length-th, reply with zero.
func chainLink(t testing.TB, rt *Runtime, kind, length int, next *PID, timeout time.Duration) PID {
	plus := func(v any, err error) any {
		if err != nil {
			return err
		}
		if n, ok := v.(int); ok {
			return n + 1
		}
		return v
	}
	last := func(m Message) bool { return *next == 0 || m.Body.(int) >= length }
	switch kind {
	case 0:
		return handler(t, rt, func(c *Ctx, m Message) error {
			if last(m) {
				_ = c.Reply(0)
				return nil
			}
			return c.Await(*next, m.Body.(int)+1, timeout, func(c *Ctx, v any, err error) error {
				_ = c.Reply(plus(v, err))
				return nil
			})
		})
	case 1:
		waiting := map[RequestID]Caller{}
		return handler(t, rt, func(c *Ctx, m Message) error {
			if r, ok := m.Body.(Reply); ok {
				return c.ReplyTo(waiting[r.Request], plus(r.Value, r.Err))
			}
			if last(m) {
				return c.Reply(0)
			}
			id, err := c.Request(*next, m.Body.(int)+1, timeout)
			waiting[id], _ = c.Caller()
			return err
		})
	default:
		return direct(t, rt, func(self *Self) error {
			for {
				m := self.Receive()
				k, _ := self.Caller()
				if last(m) {
					_ = self.Reply(0)
				} else {
					_ = self.ReplyTo(k, plus(self.Call(*next, m.Body.(int)+1, timeout)))
				}
			}
		})
	}
}

func TestChainOfCallsReturnsThroughEveryLink(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		const n = 300
		pids := make([]PID, n+1) // the last one's next is nobody
		for i := n - 1; i >= 0; i-- {
			pids[i] = chainLink(t, rt, i%3, n, &pids[i+1], Forever)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		over := make(chan error, 20)
		for range cap(over) {
			go func() {
				v, err := rt.Call(ctx, pids[0], 0)
				if err == nil && v != n-1 {
					err = fmt.Errorf("%v, want %d", v, n-1)
				}
				over <- err
			}()
		}
		for range cap(over) {
			if err := await(t, "the chain's reply", over); err != nil {
				t.Errorf("%d workers: %v", workers, err)
			}
		}
	}
}

// A cycle of calls ends by its timeouts, and then everybody in it works as before.
func TestCycleOfCallsEndsByTimeoutsAndWedgesNobody(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for _, n := range []int{2, 3, 7} {
			rt := begin(t, Config{Workers: workers})
			pids := make([]PID, n)
			for i := range pids {
				pids[i] = chainLink(t, rt, 2*(i%2), n, &pids[(i+1)%n], 20*time.Millisecond) // not by Request: that does not wait
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			v, err := rt.Call(ctx, pids[0], 0)
			if e, ok := v.(error); err != nil || !ok || !errors.Is(e, ErrTimeout) {
				t.Errorf("a cycle of %d: %v, %v; want ErrTimeout in it", n, v, err)
			}
			last := pids[0] // the cycle becomes a chain
			end := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(0) })
			for _, pid := range pids {
				until(t, "the cycle is over", func() bool { i := info(t, rt, pid); return i.Requests == 0 && i.Calls == 0 && i.Messages == 0 })
			}
			stats(t, rt)
			pids[0] = end
			if v, err := rt.Call(ctx, pids[1], 0); err != nil || v != n-1 {
				t.Errorf("a chain of %d that was a cycle: %v, %v", n, v, err)
			}
			if i := info(t, rt, last); i.Requests != 0 || i.Calls != 0 {
				t.Errorf("after the cycle: %+v", i)
			}
		}
	}
}

// dying makes a call when it ends.
type dying struct{ call func(c *Ctx) }

func (d *dying) Handle(*Ctx, Message) error { return Normal }
func (d *dying) Terminate(c *Ctx, _ error)  { d.call(c) }

// A request out of Terminate reaches its callee, who sees that nobody waits for the reply.
func TestRequestOutOfTerminate(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(5, Reject)}} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		got := make(chan error, 3)
		callee := handler(t, rt, func(c *Ctx, m Message) error {
			_, ok := c.Caller()
			if !ok || m.Body != "last words" {
				got <- fmt.Errorf("%+v, caller %v", m, ok)
				return nil
			}
			expired, err := c.Expired(), c.Reply(1)
			if !expired || err != nil {
				got <- fmt.Errorf("expired %v, reply %v", expired, err)
				return nil
			}
			got <- nil
			return nil
		}, opts...)
		for _, timeout := range []time.Duration{Forever, time.Hour} {
			pid := spawn(t, rt, func() Machine {
				return &dying{func(c *Ctx) {
					if _, err := c.Request(callee, "last words", timeout); err != nil {
						t.Errorf("Request: %v", err)
					}
				}}
			}, opts...)
			send(t, rt, pid, nil)
			if err := await(t, "the call", got); err != nil {
				t.Error(err)
			}
			gone(t, rt, pid)
		}
		// In direct style a deferred function may even wait, when the process ends by itself.
		echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
		direct(t, rt, func(self *Self) error {
			defer func() {
				v, err := self.Call(echo, 5, Forever)
				if v != 5 {
					err = fmt.Errorf("%v, %v", v, err)
				}
				got <- err
			}()
			return ExitValue{"an end"}
		})
		if err := await(t, "the call of a deferred function", got); err != nil {
			t.Error(err)
		}
	}
}

// Everything about calls works in a handler that has lost its worker.
func TestCallsOfDetachedHandlers(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(50, Reject)}} {
		rt := begin(t, Config{Workers: 2})
		add := handler(t, rt, func(c *Ctx, m Message) error {
			c.Blocking(func() {})
			n, ok := m.Body.(int)
			if !ok {
				return nil // no reply
			}
			if n < 0 {
				return ExitValue{n}
			}
			return c.Reply(n + 1)
		}, opts...)
		over := make(chan error, 1)
		var ids [3]RequestID
		step := 0
		pid := handler(t, rt, func(c *Ctx, m Message) (err error) {
			defer func() {
				if err != nil {
					over <- err
				}
			}()
			c.Blocking(func() {})
			if step == 0 {
				for i, req := range []any{10, "silence", "silence"} {
					timeout := []time.Duration{time.Hour, time.Millisecond, Forever}[i]
					if ids[i], err = c.Request(add, req, timeout); err != nil {
						return err
					}
				}
				if !c.Abandon(ids[2]) || c.Abandon(ids[2]) {
					return errors.New("Abandon is not exact")
				}
				step++
				return nil
			}
			r, _ := m.Body.(Reply)
			switch {
			case r.Request == ids[0] && r.Value == 11 && r.Err == nil, r.Request == ids[1] && errors.Is(r.Err, ErrTimeout):
				step++
			default:
				return fmt.Errorf("%+v", m)
			}
			if step < 3 {
				return nil
			}
			return c.Await(add, 20, time.Hour, func(c *Ctx, v any, err error) error {
				c.Blocking(func() {})
				if v != 21 || err != nil {
					return fmt.Errorf("Await: %v, %v", v, err)
				}
				return c.Await(add, -1, Forever, func(c *Ctx, v any, err error) error {
					c.Blocking(func() {})
					if !errors.Is(err, ExitValue{-1}) {
						return fmt.Errorf("Await of a callee that ends: %v, %v", v, err)
					}
					over <- nil
					return nil
				})
			})
		}, opts...)
		send(t, rt, pid, nil)
		if err := await(t, "all calls", over); err != nil {
			t.Error(err)
		}
		if i := info(t, rt, pid); i.Requests != 0 {
			t.Errorf("%d requests are open", i.Requests)
		}
	}
}
