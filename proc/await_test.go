package proc

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// awaiter notes what it handles; "await" makes it await a reply that the test gives.
type awaiter struct {
	to   PID
	log  []string
	logs chan []string
	then func(c *Ctx, v any, err error) error
}

func (a *awaiter) Handle(c *Ctx, m Message) error {
	s, _ := m.Body.(string)
	if m.Body == nil {
		a.logs <- a.log
		return nil
	}
	a.log = append(a.log, s)
	if s != "await" {
		return nil
	}
	return c.Await(a.to, "request", Forever, func(c *Ctx, v any, err error) error {
		a.log = append(a.log, fmt.Sprint("then ", v, " ", err))
		if a.then != nil {
			return a.then(c, v, err)
		}
		return nil
	})
}

// keeper hands over the callers of the calls that it gets.
func keeper(t testing.TB, rt *Runtime) (pid PID, calls chan Caller) {
	calls = make(chan Caller, 100)
	return handler(t, rt, func(c *Ctx, m Message) error {
		if k, ok := c.Caller(); ok {
			calls <- k
		}
		return nil
	}), calls
}

var awaitOptions = map[string][]SpawnOption{"": nil, "bounded": {WithMailboxBound(50, Reject)}}

// Until the reply comes nothing else is handled; afterwards what has come meanwhile is, in order, before what comes later.
func TestAwaitHandlesNothingElseAndKeepsTheOrder(t *testing.T) {
	for _, workers := range []int{1, 2} {
		for kind, opts := range awaitOptions {
			rt := begin(t, Config{Workers: workers})
			to, calls := keeper(t, rt)
			a := &awaiter{to: to, logs: make(chan []string, 1)}
			a.then = func(c *Ctx, v any, err error) error { return c.Send(c.Self(), "from then") }
			pid := spawn(t, rt, func() Machine { return a }, opts...)
			var want []string
			for round := range 3 {
				send(t, rt, pid, "await")
				k := await(t, "the call", calls)
				for i := range 5 {
					send(t, rt, pid, fmt.Sprint("meanwhile ", i))
				}
				until(t, "they have come", func() bool { return info(t, rt, pid).Messages == 5 })
				if i := info(t, rt, pid); i.Requests != 1 {
					t.Errorf("%s: %d requests while it awaits", kind, i.Requests)
				}
				if err := rt.ReplyTo(k, round); err != nil {
					t.Fatal(err)
				}
				want = append(want, "await", fmt.Sprint("then ", round, " <nil>"))
				for i := range 5 {
					want = append(want, fmt.Sprint("meanwhile ", i))
				}
				want = append(want, "from then")
				stats(t, rt)
			}
			send(t, rt, pid, nil)
			if log := await(t, "the log", a.logs); !slices.Equal(log, want) {
				t.Errorf("%s:\n%q, want\n%q", kind, log, want)
			}
		}
	}
}

// The messages of a bounded process that awaits stay in its mailbox and count.
func TestAwaitKeepsTheBound(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	to, calls := keeper(t, rt)
	a := &awaiter{to: to, logs: make(chan []string, 1)}
	pid := spawn(t, rt, func() Machine { return a }, WithMailboxBound(3, Reject))
	send(t, rt, pid, "await")
	k := await(t, "the call", calls)
	stats(t, rt)
	for i := range 10 {
		if err := rt.Send(pid, fmt.Sprint(i)); (err == nil) != (i < 3) || err != nil && !errors.Is(err, ErrMailboxFull) {
			t.Errorf("message %d for a mailbox with room for three: %v", i, err)
		}
	}
	if i := info(t, rt, pid); i.Messages != 3 || i.Turned != 7 {
		t.Errorf("%d messages, %d turned away; want 3 and 7", i.Messages, i.Turned)
	}
	if err := rt.ReplyTo(k, nil); err != nil {
		t.Fatal(err)
	}
	stats(t, rt)
	send(t, rt, pid, nil)
	if log := await(t, "the log", a.logs); !slices.Equal(log, []string{"await", "then <nil> <nil>", "0", "1", "2"}) {
		t.Errorf("%q", log)
	}
}

// Signals take effect while a process awaits: it can be killed, ended by a link, asked, and ends its request with itself.
func TestProcessThatAwaitsCanBeEnded(t *testing.T) {
	for kind, opts := range awaitOptions {
		for _, reason := range []error{Kill, ExitValue{1}, Shutdown} {
			rt := begin(t, Config{Workers: 2})
			to, calls := keeper(t, rt)
			a := &awaiter{to: to, then: func(*Ctx, any, error) error { t.Error("then is called of a process that has ended"); return nil }}
			pid := spawn(t, rt, func() Machine { return a }, opts...)
			send(t, rt, pid, "await")
			k := await(t, "the call", calls)
			send(t, rt, pid, "never handled")
			stats(t, rt)
			if n := info(t, rt, to).Calls; n != 1 {
				t.Errorf("%s: %d calls at the callee", kind, n)
			}
			ended := make(chan error, 1)
			go func() {
				reason, _ := rt.Wait(t.Context(), pid)
				ended <- reason
			}()
			until(t, "it is watched", func() bool { return len(info(t, rt, pid).MonitoredBy) == 1 })
			if err := rt.Exit(pid, reason); err != nil {
				t.Fatal(err)
			}
			if reason == Kill {
				reason = Killed
			}
			if r := await(t, "the end", ended); r != reason {
				t.Errorf("%s: ended with %v, want %v", kind, r, reason)
			}
			until(t, "the callee is told", func() bool { return info(t, rt, to).Calls == 0 })
			_ = rt.ReplyTo(k, "late")
			if s := stats(t, rt); s.DeadLetters != 1 {
				t.Errorf("%s: %d dead letters, want the one message", kind, s.DeadLetters)
			}
		}
	}
}

// An Await in the function of another one goes on as the first, as often as one likes; the call that was being handled stays the one
// that Reply answers.
func TestAwaitInThenAndReplyToTheOriginalCaller(t *testing.T) {
	for kind, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 2})
		add := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body.(int) + 1) })
		hold := make(chan struct{})
		var countUp func(c *Ctx, v any, err error) error
		countUp = func(c *Ctx, v any, err error) error {
			n, _ := v.(int)
			switch {
			case err != nil:
				return err
			case n < 10:
				return c.Await(add, n, time.Hour, countUp)
			}
			if _, ok := c.Caller(); !ok || c.Expired() {
				return fmt.Errorf("in then: caller %v, expired %v", ok, c.Expired())
			}
			if err := c.Reply(n); err != nil {
				return err
			}
			if c.Reply(n) != ErrNoCaller {
				return errors.New("a second reply is not refused")
			}
			return nil
		}
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body == "hold" {
				c.Blocking(func() { <-hold })
				return nil
			}
			return c.Await(add, m.Body, time.Hour, countUp)
		}, opts...)
		send(t, rt, pid, "hold")
		over := make(chan outcome, 20)
		for i := range cap(over) / 2 {
			go func() {
				v, err := rt.Call(t.Context(), pid, i)
				over <- outcome{v, err}
			}()
			direct(t, rt, func(self *Self) error {
				v, err := self.Call(pid, i, Forever)
				over <- outcome{v, err}
				return nil
			})
		}
		close(hold)
		for range cap(over) {
			if o := await(t, "a reply", over); o.v != 10 || o.err != nil {
				t.Errorf("%s: %+v", kind, o)
			}
		}
	}
}

// initAwaits awaits in Init.
type initAwaits struct {
	to  PID
	got chan string
	err error // of then
}

func (i *initAwaits) Init(c *Ctx) error {
	return c.Await(i.to, 1, time.Hour, func(c *Ctx, v any, err error) error {
		i.got <- fmt.Sprint("then ", v, " ", err)
		return i.err
	})
}

func (i *initAwaits) Handle(c *Ctx, m Message) error { i.got <- fmt.Sprint(m.Body); return nil }
func (i *initAwaits) Terminate(*Ctx, error)          { i.got <- "terminate" }

func TestAwaitInInitComesBeforeTheFirstMessage(t *testing.T) {
	for kind, opts := range awaitOptions {
		for _, end := range []error{nil, ExitValue{"of then"}} {
			rt := begin(t, Config{Workers: 2})
			to, calls := keeper(t, rt)
			got := make(chan string, 10)
			pid := spawn(t, rt, func() Machine { return &initAwaits{to, got, end} }, opts...)
			k := await(t, "the call", calls)
			send(t, rt, pid, "message")
			stats(t, rt)
			if err := rt.ReplyTo(k, 5); err != nil {
				t.Fatal(err)
			}
			want := []string{"then 5 <nil>", "message"}
			if end != nil {
				want = []string{"then 5 <nil>", "terminate"}
			}
			for _, w := range want {
				if s := await(t, w, got); s != w {
					t.Errorf("%s: %q, want %q", kind, s, w)
				}
			}
		}
	}
}

func TestAwaitRefusesBadArguments(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	silent := handler(t, rt, ignore)
	over := make(chan error, 1)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		then := func(*Ctx, any, error) error { over <- nil; return nil }
		switch {
		case c.Await(silent, 1, Forever, nil) == nil:
			over <- errors.New("a nil then is not refused")
		case c.Await(0, 1, Forever, then) == nil || c.Await(c.Self(), 1, Forever, then) == nil || c.Await(silent, 1, 0, then) == nil:
			over <- errors.New("a bad call is not refused")
		case c.Await(silent, 1, time.Millisecond, then) != nil: // none of those before has left anything
			over <- errors.New("a good call is refused")
		case c.Await(silent, 1, Forever, then) == nil:
			over <- errors.New("an Await on top of another one is not refused")
		}
		return nil
	})
	send(t, rt, pid, nil)
	if err := await(t, "then", over); err != nil {
		t.Error(err)
	}
	stats(t, rt)
	if len(over) != 0 {
		t.Error("then is called of a call that was refused")
	}
}

// A panic in then, or an error, ends the process as one in Handle does.
func TestThenEndsTheProcessAsHandleDoes(t *testing.T) {
	for want, then := range map[string]func(*Ctx, any, error) error{
		"proc: exit: 5":        func(*Ctx, any, error) error { return ExitValue{5} },
		"proc: panic: in then": func(*Ctx, any, error) error { panic("in then") },
		"proc: exit: killed":   func(c *Ctx, _ any, _ error) error { return c.Exit(c.Self(), Kill) },
		"proc: exit: normal":   func(*Ctx, any, error) error { return Normal },
		ErrCallingSelf.Error(): func(*Ctx, any, error) error { return ErrCallingSelf },
	} {
		rt := begin(t, Config{Workers: 2})
		echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
		pid := handler(t, rt, func(c *Ctx, m Message) error { return c.Await(echo, 1, Forever, then) })
		over := make(chan outcome, 1)
		go func() {
			v, err := rt.Call(t.Context(), pid, 1)
			over <- outcome{v, err}
		}()
		o := await(t, "the caller's error", over)
		if e := (*CallError)(nil); o.v != nil || !errors.As(o.err, &e) || e.Err.Error() != want {
			t.Errorf("%v, %v; want %s", o.v, o.err, want)
		}
	}
}
