package genstatem

import (
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func echo(t *testing.T) (*stage, Ref[any, string, any]) {
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		if e.Kind == CallEvent {
			return c.Reply(e.Body)
		}
		return nil
	}})
	return s, RefOf[any, string, any](s.pid)
}

func TestCallReturnsTheReplyOrSaysWhyThereIsNone(t *testing.T) {
	s, ref := echo(t)
	check := func(what string, call func(req any) (string, error)) {
		t.Helper()
		if v, err := call("x"); v != "x" || err != nil {
			t.Errorf("%s: got %q, %v", what, v, err)
		}
		var wrong *proc.ReplyTypeError
		if _, err := call(1); !errors.As(err, &wrong) {
			t.Errorf("%s: a reply of another type: %v", what, err)
		}
		if _, err := call(errOops); !errors.Is(err, errOops) {
			t.Errorf("%s: an error as reply: %v", what, err)
		}
	}
	check("CallContext", func(req any) (string, error) { return CallContext(waiting(t), s.rt, ref, req) })
	done := make(chan error)
	_, err := s.rt.Go(func(self *proc.Self) error {
		check("Call", func(req any) (string, error) { return Call(self, ref, req, proc.Forever) })
		check("Request", func(req any) (string, error) {
			if _, err := Request(self, ref, req, time.Hour); err != nil {
				return "", err
			}
			return Result[string](self.Receive().Body.(proc.Reply))
		})
		done <- Cast(self, ref, any("cast"))
		return nil
	})
	ok(t, err)
	ok(t, <-done)
	ok(t, Stop(s.k, s.pid, proc.Normal))
	if _, err := CallContext(waiting(t), s.rt, ref, any("x")); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("after the end: %v", err)
	}
}

func TestANilReplyIsTheZeroOfAnInterface(t *testing.T) {
	if v, err := Result[any](proc.Reply{}); v != nil || err != nil {
		t.Errorf("any: %v, %v", v, err)
	}
	var wrong *proc.ReplyTypeError
	if _, err := Result[int](proc.Reply{}); !errors.As(err, &wrong) {
		t.Errorf("int: %v", err)
	}
	if v, err := Result[error](proc.Reply{Value: errOops}); v != errOops || err != nil {
		t.Errorf("error: %v, %v", v, err)
	}
}

// From may be kept and replied to in another event, by another process, or by a goroutine. The first reply counts.
func TestRepliesMayComeLaterAndFromAnywhere(t *testing.T) {
	kept := make(chan proc.Caller, 1)
	var mine proc.Caller
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		switch {
		case e.Body == "keep":
			mine = e.From
		case e.Kind == CallEvent:
			kept <- e.From
		case e.Body == "reply":
			return c.ReplyTo(mine, "by a later event")
		}
		return nil
	}})
	ref := RefOf[string, string, string](s.pid)
	got := make(chan string, 1)
	call := func(q string) {
		v, err := CallContext(waiting(t), s.rt, ref, q)
		if err != nil {
			v = err.Error()
		}
		got <- v
	}
	go call("keep")
	for len(s.log.all()) == 0 {
		s.sync()
	}
	s.cast("reply")
	if v := <-got; v != "by a later event" {
		t.Error(v)
	}
	go call("goroutine")
	k := <-kept
	ok(t, s.rt.ReplyTo(k, "by a goroutine"))
	_ = s.rt.ReplyTo(k, "twice")
	if v := <-got; v != "by a goroutine" {
		t.Error(v)
	}
	go call("process")
	k = <-kept
	_, err := s.rt.Go(func(self *proc.Self) error { return self.ReplyTo(k, "by a process") })
	ok(t, err)
	if v := <-got; v != "by a process" {
		t.Error(v)
	}
}

func TestReplyWithoutACallerIsAnErrorAndNoEnd(t *testing.T) {
	errs := make(chan error, 2)
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		errs <- c.Reply(1)
		if e.Kind == CallEvent {
			errs <- c.Reply(2)
		}
		return nil
	}})
	s.cast("x")
	if err := <-errs; err != proc.ErrNoCaller {
		t.Errorf("of a cast: %v", err)
	}
	if v, err := CallContext(waiting(t), s.rt, RefOf[string, int, string](s.pid), "?"); v != 1 || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
	ok(t, <-errs)
	if err := <-errs; err != proc.ErrNoCaller {
		t.Errorf("twice: %v", err)
	}
	s.sync()
}

// Infos keep who sent them and their Word.
func TestEventsKeepWhatTheMessageHad(t *testing.T) {
	got := make(chan Event, 3)
	s := play(t, &puppet{handle: func(_ *Ctx[string], _ string, e Event) error { got <- e; return nil }})
	pids := make(chan proc.PID, 1)
	_, err := s.rt.Go(func(self *proc.Self) error {
		pids <- self.PID()
		if err := self.SendWord(s.pid, "info", 7); err != nil {
			return err
		}
		return Cast(self, RefOf[any, any, string](s.pid), "cast")
	})
	ok(t, err)
	pid := <-pids
	if e := <-got; e != (Event{Kind: InfoEvent, Body: "info", Sender: pid, Word: 7}) {
		t.Errorf("got %#v", e)
	}
	if e := <-got; e != (Event{Kind: CastEvent, Body: "cast", Sender: pid}) {
		t.Errorf("got %#v", e)
	}
	s.sync()
}

func TestKindsHaveNames(t *testing.T) {
	for k, want := range map[Kind]string{InfoEvent: "info", CallEvent: "call", EnterEvent: "enter", NamedTimeout: "timeout", 77: "Kind(77)"} {
		if k.String() != want {
			t.Errorf("got %q, want %q", k, want)
		}
	}
}
