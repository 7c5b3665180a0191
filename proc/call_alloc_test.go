package proc

import (
	"context"
	"testing"
	"time"
)

// waysToCall make n calls to a process, one after the other, each time that what they return is called.
var waysToCall = map[string]func(t *testing.T, rt *Runtime, to PID, n uint64, timeout time.Duration) (begin func()){
	"Request": func(t *testing.T, rt *Runtime, to PID, n uint64, timeout time.Duration) func() {
		over, left := make(chan bool, 1), uint64(0)
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Word > 0 {
				left = m.Word
			} else if left--; left == 0 {
				over <- true
				return nil
			}
			_, err := c.Request(to, nil, timeout)
			return err
		})
		return func() { _ = rt.SendWord(pid, nil, n); await(t, "the last reply", over) }
	},
	"Await": func(t *testing.T, rt *Runtime, to PID, n uint64, timeout time.Duration) func() {
		over, left := make(chan bool, 1), uint64(0)
		var then func(c *Ctx, v any, err error) error
		then = func(c *Ctx, v any, err error) error {
			if left--; left == 0 {
				over <- true
				return err
			}
			return c.Await(to, nil, timeout, then)
		}
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			left = m.Word
			return c.Await(to, nil, timeout, then)
		})
		return func() { _ = rt.SendWord(pid, nil, n); await(t, "the last reply", over) }
	},
	"Self.Call": func(t *testing.T, rt *Runtime, to PID, n uint64, timeout time.Duration) func() {
		over := make(chan bool, 1)
		pid := direct(t, rt, func(self *Self) error {
			for {
				for range self.Receive().Word {
					if _, err := self.Call(to, nil, timeout); err != nil {
						return err
					}
				}
				over <- true
			}
		})
		return func() { _ = rt.SendWord(pid, nil, n); await(t, "the last reply", over) }
	},
	"Runtime.Call": func(t *testing.T, rt *Runtime, to PID, n uint64, timeout time.Duration) func() {
		ctx := context.Background()
		if timeout != Forever {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			t.Cleanup(cancel)
		}
		return func() {
			for range n {
				if _, err := rt.Call(ctx, to, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	},
}

// A call whose request and reply need no box allocates nothing once the free lists are filled, whoever calls; but for a Reply message, which
// is a box of its own: one allocation a Request.
func TestCallsDoNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	const n = 1_000
	replies := map[string]any{"nil": nil, "pointer": &ball{}, "small number": 7}
	allowed := map[string]float64{"Request": 1}
	for name, call := range waysToCall {
		for reply, v := range replies {
			for _, timeout := range []time.Duration{Forever, time.Hour} {
				for _, workers := range []int{1, 2} {
					rt := begin(t, Config{Workers: workers})
					machine := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(v) })
					straight := direct(t, rt, func(self *Self) error {
						for {
							self.Receive()
							if err := self.Reply(v); err != nil {
								return err
							}
						}
					})
					for style, to := range map[string]PID{"machine": machine, "direct": straight} {
						f := call(t, rt, to, n, timeout)
						f()
						a := allocations(n, f)
						if a > allowed[name]+0.05 {
							t.Errorf("%s to %s, %s, timeout %v, %d workers: %.3f allocations a call", name, style, reply, timeout, workers, a)
						}
					}
					end(t, rt)
				}
			}
		}
	}
}
