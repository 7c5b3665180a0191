package proc

import (
	"errors"
	"testing"
	"time"
)

// replyTo is a ReplyHandler made of two functions.
type replyTo struct {
	Func
	replied func(c *Ctx, from PID, r Reply) error
}

func (k *replyTo) HandleReply(c *Ctx, from PID, r Reply) error { return k.replied(c, from, r) }

func isTimeout(err error) bool { return errors.Is(err, ErrTimeout) }

// A ReplyHandler gets its replies, errors too, at the place among its messages at which others get them as a message; with a bounded mailbox
// too.
func TestReplyHandlerGetsRepliesAtTheirPlace(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}} {
		for _, workers := range []int{1, 2} {
			rt := begin(t, Config{Workers: workers})
			echo := handler(t, rt, func(c *Ctx, m Message) error {
				_, call := c.Caller()
				switch {
				case !call:
					return ExitValue{"enough"}
				case m.Body == "none":
					return nil
				}
				if err := c.Send(m.From, "before"); err != nil {
					return err
				}
				if err := c.Reply(m.Body); err != nil {
					return err
				}
				return c.Send(m.From, "after")
			})
			var log []any
			over := make(chan []any, 1)
			ids := map[RequestID]any{}
			note := func(v any) error {
				if log = append(log, v); len(log) == 10 {
					over <- log
				}
				return nil
			}
			caller := spawn(t, rt, func() Machine {
				return &replyTo{
					func(c *Ctx, m Message) error {
						if m.Body != "go" {
							return note(m.Body)
						}
						for _, v := range []any{1, nil, CallError{}, "none"} {
							id, err := c.Request(echo, v, time.Hour)
							if err != nil {
								return err
							}
							ids[id] = v
						}
						return c.Send(echo, "end")
					},
					func(c *Ctx, from PID, r Reply) error {
						if from != echo || r.Err == nil && r.Value != ids[r.Request] {
							t.Errorf("from %v: %+v; it was asked for %v", from, r, ids[r.Request])
						}
						if r.Err != nil {
							return note(r.Err.(*CallError).Err)
						}
						return note(r)
					},
				}
			}, opts...)
			send(t, rt, caller, "go")
			got := await(t, "all messages", over)
			for i := range 3 {
				if _, ok := got[3*i+1].(Reply); !ok || got[3*i] != "before" || got[3*i+2] != "after" {
					t.Errorf("bound %v: %v", opts != nil, got)
				}
			}
			if got[9] != (ExitValue{"enough"}) {
				t.Errorf("bound %v: the last one is %v", opts != nil, got[9])
			}
			end(t, rt)
		}
	}
}

// A reply that has come to a ReplyHandler but not been handled is a message like that of any other process: Flush and Await see it as one, a
// machine that takes the place of the ReplyHandler gets it as one, and so do the watchers of dead letters.
func TestReplyThatWaitsIsAMessageToOthers(t *testing.T) {
	for i := range 8 {
		what := []string{"flush", "await", "become", "end"}[i%4]
		var opts []SpawnOption
		if i >= 4 {
			opts = []SpawnOption{WithMailboxBound(100, Reject)}
		}
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour}) // nobody runs while the called does
		dead := make(chan DeadLetter, 1)
		rt.WatchDeadLetters(func(d DeadLetter) { dead <- d })
		echo := handler(t, rt, func(c *Ctx, m Message) error {
			if err := c.Send(m.From, "look"); err != nil {
				return err
			}
			return c.Reply(m.Body)
		})
		got := make(chan any, 4)
		var id RequestID
		then := func(c *Ctx, v any, err error) error { got <- v; return err }
		m := &replyTo{replied: func(c *Ctx, from PID, r Reply) error { got <- r; return nil }}
		m.Func = func(c *Ctx, m Message) (err error) {
			if m.Body == "go" {
				if id, err = c.Request(echo, 1, time.Hour); err != nil || what != "await" {
					return err
				}
				return c.Await(echo, 2, time.Hour, then)
			}
			if c.p.cold.talk.calls.len() != 0 {
				t.Errorf("%s: the reply has not come", what)
			}
			switch what {
			case "flush":
				n := c.Flush(func(m Message) bool {
					r, ok := m.Body.(Reply)
					return ok && r == Reply{id, 1, nil} && m.From == echo && m.Word == 0
				})
				if n != 1 {
					t.Errorf("%d messages were flushed", n)
				}
				got <- n
			case "become":
				return c.Become(Func(func(c *Ctx, m Message) error { got <- m; return nil }))
			case "end":
				return Normal
			}
			return nil
		}
		caller := spawn(t, rt, func() Machine { return m }, opts...)
		send(t, rt, caller, "go")
		switch what {
		case "await":
			if a, b := await(t, "the awaited reply", got), await(t, "the other", got); a != 2 || b != (Reply{id, 1, nil}) {
				t.Errorf("%v, then %v", a, b)
			}
		case "become":
			if m := await(t, "the reply", got).(Message); m != (Message{From: echo, Body: Reply{id, 1, nil}}) {
				t.Errorf("%+v", m)
			}
		case "end":
			if d := await(t, "the dead letter", dead); d.To != caller || d.Message != (Message{From: echo, Body: Reply{id, 1, nil}}) {
				t.Errorf("%+v", d)
			}
		case "flush":
			await(t, "the flush", got)
		}
		end(t, rt)
	}
}

// However many requests a ReplyHandler has under way, none allocates once there is room for so many, with the default timeout or another.
func TestRequestsOfAReplyHandlerDoNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	const n = 2000
	for _, inflight := range []int{1, 10, 100} {
		for _, timeouts := range [][]time.Duration{{5 * time.Second}, {Forever}, {time.Minute, time.Hour, 100 * time.Millisecond * 600}, {900 * time.Millisecond}} {
			for _, workers := range []int{1, 2} {
				rt := begin(t, Config{Workers: workers})
				echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
				asked, back, over := 0, 0, make(chan bool, 1)
				body := any(&ball{})
				fill := func(c *Ctx) error {
					for ; asked < n && asked < back+inflight; asked++ {
						if _, err := c.Request(echo, body, timeouts[asked%len(timeouts)]); err != nil {
							return err
						}
					}
					return nil
				}
				caller := spawn(t, rt, func() Machine {
					return &replyTo{
						func(c *Ctx, m Message) error { asked, back = 0, 0; return fill(c) },
						func(c *Ctx, _ PID, r Reply) error {
							if r.Value != body && !isTimeout(r.Err) {
								t.Errorf("%+v", r)
							}
							if back++; back == n {
								over <- true
							}
							return fill(c)
						},
					}
				})
				f := func() { _ = rt.Send(caller, nil); await(t, "the last reply", over) }
				f()
				if a := allocations(n, f); a > 0.05 {
					t.Errorf("%d in flight, timeouts %v, %d workers: %.3f allocations a request", inflight, timeouts, workers, a)
				}
				end(t, rt)
			}
		}
	}
}
