package genserver

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestStartReturnsWhenInitIsDone(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	var named proc.PID
	s.init = func(c *Ctx) error {
		named, _ = c.Whereis("server") // the name is registered before Init
		s.note("init")
		return nil
	}
	ref := run(t, rt, s, WithName("server"))
	s.wrote(t, "init")
	eq(t, "the name in Init", named, ref.PID)
	found, ok := Whereis[ask, string, tell](rt, "server")
	eq(t, "Whereis", found, ref)
	eq(t, "Whereis", ok, true)
	eq(t, "RefOf", RefOf[ask, string, tell](ref.PID), ref)
	synced(t, rt, ref)
}

func TestStartUnderATakenNameSaysWhoHasIt(t *testing.T) {
	rt := begin(t, proc.Config{})
	first := run(t, rt, newScript(t), WithName("server"))
	s := newScript(t)
	_, err := Start(client(t, rt), s.factory, WithName("server"))
	is(t, "Start", err, proc.ErrNameTaken)
	var taken *AlreadyStartedError
	if !errors.As(err, &taken) || taken.PID != first.PID || taken.Name != "server" {
		t.Errorf("the error is %#v", err)
	}
	says(t, "Start", err, "genserver", "server", first.PID.String())
	s.wrote(t) // its Init was not called
}

// failures are the ways in which Init fails.
var failures = []struct {
	name string
	init func(c *Ctx) error
	is   func(error) bool
}{
	{"error", func(*Ctx) error { return errFault }, func(err error) bool { return err == errFault }},
	{"ignore", func(*Ctx) error { return proc.Normal }, func(err error) bool { return err == proc.Normal }},
	{"shutdown", func(*Ctx) error { return proc.Shutdown }, func(err error) bool { return err == proc.Shutdown }},
	{"panic", func(*Ctx) error { panic(errFault) }, func(err error) bool { var p *proc.Panic; return errors.As(err, &p) && p.Value == errFault }},
	{"bad return", func(*Ctx) error { return NoReply }, func(err error) bool {
		var b *BadReturnError
		return errors.As(err, &b) && b.Callback == "Init"
	}},
	{"after Continue", func(c *Ctx) error { c.Continue(1); return errFault }, func(err error) bool { return err == errFault }},
	{"after Timeout", func(c *Ctx) error { return errors.Join(c.Timeout(0), errFault) }, func(err error) bool { return errors.Is(err, errFault) }},
}

func TestFailedStartLeavesNothingBehind(t *testing.T) { // GS02, GS03, PL02
	rt := begin(t, proc.Config{})
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			s := newScript(t)
			s.init = f.init
			check := func(err error) {
				var e *proc.StartError
				if !errors.As(err, &e) || !f.is(e.Err) {
					t.Errorf("the error is %v", err)
					return
				}
				if _, ok := rt.Whereis("server"); ok {
					t.Error("the name is taken")
				}
				if alive, err := rt.Alive(within(t), e.PID); alive || err != nil {
					t.Errorf("the process lives: %v, %v", alive, err)
				}
			}
			_, err := Start(client(t, rt), s.factory, WithName("server"))
			check(err)
			inside(t, rt, func(self *proc.Self) error {
				k := self.Client(patience)
				self.TrapExit(true)
				_, err := StartLink(k, s.factory, WithName("server"))
				check(err)
				_, _, err = StartMonitor(k, s.factory, WithName("server"))
				check(err)
				if m, ok := self.ReceiveTimeout(0); ok {
					t.Errorf("a message is left: %v", m.Body)
				}
				if in := self.Info(); len(in.Links)+len(in.Monitors) > 0 {
					t.Errorf("links %v and monitors %v are left", in.Links, in.Monitors)
				}
				return nil
			})
			s.wrote(t) // no Terminate
		})
	}
}

func TestStartLinkOfAFailingServerEndsACallerThatDoesNotTrapExits(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, reason := range []error{errFault, proc.Normal} {
		s := newScript(t)
		s.init = func(*Ctx) error { return reason }
		went := make(chan error, 1)
		pid, err := rt.Go(func(self *proc.Self) error {
			self.Receive()
			_, err := StartLink(self.Client(patience), s.factory)
			self.Receive() // the exit signal ends the process before this returns
			went <- err
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w := watched(t, rt, pid)
		_ = rt.Send(pid, "begin")
		_ = rt.Send(pid, "go on")
		if reason == proc.Normal {
			is(t, "StartLink", await(t, "the caller", went), proc.Normal)
			eq(t, "the caller's reason", w.ended(t), proc.Normal)
			continue
		}
		eq(t, "the caller's reason", w.ended(t), reason)
	}
}

func TestStartLinkAndStartMonitorTieTheServerToTheCaller(t *testing.T) {
	rt := begin(t, proc.Config{})
	inside(t, rt, func(self *proc.Self) error {
		k := self.Client(patience)
		self.TrapExit(true)
		linked, err := StartLink(k, newScript(t).factory)
		if err != nil {
			return err
		}
		monitored, m, err := StartMonitor(k, newScript(t).factory)
		if err != nil {
			return err
		}
		in := self.Info()
		if !slices.Equal(in.Links, []proc.PID{linked.PID}) || !slices.Equal(in.Monitors, []proc.PID{monitored.PID}) {
			t.Errorf("links %v, monitors %v", in.Links, in.Monitors)
		}
		_ = self.Exit(linked.PID, errFault)
		eq(t, "the link", self.Receive().Body.(proc.Exit), proc.Exit{From: linked.PID, Reason: errFault})
		_ = self.Exit(monitored.PID, errFault)
		d := self.Receive().Body.(proc.Down)
		if d.Monitor != m || d.PID != monitored.PID || d.Reason != errFault {
			t.Errorf("the monitor: %+v", d)
		}
		return nil
	})
}

func TestStartGivesUpAndKillsAServerWhoseInitTakesTooLong(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	pids, gate := make(chan proc.PID, 1), make(chan struct{})
	s.init = func(c *Ctx) error {
		pids <- c.Self()
		c.Blocking(func() { <-gate })
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var pid proc.PID
	go func() { pid = <-pids; cancel() }()
	_, err := Start(rt.Client(ctx), s.factory, WithName("server"))
	is(t, "Start", err, context.Canceled)
	close(gate)
	reason, err := rt.Wait(within(t), pid)
	if reason != proc.Killed && reason != proc.NoProc || err != nil {
		t.Errorf("the server's end: %v, %v", reason, err)
	}
	if _, ok := rt.Whereis("server"); ok {
		t.Error("the name is taken")
	}
	inside(t, rt, func(self *proc.Self) error {
		slow := newScript(t)
		gate := make(chan struct{})
		defer close(gate)
		slow.init = func(c *Ctx) error { c.Blocking(func() { <-gate }); return nil }
		_, err := Start(self.Client(time.Millisecond), slow.factory)
		is(t, "Start in direct style", err, proc.ErrTimeout)
		return nil
	})
}

func TestStartRefusesBadInput(t *testing.T) {
	rt := begin(t, proc.Config{})
	k, s := client(t, rt), newScript(t)
	_, err := Start[ask, string, tell](k, nil)
	says(t, "no newServer", err, "genserver: Start: newServer is nil")
	for _, c := range []struct {
		opt   Option
		words []string
	}{
		{nil, []string{"genserver", "option is nil"}},
		{WithName(""), []string{"genserver: WithName: name is empty"}},
		{HibernateAfter(-1), []string{"genserver: HibernateAfter: d is -1ns", "not be negative"}},
		{Spawn(nil), []string{"genserver: Spawn", "nil"}},
		{Spawn(proc.WithPriority(99)), []string{"WithPriority", "99"}},
		{Spawn(proc.WithLink()), []string{"WithLink"}}, // a goroutine has no links
	} {
		_, err := Start(k, s.factory, c.opt)
		says(t, "a bad option", err, c.words...)
	}
	_, err = StartLink(k, s.factory)
	says(t, "StartLink of a goroutine", err, "WithLink")
	_, err = Start(k, func() Server[int, int, int] { return nil })
	is(t, "a nil server", err, proc.ErrFactory)
	if Factory[int, int, int](nil) != nil {
		t.Error("a factory of nothing")
	}
	_, err = rt.Spawn(Factory[int, int, int](nil))
	says(t, "Spawn of a nil factory", err, "factory")
	for _, opt := range []Option{WithName("x"), Spawn(proc.WithTrapExit()), HibernateAfter(-1), nil} {
		_, err := k.Start(Factory(s.factory, opt))
		says(t, "a factory with a bad option", err, "genserver")
	}
	s.wrote(t)
}

func TestFactoryBeginsFromFreshState(t *testing.T) {
	rt := begin(t, proc.Config{})
	f := Factory(func() Server[int, int, int] { return &counter{} }, HibernateAfter(time.Hour))
	for range 2 {
		pid, err := client(t, rt).Start(f, proc.WithName("counter"))
		if err != nil {
			t.Fatal(err)
		}
		n, err := CallContext(within(t), rt, RefOf[int, int, int](pid), 5)
		if n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if err := Stop(client(t, rt), pid, proc.Normal); err != nil {
			t.Fatal(err)
		}
	}
}

// counter adds.
type counter struct {
	Base[int, int, int]
	n int
}

func (s *counter) HandleCall(_ *Ctx, add int, _ From[int]) (int, error) {
	s.n += add
	return s.n, nil
}
