package genstatem

import (
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestStartWaitsForInitAndTakesTheNameBeforeIt(t *testing.T) {
	rt := begin(t)
	named := false
	pid, err := Start(rt.Client(waiting(t)), func() Handler[string] {
		return &puppet{log: &journal{}, init: func(c *Ctx[string]) error {
			pid, ok := c.Whereis("m")
			named = ok && pid == c.Self()
			return nil
		}}
	}, proc.WithName("m"))
	ok(t, err)
	if !named {
		t.Error("the name was not there in Init")
	}
	_, err = Start(rt.Client(waiting(t)), func() Handler[string] { return &puppet{} }, proc.WithName("m"))
	if !errors.Is(err, proc.ErrNameTaken) {
		t.Errorf("a second one: %v", err)
	}
	if at, _ := rt.Whereis("m"); at != pid {
		t.Error("the name has gone")
	}
}

// stop, ignore, a panic, a nil implementation: the error says which, and no name, no process and no Terminate is left.
func TestAFailedStartLeavesNothing(t *testing.T) {
	rt := begin(t)
	for name, x := range map[string]struct {
		init   func(c *Ctx[string]) error
		reason error
	}{
		"stop":   {func(*Ctx[string]) error { return errOops }, errOops},
		"ignore": {func(*Ctx[string]) error { return proc.Normal }, proc.Normal},
		"panic":  {func(*Ctx[string]) error { panic(errOops) }, errOops},
		"work":   {func(c *Ctx[string]) error { c.SetTimeout("n", 0, nil); c.Internal(1); return errOops }, errOops},
	} {
		log := &journal{}
		_, err := Start(rt.Client(waiting(t)), func() Handler[string] { return &puppet{init: x.init, log: log} }, proc.WithName("m"))
		var start *proc.StartError
		if !errors.As(err, &start) || !errors.Is(start.Err, x.reason) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, ok := rt.Whereis("m"); ok {
			t.Errorf("%s: the name is still taken", name)
		}
		if alive, _ := rt.Alive(waiting(t), start.PID); alive {
			t.Errorf("%s: the process lives", name)
		}
		log.want(t)
	}
	if _, err := Start(rt.Client(waiting(t)), func() Handler[string] { return nil }); !errors.Is(err, proc.ErrFactory) {
		t.Errorf("no implementation: %v", err)
	}
	if _, err := Start[string](rt.Client(waiting(t)), nil); err == nil {
		t.Error("a nil function was taken")
	}
}

func TestAFailedStartLinkLeavesNoExitAndNoDown(t *testing.T) {
	rt := begin(t)
	got := make(chan any, 2)
	_, err := rt.Go(func(self *proc.Self) error {
		self.TrapExit(true)
		var ref proc.MonitorRef
		fails := func() Handler[string] { return &puppet{init: func(*Ctx[string]) error { return errOops }} }
		_, err := StartLink(self, proc.Forever, fails, proc.WithMonitor(&ref))
		got <- err
		if err := self.Send(self.PID(), "mine"); err != nil {
			return err
		}
		got <- self.Receive().Body
		return nil
	})
	ok(t, err)
	if err, _ := (<-got).(error); !errors.Is(err, errOops) {
		t.Errorf("StartLink: %v", err)
	}
	if m := <-got; m != "mine" {
		t.Errorf("left behind: %v", m)
	}
}

func TestStartLinkOfAFailingMachineEndsACallerThatDoesNotTrap(t *testing.T) {
	rt := begin(t)
	pid, err := rt.Go(func(self *proc.Self) error {
		self.Receive()
		_, _ = StartLink(self, proc.Forever, func() Handler[string] { return &puppet{init: func(*Ctx[string]) error { return errOops }} })
		return proc.Normal
	})
	ok(t, err)
	s := &stage{t: t, rt: rt, pid: pid}
	end := s.watch()
	ok(t, rt.Send(pid, "go"))
	if r := end(); r != errOops {
		t.Errorf("the caller ended for %v", r)
	}
}

func TestStartLinkLinks(t *testing.T) {
	rt := begin(t)
	got := make(chan proc.Exit, 1)
	_, err := rt.Go(func(self *proc.Self) error {
		self.TrapExit(true)
		pid, err := StartLink(self, proc.Forever, func() Handler[string] {
			return &puppet{log: &journal{}, handle: func(*Ctx[string], string, Event) error { return errOops }}
		})
		if err != nil {
			return err
		}
		if err := self.Send(pid, "end"); err != nil {
			return err
		}
		got <- self.Receive().Body.(proc.Exit)
		return nil
	})
	ok(t, err)
	if e := <-got; e.Reason != errOops {
		t.Errorf("got %v", e)
	}
}

// The first enter call and events that Init inserts come before any message, even one that Init sends to itself; the start does not wait
// for them.
func TestWhatInitLeavesComesBeforeMessages(t *testing.T) {
	rt := begin(t)
	started := make(chan bool)
	log := &journal{}
	pid, err := Start(rt.Client(waiting(t)), func() Handler[string] {
		return &puppet{enters: true, log: log, init: func(c *Ctx[string]) error {
			Cast(c, RefOf[any, any, string](c.Self()), "to itself")
			c.SetTimeout("zero", 0, "z")
			c.SetTimeout("timer", time.Hour, "never")
			c.Postpone() // there is nothing to postpone, which is no fault
			return c.Internal("i")
		}, handle: func(_ *Ctx[string], _ string, e Event) error {
			if e.Kind == EnterEvent {
				<-started
			}
			return nil
		}}
	})
	ok(t, err)
	close(started) // Start has returned before the enter call has
	s := &stage{t: t, rt: rt, k: rt.Client(waiting(t)), pid: pid, log: log}
	s.want("A enter: A", "A internal: i", "A timeout zero: z", "A cast: to itself")
}

// A crash in the first enter call is one of a machine that has started: Terminate is called.
func TestACrashInTheFirstEnterCallIsNoFailedStart(t *testing.T) {
	rt := begin(t)
	log := &journal{}
	let, got := make(chan bool), make(chan error, 2)
	_, err := rt.Go(func(self *proc.Self) error {
		self.TrapExit(true)
		_, err := StartLink(self, proc.Forever, func() Handler[string] {
			return &puppet{enters: true, log: log, handle: func(*Ctx[string], string, Event) error { <-let; return errOops }}
		})
		got <- err
		got <- self.Receive().Body.(proc.Exit).Reason
		return nil
	})
	ok(t, err)
	ok(t, <-got)
	close(let)
	if r := <-got; r != errOops {
		t.Errorf("ended for %v", r)
	}
	log.want(t, "A enter: A", "A terminate: oops")
}

// A restart begins from what the factory makes.
func TestEachStartHasAnImplementationOfItsOwn(t *testing.T) {
	rt := begin(t)
	made := 0
	f := Factory(func() Handler[string] { made++; return &puppet{log: &journal{}} })
	for range 3 {
		_, err := rt.Client(waiting(t)).Start(f)
		ok(t, err)
	}
	if made != 3 {
		t.Errorf("%d implementations were made", made)
	}
}
