package supervise

import (
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// pool returns the spec of a SimpleOneForOne.
func (w *world) pool(change ...func(*Spec)) Spec {
	s := Spec{New: func(arg any) proc.Machine { return &worker{w: w, name: arg.(string), trap: true} }}
	for _, f := range change {
		f(&s)
	}
	return s
}

func TestDynamicChildrenGetTheirArgument(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(SimpleOneForOne), w.pool())
	a, err := StartDynamic(w.k, sup, "a")
	if err != nil || a == 0 {
		t.Fatal(a, err)
	}
	w.until("+a")
	w.crash(a, errBoom)
	w.until("+a") // restarted with the same one
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	w.until("-a")
}

func TestManyDynamicChildrenStartInOneCallAndStopTogether(t *testing.T) {
	w := newWorld(t)
	failing := func(arg any) proc.Machine {
		return &quiet{fail: arg.(int)%1000 == 7, ignore: arg.(int)%1000 == 8}
	}
	sup := w.start(many(SimpleOneForOne), Spec{New: failing})
	args := make([]any, 5000)
	for i := range args {
		args[i] = i
	}
	results, err := StartDynamicMany(w.k, sup, args)
	if err != nil || len(results) != len(args) {
		t.Fatal(len(results), err)
	}
	for i, r := range results {
		var failed *StartError
		switch i % 1000 {
		case 7:
			if r.PID != 0 || !errors.As(r.Err, &failed) || failed.Err != errBoom {
				t.Errorf("%d: %+v", i, r)
			}
		case 8:
			if r != (Result{}) {
				t.Errorf("%d: %+v", i, r)
			}
		default:
			if r.PID == 0 || r.Err != nil {
				t.Errorf("%d: %+v", i, r)
			}
		}
	}
	n, err := CountChildren(w.k, sup)
	if want := (Count{Specs: 1, Active: 4990, Workers: 4990}); n != want || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if alive, _ := w.rt.Alive(w.ctx, r.PID); r.PID != 0 && alive {
			t.Fatalf("%v lives", r.PID)
		}
	}
}

// quiet is a worker without events.
type quiet struct{ fail, ignore bool }

func (m *quiet) Init(*proc.Ctx) error {
	switch {
	case m.fail:
		return errBoom
	case m.ignore:
		return proc.Normal
	}
	return nil
}

func (m *quiet) Handle(c *proc.Ctx, msg proc.Message) error {
	if err, ok := msg.Body.(error); ok {
		return err
	}
	if _, ok := c.Caller(); ok {
		return c.Reply(c.Self())
	}
	return nil
}

func TestTerminateDynamic(t *testing.T) {
	w := newWorld(t)
	f := many(SimpleOneForOne)
	f.Backoff = &Backoff{Min: time.Hour, Max: time.Hour}
	asked, leave := make(chan struct{}), make(chan struct{})
	sup := w.start(f, Spec{New: func(arg any) proc.Machine { return &slowEnd{asked: asked, leave: leave} }})

	waits, err := StartDynamic(w.k, sup, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.crash(waits, errBoom)
	w.eventually("it waits for its restart", func() bool { return w.children(sup) == "r" })
	if err := TerminateDynamic(w.k, sup, waits); err != nil { // the restart is called off
		t.Error(err)
	}
	if got := w.children(sup); got != "" {
		t.Errorf("children %q", got)
	}

	slow, err := StartDynamic(w.k, sup, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	for range 2 { // both wait for its end
		go func() { done <- TerminateDynamic(w.k, sup, slow) }()
	}
	<-asked
	if n, err := CountChildren(w.k, sup); err != nil || n.Active != 1 { // other requests are served meanwhile
		t.Error(n, err)
	}
	close(leave)
	for range 2 {
		if err := <-done; err != nil && !errors.Is(err, ErrNotFound) { // the second may come when it has ended
			t.Error(err)
		}
	}
}

// slowEnd is a worker that ends only when it may.
type slowEnd struct {
	quiet
	asked, leave chan struct{}
}

func (m *slowEnd) Terminate(*proc.Ctx, error) {
	select {
	case <-m.leave:
	case m.asked <- struct{}{}:
		<-m.leave
	}
}

func (m *slowEnd) Handle(c *proc.Ctx, msg proc.Message) error {
	if msg.Body == errBoom {
		m.leave = make(chan struct{})
		close(m.leave)
	}
	return m.quiet.Handle(c, msg)
}

func TestDynamicBrutalKillAndStuckChildren(t *testing.T) {
	w := newWorld(t)
	enter, leave := make(chan struct{}), make(chan struct{})
	defer close(leave)
	f := many(SimpleOneForOne)
	f.KillGrace = time.Millisecond
	sup := w.start(f, Spec{Shutdown: BrutalKill, New: func(arg any) proc.Machine {
		return &worker{w: w, name: "x", trap: true, init: func(*proc.Ctx) error {
			if arg == "hang" {
				close(enter)
				<-leave
			}
			return nil
		}}
	}})
	a, err := StartDynamic(w.k, sup, "a")
	if err != nil {
		t.Fatal(err)
	}
	hangs := make(chan error, 1)
	go func() {
		_, err := StartDynamic(w.k, sup, "hang")
		hangs <- err
	}()
	<-enter
	end := w.watch(a)
	w.stop(sup)
	w.is(end(), proc.Killed)
	w.is(<-hangs, proc.Shutdown) // the supervisor has ended for that
	w.until("+x")
	w.logged("did not shut down as asked", "has not returned")
}
