package supervise

import (
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

func TestUpgradeChangesFlagsAndSpecs(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a"), w.worker("b"), w.worker("c"))
	a, b := w.pid(sup, "a"), w.pid(sup, "b")
	n := Change{many(RestForOne), []Spec{w.worker("d"), w.worker("b", transient), w.worker("c")}}
	if err := sys.Upgrade(w.k, sup, n, "1", nil); err != nil {
		t.Fatal(err)
	}
	if got := w.children(sup); got != "+c +b -d +a" { // a stays, d is new and does not run
		t.Errorf("children %q", got)
	}
	if w.pid(sup, "a") != a || w.pid(sup, "b") != b {
		t.Error("a child was restarted")
	}
	s, err := GetSpec(w.k, sup, "b")
	if err != nil || s.Restart != Transient {
		t.Errorf("%+v, %v", s, err)
	}
	if st := w.state(sup); st.Flags.Strategy != RestForOne || st.Flags.Intensity != 1000 {
		t.Errorf("%+v", st)
	}
	w.take()
	w.crash(b, errBoom)
	w.until("-c +b +c") // by the new flags
	if pid, err := RestartChild(w.k, sup, "d"); pid == 0 || err != nil {
		t.Error(pid, err)
	}

	pool := w.start(Flags{Strategy: SimpleOneForOne}, w.pool())
	ch, err := StartDynamic(w.k, pool, "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := sys.Upgrade(w.k, pool, Change{many(SimpleOneForOne), []Spec{w.pool(transient)}}, "1", nil); err != nil {
		t.Fatal(err)
	}
	w.crash(ch, proc.Normal)
	w.eventually("it is not restarted", func() bool { return w.children(pool) == "" })
}

func TestUpgradeThatDoesNotFitChangesNothing(t *testing.T) {
	w := newWorld(t)
	f := Flags{AutoShutdown: AnySignificant}
	sup := w.start(f, w.worker("a"), w.worker("b", transient, significant))
	for _, impl := range []any{
		1, Change{Flags: Flags{Intensity: -1}}, Change{Specs: []Spec{{}}}, Change{Flags: Flags{Strategy: SimpleOneForOne}, Specs: []Spec{w.pool()}},
		Change{Specs: []Spec{w.worker("a")}}, // b would stay, significant
	} {
		var failed *sys.CallbackError
		if err := sys.Upgrade(w.k, sup, impl, "1", nil); !errors.As(err, &failed) {
			t.Errorf("%v: error %v", impl, err)
		}
	}
	if st := w.state(sup); st.Flags.AutoShutdown != AnySignificant || len(st.Children) != 2 {
		t.Errorf("%+v", st)
	}
	if _, err := sys.ReplaceState(w.k, sup, func(v any) (any, error) { return v, nil }); err == nil {
		t.Error("the state was replaced")
	}
}

func TestSuspendedSupervisorKeepsEverythingButTheEndOfItsParent(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Intensity: 5, Period: time.Hour}, w.worker("a"), w.worker("b"))
	w.until("+a +b")
	a := w.pid(sup, "a")
	if err := sys.Suspend(w.k, sup); err != nil {
		t.Fatal(err)
	}
	w.crash(a, errBoom)
	if st := w.state(sup); st.Restarts != 0 || st.Children[1].PID != a {
		t.Errorf("%+v", st)
	}
	if err := sys.Resume(w.k, sup); err != nil {
		t.Fatal(err)
	}
	w.until("+a")

	a = w.pid(sup, "a")
	if err := sys.Suspend(w.k, sup); err != nil {
		t.Fatal(err)
	}
	w.crash(a, errBoom)
	end := w.watch(sup)
	_ = w.rt.Exit(sup, errBoom)
	w.is(end(), errBoom)
	w.until("-b")
}

func TestStatusAndTraceOfASupervisor(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a"))
	st, err := sys.GetStatus(w.k, sup)
	if err != nil || len(st.Shown.(State).Children) != 1 || !st.TrapExit {
		t.Errorf("%+v, %v", st, err)
	}
	states := make(chan State, 10)
	if err := sys.Install(w.k, sup, "test", func(e sys.Event) bool {
		if e.Kind == sys.State {
			states <- e.Value.(State)
		}
		return len(states) == 0
	}); err != nil {
		t.Fatal(err)
	}
	_ = w.rt.Send(w.pid(sup, "a"), errBoom)
	if s := <-states; len(s.Children) != 1 {
		t.Errorf("%+v", s)
	}
}
