package genstatem

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// A machine that inserts events for ever starves nobody, on a single worker; only its own messages wait. It can be killed.
func TestAnEndlessRunOfEventsStarvesNobody(t *testing.T) {
	rt, err := proc.New(proc.Config{Workers: 1, Logger: slog.New(slog.DiscardHandler)})
	ok(t, err)
	t.Cleanup(func() { ok(t, rt.Shutdown(waiting(t))) })
	s := playOn(t, rt, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		c.m.h.(*puppet).log = &journal{} // which would grow for ever
		return c.Internal("again")
	}})
	s.cast("go")
	other, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(m.Body) }))
	ok(t, err)
	for i := range 1000 {
		v, err := rt.Call(waiting(t), other, i)
		ok(t, err)
		if v != i {
			t.Fatalf("got %v", v)
		}
	}
	end := s.watch()
	ok(t, rt.Exit(s.pid, proc.Kill))
	if r := end(); r != proc.Killed {
		t.Errorf("ended for %v", r)
	}
}

// The same with timeouts of zero.
func TestAnEndlessRunOfTimeoutsOfZeroStarvesNobody(t *testing.T) {
	rt, err := proc.New(proc.Config{Workers: 1, Logger: slog.New(slog.DiscardHandler)})
	ok(t, err)
	t.Cleanup(func() { ok(t, rt.Shutdown(waiting(t))) })
	s := playOn(t, rt, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		c.m.h.(*puppet).log = &journal{}
		return c.SetTimeout(StateTimeout, 0, nil)
	}})
	s.cast("go")
	end := s.watch()
	ok(t, rt.Exit(s.pid, errOops))
	if r := end(); r != errOops {
		t.Errorf("ended for %v", r)
	}
}

// Messages that come between two turns of one run wait for its end, in order: a cast, a call, an info, a timer, a request of sys.
func TestMessagesWaitForTheEndOfALongRun(t *testing.T) {
	for _, opts := range [][]proc.SpawnOption{nil, {proc.WithMailboxBound(100, proc.Reject)}, {proc.WithMailboxBound(100, proc.DropOldest)}} {
		s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
			c.Consume(4000) // every event is a turn
			switch b := e.Body.(type) {
			case int:
				if e.Kind == InternalEvent && b < 50 {
					return c.Internal(b + 1)
				}
			case string:
				if e.Kind == CallEvent {
					return c.Reply(b)
				}
				if b == "go" {
					return c.Internal(1)
				}
			}
			return nil
		}}, opts...)
		want := []string{"A cast: go"}
		for i := range 50 {
			want = append(want, fmt.Sprintf("A internal: %d", i+1))
		}
		s.cast("go")
		for i := range 20 {
			ok(t, s.rt.Send(s.pid, i))
			s.cast(fmt.Sprint(i))
			want = append(want, fmt.Sprintf("A info: %d", i), fmt.Sprintf("A cast: %d", i))
		}
		if v, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), "call"); v != "call" || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		s.want(append(want, "A call: call")...)
	}
}

// A full mailbox is no obstacle to a long run, and loses nothing by it.
func TestALongRunNeedsNoRoomInTheMailbox(t *testing.T) {
	for _, policy := range []proc.Overflow{proc.Reject, proc.DropNewest, proc.DropOldest} {
		s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
			c.Consume(4000)
			switch {
			case e.Body == "go":
				c.Runtime().SendWord(c.Self(), "fills the mailbox", castWord)
				return c.Internal(1)
			case e.Kind == InternalEvent && e.Body.(int) < 10:
				return c.Internal(e.Body.(int) + 1)
			}
			return nil
		}}, proc.WithMailboxBound(1, policy))
		s.cast("go")
		for len(s.log.all()) < 12 {
			runtime.Gosched()
		}
		s.sync()
		if got := s.log.all(); got[len(got)-1] != "A cast: fills the mailbox" {
			t.Errorf("%v: %q", policy, got)
		}
	}
}

func TestHibernateAndHibernateAfter(t *testing.T) {
	rt := begin(t)
	k := rt.Client(waiting(t))
	log := &journal{}
	f := Factory(func() Handler[string] {
		return &puppet{log: log, handle: func(c *Ctx[string], _ string, e Event) error {
			switch e.Body {
			case "sleep":
				c.Hibernate()
			case "later":
				return c.Postpone()
			case "go":
				c.Hibernate()
				return c.Next("B")
			}
			return nil
		}}
	}, HibernateAfter(time.Microsecond))
	pid, err := k.Start(f)
	ok(t, err)
	s := &stage{t: t, rt: rt, k: k, pid: pid, log: log}
	want := []string{}
	for range 50 {
		s.cast("sleep", "x")
		s.sync()
		want = append(want, "A cast: sleep", "A cast: x")
	}
	s.cast("later", "go")
	s.want(append(want, "A cast: later", "A cast: go", "B cast: later")...)
}
