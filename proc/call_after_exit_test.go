package proc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// takers are processes that take calls and never reply, or do not even come to them; let frees those that block.
func takers(silent PID) map[string]func(let chan bool) Factory {
	return map[string]func(let chan bool) Factory{
		"not replying": func(chan bool) Factory { return Of(ignore) },
		"postponing":   func(chan bool) Factory { return Of(func(c *Ctx, m Message) error { return c.Postpone(m) }) },
		"awaiting": func(chan bool) Factory {
			return Of(func(c *Ctx, m Message) error {
				return c.Await(silent, 1, Forever, func(*Ctx, any, error) error { return nil })
			})
		},
		"blocking": func(let chan bool) Factory { return Of(func(*Ctx, Message) error { <-let; return nil }) },
		"in Blocking": func(let chan bool) Factory {
			return Of(func(c *Ctx, _ Message) error { c.Blocking(func() { <-let }); return nil })
		},
		"in Init": func(let chan bool) Factory {
			return withHandler(func(c *Ctx) error { c.Blocking(func() { <-let }); return nil }, ignore)
		},
		"direct": func(chan bool) Factory {
			return Direct(func(self *Self) error {
				for {
					self.Receive()
				}
			})
		},
		"passing over": func(chan bool) Factory {
			return Direct(func(self *Self) error { self.ReceiveMatch(func(Message) bool { return false }); return nil })
		},
		"in a call": func(chan bool) Factory {
			return Direct(func(self *Self) error { _, err := self.Call(silent, 1, Forever); return err })
		},
		"direct and looking": func(chan bool) Factory {
			return Direct(func(self *Self) error {
				for {
					self.ReceiveMatchTimeout(0, func(m Message) bool { return m.Body == "never" })
					self.Yield()
				}
			})
		},
		"direct and blocking": func(let chan bool) Factory {
			return Direct(func(self *Self) error {
				self.Receive()
				<-let
				for {
					self.Receive()
				}
			})
		},
	}
}

// withHandler is a machine with an Init.
func withHandler(init func(c *Ctx) error, handle func(c *Ctx, m Message) error) Factory {
	return withInit(func(c *Ctx) error {
		if err := init(c); err != nil {
			return err
		}
		return c.Become(Func(handle))
	})
}

// asker is what state machines and processes in direct style have in common for this test.
type asker interface {
	Request(to PID, req any, timeout time.Duration) (RequestID, error)
	Exit(to PID, reason error) error
	Blocking(f func())
}

// Calls to a process that have been sent before an exit signal of the same sender end with the reason, whatever the process does with them;
// calls sent after it end with NoProc and never with the reason.
func TestCallsAfterAnExitSignalFindNobody(t *testing.T) {
	bounds := [][]SpawnOption{nil, {WithMailboxBound(1000, Reject)}, {WithPriority(PriorityLow)}}
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers, StuckAfter: time.Millisecond})
		silent := handler(t, rt, ignore)
		for name, taker := range takers(silent) {
			for round := range scale(60) {
				rnd := seeded(uint64(round))
				let := make(chan bool)
				callee := spawn(t, rt, taker(let), bounds[round%len(bounds)]...)
				sent, reason := []error{errFirst, Kill}[round/3%2], []error{errFirst, Killed}[round/3%2]
				before, after := rnd.below(5), 1+rnd.below(5)
				ids := map[RequestID]bool{} // that were sent before
				ask := func(a asker, yield func()) error {
					for range before {
						id, err := a.Request(callee, 1, Forever)
						if err != nil {
							return err
						}
						ids[id] = true
					}
					if yield != nil && rnd.below(2) == 0 {
						yield()
					}
					if rnd.below(4) == 0 {
						a.Blocking(func() {})
					}
					if err := a.Exit(callee, sent); err != nil {
						return err
					}
					for range after {
						id, err := a.Request(callee, 2, Forever)
						if err != nil && !errors.Is(err, ErrNoProc) {
							return err
						}
						if err == nil {
							ids[id] = false
						}
					}
					close(let)
					return nil
				}
				took := func(m Message) error {
					r, ok := m.Body.(Reply)
					first, known := ids[r.Request]
					want := []error{ErrNoProc, reason}[map[bool]int{true: 1}[first]]
					if !ok || !known || !errors.Is(r.Err, want) {
						return fmt.Errorf("%s, round %d: a call sent before the exit signal: %v; got %+v, want %v", name, round, first, m, want)
					}
					delete(ids, r.Request)
					return nil
				}
				over := make(chan error, 1)
				if round%2 == 0 {
					direct(t, rt, func(self *Self) error {
						err := ask(self, self.Yield)
						for err == nil && len(ids) > 0 {
							err = took(self.Receive())
						}
						over <- err
						return nil
					})
				} else {
					send(t, rt, handler(t, rt, func(c *Ctx, m Message) (err error) {
						if m.Body == "ask" {
							err = ask(c, nil)
						} else {
							err = took(m)
						}
						if err != nil || len(ids) == 0 {
							over <- err
							return Normal
						}
						return nil
					}), "ask")
				}
				if err := await(t, name+": the ends of all calls", over); err != nil {
					t.Fatal(err)
				}
				gone(t, rt, callee)
			}
		}
		end(t, rt)
	}
}

// The same for a goroutine: its call after an exit signal finds nobody.
func TestCallOfAGoroutineAfterAnExitSignalFindsNobody(t *testing.T) {
	bounds := [][]SpawnOption{nil, {WithMailboxBound(1000, Reject)}, {WithPriority(PriorityLow)}}
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers, StuckAfter: time.Millisecond})
		silent := handler(t, rt, ignore)
		for name, taker := range takers(silent) {
			for round := range scale(60) {
				let := make(chan bool)
				callee := spawn(t, rt, taker(let), bounds[round%len(bounds)]...)
				for range round % 4 {
					send(t, rt, callee, 1)
				}
				if round%5 == 0 {
					time.Sleep(time.Microsecond) // let it begin
				}
				_ = rt.Exit(callee, []error{errFirst, Kill}[round%2])
				if round%2 == 0 {
					close(let)
				} else {
					go close(let)
				}
				if v, err := rt.Call(context.Background(), callee, 2); v != nil || !errors.Is(err, ErrNoProc) {
					t.Fatalf("%s, round %d: %v, %v", name, round, v, err)
				}
			}
		}
		end(t, rt)
	}
}
