package genstatem

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Every action that is not allowed ends the machine with an error that says which it was, where, and what would be right, after Terminate in the
// state that was to be the next.
func TestBadActionsAreNamed(t *testing.T) {
	type call = func(c *Ctx[string]) error
	for _, x := range []struct {
		action, want string
		enter        bool // only bad in an enter call
		do           call
	}{
		{"Postpone", "no event that could come again", true, (*Ctx[string]).Postpone},
		{"NextEvent", "cannot insert events", true, func(c *Ctx[string]) error { return c.Internal(1) }},
		{"Next(C)", "cannot change the state", true, func(c *Ctx[string]) error { return c.Next("C") }},
		{"ChangeModule", "cannot change the implementation", true, func(c *Ctx[string]) error { return c.ChangeModule(&puppet{}) }},
		{"PushModule", "cannot change the implementation", true, func(c *Ctx[string]) error { return c.PushModule(&puppet{}) }},
		{"PopModule", "cannot change the implementation", true, (*Ctx[string]).PopModule},
		{"ChangeModule", "h is nil", false, func(c *Ctx[string]) error { return c.ChangeModule(nil) }},
		{"PushModule", "h is nil", false, func(c *Ctx[string]) error { return c.PushModule(nil) }},
		{"PopModule", "no implementation was pushed", false, (*Ctx[string]).PopModule},
		{"NextEvent", "Kind is enter", false, func(c *Ctx[string]) error { return c.NextEvent(Event{Kind: EnterEvent}) }},
		{"NextEvent", "Kind is Kind(99)", false, func(c *Ctx[string]) error { return c.NextEvent(Event{Kind: 99}) }},
		{"NextEvent", "needs a From", false, func(c *Ctx[string]) error { return c.NextEvent(Event{Kind: CallEvent}) }},
		{"NextEvent", "Name is nil", false, func(c *Ctx[string]) error { return c.NextEvent(Event{Kind: NamedTimeout}) }},
		{"NextEvent", "cannot be compared", false, func(c *Ctx[string]) error { return c.NextEvent(Event{Kind: NamedTimeout, Name: []int{1}}) }},
		{"SetTimeout(n)", "d is -1s", false, func(c *Ctx[string]) error { return c.SetTimeout("n", -time.Second, nil) }},
		{"SetTimeout(<nil>)", "t is nil", false, func(c *Ctx[string]) error { return c.SetTimeout(nil, time.Second, nil) }},
		{"SetTimeout(genstatem.Kind)", "t is the Kind cast", false, func(c *Ctx[string]) error { return c.SetTimeout(CastEvent, time.Second, nil) }},
		{"SetTimeout([]int)", "cannot be compared", false, func(c *Ctx[string]) error { return c.SetTimeout([]int{1}, time.Second, nil) }},
		{"SetTimeoutAt(n)", "zero Time", false, func(c *Ctx[string]) error { return c.SetTimeoutAt("n", time.Time{}, nil) }},
		{"UpdateTimeout(<nil>)", "t is nil", false, func(c *Ctx[string]) error { return c.UpdateTimeout(nil, nil) }},
		{"CancelTimeout(<nil>)", "t is nil", false, func(c *Ctx[string]) error { return c.CancelTimeout(nil) }},
	} {
		for _, enter := range []bool{false, true} {
			if x.enter && !enter || !x.enter && enter && strings.Contains(x.action, "Module") || enter && x.action == "NextEvent" && !x.enter {
				continue
			}
			var returned error
			s := play(t, &puppet{enters: enter, handle: func(c *Ctx[string], st string, e Event) error {
				switch {
				case e.Body == "go":
					c.Next("B")
					if !enter {
						returned = x.do(c)
					}
				case e.Kind == EnterEvent && st == "B":
					returned = x.do(c)
				}
				return nil // as if the error had not been seen
			}})
			end := s.watch()
			s.cast("go")
			reason := end()
			var bad *BadAction
			where := "the handling of cast in state A"
			if enter {
				where = "the enter call of state B"
			}
			if !errors.As(reason, &bad) || bad.Action != x.action || bad.During != where || !strings.Contains(bad.Why, x.want) {
				t.Errorf("%s: ended for %v", x.action, reason)
			}
			if returned != reason {
				t.Errorf("%s returned %v", x.action, returned)
			}
			if all := s.log.all(); !strings.HasPrefix(all[len(all)-1], "B terminate: genstatem: bad action") {
				t.Errorf("%s: callbacks %q", x.action, all)
			}
		}
	}
}

func TestBadActionsOfInit(t *testing.T) {
	rt := begin(t)
	for name, do := range map[string]func(c *Ctx[string]) error{
		"Next":      func(c *Ctx[string]) error { c.Next("B"); return nil },
		"Repeat":    func(c *Ctx[string]) error { c.Repeat(); return nil },
		"PopModule": func(c *Ctx[string]) error { c.PopModule(); return nil },
		"NextEvent": func(c *Ctx[string]) error { c.NextEvent(Event{Kind: EnterEvent}); return nil },
	} {
		log := &journal{}
		_, err := Start(rt.Client(waiting(t)), func() Handler[string] { return &puppet{init: do, log: log} })
		var bad *BadAction
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Action, name) || bad.During != "Init" {
			t.Errorf("%s: %v", name, err)
		}
		log.want(t) // no Terminate
	}
}

// A state that cannot be compared is found where it is made.
func TestAStateThatCannotBeComparedIsABadAction(t *testing.T) {
	rt := begin(t)
	k := rt.Client(waiting(t))
	_, err := Start(k, func() Handler[any] { return anyState{[]int{1}} })
	var bad *BadAction
	if !errors.As(err, &bad) || bad.During != "Init" {
		t.Errorf("Init: %v", err)
	}
	pid, err := Start(k, func() Handler[any] { return anyState{"fine"} })
	ok(t, err)
	_, err = rt.Call(waiting(t), pid, []int{2})
	if !errors.As(err, &bad) || bad.Action != "Next([]int)" {
		t.Errorf("Next: %v", err)
	}
}

type anyState struct{ first any }

func (a anyState) Init(*Ctx[any]) (any, error) { return a.first, nil }
func (a anyState) HandleEvent(c *Ctx[any], s any, e Event) error {
	return c.Next(e.Body)
}

// The ways of proc.Ctx that would go round the events are closed.
func TestWhatDoesNotGoWithEventsIsRefused(t *testing.T) {
	errs := make(chan error, 3)
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		errs <- c.Await(0, nil, 0, nil)
		errs <- c.Become(nil)
		errs <- c.ReceiveTimeout(1)
		return nil
	}})
	s.cast("go")
	for range 3 {
		if err := <-errs; err == nil || !strings.HasPrefix(err.Error(), "genstatem: ") {
			t.Errorf("got %v", err)
		}
	}
	s.sync()
}

// A Ctx that is used when nothing runs says so and does nothing.
func TestACtxOutsideItsCallbackIsRefused(t *testing.T) {
	var kept *Ctx[string]
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error { kept = c; return nil },
		end: func(c *Ctx[string], _ error, _ string) {
			for _, err := range all(c) {
				if err != ErrNoCallback {
					panic(err)
				}
			}
		}})
	s.cast("x")
	end := s.watch()
	ok(t, Stop(s.k, s.pid, proc.Normal))
	if r := end(); r != proc.Normal {
		t.Errorf("ended for %v", r)
	}
	for i, err := range append(all(kept), kept.Reply(1)) {
		if err != ErrNoCallback {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func all(c *Ctx[string]) []error {
	c.Hibernate()
	return []error{
		c.Next("B"), c.Repeat(), c.Postpone(), c.NoPostpone(), c.Internal(1), c.SetTimeout("n", 0, 1), c.SetTimeout("n", -2, 1),
		c.CancelTimeout("n"), c.UpdateTimeout("n", 1), c.SetTimeoutAt("n", time.Now(), 1), c.ChangeModule(&puppet{}), c.PushModule(&puppet{}), c.PopModule(),
	}
}
