package genevent_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

func TestSwapGivesTheNewHandlerWhatTheOldOneLeaves(t *testing.T) {
	w := begin(t)
	w.puppet("old", nil)
	w.puppet("other", nil)
	w.must(genevent.Swap(w.k, w.m, "old", "why", "new", &puppet{name: "new", j: w.j}))
	w.says("old ends string why", "new takes over old's last true")
	w.has("new", "other") // as an added one it is the newest
}

func TestSwapOfAMissingHandlerAddsTheNewOne(t *testing.T) {
	w := begin(t)
	w.must(genevent.Swap(w.k, w.m, "nobody", "why", "new", &puppet{name: "new", j: w.j}))
	w.says("new takes over <nil> false")
	w.has("new")
}

func TestSwapIntoAHandlerWithoutTakeOverCallsItsInit(t *testing.T) {
	w := begin(t)
	w.must(genevent.Swap(w.k, w.m, "nobody", nil, "i", onlyInit{w.j}))
	w.says("only init")
	w.must(genevent.Swap(w.k, w.m, "i", nil, "plain", plain{}))
	w.has("plain")
}

type onlyInit struct{ j *journal }

func (onlyInit) HandleEvent(*proc.Ctx, string) error { return nil }
func (o onlyInit) Init(*proc.Ctx) error              { o.j.add("only init"); return nil }

func TestASwapThatFailsLeavesNeitherHandler(t *testing.T) {
	for name, act := range map[string]func() error{"error": func() error { return errFault }, "panic": func() error { panic(errFault) }} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			w.puppet("other", nil)
			a := w.adder()
			a.supervised("old", nil)
			h := &puppet{name: "new", j: w.j, takeOver: func(*proc.Ctx, any, bool) error { return act() }}
			err := genevent.Swap(w.k, w.m, "old", 1, "new", h)
			var e *genevent.HandlerError
			if !errors.Is(err, errFault) || !errors.As(err, &e) || e.ID != "new" || e.Op != "TakeOver" {
				t.Fatalf("Swap: %v", err)
			}
			w.says("old ends int 1", "new takes over old's last true")
			w.has("other")
			x := next[genevent.Exited](a)
			var s *genevent.Swapped
			if x.ID != "old" || !errors.As(x.Reason, &s) || s.ID != "new" {
				t.Errorf("Exited of the old: %+v", x)
			}
			a.gone("new", errFault)
		})
	}
}

func TestAPanicOfTheOldHandlerGoesToTheNewOne(t *testing.T) {
	w := begin(t)
	w.puppet("old", func(p *puppet) { p.end = func(*proc.Ctx, any) any { panic("late") } })
	var got any
	w.must(genevent.Swap(w.k, w.m, "old", 1, "new", &puppet{name: "new", j: w.j,
		takeOver: func(_ *proc.Ctx, last any, found bool) error { got = last; return nil }}))
	if p, ok := got.(*proc.Panic); !ok || p.Value != "late" {
		t.Fatalf("the new handler took over %v", got)
	}
	w.has("new")
}

func TestSwapKeepsTheAdderAndSwapSupervisedChangesIt(t *testing.T) {
	w := begin(t)
	a, b := w.adder(), w.adder()
	a.supervised("1", nil)
	w.must(genevent.Swap(w.k, w.m, "1", nil, "2", &puppet{name: "2", j: w.j}))
	swapped := func(a *adder, id string, by proc.PID) {
		t.Helper()
		e := next[genevent.Exited](a)
		var s *genevent.Swapped
		if !errors.As(e.Reason, &s) || s.ID != id || s.Adder != by {
			t.Fatalf("Exited: %+v, want swapped for %q of %v", e, id, by)
		}
	}
	swapped(a, "2", a.pid)
	b.does(func(_ *proc.Self, k proc.Client) error {
		return genevent.SwapSupervised(k, w.m, "2", nil, "3", &puppet{name: "3", j: w.j})
	})
	swapped(a, "3", b.pid)
	_, err := genevent.Delete(w.k, w.m, "3", nil)
	w.must(err)
	b.gone("3", proc.Normal)
	a.hearsNothing()
}

func TestACallbackSwapsItsHandlerInItsPlace(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			w := begin(t)
			w.puppet("a", nil)
			ad := w.adder()
			next2 := &puppet{name: "new", j: w.j}
			ad.supervised("b", func(p *puppet) { way.set(p, func() error { return genevent.SwapTo[string]("why", "new", next2) }) })
			w.puppet("c", nil)
			w.must(way.do(w))
			w.has("c", "new", "a")
			lines := w.j.take()
			i := slices.Index(lines, way.last)
			if i < 0 || len(lines) < i+3 || lines[i+1] != "b ends string why" || lines[i+2] != "new takes over b's last true" {
				t.Errorf("the handlers were called: %q", lines)
			}
			if strings.Contains(strings.Join(lines, " "), "new event") {
				t.Errorf("the new handler got the event of the old one: %q", lines)
			}
			e := next[genevent.Exited](ad)
			var s *genevent.Swapped
			if e.ID != "b" || !errors.As(e.Reason, &s) || s.ID != "new" || s.Adder != ad.pid {
				t.Errorf("Exited: %+v", e)
			}
			_, err := genevent.Delete(w.k, w.m, "new", nil) // the supervision is inherited
			w.must(err)
			ad.gone("new", proc.Normal)
		})
	}
}

func TestACallbackThatSwapsStillReplies(t *testing.T) {
	w := begin(t)
	w.puppet("a", func(p *puppet) {
		p.call = func(*proc.Ctx, any) (any, error) {
			return "reply", genevent.SwapTo[string](nil, "new", &puppet{name: "new", j: w.j})
		}
	})
	v, err := genevent.Call[string](w.k, w.m, "a", 1)
	w.must(err)
	if v != "reply" {
		t.Errorf("Call returned %q", v)
	}
	w.has("new")
}

func TestACallbackSwapIntoAHandlerThatFails(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	ad := w.adder()
	bad := &puppet{name: "new", j: w.j, takeOver: func(*proc.Ctx, any, bool) error { panic(errFault) }}
	ad.supervised("b", func(p *puppet) {
		p.event = func(*proc.Ctx, string) error { return genevent.SwapTo[string]("why", "new", bad) }
	})
	w.sync("x")
	w.says("b event x", "b ends string why", "new takes over b's last true", "a event x")
	w.has("a")
	next[genevent.Exited](ad)
	ad.gone("new", errFault)
	if !strings.Contains(w.log.String(), "in=TakeOver") {
		t.Errorf("no report in the log:\n%s", w.log)
	}
}
