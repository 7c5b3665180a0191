package supervise

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// stop stops a supervisor and fails the test if it ends otherwise.
func (w *world) stop(sup proc.PID) {
	w.t.Helper()
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		w.t.Fatal(err)
	}
}

func TestChildThatIgnoresShutdownIsKilled(t *testing.T) {
	w := newWorld(t)
	deaf := w.with(worker{deaf: true})
	short := func(s *Spec) { s.Shutdown = time.Millisecond }
	sup := w.start(Flags{}, w.worker("a"), w.worker("b", deaf, short), w.worker("c"))
	w.until("+a +b +c")
	b := w.watch(w.pid(sup, "b"))
	w.stop(sup)
	w.until("-c -a")
	w.is(b(), proc.Killed)
	w.logged("did not shut down as asked", "child=b", "killed")
}

func TestBrutalKillDoesNotAsk(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a", func(s *Spec) { s.Shutdown = BrutalKill }))
	a := w.watch(w.pid(sup, "a"))
	w.stop(sup)
	w.is(a(), proc.Killed)
	w.until("+a")
	w.silent("did not shut down")
}

func TestChildThatUnlinksItselfCannotHangItsSupervisor(t *testing.T) {
	for _, shutdown := range []time.Duration{0, Infinity, BrutalKill} {
		w := newWorld(t)
		loose := w.with(worker{loose: true, trap: true})
		gone := w.with(worker{loose: true})
		sup := w.start(Flags{}, w.worker("a", loose, func(s *Spec) { s.Shutdown = shutdown }), w.worker("b", gone, func(s *Spec) { s.Shutdown = shutdown }))
		a, b := w.pid(sup, "a"), w.pid(sup, "b")
		w.crash(b, errBoom) // nobody hears of it
		if got := w.children(sup); got != "+b +a" {
			t.Errorf("children %q", got)
		}
		end := w.watch(a)
		w.stop(sup)
		end()
		w.logged("did not shut down as asked", "child=b", "noproc")
	}
}

// ending is a child that ends for its own reason when it is asked to.
type ending struct {
	quiet
	reason error
}

func (m *ending) Init(c *proc.Ctx) error {
	c.TrapExit(true)
	return nil
}

func (m *ending) Handle(c *proc.Ctx, msg proc.Message) error {
	if _, ok := msg.Body.(proc.Exit); ok {
		return m.reason
	}
	return m.quiet.Handle(c, msg)
}

func TestReportsOfHowChildrenEndWhenTheyAreStopped(t *testing.T) {
	for _, c := range []struct {
		restart  Restart
		reason   error
		reported bool
	}{
		{Permanent, proc.Shutdown, false}, {Permanent, proc.Normal, true}, {Permanent, errWrapped, true}, {Permanent, errBoom, true},
		{Transient, proc.Shutdown, false}, {Transient, proc.Normal, false}, {Transient, errWrapped, false}, {Transient, errBoom, true},
		{Temporary, proc.Shutdown, false}, {Temporary, proc.Normal, false}, {Temporary, errWrapped, false}, {Temporary, errBoom, true},
	} {
		w := newWorld(t)
		sup := w.start(Flags{}, Spec{ID: "a", Restart: c.restart, Factory: func() proc.Machine { return &ending{reason: c.reason} }})
		w.stop(sup)
		if c.reported {
			w.logged("did not shut down as asked", "child=a", c.reason.Error())
		} else {
			w.silent("did not shut down")
		}
	}
}

func TestParentsEndEndsTheSupervisorWithItsReason(t *testing.T) {
	for _, reason := range []error{proc.Normal, proc.Shutdown, errBoom} {
		w := newWorld(t)
		f, err := New(Flags{}, w.worker("a"), w.worker("b"))
		if err != nil {
			t.Fatal(err)
		}
		started := make(chan proc.PID, 1)
		parent, err := w.rt.Go(func(self *proc.Self) error {
			self.TrapExit(true)
			pid, err := self.Client(proc.Forever).Start(f, proc.WithLink())
			if err != nil {
				return err
			}
			started <- pid
			return self.Receive().Body.(error)
		})
		if err != nil {
			t.Fatal(err)
		}
		sup := <-started
		end := w.watch(sup)
		_ = w.rt.Send(parent, reason)
		w.is(end(), reason)
		w.until("+a +b -b -a")
	}
}

func TestExitSignalsOfOthersAreIgnored(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{}, w.worker("a"))
	stranger, err := w.rt.Go(func(self *proc.Self) error { return self.Exit(sup, errBoom) })
	if err != nil {
		t.Fatal(err)
	}
	w.ends(stranger, nil)
	if got := w.children(sup); got != "+a" {
		t.Errorf("children %q", got)
	}
}

func TestKilledSupervisorTakesItsChildrenWithIt(t *testing.T) {
	w := newWorld(t)
	low, err := New(Flags{}, Spec{ID: "x", Factory: func() proc.Machine { return &quiet{} }})
	if err != nil {
		t.Fatal(err)
	}
	sup := w.start(Flags{}, Spec{ID: "a", Factory: func() proc.Machine { return &quiet{} }}, Spec{ID: "low", Type: Supervisor, Factory: low})
	a, l := w.watch(w.pid(sup, "a")), w.pid(sup, "low")
	x, lowEnds := w.watch(w.pid(l, "x")), w.watch(l)
	_ = w.rt.Exit(sup, proc.Kill)
	w.is(a(), proc.Killed)
	w.is(lowEnds(), proc.Killed)
	w.is(x(), proc.Shutdown) // its supervisor stops it
}

func TestRuntimeShutdownStopsATreeInOrder(t *testing.T) {
	w := newWorld(t)
	low, err := New(Flags{}, w.worker("x"), w.worker("y"))
	if err != nil {
		t.Fatal(err)
	}
	mid, err := New(Flags{}, w.worker("b"), Spec{ID: "low", Type: Supervisor, Factory: low}, w.worker("c"))
	if err != nil {
		t.Fatal(err)
	}
	w.start(Flags{}, w.worker("a"), Spec{ID: "mid", Type: Supervisor, Factory: mid}, w.worker("d"))
	w.take()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.rt.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if got := w.take(); got != "-d -c -y -x -b -a" {
		t.Errorf("events %q", got)
	}
}

func TestDynamicChildrenHaveOneDeadline(t *testing.T) {
	w := newWorld(t)
	sup := w.start(Flags{Strategy: SimpleOneForOne}, Spec{
		Shutdown: time.Millisecond,
		New:      func(arg any) proc.Machine { return &worker{w: w, name: "x", trap: true, deaf: arg.(bool)} },
	})
	var ends []func() error
	for i := range 200 {
		pid, err := StartDynamic(w.k, sup, i%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			ends = append(ends, w.watch(pid))
		}
	}
	w.stop(sup)
	for _, end := range ends {
		w.is(end(), proc.Killed)
	}
	w.logged("did not shut down", "killed")
}

func TestStopWhileChildrenAreRestarted(t *testing.T) {
	w := newWorld(t)
	enter := make(chan struct{})
	leave := make(chan struct{})
	n := 0
	slow := func(s *Spec) {
		s.Factory = func() proc.Machine {
			n++
			return &worker{w: w, name: "b", init: func(*proc.Ctx) error {
				if n > 1 {
					close(enter)
					<-leave
				}
				return nil
			}}
		}
	}
	sup := w.start(many(OneForAll), w.worker("a"), w.worker("b", slow), w.worker("c"))
	w.take()
	_ = w.rt.Send(w.pid(sup, "a"), errBoom)
	<-enter
	end := w.watch(sup)
	asked := make(chan error, 1)
	go func() {
		_, err := WhichChildren(w.k, sup) // it is kept until b has started
		asked <- err
	}()
	_ = w.rt.Exit(sup, errBoom)
	close(leave)
	w.is(end(), errBoom)
	w.until("-c +a +b -a")
	if err := <-asked; err != nil && !errors.Is(err, errBoom) && !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("error %v", err)
	}
}
