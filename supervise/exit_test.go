package supervise

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// For a supervisor an exit signal of a child is its end, though the child lives, as in OTP: another one is started, and the old one stays linked.
func TestExitSignalOfALivingChildCountsAsItsEnd(t *testing.T) {
	for _, strategy := range []Strategy{OneForOne, OneForAll, SimpleOneForOne} {
		for _, inInit := range []bool{true, false} {
			w := newWorld(t)
			var made atomic.Int32
			began := make(chan proc.PID, 10)
			complain := func(c *proc.Ctx) error { return c.Exit(c.Parent(), errBoom) }
			spec := Spec{ID: "a", Factory: func() proc.Machine {
				return &complainer{worker: worker{w: w, name: "a", trap: true, init: func(c *proc.Ctx) error {
					began <- c.Self()
					if made.Add(1) == 1 && inInit {
						return complain(c)
					}
					return nil
				}}, complain: complain}
			}}
			sup := w.start(many(strategy), spec)
			if strategy == SimpleOneForOne {
				if _, err := StartDynamic(w.k, sup, nil); err != nil {
					t.Fatal(err)
				}
			}
			old := <-began
			if !inInit {
				if err := w.rt.Send(old, "complain"); err != nil {
					t.Fatal(err)
				}
			}
			next := <-began
			w.eventually("the new one runs", func() bool { return w.onlyChild(sup) == next })
			if strategy == OneForAll { // which stops all that it has, and knows this one no more
				w.is(alive(w, old), nil)
			}
			w.crash(next, errBoom)
			third := <-began
			w.eventually("it is restarted again", func() bool { return w.onlyChild(sup) == third })
			w.stop(sup)
			w.ends(old, nil) // by its link
		}
	}
}

// A child that has sent its supervisor an exit signal while that was busy with another is stopped with the others: it may live.
func TestLivingChildThatHasSentAnExitSignalIsStopped(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne), w.worker("a", temporary, func(s *Spec) {
		s.Factory = func() proc.Machine {
			return &complainer{worker: worker{w: w, name: "a", trap: true}, complain: func(c *proc.Ctx) error { return c.Exit(c.Parent(), errBoom) }}
		}
	}))
	a := w.pid(sup, "a")
	inside, leave := make(chan struct{}), make(chan struct{})
	started := make(chan error, 2)
	go func() {
		_, err := StartChild(w.k, sup, w.worker("slow", w.with(worker{init: func(*proc.Ctx) error { close(inside); <-leave; return nil }})))
		started <- err
	}()
	<-inside
	go func() { started <- TerminateChild(w.k, sup, "a") }()
	w.eventually("both wait", func() bool { i, err := w.rt.Info(sup); return err == nil && i.Calls == 2 })
	if err := w.rt.Send(a, "complain"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.rt.Call(w.ctx, a, "done"); err != nil {
		t.Fatal(err)
	}
	close(leave)
	for range 2 {
		w.is(<-started, nil)
	}
	if err := alive(w, a); err == nil {
		t.Error("it lives, and its supervisor knows it no more")
	}
}

func TestChildThatHasSentAnExitSignalIsKilledWhenItsStartTakesTooLong(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(OneForOne))
	began, started := make(chan proc.PID, 1), make(chan error, 1)
	go func() {
		_, err := StartChild(w.k, sup, w.worker("a", w.with(worker{trap: true, init: func(c *proc.Ctx) error {
			began <- c.Self()
			err := c.Exit(c.Parent(), errBoom)
			c.HoldStart()
			return err
		}}), func(s *Spec) { s.StartTimeout = time.Millisecond }))
		started <- err
	}()
	a := <-began
	w.is(<-started, proc.ErrTimeout)
	if err := alive(w, a); err == nil {
		t.Error("it lives, and its supervisor knows it no more")
	}
}

type complainer struct {
	worker
	complain func(c *proc.Ctx) error
}

func (m *complainer) Handle(c *proc.Ctx, msg proc.Message) error {
	if msg.Body == "complain" {
		return m.complain(c)
	}
	return m.worker.Handle(c, msg)
}

func alive(w *world, pid proc.PID) error {
	_, err := w.rt.Call(w.ctx, pid, "alive?")
	return err
}

// onlyChild returns the PID of the supervisor's one child, zero while it does not run.
func (w *world) onlyChild(sup proc.PID) proc.PID {
	w.t.Helper()
	list, err := WhichChildren(w.k, sup)
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	return list[0].PID
}

func TestDynamicChildWhoseRestartFailsIsStoppedByThePIDThatIsKnown(t *testing.T) {
	w := newWorld(t)
	f := many(SimpleOneForOne)
	f.Backoff = &Backoff{Min: time.Millisecond, Max: time.Hour}
	tries := make(chan struct{}, 100)
	var n atomic.Int32
	sup := w.start(f, Spec{Factory: func() proc.Machine {
		return &worker{w: w, name: "x", init: func(*proc.Ctx) error {
			if n.Add(1) == 1 {
				return nil
			}
			tries <- struct{}{}
			return errBoom
		}}
	}})
	pid, err := StartDynamic(w.k, sup, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.crash(pid, errBoom)
	for range 4 {
		<-tries
	}
	w.eventually("it waits", func() bool { return w.children(sup) == "r" })
	for w.children(sup) != "" { // another try may be under way
		if err := TerminateDynamic(w.k, sup, pid); err != nil {
			w.is(err, ErrNotFound)
		}
	}
}

// A bound holds for what others send: the supervisor's own messages, by which it goes on, are never turned away.
func TestSupervisorWithAFullMailboxGoesOn(t *testing.T) {
	for _, policy := range []proc.Overflow{proc.Reject, proc.DropNewest, proc.DropOldest} {
		w := newWorld(t)
		n := 0
		began := make(chan proc.PID, 10)
		sup, err := Start(w.k, many(OneForOne), []Spec{{ID: "a", Start: func(c *proc.Ctx, _ any) (proc.PID, error) {
			if n++; n > 1 && n < 10 {
				for range 3 {
					_ = c.Runtime().Send(c.Self(), "junk") // as a goroutine
				}
				return 0, errBoom
			}
			pid, err := c.SpawnLink(func() proc.Machine { return &worker{w: w, name: "a"} })
			began <- pid
			return pid, err
		}}}, proc.WithMailboxBound(1, policy))
		if err != nil {
			t.Fatal(err)
		}
		w.crash(<-began, errBoom)
		select {
		case <-began:
		case <-w.ctx.Done():
			t.Fatalf("%v: it has given up its restart", policy)
		}
		w.stop(sup)
	}
}
