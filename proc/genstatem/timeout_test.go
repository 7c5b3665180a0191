package genstatem

import (
	"fmt"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// setup is a cast that has the machine do something to its timeouts.
type setup struct {
	name string
	do   func(c *Ctx[string]) error
}

func (s setup) String() string { return s.name }

// timing is a machine whose casts are setups, or the state to go to.
func timing(t *testing.T) *stage {
	return play(t, &puppet{handle: func(c *Ctx[string], st string, e Event) error {
		switch b := e.Body.(type) {
		case setup:
			return b.do(c)
		case string:
			if e.Kind == CastEvent && b != "nothing" {
				return c.Next(b)
			}
		}
		return nil
	}})
}

func (s *stage) do(name string, f func(c *Ctx[string]) error) {
	s.t.Helper()
	ok(s.t, Cast(s.rt, RefOf[any, any, setup](s.pid), setup{name, f}))
}

func (s *stage) set(key any, d time.Duration, body any) {
	s.t.Helper()
	s.do("set", func(c *Ctx[string]) error { return c.SetTimeout(key, d, body) })
}

// runs says which timers run.
func (s *stage) runs(keys ...any) {
	s.t.Helper()
	s.sync()
	if len(s.clock.running) != len(keys) {
		s.t.Errorf("%d timers run, want %v", len(s.clock.running), keys)
	}
	for _, k := range keys {
		if s.clock.running[k] == nil {
			s.t.Errorf("timer %v does not run", k)
		}
	}
}

func TestTimeoutsBecomeEventsWithTheirBodies(t *testing.T) {
	s := timing(t)
	s.set(EventTimeout, time.Hour, "e")
	s.fire(EventTimeout)
	s.set(StateTimeout, time.Hour, "s")
	s.fire(StateTimeout)
	s.set("n", time.Hour, "n")
	s.fire("n")
	s.set(7, time.Hour, "seven")
	s.fire(7)
	s.want("A cast: set", "A event timeout: e", "A cast: set", "A state timeout: s", "A cast: set", "A timeout n: n", "A cast: set", "A timeout 7: seven")
	s.runs()
}

func TestTheEventTimeoutIsCancelledByAnyEvent(t *testing.T) {
	for name, event := range map[string]func(s *stage){
		"cast": func(s *stage) { s.cast("nothing") },
		"info": func(s *stage) { ok(s.t, s.rt.Send(s.pid, 1)) },
		"call": func(s *stage) {
			s.rt.Go(func(self *proc.Self) error { self.Request(s.pid, 1, proc.Forever); return nil })
		},
		"timeout with a name": func(s *stage) {
			s.fire("n")
		},
		"state timeout":   func(s *stage) { s.fire(StateTimeout) },
		"change of state": func(s *stage) { s.cast("B") },
	} {
		t.Run(name, func(t *testing.T) {
			s := timing(t)
			s.set("n", time.Hour, nil)
			s.set(StateTimeout, time.Hour, nil)
			s.set(EventTimeout, time.Hour, nil)
			s.runs("n", StateTimeout, EventTimeout)
			n := len(s.log.all())
			event(s)
			for len(s.log.all()) == n {
				s.sync()
			}
			s.sync()
			if s.clock.running[EventTimeout] != nil {
				t.Error("the event timeout still runs")
			}
		})
	}
}

// Inserted events, and postponed ones that come back, are events too: they come between the setting and the wait.
func TestTheEventTimeoutIsCancelledByInsertedAndPostponedEvents(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: insert": func(c *Ctx[string]) error { c.Internal("i"); return c.SetTimeout(EventTimeout, time.Hour, nil) },
		"A cast: later":  (*Ctx[string]).Postpone,
		"A cast: change": func(c *Ctx[string]) error { c.SetTimeout(EventTimeout, time.Hour, nil); return c.Next("B") },
	})})
	s.cast("insert")
	s.runs()
	s.cast("later", "change")
	s.want("A cast: insert", "A internal: i", "A cast: later", "A cast: change", "B cast: later")
	s.runs()
	if len(s.clock.set) != 2 {
		t.Errorf("%d timers were started, want 2 that were cancelled", len(s.clock.set))
	}
}

// One of zero too: it comes only if nothing else is queued.
func TestAnEventTimeoutOfZeroIsCancelledByQueuedEvents(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: alone":  func(c *Ctx[string]) error { return c.SetTimeout(EventTimeout, 0, "zero") },
		"A cast: queued": func(c *Ctx[string]) error { c.Internal("i"); return c.SetTimeout(EventTimeout, 0, "never") },
	})})
	s.cast("alone", "queued")
	s.want("A cast: alone", "A event timeout: zero", "A cast: queued", "A internal: i")
}

func TestTheStateTimeoutIsCancelledByAChangeOfStateOnly(t *testing.T) {
	s := timing(t)
	s.set(StateTimeout, time.Hour, nil)
	s.cast("nothing", "A")
	s.do("rep", (*Ctx[string]).Repeat)
	s.runs(StateTimeout)
	s.cast("B")
	s.runs()
	s.do("zero", func(c *Ctx[string]) error {
		c.Internal("x")
		return c.SetTimeout(StateTimeout, 0, "kept")
	})
	s.want("A cast: set", "A cast: nothing", "A cast: A", "A cast: rep", "A cast: B", "B cast: zero", "B internal: x", "B state timeout: kept")
}

func TestAStateTimeoutOfZeroIsCancelledByAChangeOfStateBeforeIt(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: go":    func(c *Ctx[string]) error { c.Internal("i"); return c.SetTimeout(StateTimeout, 0, "never") },
		"A internal: i": func(c *Ctx[string]) error { return c.Next("B") },
	})})
	s.cast("go")
	s.want("A cast: go", "A internal: i")
}

func TestTimeoutsWithNamesSurviveEverything(t *testing.T) {
	s := timing(t)
	s.set("a", time.Hour, 1)
	s.set("b", time.Hour, 2)
	s.cast("B", "C", "nothing")
	s.runs("a", "b")
	s.fire("b")
	s.fire("a")
	s.want("A cast: set", "A cast: set", "A cast: B", "B cast: C", "C cast: nothing", "C timeout b: 2", "C timeout a: 1")
}

func TestTimeoutsOfZeroComeBehindQueuedEventsAndBeforeMessages(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: 1": func(c *Ctx[string]) error {
			c.SetTimeout("x", 0, "first")
			c.SetTimeout("y", 0, "second")
			c.SetTimeout(StateTimeout, 0, "third")
			c.Internal("i")
			for _, b := range []string{"2", "3"} { // received while this runs
				Cast(c, RefOf[any, any, string](c.Self()), b)
			}
			return nil
		},
		"A timeout x: first": func(c *Ctx[string]) error { c.SetTimeout("z", 0, "fourth"); return c.Internal("j") },
	})})
	s.cast("1")
	s.sync()
	s.want("A cast: 1", "A internal: i", "A timeout x: first", "A internal: j", "A timeout y: second", "A state timeout: third", "A timeout z: fourth", "A cast: 2", "A cast: 3")
	if len(s.clock.set) != 0 {
		t.Error("a timeout of zero has started a timer")
	}
}

// A timeout of zero that is set again goes to the end.
func TestATimeoutOfZeroCanBeSetAnewAndCancelledWhileItWaits(t *testing.T) {
	s := play(t, &puppet{handle: reacts(does{
		"A cast: 1": func(c *Ctx[string]) error {
			for _, n := range []string{"a", "b", "c", "d"} {
				c.SetTimeout(n, 0, n)
			}
			return c.Internal("i")
		},
		"A internal: i": func(c *Ctx[string]) error {
			c.SetTimeout("a", 0, "again")
			c.CancelTimeout("b")
			c.UpdateTimeout("c", "updated")
			return c.SetTimeout("d", time.Hour, "timer")
		},
	})})
	s.cast("1")
	s.want("A cast: 1", "A internal: i", "A timeout c: updated", "A timeout a: again")
	s.runs("d")
}

func TestATimeoutIsSetAnewCancelledAndUpdated(t *testing.T) {
	s := timing(t)
	s.set("n", time.Hour, "old")
	s.set("n", time.Minute, "new")
	s.do("update", func(c *Ctx[string]) error { return c.UpdateTimeout("n", "newer") })
	s.runs("n")
	s.fire("n")
	s.do("update", func(c *Ctx[string]) error { return c.UpdateTimeout("n", "at once") })
	s.set("n", time.Hour, "cancelled")
	s.do("cancel", func(c *Ctx[string]) error { return c.CancelTimeout("n") })
	s.do("cancel", func(c *Ctx[string]) error { return c.CancelTimeout("n") })
	s.set("n", time.Hour, "for ever")
	s.set("n", proc.Forever, "is a cancel")
	s.want("A cast: set", "A cast: set", "A cast: update", "A timeout n: newer", "A cast: update", "A timeout n: at once",
		"A cast: set", "A cast: cancel", "A cast: cancel", "A cast: set", "A cast: set")
	s.runs()
}

// An event timeout never runs when it is updated, since the event at hand has cancelled it.
func TestToUpdateTheEventTimeoutSetsItToZero(t *testing.T) {
	s := timing(t)
	s.set(EventTimeout, time.Hour, "old")
	s.do("update", func(c *Ctx[string]) error { return c.UpdateTimeout(EventTimeout, "new") })
	s.want("A cast: set", "A cast: update", "A event timeout: new")
	s.runs()
}

// A timer that has gone off when its timeout is cancelled, or set anew, leaves no event.
func TestATimerThatComesLateIsNoEvent(t *testing.T) {
	s := timing(t)
	s.clock.late = func() bool { return true }
	s.set("n", time.Hour, "cancelled")
	s.do("cancel", func(c *Ctx[string]) error { return c.CancelTimeout("n") })
	s.set("n", time.Hour, "set anew")
	s.set("n", time.Hour, "third")
	s.set(EventTimeout, time.Hour, "cancelled by an event")
	s.set(StateTimeout, time.Hour, "cancelled by a change")
	s.cast("B")
	s.set(EventTimeout, time.Hour, "runs")
	s.sync()
	if len(s.clock.fired) != 4 {
		t.Fatalf("%d timers were late, want 4", len(s.clock.fired))
	}
	for _, late := range s.clock.fired {
		ok(t, s.rt.Send(s.pid, late))
	}
	s.fire(EventTimeout) // nor has any of them cancelled it
	s.want("A cast: set", "A cast: cancel", "A cast: set", "A cast: set", "A cast: set", "A cast: set", "A cast: B", "B cast: set", "B event timeout: runs")
	s.runs("n")
}

func TestAbsoluteTimeouts(t *testing.T) {
	s := timing(t)
	at := time.Now().Add(time.Hour)
	s.do("at", func(c *Ctx[string]) error { return c.SetTimeoutAt("n", at, "n") })
	s.do("past", func(c *Ctx[string]) error { return c.SetTimeoutAt("m", time.Now().Add(-time.Hour), "m") })
	s.runs("n", "m") // one in the past is no timeout of zero
	if g := s.clock.set; len(g) != 2 || g[0].op != startAt || !g[0].at.Equal(at) {
		t.Errorf("timers were started as %v", g)
	}
	s.fire("n")
	s.want("A cast: at", "A cast: past", "A timeout n: n")
}

// With the runtime's own timers.
func TestTimeoutsComeByTheRuntimesTimers(t *testing.T) {
	rt := begin(t)
	begun := time.Now()
	const d = 3 * time.Millisecond
	var order journal
	done := make(chan time.Duration, 10)
	_, err := Start(rt.Client(waiting(t)), func() Handler[string] {
		return &puppet{log: &order, init: func(c *Ctx[string]) error {
			c.SetTimeout("relative", d, nil)
			c.SetTimeout("cancelled", d, nil)
			c.SetTimeoutAt("absolute", begun.Add(2*d), nil)
			return c.SetTimeoutAt("past", begun, nil)
		}, handle: func(c *Ctx[string], _ string, e Event) error {
			if e.Name == "past" {
				c.CancelTimeout("cancelled")
			}
			done <- time.Since(begun)
			return nil
		}}
	})
	ok(t, err)
	late := []time.Duration{0, 0, 0}
	for i := range late {
		late[i] = <-done
	}
	if late[1] < d || late[2] < d {
		t.Errorf("timeouts came after %v, too early", late)
	}
	if got := order.all(); got[0] != "A timeout past: <nil>" && late[0] < d {
		t.Errorf("order %v", got)
	}
	for _, l := range order.all() {
		if l == "A timeout cancelled: <nil>" && late[0] < d {
			t.Error("a cancelled timeout has come")
		}
	}
}

// A thousand names, set and cancelled: nothing is left.
func TestTimeoutsLeaveNothingBehind(t *testing.T) {
	s := timing(t)
	for i := range 10 {
		s.do("set", func(c *Ctx[string]) error {
			for j := range 100 {
				c.SetTimeout(fmt.Sprint(i, j), time.Hour, nil)
			}
			return nil
		})
		s.do("cancel", func(c *Ctx[string]) error {
			for j := range 100 {
				c.CancelTimeout(fmt.Sprint(i, j))
			}
			return nil
		})
	}
	left := make(chan bool, 1)
	s.do("look", func(c *Ctx[string]) error { left <- c.m.work != nil; return nil })
	if <-left {
		t.Error("the machine still has queues and timeouts, though it needs none")
	}
	s.runs()
}
