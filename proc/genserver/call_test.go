package genserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// shape is an interface type for requests, replies and casts.
type shape interface{ area() int }

type square int

func (s square) area() int { return int(s * s) }

// shapes takes and replies with interface values, nil too.
type shapes struct {
	Base[shape, shape, shape]
	diary chan string
}

func (s *shapes) HandleCall(_ *Ctx, q shape, _ From[shape]) (shape, error) { return q, nil }
func (s *shapes) HandleCast(_ *Ctx, m shape) error                         { s.diary <- fmt.Sprint(m); return nil }

func TestCallReturnsTheReply(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := started(t, rt, func() Server[int, int, int] { return &counter{} })
	n, err := CallContext(within(t), rt, ref, 3)
	eq(t, "from a goroutine", n, 3)
	is(t, "from a goroutine", err, nil)
	inside(t, rt, func(self *proc.Self) error {
		n, err := Call(self, ref, 4, patience)
		eq(t, "in direct style", n, 7)
		return err
	})
}

func TestRequestsRepliesAndCastsMayBeInterfaces(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := &shapes{diary: make(chan string, 10)}
	ref := started(t, rt, func() Server[shape, shape, shape] { return s })
	for _, q := range []shape{square(3), nil} {
		r, err := CallContext(within(t), rt, ref, q)
		if r != q || err != nil {
			t.Errorf("a call with %v: %v, %v", q, r, err)
		}
		is(t, "Cast", Cast(rt, ref, q), nil)
		eq(t, "a cast", await(t, "a cast", s.diary), fmt.Sprint(q))
	}
	r, err := ref.CallContext(within(t), rt, square(2)) // a value of a type that implements it
	if r != square(2) || err != nil {
		t.Errorf("%v, %v", r, err)
	}
	is(t, "Cast", ref.Cast(rt, square(2)), nil)
	eq(t, "a cast", await(t, "a cast", s.diary), "2")
	inside(t, rt, func(self *proc.Self) error {
		r, err := ref.Call(self, square(4), patience)
		eq[shape](t, "Call", r, square(4))
		id, e := ref.Request(self, square(5), patience)
		r, f := Receive[shape](self, id, patience)
		eq[shape](t, "Request", r, square(5))
		return errors.Join(err, e, f)
	})
}

func TestErrorReplyIsTheCallersErrorAndTheServerGoesOn(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	fails := func(*Ctx, From[string]) (string, error) { return "not this", ErrorReply(errFault) }
	v, err := do(t, rt, ref, fails)
	eq(t, "the value", v, "")
	is(t, "the error", err, errFault)
	var e *ReplyError
	if !errors.As(err, &e) {
		t.Errorf("the error is %#v", err)
	}
	if _, ok := proc.Reason(err); ok {
		t.Error("it is taken for an exit reason")
	}
	later, err := do(t, rt, ref, func(c *Ctx, from From[string]) (string, error) {
		says(t, "Fail", from.Fail(c, nil), "genserver: Fail: err is nil")
		is(t, "Fail", from.Fail(c, errFault), nil)
		return "", NoReply
	})
	eq(t, "the value", later, "")
	is(t, "the error of Fail", err, errFault)
}

func TestAServerMayReplyLaterAndFromAnywhere(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s)
	by := map[string]func(c *Ctx, from From[string]){
		"itself, before it returns": func(c *Ctx, from From[string]) { is(t, "Reply", from.Reply(c, "r"), nil) },
		"itself, by a later cast": func(c *Ctx, from From[string]) {
			_ = Cast(c, ref, func(c *Ctx) error { return from.Reply(c, "r") })
		},
		"a goroutine": func(c *Ctx, from From[string]) { go func() { is(t, "Reply", from.Reply(rt, "r"), nil) }() },
		"a process": func(c *Ctx, from From[string]) {
			_, _ = c.Spawn(proc.Of(func(c *proc.Ctx, _ proc.Message) error { return errors.Join(from.Reply(c, "r"), proc.Normal) }), proc.WithName("replier"))
			_ = c.SendName("replier", 0)
		},
		"a process in direct style": func(c *Ctx, from From[string]) {
			_, _ = c.Go(func(self *proc.Self) error { return from.Reply(self, "r") })
		},
	}
	for name, f := range by {
		v, err := do(t, rt, ref, func(c *Ctx, from From[string]) (string, error) { f(c, from); return "not this", NoReply })
		if v != "r" || err != nil {
			t.Errorf("%s: %q, %v", name, v, err)
		}
	}
}

func TestTheFirstReplyCounts(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	v, err := do(t, rt, ref, func(c *Ctx, from From[string]) (string, error) {
		is(t, "the first", from.Reply(c, "first"), nil)
		is(t, "the second", from.Reply(c, "second"), proc.ErrNoCaller)
		is(t, "one from outside", from.Reply(rt, "third"), nil) // dropped
		return "fourth", nil
	})
	if v != "first" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	is(t, "the zero From", From[string]{}.Reply(rt, "x"), proc.ErrNoCaller)
	synced(t, rt, ref)
}

func TestALateReplyIsDropped(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		froms := make(chan From[string], 1)
		_, err := Call(self, ref, func(c *Ctx, from From[string]) (string, error) { froms <- from; return "", NoReply }, 1)
		is(t, "Call", err, proc.ErrTimeout)
		is(t, "Call", err, context.DeadlineExceeded)
		_, err = Call(self, ref, func(c *Ctx, _ From[string]) (string, error) {
			return "", (<-froms).Reply(c, "late")
		}, patience)
		if m, ok := self.ReceiveTimeout(0); ok {
			t.Errorf("%v has come", m.Body)
		}
		return err
	})
}

func TestAReplyToADeadCallerIsDropped(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	froms := make(chan From[string], 1)
	pid, err := rt.Go(func(self *proc.Self) error {
		_, err := Call(self, ref, func(c *Ctx, from From[string]) (string, error) { froms <- from; return "", NoReply }, proc.Forever)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	from := await(t, "the call", froms)
	w := watched(t, rt, pid)
	_ = rt.Exit(pid, proc.Kill)
	eq(t, "the caller's end", w.ended(t), proc.Killed)
	_, err = do(t, rt, ref, func(c *Ctx, _ From[string]) (string, error) { return "", from.Reply(c, "nobody") })
	is(t, "the reply", err, nil)
	synced(t, rt, ref)
}

func TestACallToItselfFailsAtOnce(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	_, err := do(t, rt, ref, func(c *Ctx, _ From[string]) (string, error) {
		_, err := Request(c, ref, nil, proc.Forever)
		is(t, "Request", err, proc.ErrCallingSelf)
		is(t, "Await", Await(c, ref, nil, proc.Forever, func(*Ctx, string, error) error { return nil }), proc.ErrCallingSelf)
		return "", nil
	})
	is(t, "the call", err, nil)
	inside(t, rt, func(self *proc.Self) error {
		_, err := Call(self, RefOf[int, int, int](self.PID()), 1, proc.Forever)
		is(t, "Call", err, proc.ErrCallingSelf)
		return nil
	})
}

func TestACallToNobodyOrWithABadTimeoutFails(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	inside(t, rt, func(self *proc.Self) error {
		_, err := Call(self, ref, nil, 0)
		says(t, "a timeout of 0", err, "timeout")
		if err := Stop(self.Client(patience), ref.PID, proc.Normal); err != nil {
			return err
		}
		_, err = Call(self, ref, nil, patience)
		is(t, "Call", err, proc.ErrNoProc)
		_, err = Call(self, scriptRef{}, nil, patience)
		is(t, "a call to the zero Ref", err, proc.ErrNoProc)
		is(t, "Cast", Cast(self, ref, nil), proc.ErrNoProc)
		is(t, "CastName", CastName[tell](self, "nobody", nil), proc.ErrNoName)
		return nil
	})
}

func TestARequestOfAnotherTypeGetsAnErrorThatNamesTheTypeWanted(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := started(t, rt, func() Server[int, int, int] { return &counter{} })
	for _, req := range []any{"text", nil, int64(3)} {
		v, err := rt.Call(within(t), ref.PID, req)
		var e *RequestTypeError
		if answer, ok := v.(*ReplyError); err != nil || !ok || !errors.As(answer, &e) || e.Want != "int" || e.Got != typeOf(req) || e.Server != ref.PID {
			t.Errorf("a call with %v: %v, %v", req, v, err)
		}
	}
	_, err := CallContext(within(t), rt, RefOf[string, int, int](ref.PID), "text")
	says(t, "a typed call", err, "int", "string", ref.PID.String())
	_, err = CallContext(within(t), rt, RefOf[int, string, int](ref.PID), 1)
	var e *proc.ReplyTypeError
	if !errors.As(err, &e) || e.Want != "string" || e.Value != 1 || e.To != ref.PID {
		t.Errorf("a reply of another type: %v", err)
	}
	n, err := CallContext(within(t), rt, ref, 1)
	if n != 2 || err != nil {
		t.Errorf("the server after it: %d, %v", n, err)
	}
}

func TestACastOfAnotherTypeGoesToHandleInfo(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	s := newScript(t)
	ref := run(t, rt, s)
	is(t, "Cast", Cast(rt, RefOf[ask, string, int](ref.PID), 7), nil)
	is(t, "Cast", Cast[ask, string, any](rt, RefOf[ask, string, any](ref.PID), nil), nil)
	synced(t, rt, ref)
	s.wrote(t, "info 7", "info <nil>")

	plain := started(t, rt, func() Server[int, int, int] { return &counter{} })
	is(t, "Cast", Cast(rt, RefOf[int, int, string](plain.PID), "text"), nil)
	n, err := CallContext(within(t), rt, plain, 1)
	if n != 1 || err != nil {
		t.Errorf("the server after it: %d, %v", n, err)
	}
	if list := log.with("unexpected message"); len(list) != 1 || list[0]["message"] != "text" || list[0]["level"] != "WARN" || list[0]["server"] != "*genserver.counter" {
		t.Errorf("the log has %v", list)
	}
}

func TestAServerWithoutHandleInfoLogsAWarningAndGoesOn(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	ref := started(t, rt, func() Server[int, int, int] { return &counter{} })
	inside(t, rt, func(self *proc.Self) error {
		_ = self.Send(ref.PID, "text")
		_, err := Call(self, ref, 1, patience)
		list := log.with("genserver: unexpected message")
		if len(list) != 1 || list[0]["from"] != self.PID().String() || list[0]["pid"] != ref.PID.String() || list[0]["message"] != "text" {
			t.Errorf("the log has %v", list)
		}
		return err
	})
}

func TestBaseTakesNeitherCallsNorCasts(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	type nothing struct{ Base[int, int, string] }
	ref := started(t, rt, func() Server[int, int, string] { return nothing{} })
	is(t, "Cast", Cast(rt, ref, "text"), nil)
	_, err := CallContext(within(t), rt, ref, 1)
	says(t, "the call", err, "genserver", "takes no calls", "nothing")
	if list := log.with("unexpected cast"); len(list) != 1 || list[0]["cast"] != "text" {
		t.Errorf("the log has %v", list)
	}
}

func TestCastsAndCallsOfOneSenderKeepTheirOrder(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s, WithName("server"))
	inside(t, rt, func(self *proc.Self) error {
		is(t, "Cast", Cast(self, ref, func(*Ctx) error { s.note("cast"); return nil }), nil)
		is(t, "Send", self.Send(ref.PID, "sent"), nil)
		is(t, "CastName", CastName[tell](self, "server", func(*Ctx) error { s.note("by name"); return nil }), nil)
		is(t, "CastAll", CastAll(self, []scriptRef{ref, ref}, func(*Ctx) error { s.note("all"); return nil }), nil)
		_, err := Call(self, ref, func(*Ctx, From[string]) (string, error) { s.note("call"); return "", nil }, patience)
		return err
	})
	s.wrote(t, "cast", "info sent", "by name", "all", "all", "call")
	is(t, "CastAll", CastAll(rt, []scriptRef{{}, ref}, func(*Ctx) error { s.note("all"); return nil }), proc.ErrNoProc)
	synced(t, rt, ref)
	s.wrote(t, "all")
}

func TestAwaitHasTheReplyBeforeAnythingElse(t *testing.T) {
	rt := begin(t, proc.Config{})
	s, other := newScript(t), run(t, rt, newScript(t))
	ref := run(t, rt, s)
	v, err := do(t, rt, ref, func(c *Ctx, from From[string]) (string, error) {
		_ = Cast(c, ref, func(*Ctx) error { s.note("cast"); return nil })
		is(t, "Await", Await(c, other, func(*Ctx, From[string]) (string, error) { return "from the other", nil }, patience, func(c *Ctx, r string, err error) error {
			s.note("reply %s %v", r, err)
			c.Continue("further")
			return from.Reply(c, r)
		}), nil)
		return "", NoReply
	})
	if v != "from the other" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	synced(t, rt, ref)
	s.wrote(t, "reply from the other <nil>", "continue further", "cast")
	_, err = do(t, rt, ref, func(c *Ctx, from From[string]) (string, error) {
		says(t, "Await without then", Await[*Ctx](c, other, nil, patience, nil), "genserver: Await: then is nil")
		says(t, "Ctx.Await without then", c.Await(other.PID, nil, patience, nil), "genserver: Await: then is nil")
		fails := func(*Ctx, From[string]) (string, error) { return "", ErrorReply(errFault) }
		is(t, "Await", Await(c, other, fails, patience, func(c *Ctx, r string, err error) error {
			is(t, "the reply", err, errFault)
			return from.Reply(c, "")
		}), nil)
		return "", NoReply
	})
	is(t, "the call", err, nil)
	synced(t, rt, ref)
}

func TestAwaitServesMachinesToo(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := started(t, rt, func() Server[int, int, int] { return &counter{} })
	got := make(chan int, 1)
	pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		return Await(c, ref, 5, patience, func(c *proc.Ctx, n int, err error) error { got <- n; return err })
	}))
	if err != nil {
		t.Fatal(err)
	}
	_ = rt.Send(pid, 0)
	eq(t, "the reply", await(t, "the reply", got), 5)
}

func TestABadReturnEndsTheServerAndSaysWhatWouldBeRight(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, v := range []error{NoReply, ReplyAndStop(errFault), ErrorReply(errFault)} {
		for callback, cause := range map[string]tell{
			"HandleCast":                  func(*Ctx) error { return v },
			"HandleContinue":              func(c *Ctx) error { c.Continue(v); return nil },
			"HandleInfo":                  func(c *Ctx) error { return c.Send(c.Self(), v) },
			"the function given to Await": awaits(func() error { return v }),
		} {
			s := newScript(t)
			s.info = func(_ *Ctx, m proc.Message) error { return m.Body.(error) }
			s.cont = func(_ *Ctx, what any) error { return what.(error) }
			ref := run(t, rt, s)
			w := watched(t, rt, ref.PID)
			cast(t, rt, ref, cause)
			var e *BadReturnError
			if reason := w.ended(t); !errors.As(reason, &e) || e.Callback != callback || e.Value != v {
				t.Errorf("%s returned %v: the reason is %v", callback, v, reason)
			}
			if len(s.noted()) != 1 {
				t.Errorf("%s returned %v: no Terminate", callback, v)
			}
		}
	}
	for _, v := range []error{ReplyAndStop(nil), ErrorReply(nil), errors.Join(NoReply)} {
		ref := run(t, rt, newScript(t))
		_, err := do(t, rt, ref, func(*Ctx, From[string]) (string, error) { return "", v })
		reason, _ := proc.Reason(err)
		var e *BadReturnError
		if !errors.As(reason, &e) || e.Callback != "HandleCall" {
			t.Errorf("HandleCall returned %v: %v", v, err)
		}
		says(t, "the reason", reason, "genserver: HandleCall", "must")
	}
}

func TestAServerStaysAServer(t *testing.T) {
	rt := begin(t, proc.Config{})
	ref := run(t, rt, newScript(t))
	_, err := do(t, rt, ref, func(c *Ctx, _ From[string]) (string, error) {
		says(t, "Become", c.Become(proc.Func(nil)), "genserver: Become", "sys.ChangeCode")
		says(t, "Postpone", c.Postpone(proc.Message{}), "genserver: Postpone", "genstatem")
		return "", nil
	})
	is(t, "the call", err, nil)
}
