package proc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// deed is what a machine with states does with a message.
type deed int

const (
	handles deed = iota
	postpones
	changes // its state, which has postponed messages handled again
	awaits  // a reply, and then what deedOf says for the next seed
)

// deedOf decides at random, but the same for the model and the machine, what is done with message n in state s when it is met
// for the time-th time.
func deedOf(seed uint64, n, s, time int) deed {
	x := (seed + uint64(n)*1_000_003 + uint64(s)*10_007 + uint64(time)*101) * 0x9E3779B97F4A7C15
	switch x >> 59 {
	case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11:
		return postpones
	case 12, 13, 14, 15, 16, 17:
		return changes
	case 18, 19, 20:
		return awaits
	}
	return handles
}

// expected is gen_statem's rule: a change of state puts the postponed messages, oldest first, before the rest of the queue.
func expected(seed uint64, n int) (log []string, left int) {
	var queue, postponed []int
	for i := range n {
		queue = append(queue, i)
	}
	state, met := 0, map[int]int{}
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		met[m]++
		d := deedOf(seed, m, state, met[m])
		log = append(log, fmt.Sprint(state, ":", m, ":", d))
		if d == awaits {
			d = deedOf(seed+1, m, state, met[m])
		}
		switch d {
		case postpones:
			postponed = append(postponed, m)
		case changes:
			state++
			queue = append(postponed, queue...)
			postponed = nil
		}
	}
	return log, len(postponed)
}

// stateful is the machine of that.
type stateful struct {
	seed  uint64
	state int
	met   map[int]int
	log   []string
	n     int // messages that it waits for
	echo  PID
	over  chan []string
}

func (s *stateful) Handle(c *Ctx, m Message) error {
	n := int(m.Word)
	s.met[n]++
	d := deedOf(s.seed, n, s.state, s.met[n])
	s.log = append(s.log, fmt.Sprint(s.state, ":", n, ":", d))
	if d == awaits {
		return c.Await(s.echo, nil, Forever, func(c *Ctx, _ any, err error) error {
			if err != nil {
				return err
			}
			return s.do(c, m, deedOf(s.seed+1, n, s.state, s.met[n]))
		})
	}
	return s.do(c, m, d)
}

func (s *stateful) do(c *Ctx, m Message, d deed) (err error) {
	switch d {
	case postpones:
		err = c.Postpone(m)
	case changes:
		s.state++
		err = c.Become(s)
	}
	if len(s.log) == s.n {
		s.over <- s.log
	}
	return err
}

// Random machines that postpone, change their state and await replies handle their messages in the order of gen_statem, whenever these come.
func TestPostponedMessagesAreRetriedInOrder(t *testing.T) {
	for _, workers := range []int{1, 2} {
		for kind, opts := range awaitOptions {
			rt := begin(t, Config{Workers: workers})
			echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
			for seed := range uint64(scale(50)) {
				const n = 40 // fewer than the bound
				want, left := expected(seed, n)
				s := &stateful{seed: seed, n: len(want), met: map[int]int{}, over: make(chan []string, 1), echo: echo}
				pid := spawn(t, rt, func() Machine { return s }, opts...)
				for i := range uint64(n) {
					if err := rt.SendWord(pid, nil, i); err != nil {
						t.Fatal(err)
					}
				}
				if log := await(t, "the log", s.over); !slices.Equal(log, want) {
					t.Fatalf("seed %d, %s:\n%v, want\n%v", seed, kind, log, want)
				}
				if i := info(t, rt, pid); i.Messages != left {
					t.Errorf("seed %d, %s: %d messages are left, want the %d postponed", seed, kind, i.Messages, left)
				}
				dead := stats(t, rt).DeadLetters
				_ = rt.Exit(pid, Kill)
				gone(t, rt, pid)
				if d := stats(t, rt).DeadLetters - dead; d != uint64(left) {
					t.Errorf("seed %d, %s: %d dead letters, want the %d postponed", seed, kind, d, left)
				}
			}
		}
	}
}

// opener postpones everything until "open" comes.
type opener struct {
	got chan any
	as  func(c *Ctx, m Message) error // for messages once it is open
}

func (o *opener) Handle(c *Ctx, m Message) error {
	if m.Body == "open" {
		return c.Become(Func(o.as))
	}
	if _, ok := c.Caller(); ok && m.Body == "answered" {
		if err := c.Reply("at once"); err != nil {
			return err
		}
	}
	err := c.Postpone(m)
	o.got <- err
	return err
}

// A call that was postponed is answered when its turn comes again, as if it had just come.
func TestPostponedCallStaysOpen(t *testing.T) {
	for kind, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 2})
		o := &opener{got: make(chan any, 10), as: func(c *Ctx, m Message) error {
			if _, ok := c.Caller(); !ok || c.Expired() {
				return errors.New("no caller")
			}
			return c.Reply(m.Body.(int) + 1)
		}}
		pid := spawn(t, rt, func() Machine { return o }, opts...)
		over := make(chan outcome, 10)
		for i := range 5 {
			go func() {
				v, err := rt.Call(t.Context(), pid, i)
				over <- outcome{v, err}
			}()
			direct(t, rt, func(self *Self) error {
				v, err := self.Call(pid, i+5, time.Hour)
				over <- outcome{v, err}
				return nil
			})
		}
		for range cap(over) {
			await(t, "a call is postponed", o.got)
		}
		send(t, rt, pid, "open")
		got := map[any]bool{}
		for range cap(over) {
			r := await(t, "a reply", over)
			if r.err != nil || got[r.v] {
				t.Errorf("%s: %+v", kind, r)
			}
			got[r.v] = true
		}
		for i := range cap(over) {
			if !got[i+1] {
				t.Errorf("%s: nobody got the reply %d", kind, i+1)
			}
		}
		if i := info(t, rt, pid); i.Calls != 0 || i.Messages != 0 {
			t.Errorf("%s: %d calls, %d messages are left", kind, i.Calls, i.Messages)
		}
	}
}

// A call whose caller gave up while it was postponed, or that was answered before, is over when its turn comes again.
func TestPostponedCallThatIsOver(t *testing.T) {
	for kind, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 2})
		seen := make(chan error, 10)
		o := &opener{got: make(chan any, 10), as: func(c *Ctx, m Message) error {
			_, ok := c.Caller()
			if expired, err := c.Expired(), c.Reply(1); !ok || !expired || err != nil {
				seen <- fmt.Errorf("%v: caller %v, expired %v, reply %v", m.Body, ok, expired, err)
			}
			seen <- nil
			return nil
		}}
		pid := spawn(t, rt, func() Machine { return o }, opts...)
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() {
			_, err := rt.Call(ctx, pid, "given up")
			over <- err
		}()
		await(t, "the call is postponed", o.got)
		cancel()
		if err := await(t, "the caller's error", over); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if v, err := rt.Call(t.Context(), pid, "answered"); v != "at once" || err != nil {
			t.Errorf("%s: %v, %v", kind, v, err)
		}
		send(t, rt, pid, "open")
		for range 2 {
			if err := await(t, "the call again", seen); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if i := info(t, rt, pid); i.Calls != 0 {
			t.Errorf("%s: %d calls are open", kind, i.Calls)
		}
	}
}

func TestPostponeRefusesWhatIsNotBeingHandled(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	over := make(chan error, 1)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if _, call := c.Caller(); call {
			if c.Postpone(Message{From: c.Self(), Body: 1}) == nil {
				over <- errors.New("a message of another sender in place of the call's is not refused")
				return c.Reply(nil)
			}
		}
		if c.Postpone(Message{From: c.Self() | markSignal, Body: 1}) == nil {
			over <- errors.New("a marked message is not refused")
			return nil
		}
		over <- nil
		_ = c.Reply(nil)
		return nil
	})
	send(t, rt, pid, nil)
	if err := await(t, "the handler", over); err != nil {
		t.Error(err)
	}
	if _, err := rt.Call(t.Context(), pid, nil); err != nil {
		t.Error(err)
	}
	if err := await(t, "the handler", over); err != nil {
		t.Error(err)
	}
}
