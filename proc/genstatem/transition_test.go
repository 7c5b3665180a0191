package genstatem

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

type does = map[string]func(c *Ctx[string]) error

// All that one callback can ask for at once, and the order in which it happens.
func TestTheStepsOfATransitionHaveTheirOrder(t *testing.T) {
	s := play(t, &puppet{enters: true, handle: reacts(does{
		"A cast: early 1": (*Ctx[string]).Postpone,
		"A cast: early 2": (*Ctx[string]).Postpone,
		"A cast: go": func(c *Ctx[string]) error {
			c.SetTimeout("zero", 0, "queued last")
			c.SetTimeout(StateTimeout, time.Hour, "new")
			c.Internal("first")
			c.Internal("second")
			c.Postpone()
			return c.Next("B")
		},
	})})
	s.cast("early 1", "early 2", "go")
	s.want(
		"A enter: A",
		"A cast: early 1", "A cast: early 2", "A cast: go",
		"B enter: A",
		"B internal: first", "B internal: second",
		"B cast: early 1", "B cast: early 2", "B cast: go",
		"B timeout zero: queued last",
	)
	if s.clock.running[StateTimeout] == nil {
		t.Error("the state timeout that was set with the change does not run")
	}
}

func TestAReplyIsSentBeforeTheEnterCall(t *testing.T) {
	asked, replied := make(chan bool), make(chan bool)
	s := play(t, &puppet{enters: true, handle: func(c *Ctx[string], st string, e Event) error {
		switch {
		case e.Kind == CallEvent:
			c.Reply("early")
			return c.Next("B")
		case st == "B":
			close(asked)
			<-replied // the caller has it, while the enter call still runs
		}
		return nil
	}})
	v, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), "?")
	<-asked
	close(replied)
	if v != "early" || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestPostponedEventsComeBackOnlyAfterAChangeOfState(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: x":    (*Ctx[string]).Postpone,
		"A cast: keep": func(c *Ctx[string]) error { return nil },
		"A cast: same": func(c *Ctx[string]) error { return c.Next("A") },
		"A cast: rep":  (*Ctx[string]).Repeat,
		"A cast: go":   func(c *Ctx[string]) error { return c.Next("B") },
	})})
	s.cast("x", "keep", "same", "rep", "go")
	s.want("A cast: x", "A cast: keep", "A cast: same", "A cast: rep", "A cast: go", "B cast: x")
}

// What comes back may be postponed again, and keeps its place.
func TestEventsThatArePostponedAgainKeepTheirOrder(t *testing.T) {
	s := play(t, &puppet{handle: func(c *Ctx[string], st string, e Event) error {
		switch {
		case e.Body == "go":
			return c.Next(map[string]string{"A": "B", "B": "C"}[st])
		case st != "C":
			return c.Postpone()
		}
		return nil
	}})
	s.cast("1", "2", "go", "3", "go")
	s.want("A cast: 1", "A cast: 2", "A cast: go", "B cast: 1", "B cast: 2", "B cast: 3", "B cast: go", "C cast: 1", "C cast: 2", "C cast: 3")
}

// An event of each kind can be postponed, and is itself when it comes back.
func TestEveryKindOfEventCanBePostponed(t *testing.T) {
	s := play(t, &puppet{handle: func(c *Ctx[string], st string, e Event) error {
		switch {
		case e.Body == "go":
			return c.Next("B")
		case e.Body == "set":
			c.Internal("i")
			c.SetTimeout(StateTimeout, 0, "s")
			c.SetTimeout(EventTimeout, 0, "t")
			return c.SetTimeout("n", 0, "n")
		case st == "A":
			return c.Postpone()
		case e.Kind == CallEvent:
			return c.Reply("late")
		}
		return nil
	}})
	s.cast("set")
	s.sync()
	ok(t, s.rt.Send(s.pid, "info"))
	done := make(chan any)
	go func() {
		v, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), "call")
		done <- []any{v, err}
	}()
	for len(s.log.all()) < 6 {
		s.sync()
	}
	s.cast("go")
	if v := (<-done).([]any); v[0] != "late" || v[1] != nil {
		t.Errorf("the postponed call got %v", v)
	}
	s.want(
		"A cast: set", "A internal: i", "A state timeout: s", "A timeout n: n", "A info: info", "A call: call", "A cast: go",
		"B internal: i", "B state timeout: s", "B timeout n: n", "B info: info", "B call: call",
	)
}

func TestInsertedEventsGoBeforeEverythingThatWaits(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: 1": func(c *Ctx[string]) error {
			c.NextEvent(Event{Kind: CastEvent, Body: "a"})
			c.NextEvent(Event{Kind: InfoEvent, Body: "b"})
			return c.NextEvent(Event{Kind: NamedTimeout, Name: "n", Body: "c"})
		},
		"A cast: a": func(c *Ctx[string]) error { return c.Internal("nested") },
	})})
	s.cast("1", "2")
	s.want("A cast: 1", "A cast: a", "A internal: nested", "A info: b", "A timeout n: c", "A cast: 2")
}

// An inserted call is as good as the one that it stands for.
func TestAnInsertedCallCanBeRepliedTo(t *testing.T) {
	s := play(t, &puppet{handle: func(c *Ctx[string], st string, e Event) error {
		if e.Body == "?" {
			return c.NextEvent(Event{Kind: CallEvent, From: e.From, Body: "again"})
		}
		return c.Reply("yes")
	}})
	v, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), "?")
	if v != "yes" || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestEnterCalls(t *testing.T) {
	n := 0
	s := play(t, &puppet{enters: true, handle: func(c *Ctx[string], st string, e Event) error {
		switch {
		case e.Body == "rep":
			return c.Repeat()
		case e.Body == "go":
			return c.Next("B")
		case e.Kind == EnterEvent && st == "B" && n < 2:
			n++
			return c.Repeat()
		case e.Kind == EnterEvent:
			return c.Next(st) // the state that is entered, which is allowed
		}
		return nil
	}})
	s.cast("keep", "rep", "go")
	s.want("A enter: A", "A cast: keep", "A cast: rep", "A enter: A", "A cast: go", "B enter: A", "B enter: A", "B enter: A")
}

func TestAnEnterCallCanSetTimeoutsAndTakeAPostponeBack(t *testing.T) {
	s := play(t, &puppet{enters: true, handle: func(c *Ctx[string], st string, e Event) error {
		switch {
		case e.Body == "go":
			c.Postpone()
			c.SetTimeout(StateTimeout, time.Hour, "of the event")
			return c.Next("B")
		case e.Kind == EnterEvent && st == "B":
			c.NoPostpone()
			return c.SetTimeout(StateTimeout, 0, "of the enter call")
		}
		return nil
	}})
	s.cast("go")
	s.want("A enter: A", "A cast: go", "B enter: A", "B state timeout: of the enter call")
	if len(s.clock.set) != 0 {
		t.Errorf("a timer was started: %v", s.clock.set)
	}
}

func TestWithoutStateEnterThereAreNoEnterCalls(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: rep": (*Ctx[string]).Repeat,
		"A cast: go":  func(c *Ctx[string]) error { return c.Next("B") },
	})})
	s.cast("rep", "go")
	s.want("A cast: rep", "A cast: go")
}

// The last of several settings counts, whatever its kind.
func TestOfSeveralSettingsTheLastOneCounts(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: next": func(c *Ctx[string]) error { c.Next("X"); c.Repeat(); return c.Next("B") },
		"B cast: rep":  func(c *Ctx[string]) error { c.Next("X"); return c.Repeat() },
		"B cast: post": func(c *Ctx[string]) error { c.Postpone(); return c.NoPostpone() },
		"B cast: time": func(c *Ctx[string]) error {
			c.SetTimeout("n", time.Hour, 1)
			c.SetTimeout("n", 0, 2)
			c.SetTimeout("m", 0, 3)
			return c.SetTimeout("n", time.Minute, 4)
		},
		"B cast: go": func(c *Ctx[string]) error { return c.Next("C") },
	})})
	s.cast("next", "rep", "post", "time", "go")
	s.want("A cast: next", "B cast: rep", "B cast: post", "B cast: time", "B timeout m: 3", "B cast: go")
	if len(s.clock.set) != 1 || s.clock.set[0].d != time.Minute {
		t.Errorf("timers were started for %v", s.clock.set)
	}
}

// What an error ends has no transition: the state stays, nothing is set.
func TestAnErrorDiscardsTheTransition(t *testing.T) {
	s := play(t, &puppet{enters: true, handle: func(c *Ctx[string], st string, e Event) error {
		if e.Body != "stop" {
			return nil
		}
		c.Internal("never")
		c.SetTimeout("n", 0, nil)
		c.Next("B")
		return proc.Shutdown
	}})
	end := s.watch()
	s.cast("stop")
	if r := end(); r != proc.Shutdown {
		t.Errorf("ended for %v", r)
	}
	s.log.want(t, "A enter: A", "A cast: stop", "A terminate: proc: exit: shutdown")
}

func TestStateFunctionsAndTheHandlerAreCalledAlike(t *testing.T) {
	rt := begin(t)
	var got journal
	f := func(name string) func(*funcs, *Ctx[string], Event) error {
		return func(d *funcs, c *Ctx[string], e Event) error {
			got.add("%s %v", name, e)
			if e.Kind == EnterEvent {
				return nil
			}
			return c.Next(e.Body.(string))
		}
	}
	table := StateFuncs[string, *funcs]{"on": f("on"), "off": f("off")}
	k := rt.Client(waiting(t))
	pid, err := Start(k, func() Handler[string] { return table.Of(&funcs{&got}) })
	ok(t, err)
	ref := RefOf[any, any, string](pid)
	ok(t, Cast(rt, ref, "on"))
	ok(t, Cast(rt, ref, "nowhere"))
	reason, err := rt.Wait(waiting(t), pid)
	ok(t, err)
	if bad, is := reason.(*BadState); (!is || bad.State != "nowhere") && reason != proc.NoProc {
		t.Errorf("ended for %v", reason)
	}
	got.want(t, "off enter: off", "off cast: on", "on enter: off", "on cast: nowhere", "terminate nowhere: genstatem: state nowhere has no function in StateFuncs")
}

type funcs struct{ got *journal }

func (*funcs) Init(*Ctx[string]) (string, error) { return "off", nil }
func (*funcs) StateEnter() bool                  { return true }

func (d *funcs) Terminate(_ *Ctx[string], reason error, s string) {
	d.got.add("terminate %s: %v", s, reason)
}
