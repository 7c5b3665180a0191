package genevent_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

func TestTheAdderHearsOfADeletedHandler(t *testing.T) {
	w := begin(t)
	a := w.adder()
	a.supervised("s", nil)
	_, err := genevent.Delete(w.k, w.m, "s", nil)
	w.must(err)
	a.gone("s", proc.Normal)
	a.hearsNothing()
}

func TestTheEndOfTheAdderRemovesItsHandlers(t *testing.T) {
	for name, reason := range map[string]error{"Normal": proc.Normal, "error": errFault, "Kill": proc.Kill} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			w.puppet("a", nil)
			a := w.adder()
			a.supervised("s1", nil)
			w.puppet("b", nil)
			a.supervised("s2", nil)
			w.must(w.rt.Send(a.pid, func(self *proc.Self) error { _ = self.Exit(self.PID(), reason); return nil }))
			why := w.reason(a.pid)
			if why == proc.NoProc {
				why = map[error]error{proc.Normal: proc.Normal, errFault: errFault, proc.Kill: proc.Killed}[reason]
			}
			for got := []string(nil); !slices.Equal(got, []string{"b", "a"}); { // the exit signal is on its way
				var err error
				got, err = genevent.Which(w.k, w.m)
				w.must(err)
			}
			end := " ends genevent.AdderEnded {" + why.Error() + "}"
			exit := " info {" + a.pid.String() + " " + why.Error() + "}"
			w.says("s2"+end, "s1"+end, "b"+exit, "a"+exit)
		})
	}
}

func TestAnExitSignalOfALivingAdderCountsAsItsEnd(t *testing.T) {
	w := begin(t)
	a := w.adder()
	a.supervised("s", nil)
	a.does(func(self *proc.Self, _ proc.Client) error { return self.Exit(w.m.PID, errFault) })
	a.gone("s", proc.Shutdown)
	w.has()
	w.says("s ends genevent.AdderEnded {fault}")
}

func TestAnExitOfSomebodyElseIsInfo(t *testing.T) {
	w := begin(t)
	a, b := w.adder(), w.adder()
	a.supervised("s", nil)
	b.does(func(self *proc.Self, _ proc.Client) error { return self.Exit(w.m.PID, errFault) })
	b.does(func(_ *proc.Self, k proc.Client) error { return genevent.SyncNotify(k, w.m, "x") })
	w.says("s info {"+b.pid.String()+" fault}", "s event x")
	w.has("s")
}

func TestAnAdderThatDoesNotTrapExitsOutlivesAManagerThatStops(t *testing.T) {
	for name, stop := range map[string]func(w *world) error{
		"Stop": func(w *world) error { return genevent.Stop(w.k, w.m, errFault) },
		"exit": func(w *world) error { return w.rt.Exit(w.m.PID, errFault) },
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			a := w.adder()
			a.supervised("s1", nil)
			a.supervised("s2", nil)
			w.must(stop(w))
			a.gone("s2", proc.Shutdown)
			a.gone("s1", proc.Shutdown)
			_ = w.reason(w.m.PID)
			a.does(func(*proc.Self, proc.Client) error { return nil }) // it lives
			w.says("s2 ends genevent.Stopped {fault}", "s1 ends genevent.Stopped {fault}")
		})
	}
}

func TestAManagerThatIsKilledTakesItsAddersWithIt(t *testing.T) {
	w := begin(t)
	a := w.adder()
	a.supervised("s", nil)
	w.must(w.rt.Exit(w.m.PID, proc.Kill))
	if r := w.reason(a.pid); r != proc.Killed && r != proc.NoProc {
		t.Fatalf("the adder ended with %v", r)
	}
	w.says()
	trapping := w.adder(proc.WithTrapExit())
	var err error
	w.m, err = genevent.Start[string](w.k)
	w.must(err)
	trapping.supervised("s", nil)
	w.must(w.rt.Exit(w.m.PID, proc.Kill))
	if e := next[proc.Exit](trapping); e.From != w.m.PID || e.Reason != proc.Killed {
		t.Fatalf("the adder got %+v", e)
	}
}

func TestAGoroutineCannotSuperviseAHandler(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	h := &puppet{name: "b", j: w.j}
	if err := genevent.AddSupervised(w.k, w.m, "b", h); !errors.Is(err, genevent.ErrNotProcess) {
		t.Errorf("AddSupervised: %v", err)
	}
	if err := genevent.SwapSupervised(w.k, w.m, "a", nil, "b", h); !errors.Is(err, genevent.ErrNotProcess) {
		t.Errorf("SwapSupervised: %v", err)
	}
	w.has("a")
	w.says()
}

func TestAFailedAddLeavesNoLink(t *testing.T) {
	w := begin(t)
	a := w.adder()
	bad := &puppet{name: "bad", j: w.j, init: func(*proc.Ctx) error { return errFault }}
	add := func() {
		a.does(func(_ *proc.Self, k proc.Client) error {
			if err := genevent.AddSupervised(k, w.m, "bad", bad); !errors.Is(err, errFault) {
				t.Errorf("AddSupervised: %v", err)
			}
			return nil
		})
	}
	links := func() []proc.PID {
		i, err := w.rt.Info(w.m.PID)
		w.must(err)
		return i.Links
	}
	add()
	for len(links()) > 0 { // the unlink waits for its acknowledgement
	}
	w.j.take()
	a.supervised("good", nil)
	add()
	if !slices.Contains(links(), a.pid) {
		t.Fatal("the link that there was before is gone")
	}
}

func TestAStateMachineSupervisesByARequest(t *testing.T) {
	w := begin(t)
	got := make(chan any, 10)
	_, err := w.rt.Spawn(func() proc.Machine { return &requester{w, got} })
	w.must(err)
	for _, want := range []any{nil, []string{"s"}, "pong", proc.Normal, "s's last"} {
		switch v := (<-got).(type) {
		case []string:
			if !slices.Equal(v, want.([]string)) {
				t.Fatalf("got %v, want %v", v, want)
			}
		case genevent.Exited:
			if v.Reason != want || v.ID != "s" {
				t.Fatalf("got %+v, want %v", v, want)
			}
		default:
			if v != want {
				t.Fatalf("got %v, want %v", v, want)
			}
		}
	}
}

// requester adds a handler, asks which there are, calls it and deletes it.
type requester struct {
	w   *world
	got chan any
}

func (r *requester) Init(c *proc.Ctx) error {
	p := &puppet{name: "s", j: r.w.j, call: func(*proc.Ctx, any) (any, error) { return "pong", nil }}
	for _, req := range []any{
		genevent.AddRequest[string]{ID: "s", Handler: p, Supervised: true}, genevent.WhichRequest{},
		genevent.CallRequest{ID: "s", Request: "ping"}, genevent.DeleteRequest{ID: "s"},
	} {
		if _, err := c.Request(r.w.m.PID, req, proc.Forever); err != nil {
			return err
		}
	}
	return nil
}

func (r *requester) Handle(c *proc.Ctx, m proc.Message) error {
	switch b := m.Body.(type) {
	case proc.Reply:
		r.got <- b.Value
	case genevent.Exited:
		r.got <- b
	}
	return nil
}
