package supervise

import (
	"errors"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestChildrenStartInOrderAndStopInReverse(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a"), w.worker("b"), w.worker("c"))
	if got := w.take(); got != "+a +b +c" { // all have started before Start returns
		t.Fatalf("events %q", got)
	}
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	if got := w.take(); got != "-c -b -a" {
		t.Errorf("events %q", got)
	}
}

func TestFailedFirstStartStopsThoseBeforeInReverse(t *testing.T) {
	w := newWorld(t)
	fails := w.with(worker{init: func(*proc.Ctx) error { return errBoom }})
	_, err := Start(w.k, Flags{}, []Spec{w.worker("a"), w.worker("b"), w.worker("c", fails), w.worker("d")}, proc.WithName("sup"))
	var failed *FailedError
	if !errors.As(err, &failed) || failed.ID != "c" || failed.Err != errBoom {
		t.Fatalf("error %v", err)
	}
	w.is(err, proc.Shutdown)
	if got := w.take(); got != "+a +b -b -a" {
		t.Errorf("events %q", got)
	}
	if _, ok := w.rt.Whereis("sup"); ok {
		t.Error("the name is still there")
	}
	w.logged("failed to start", "child=c", "reason=boom")
}

func TestPermanentChildIsAlwaysRestarted(t *testing.T) {
	for _, reason := range []error{proc.Normal, proc.Shutdown, errBoom} {
		w := newWorld(t)
		sup := w.start(many(OneForOne), w.worker("a"))
		old := w.pid(sup, "a")
		w.crash(old, reason)
		w.until("+a +a")
		if now := w.pid(sup, "a"); now == old || now == 0 {
			t.Errorf("after %v: %v", reason, now)
		}
		w.logged("child terminated", "child=a", reason.Error())
	}
}

func TestNestedSupervisorsStartAndStopInOrder(t *testing.T) {
	w := newWorld(t)
	low, err := Nested("low", Flags{}, w.worker("x"), w.worker("y"))
	if err != nil {
		t.Fatal(err)
	}
	mid, err := Nested("mid", Flags{}, w.worker("b"), low, w.worker("c"))
	if err != nil {
		t.Fatal(err)
	}
	sup := w.start(Flags{}, w.worker("a"), mid, w.worker("d"))
	if got := w.take(); got != "+a +b +x +y +c +d" {
		t.Fatalf("events %q", got)
	}
	if err := Stop(w.k, sup, errBoom); err != nil {
		t.Fatal(err)
	}
	if got := w.take(); got != "-d -c -y -x -b -a" {
		t.Errorf("events %q", got)
	}
	if _, err := Nested("low", Flags{Intensity: -1}); err == nil {
		t.Error("no error for flags that are wrong")
	}
}

func TestHowASupervisorIsStartedMakesNoDifference(t *testing.T) {
	w := newWorld(t)
	good, err := New(Flags{}, w.worker("a"), w.worker("b"))
	if err != nil {
		t.Fatal(err)
	}
	bad, err := New(Flags{}, w.worker("c"), w.worker("d", w.with(worker{init: func(*proc.Ctx) error { return errBoom }})))
	if err != nil {
		t.Fatal(err)
	}
	sup, err := w.rt.Start(w.ctx, good) // without this package
	if err != nil {
		t.Fatal(err)
	}
	if got := w.take(); got != "+a +b" {
		t.Errorf("events %q", got)
	}
	w.stop(sup)
	w.until("-b -a")

	linked, err := w.rt.Go(func(self *proc.Self) error {
		self.TrapExit(true)
		_, err := self.Client(proc.Forever).Start(bad, proc.WithLink())
		var failed *FailedError
		if !errors.As(err, &failed) || failed.ID != "d" || failed.Err != errBoom {
			t.Errorf("error %v", err)
		}
		if m, ok := self.ReceiveTimeout(0); ok { // its Exit is not left to the caller
			t.Errorf("message %v", m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.ends(linked, nil)
	w.until("+c -c")
}
