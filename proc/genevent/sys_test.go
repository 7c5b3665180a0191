package genevent_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
	"github.com/thrum-go/thrum/proc/sys"
)

func TestGetStateShowsTheHandlers(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	a := w.adder()
	a.supervised("b", nil)
	v, err := sys.GetState(w.k, w.m.PID)
	w.must(err)
	s := v.([]genevent.Installed[string])
	if len(s) != 2 || s[0].ID != "b" || s[0].Adder != a.pid || s[1].ID != "a" || s[1].Adder != 0 || s[1].Handler.(*puppet).name != "a" {
		t.Fatalf("the state is %+v", s)
	}
}

func TestReplaceStateReplacesHandlersAndNothingElse(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", nil)
	replace := func(f func(s []genevent.Installed[string]) any) error {
		_, err := sys.ReplaceState(w.k, w.m.PID, func(v any) (any, error) { return f(v.([]genevent.Installed[string])), nil })
		return err
	}
	w.must(replace(func(s []genevent.Installed[string]) any { s[0].Handler = &puppet{name: "B", j: w.j}; return s }))
	w.sync("x")
	w.says("B event x", "a event x")
	for want, f := range map[string]func(s []genevent.Installed[string]) any{
		"int":      func([]genevent.Installed[string]) any { return 1 },
		"the 2":    func(s []genevent.Installed[string]) any { return s[:1] },
		`keep "b"`: func(s []genevent.Installed[string]) any { s[0].ID = "c"; return s },
		"adder":    func(s []genevent.Installed[string]) any { s[1].Adder = w.m.PID; return s },
		"nil":      func(s []genevent.Installed[string]) any { s[1].Handler = nil; return s },
	} {
		var e *sys.CallbackError
		if err := replace(f); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("ReplaceState: %v, want an error about %q", err, want)
		}
	}
	w.sync("y")
	w.says("B event y", "a event y")
}

// A time that is over does not wait with the messages of a suspended manager: it would be asked for again and again.
func TestASuspendedManagerDoesNotHibernate(t *testing.T) {
	w := begin(t)
	pid, err := w.k.Start(genevent.Factory[string](genevent.HibernateAfter(time.Microsecond)))
	w.must(err)
	m := genevent.RefOf[string](pid)
	w.must(sys.Suspend(w.k, m.PID))
	w.must(w.rt.Send(m.PID, "info")) // waits
	const ms = 20
	later := make(chan struct{})
	clock, err := w.rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { close(later); return proc.Normal }))
	w.must(err)
	_, err = w.rt.SendAfter(ms*time.Millisecond, clock, nil)
	w.must(err)
	<-later
	_, err = sys.GetState(w.k, m.PID)
	w.must(err)
	if i, err := w.rt.Info(m.PID); err != nil || i.Messages != 1 {
		t.Errorf("%d messages wait, want 1; %v", i.Messages, err)
	}
	w.must(sys.Resume(w.k, m.PID))
	w.must(genevent.SyncNotify(w.k, m, "x"))
}

// Anybody can send a message that looks like an exit signal; one without a reason is none, and the handlers stay.
func TestAnExitWithoutAReasonIsInfo(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.must(w.rt.Send(w.m.PID, proc.Exit{}))
	w.has("a")
}

// panicky is a handler whose FormatStatus fails.
type panicky struct{ plain }

func (panicky) FormatStatus() any { panic("status") }

func TestGetStatusShowsHandlersByTheirHook(t *testing.T) {
	w := begin(t)
	w.must(genevent.Add(w.k, w.m, "s", &secret{"xyzzy"}))
	w.must(genevent.Add(w.k, w.m, "p", panicky{}))
	v, err := sys.GetStatus(w.k, w.m.PID)
	w.must(err)
	s := v.Shown.([]genevent.Status)
	if len(s) != 2 || s[1].State != "hidden" || !strings.Contains(s[0].State.(string), "status") {
		t.Fatalf("the status is %+v", s)
	}
}

func TestASuspendedManagerKeepsEventsAndHonoursItsParent(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.must(sys.Suspend(w.k, w.m.PID))
	w.must(genevent.Notify(w.rt, w.m, "x"))
	w.must(genevent.Notify(w.rt, w.m, "y"))
	_, err := sys.GetState(w.k, w.m.PID)
	w.must(err)
	w.says()
	w.must(sys.Resume(w.k, w.m.PID))
	w.sync("z")
	w.says("a event x", "a event y", "a event z")
	w.must(sys.Suspend(w.k, w.m.PID))
	w.must(w.rt.Exit(w.m.PID, errFault))
	_ = w.reason(w.m.PID)
	w.says("a ends genevent.Stopped {fault}")
}

func TestTraceSeesMessagesRepliesAndStates(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.must(sys.SetLog(w.k, w.m.PID, 100))
	_, err := genevent.Call[string](w.k, w.m, "a", "ping")
	w.must(err)
	events, err := sys.GetLog(w.k, w.m.PID)
	w.must(err)
	var kinds []sys.EventKind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	if len(kinds) < 3 || kinds[0] != sys.In || kinds[1] != sys.Out || kinds[2] != sys.State || events[1].Value != "ping" {
		t.Fatalf("the log has %v", events)
	}
}

// second is the next version of a puppet.
type second struct {
	puppet
	fail error
}

func (s *second) CodeChange(_ *proc.Ctx, old string, state, extra any) error {
	s.j.add("change from %s of %s with %v", old, state.(*puppet).name, extra)
	return s.fail
}

func TestCodeChangeReplacesEachHandlerOfTheID(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", nil)
	w.puppet("a", nil)
	change := func(fail error) error {
		return sys.Upgrade(w.k, w.m.PID, genevent.Change[string]{ID: "a", New: func() genevent.Handler[string] {
			return &second{puppet{name: "A", j: w.j}, fail}
		}}, "1", "extra")
	}
	if err := change(errFault); !errors.Is(err, errFault) {
		t.Fatalf("a change that fails: %v", err)
	}
	w.says("change from 1 of a with extra")
	w.must(change(nil))
	w.says("change from 1 of a with extra", "change from 1 of a with extra")
	w.sync("x")
	w.says("A event x", "b event x", "A event x")
	for want, impl := range map[string]any{
		"int":        1,
		"New is nil": genevent.Change[string]{ID: "b"},
		"CodeChange": genevent.Change[string]{ID: "b", New: func() genevent.Handler[string] { return plain{} }},
		"no such handler": genevent.Change[string]{ID: "x", New: func() genevent.Handler[string] {
			return &second{}
		}},
	} {
		if err := sys.Upgrade(w.k, w.m.PID, impl, "1", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a change of %T: %v, want an error about %q", impl, err, want)
		}
	}
	w.has("a", "b", "a")
}
