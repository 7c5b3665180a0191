package genstatem

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

func TestGetStateHasStateAndData(t *testing.T) {
	p := &puppet{handle: reacts(does{"A cast: go": func(c *Ctx[string]) error { return c.Next("B") }})}
	s := play(t, p)
	s.cast("go")
	if got := s.sync(); got.State != "B" || got.Data != any(p) {
		t.Errorf("got %v", got)
	}
	info, err := s.rt.Info(s.pid)
	ok(t, err)
	if info.State != "B" {
		t.Errorf("Info has the state %q", info.State)
	}
}

// GetState comes behind everything that was sent before it, and all that came of it, however many turns that takes.
func TestGetStateSeesTheEndOfALongRunOfEvents(t *testing.T) {
	n := 0
	s := play(t, &puppet{log: &journal{}, handle: func(c *Ctx[string], _ string, e Event) error {
		if n++; n < 20_000 {
			return c.Internal("again")
		}
		return c.Next("done")
	}})
	s.cast("go")
	if got := s.sync(); got.State != "done" || n != 20_000 {
		t.Errorf("state %v after %d events", got.State, n)
	}
}

func TestReplaceStateIsNoTransition(t *testing.T) {
	s := play(t, &puppet{enters: true, handle: reacts(does{"A cast: x": (*Ctx[string]).Postpone})})
	s.cast("x")
	other := &puppet{log: s.log}
	v, err := sys.ReplaceState(s.k, s.pid, func(v any) (any, error) {
		return State[string]{"B", other}, nil
	})
	ok(t, err)
	if n := v.(State[string]); n.State != "B" || n.Data != any(other) {
		t.Errorf("new state %v", n)
	}
	s.cast("y")
	s.want("A enter: A", "A cast: x", "B cast: y")
	for name, f := range map[string]func(any) (any, error){
		"not a State": func(any) (any, error) { return "B", nil },
		"other Data":  func(any) (any, error) { return State[string]{"B", 1}, nil },
		"no Data":     func(any) (any, error) { return State[string]{State: "C"}, nil },
		"an error":    func(any) (any, error) { return nil, errOops },
		"a panic":     func(any) (any, error) { panic(1) },
	} {
		var failed *sys.CallbackError
		if _, err := sys.ReplaceState(s.k, s.pid, f); !errors.As(err, &failed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := s.sync(); got.State != "B" || got.Data != any(other) {
		t.Errorf("changed to %v", got)
	}
}

func TestSuspendHoldsEventsAndTimeoutsBack(t *testing.T) {
	s := timing(t)
	s.set("n", time.Hour, "n")
	s.sync()
	ok(t, sys.Suspend(s.k, s.pid))
	s.cast("B")
	ok(t, s.rt.Send(s.pid, s.clock.take("n")))
	if got := s.sync(); got.State != "A" {
		t.Errorf("went to %v while suspended", got.State)
	}
	ok(t, sys.Resume(s.k, s.pid))
	s.want("A cast: set", "A cast: B", "B timeout n: n")
}

// second is a new version of puppet.
type second struct {
	puppet
	fail bool
	data any
}

func (n *second) CodeChange(c *Ctx[string], old, s string, data, extra any) (string, error) {
	if n.fail {
		return "", errOops
	}
	if c.Next("X") != ErrNoCallback {
		return "", errors.New("CodeChange could act")
	}
	n.log.add("code change from %s in %s with %v", old, s, extra)
	n.data = data
	return s + "2", nil
}

// What was postponed and what is queued stays, timeouts run on; a failing CodeChange changes nothing.
func TestChangeCodeKeepsEventsAndTimeouts(t *testing.T) {
	first := &puppet{handle: reacts(does{
		"A cast: x":   (*Ctx[string]).Postpone,
		"A cast: set": func(c *Ctx[string]) error { return c.SetTimeout("n", time.Hour, "n") },
	})}
	s := play(t, first)
	s.cast("x", "set")
	new := &second{puppet: puppet{log: s.log, handle: reacts(does{"A2 cast: go": func(c *Ctx[string]) error { return c.Next("B") }})}}
	var failed *sys.CallbackError
	ok(t, sys.Suspend(s.k, s.pid))
	s.cast("go")
	for _, bad := range []any{&second{fail: true}, &puppet{}, 1} {
		if err := sys.ChangeCode(s.k, s.pid, bad, "1", nil); !errors.As(err, &failed) {
			t.Errorf("%T: %v", bad, err)
		}
	}
	if got := s.sync(); got.State != "A" || got.Data != any(first) {
		t.Errorf("changed to %v", got)
	}
	ok(t, sys.ChangeCode(s.k, s.pid, new, "1", "extra"))
	ok(t, sys.Resume(s.k, s.pid))
	s.fire("n")
	s.want("A cast: x", "A cast: set", "code change from 1 in A with extra", "A2 cast: go", "B cast: x", "B timeout n: n")
	if new.data != any(first) {
		t.Errorf("CodeChange got %v as the old implementation", new.data)
	}
}

type counting struct{ n int }

func (*counting) Init(*Ctx[string]) (string, error) { return "on", nil }
func (d *counting) on(c *Ctx[string], e Event) error {
	d.n++
	return c.Reply(d.n)
}
func (d *counting) CodeChange(c *Ctx[string], old, s string, data, extra any) (string, error) {
	d.n = data.(*counting).n
	return s, nil
}

var countStates = StateFuncs[string, *counting]{"on": (*counting).on}

// Machines with state functions are replaced and changed as others are.
func TestStateFunctionsUnderSys(t *testing.T) {
	rt := begin(t)
	k := rt.Client(waiting(t))
	pid, err := Start(k, func() Handler[string] { return countStates.Of(&counting{}) })
	ok(t, err)
	ref := RefOf[string, int, string](pid)
	count := func(want int) {
		t.Helper()
		if n, err := CallContext(waiting(t), rt, ref, "count"); n != want || err != nil {
			t.Errorf("got %d, %v, want %d", n, err, want)
		}
	}
	count(1)
	_, err = sys.ReplaceState(k, pid, func(v any) (any, error) {
		return State[string]{v.(State[string]).State, &counting{v.(State[string]).Data.(*counting).n + 10}}, nil
	})
	ok(t, err)
	count(12)
	by100 := StateFuncs[string, *counting]{"on": func(d *counting, c *Ctx[string], e Event) error { d.n += 100; return c.Reply(d.n) }}
	ok(t, sys.Upgrade(k, pid, by100.Of(&counting{}), "1", nil))
	count(112)
	st, err := sys.GetStatus(k, pid)
	ok(t, err)
	if st.Implementation != "*genstatem.counting" || st.Info.State != "on" {
		t.Errorf("status %+v", st)
	}
}

func TestStatusIsShownByTheHook(t *testing.T) {
	rt := begin(t)
	k := rt.Client(waiting(t))
	pid, err := Start(k, func() Handler[string] { return &secretive{puppet{log: &journal{}}} })
	ok(t, err)
	st, err := sys.GetStatus(k, pid)
	ok(t, err)
	if st.Shown != "shown A" {
		t.Errorf("shown: %v", st.Shown)
	}
}

// Watchers see messages, replies and the state after each event, inserted ones too.
func TestAWatchedMachineTellsOfEventsRepliesAndStates(t *testing.T) {
	rt := begin(t)
	k := rt.Client(waiting(t))
	pid, err := Start(k, func() Handler[string] {
		return &secretive{puppet{log: &journal{}, handle: func(c *Ctx[string], _ string, e Event) error {
			if e.Kind == CallEvent {
				c.Internal("i")
				c.Next("B")
				return c.Reply("yes")
			}
			return c.Next("C")
		}}}
	})
	ok(t, err)
	var lines []string
	ok(t, sys.Install(k, pid, "test", func(e sys.Event) bool {
		if _, request := e.Message.Body.(*sys.Request); !request {
			lines = append(lines, strings.ReplaceAll(fmt.Sprintf("%v %v %v", e.Kind, e.Message.Body, e.Value), "<nil>", "-"))
		}
		return true
	}))
	_, err = CallContext(waiting(t), rt, RefOf[string, string, string](pid), "?")
	ok(t, err)
	_, err = sys.Remove(k, pid, "test")
	ok(t, err)
	if want := []string{"0 ? -", "1 - yes", "2 - shown B", "2 - shown C"}; !slices.Equal(lines, want) {
		t.Errorf("told %q, want %q", lines, want)
	}
}

func TestStopWaitsAndNames(t *testing.T) {
	s := play(t, &puppet{}, proc.WithName("m"))
	ok(t, Stop(s.k, s.pid, proc.Shutdown))
	if _, ok := s.rt.Whereis("m"); ok {
		t.Error("the name is not free")
	}
	if err := Stop(s.k, s.pid, proc.Normal); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("of none: %v", err)
	}
	s = play(t, &puppet{end: func(*Ctx[string], error, string) { panic(errOops) }})
	if err := Stop(s.k, s.pid, proc.Normal); !errors.Is(err, errOops) {
		t.Errorf("of one that ends otherwise: %v", err)
	}
}

// States that are types show their names.
func TestStateNames(t *testing.T) {
	type closed struct{}
	for want, m := range map[string]interface{ StateName() string }{
		"closed": &machine[any]{state: closed{}},
		"green":  &machine[string]{state: "green"},
		"<nil>":  &machine[any]{},
		"cast":   &machine[Kind]{state: CastEvent},
	} {
		if got := m.StateName(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
