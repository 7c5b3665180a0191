package supervise

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// own returns a spec with a Start function.
func own(id string, f func(c *proc.Ctx) (proc.PID, error)) Spec {
	return Spec{ID: id, Start: func(c *proc.Ctx, _ any) (proc.PID, error) { return f(c) }}
}

func (w *world) startOwn(f func(c *proc.Ctx) (proc.PID, error)) (proc.PID, error) {
	w.t.Helper()
	return Start(w.k, many(OneForOne), []Spec{own("a", f)})
}

func quietly() proc.Machine { return &quiet{} }

func TestStartFunctionThatPanicsOrFails(t *testing.T) {
	w := newWorld(t)
	var failed *FailedError
	var crash *proc.Panic
	_, err := w.startOwn(func(*proc.Ctx) (proc.PID, error) { panic("oh") })
	if !errors.As(err, &failed) || failed.ID != "a" || !errors.As(err, &crash) || crash.Value != "oh" {
		t.Errorf("error %v", err)
	}
	_, err = w.startOwn(func(*proc.Ctx) (proc.PID, error) { return 0, errBoom })
	w.is(err, errBoom)
	_, err = w.startOwn(func(c *proc.Ctx) (proc.PID, error) { return c.Self(), nil })
	if !errors.As(err, &failed) {
		t.Errorf("its own PID: error %v", err)
	}
	other := newWorld(t)
	foreign, err := other.rt.Spawn(quietly)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.startOwn(func(c *proc.Ctx) (proc.PID, error) { return foreign, nil })
	w.is(err, proc.ErrWrongRuntime)
	pid, err := w.rt.Spawn(quietly)
	if err != nil {
		t.Fatal(err)
	}
	same := func(*proc.Ctx) (proc.PID, error) { return pid, nil }
	_, err = Start(w.k, Flags{}, []Spec{own("a", same), own("b", same)})
	if !errors.As(err, &failed) || failed.ID != "b" {
		t.Errorf("another child's PID: error %v", err)
	}
}

func TestStartFunctionThatHasNothingToDo(t *testing.T) {
	w := newWorld(t)
	for _, ignore := range []error{nil, proc.Normal} {
		sup, err := w.startOwn(func(*proc.Ctx) (proc.PID, error) { return 0, ignore })
		if err != nil {
			t.Fatal(err)
		}
		if got := w.children(sup); got != "-a" {
			t.Errorf("children %q", got)
		}
	}
}

func TestStartFunctionThatReturnsAProcessWithoutLink(t *testing.T) {
	w := newWorld(t)
	sup, err := w.startOwn(func(c *proc.Ctx) (proc.PID, error) { return c.Spawn(quietly) })
	if err != nil {
		t.Fatal(err)
	}
	old := w.pid(sup, "a")
	w.crash(old, errBoom)
	w.eventually("another one runs", func() bool { return w.pid(sup, "a") != old })
	end := w.watch(w.pid(sup, "a"))
	_ = w.rt.Exit(sup, proc.Kill)
	w.is(end(), proc.Killed)
}

func TestStartFunctionThatReturnsADeadProcess(t *testing.T) {
	w := newWorld(t)
	dead, err := w.rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return proc.Normal }))
	if err != nil {
		t.Fatal(err)
	}
	_ = w.rt.Send(dead, nil)
	w.ends(dead, nil)
	n := 0
	sup, err := w.startOwn(func(c *proc.Ctx) (proc.PID, error) {
		if n++; n < 3 {
			return dead, nil
		}
		return c.SpawnLink(quietly)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("a living one runs", func() bool { pid := w.pid(sup, "a"); return pid != 0 && pid != dead })
	w.logged("child terminated", "noproc")
}

func TestStartFunctionThatNeverReturnsHoldsUpItsSupervisorOnly(t *testing.T) {
	w := newWorld(t)
	leave, enter := make(chan struct{}), make(chan struct{})
	sup := w.start(Flags{}, w.worker("a"))
	go func() {
		_, _ = StartChild(w.k, sup, own("b", func(c *proc.Ctx) (proc.PID, error) { close(enter); <-leave; return c.SpawnLink(quietly) }))
	}()
	<-enter
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := WhichChildren(w.rt.Client(ctx), sup)
	w.is(err, proc.ErrTimeout)
	if got := w.children(w.start(Flags{}, w.worker("c"))); got != "+c" { // the runtime goes on
		t.Errorf("children %q", got)
	}
	close(leave)
	w.eventually("b runs", func() bool { return w.children(sup) == "+b +a" })
}

func TestChildThatEndsNormallyWhileItIsStopped(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("b"), Spec{ID: "a", Factory: func() proc.Machine { return &ending{reason: proc.Normal} }})
	if err := TerminateChild(w.k, sup, "a"); err != nil {
		t.Fatal(err)
	}
	w.logged("did not shut down as asked", "child=a", "normal")
	if got := w.children(sup); got != "-a +b" { // stopped, not restarted
		t.Errorf("children %q", got)
	}
}

func TestInitThatHangsDoesNotHoldUpTheEndOfTheSupervisor(t *testing.T) {
	w := newWorld(t)
	leave, enter := make(chan struct{}), make(chan struct{})
	defer close(leave)
	hang := w.with(worker{init: func(*proc.Ctx) error { close(enter); <-leave; return nil }})
	short := func(s *Spec) { s.Shutdown = time.Millisecond }
	sup := w.start(Flags{KillGrace: time.Millisecond}, w.worker("a"))
	started := make(chan error, 1)
	go func() {
		_, err := StartChild(w.k, sup, w.worker("b", hang, short))
		started <- err
	}()
	<-enter
	end := w.watch(sup)
	_ = w.rt.Exit(sup, proc.Shutdown)
	w.is(end(), proc.Shutdown)
	w.is(<-started, proc.Shutdown)
	w.until("+a -a")
	w.logged("did not shut down as asked", "child=b", "has not returned")
}

func TestInitThatHangsIsGivenUpAfterTheStartTimeout(t *testing.T) {
	for _, dynamic := range []bool{false, true} {
		w := newWorld(t)
		leave := make(chan struct{})
		defer close(leave)
		hang := &worker{w: w, init: func(*proc.Ctx) error { <-leave; return nil }}
		spec := Spec{ID: "b", StartTimeout: time.Millisecond, New: func(any) proc.Machine { return hang }}
		f := Flags{KillGrace: time.Millisecond}
		var err error
		if dynamic {
			f.Strategy = SimpleOneForOne
			_, err = StartDynamic(w.k, w.start(f, spec), nil)
		} else {
			_, err = StartChild(w.k, w.start(f, w.worker("a")), spec)
		}
		var start *StartError
		if !errors.As(err, &start) || !errors.Is(err, ErrStuck) {
			t.Errorf("error %v", err)
		}
	}
}

func TestStartTimeoutOfANestedSupervisorHoldsForItsChildren(t *testing.T) {
	w := newWorld(t)
	leave := make(chan struct{})
	hang := w.with(worker{init: func(*proc.Ctx) error { <-leave; return nil }})
	low, err := New(Flags{}, w.worker("a"), w.worker("b", hang))
	if err != nil {
		t.Fatal(err)
	}
	sup := w.start(Flags{})
	_, err = StartChild(w.k, sup, Spec{ID: "low", Type: Supervisor, Factory: low, StartTimeout: time.Millisecond})
	w.is(err, proc.ErrTimeout)
	close(leave)
	if got := w.children(sup); got != "" {
		t.Errorf("children %q", got)
	}
}

func TestNestedSupervisorThatFailsToStartFailsItsParent(t *testing.T) {
	w := newWorld(t)
	low, err := New(Flags{}, w.worker("x"), w.worker("y", w.with(worker{init: func(*proc.Ctx) error { return errBoom }})))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(w.k, Flags{}, []Spec{w.worker("a"), {ID: "low", Type: Supervisor, Factory: low}})
	var failed *FailedError
	if !errors.As(err, &failed) || failed.ID != "low" || !errors.As(failed.Err, &failed) || failed.ID != "y" || !errors.Is(err, errBoom) {
		t.Errorf("error %v", err)
	}
	w.until("+a +x -x -a")
}

func TestChildThatCrashesAtOnceIsRestarted(t *testing.T) {
	w := newWorld(t)
	n := 0
	sup := w.start(Flags{Intensity: 10_000, Period: time.Hour}, Spec{ID: "a", Factory: func() proc.Machine {
		n++
		return &hasty{n < 2000}
	}})
	w.eventually("it runs at last", func() bool { return w.state(sup).Restarts == 1999 && w.pid(sup, "a") != 0 })
}

// hasty is a worker that crashes by a message from itself.
type hasty struct{ crash bool }

func (m *hasty) Init(c *proc.Ctx) error {
	if m.crash {
		return c.Send(c.Self(), nil)
	}
	return nil
}

func (m *hasty) Handle(*proc.Ctx, proc.Message) error { panic("at once") }

func TestRuntimeShutdownEndsAStormOfRestarts(t *testing.T) {
	w := newWorld(t)
	var specs []Spec
	for _, id := range []string{"a", "b", "c"} {
		specs = append(specs, Spec{ID: id, Factory: func() proc.Machine { return &hasty{true} }})
	}
	w.start(endless(OneForOne), specs...)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second) // for half of it the runtime waits for what never ends by itself
	defer cancel()
	if err := w.rt.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	// The runtime starts nothing any more; each child is tried once and not again and again.
	if n := strings.Count(w.log.String(), "child failed to start"); n > len(specs) {
		t.Errorf("%d failed starts", n)
	}
}
