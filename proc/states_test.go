package proc

import (
	"slices"
	"testing"
	"time"
)

// door postpones what it cannot do while it is locked, as gen_statem's does.
type door struct {
	locked bool
	log    *[]int
}

func (d *door) Handle(c *Ctx, m Message) error {
	switch b := m.Body.(type) {
	case string: // unlock, lock
		return c.Become(&door{b == "lock", d.log})
	case int:
		if d.locked && b%2 == 1 {
			return c.Postpone(m)
		}
		*d.log = append(*d.log, b)
		if m.Word == 1 {
			return c.Reply(b)
		}
	case chan bool:
		close(b)
	}
	return nil
}

// Postponed messages are handled again after a change of state, before newer ones and in the order in which they came.
func TestPostponedMessagesComeAgainInOrder(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}} {
		rt := begin(t, Config{Workers: 1})
		var log []int
		pid := spawn(t, rt, func() Machine { return &door{true, &log} }, opts...)
		for _, b := range []any{1, 2, 3, "lock", 4, 5, "unlock", 6, 7, "lock", 9, 8, "unlock"} {
			send(t, rt, pid, b)
		}
		done := make(chan bool)
		send(t, rt, pid, done)
		await(t, "the end", done)
		if want := []int{2, 4, 1, 3, 5, 6, 7, 8, 9}; !slices.Equal(log, want) {
			t.Errorf("handled %v, want %v", log, want)
		}
	}
}

// waiter awaits a reply to each number it gets, and keeps what it gets meanwhile for later.
func TestNothingElseIsHandledDuringAwait(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}} {
		rt := begin(t, Config{Workers: 2})
		let, asked := make(chan bool), make(chan bool, 1)
		slow := handler(t, rt, func(c *Ctx, m Message) error {
			k, _ := c.Caller()
			asked <- true
			go func() {
				<-let
				rt.ReplyTo(k, m.Body)
			}()
			return nil
		})
		got := make(chan any, 100)
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body != "ask" {
				got <- m.Body
				return nil
			}
			return c.Await(slow, "answer", Forever, func(c *Ctx, v any, err error) error {
				got <- v
				return err
			})
		}, opts...)
		send(t, rt, pid, "ask")
		await(t, "the question", asked)
		for i := range 50 {
			send(t, rt, pid, i)
		}
		stats(t, rt)
		if len(got) > 0 {
			t.Fatalf("%v was handled during Await", <-got)
		}
		if i, err := rt.Info(pid); err != nil || i.Messages != 50 || i.Requests != 1 {
			t.Errorf("Info: %+v, %v", i, err)
		}
		close(let)
		for i := -1; i < 50; i++ {
			want := any(i)
			if i < 0 {
				want = "answer"
			}
			if b := await(t, "what is handled next", got); b != want {
				t.Errorf("handled %v, want %v", b, want)
			}
		}
	}
}

func TestProcessCanBeKilledDuringAwait(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	taken := make(chan bool, 1)
	silent := handler(t, rt, func(c *Ctx, m Message) error { taken <- true; return nil })
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		return c.Await(silent, 1, time.Hour, func(*Ctx, any, error) error {
			t.Error("then was called")
			return nil
		})
	})
	send(t, rt, pid, nil)
	await(t, "the call", taken)
	_ = rt.Exit(pid, Kill)
	gone(t, rt, pid)
	until(t, "the callee's book is empty", func() bool {
		i, err := rt.Info(silent)
		return err == nil && i.Calls == 0
	})
}

// A receive timeout comes when no message does, and only once; any message cancels it.
func TestReceiveTimeoutComesWhenNoMessageDoes(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}} {
		rt := begin(t, Config{Workers: 1})
		got := make(chan any, 10)
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			got <- m.Body
			if d, ok := m.Body.(time.Duration); ok {
				return c.ReceiveTimeout(d)
			}
			return nil
		}, opts...)
		for _, d := range []time.Duration{0, time.Millisecond} {
			send(t, rt, pid, d)
			if b := await(t, "the request", got); b != any(d) {
				t.Errorf("got %v", b)
			}
			if b := await(t, "the timeout", got); b != (ReceiveTimeout{}) {
				t.Errorf("got %v", b)
			}
		}
		send(t, rt, pid, time.Hour)
		send(t, rt, pid, "cancels")
		send(t, rt, pid, time.Duration(0))
		for _, want := range []any{time.Hour, "cancels", time.Duration(0), ReceiveTimeout{}} {
			if b := await(t, "a message", got); b != want {
				t.Errorf("got %v, want %v", b, want)
			}
		}
		stats(t, rt)
		if len(got) > 0 {
			t.Errorf("got %v besides", <-got)
		}
		end(t, rt)
	}
}

// With a message in the mailbox there is no timeout, however short.
func TestReceiveTimeoutOfZeroWaitsForQueuedMessages(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan any, 10)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		got <- m.Body
		if m.Body == "begin" {
			c.Send(c.Self(), "queued")
		}
		if _, over := m.Body.(ReceiveTimeout); over {
			return nil
		}
		return c.ReceiveTimeout(0)
	})
	send(t, rt, pid, "begin")
	for _, want := range []any{"begin", "queued", ReceiveTimeout{}} {
		if b := await(t, "a message", got); b != want {
			t.Fatalf("got %v, want %v", b, want)
		}
	}
	_ = rt.Exit(pid, Kill)
}
