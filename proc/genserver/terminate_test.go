package genserver

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// endings are the ways in which a server ends: the table of gen_server's terminate.
var endings = []struct {
	name      string
	trap      bool
	cause     func(t *testing.T, rt *proc.Runtime, ref scriptRef)
	terminate bool
	reason    func(error) bool
}{
	{"HandleCast returns an error", false, byCast(func(c *Ctx) error { return errFault }), true, exactly(errFault)},
	{"HandleCast returns Normal", false, byCast(func(c *Ctx) error { return proc.Normal }), true, exactly(proc.Normal)},
	{"HandleCast returns Shutdown", true, byCast(func(c *Ctx) error { return proc.Shutdown }), true, exactly(proc.Shutdown)},
	{"HandleCall returns an error", false, byCall(func(*Ctx, From[string]) (string, error) { return "", errFault }, errFault), true, exactly(errFault)},
	{"HandleCall returns Normal", false, byCall(func(*Ctx, From[string]) (string, error) { return "", proc.Normal }, proc.Normal), true, exactly(proc.Normal)},
	{"HandleCall returns ReplyAndStop", false, byCall(func(*Ctx, From[string]) (string, error) { return "last", ReplyAndStop(errFault) }, nil), true, exactly(errFault)},
	{"HandleInfo returns an error", false, byInfo(errInfo), true, exactly(errInfo)},
	{"HandleContinue returns an error", false, byCast(func(c *Ctx) error { c.Continue(errContinue); return nil }), true, exactly(errContinue)},
	{"the function given to Await returns an error", false, byCast(awaits(func() error { return errFault })), true, exactly(errFault)},
	{"HandleCast panics", false, byCast(func(c *Ctx) error { panic("in HandleCast") }), true, panicked("in HandleCast")},
	{"HandleCall panics", false, byCall(func(*Ctx, From[string]) (string, error) { panic("in HandleCall") }, nil), true, panicked("in HandleCall")},
	{"HandleInfo panics", true, byInfo("panic"), true, panicked("panic")},
	{"HandleContinue panics", false, byCast(func(c *Ctx) error { c.Continue("panic"); return nil }), true, panicked("panic")},
	{"the function given to Await panics", false, byCast(awaits(func() error { panic("in Await") })), true, panicked("in Await")},
	{"HandleCast calls Goexit", false, byCast(func(c *Ctx) error { runtime.Goexit(); return nil }), true, exactly(proc.ErrGoexit)},
	{"a panic after Blocking", false, byCast(func(c *Ctx) error { c.Blocking(runtime.Gosched); panic("blocked") }), true, panicked("blocked")},
	{"an error after Blocking", false, byCast(func(c *Ctx) error { c.Blocking(runtime.Gosched); return errFault }), true, exactly(errFault)},
	{"Stop", false, byStop(Stop, errFault), true, exactly(errFault)},
	{"Stop of one that traps exits", true, byStop(Stop, proc.Normal), true, exactly(proc.Normal)},
	{"sys.Terminate", false, byStop(sys.Terminate, proc.Shutdown), true, exactly(proc.Shutdown)},
	{"Stop of a suspended server", false, func(t *testing.T, rt *proc.Runtime, ref scriptRef) {
		is(t, "Suspend", sys.Suspend(client(t, rt), ref.PID), nil)
		is(t, "Stop", Stop(client(t, rt), ref.PID, errFault), nil)
	}, true, exactly(errFault)},
	{"Exit from the runtime, trapping", true, byExit(errFault), true, exactly(errFault)},
	{"Exit from the runtime with Normal, trapping", true, byExit(proc.Normal), true, exactly(proc.Normal)},
	{"exit signal, not trapping", false, byExit(errFault), false, exactly(errFault)},
	{"exit signal of Shutdown, not trapping", false, byExit(proc.Shutdown), false, exactly(proc.Shutdown)},
	{"exit signal of a panic, not trapping", false, byExit(&proc.Panic{Value: "another's"}), false, panicked("another's")},
	{"its own exit signal, not trapping", false, byCast(func(c *Ctx) error { return c.Exit(c.Self(), errFault) }), false, exactly(errFault)},
	{"kill", false, byExit(proc.Kill), false, exactly(proc.Killed)},
	{"kill, trapping", true, byExit(proc.Kill), false, exactly(proc.Killed)},
}

var (
	errInfo     = errors.New("info")
	errContinue = errors.New("continue")
)

func exactly(want error) func(error) bool { return func(err error) bool { return err == want } }

func panicked(v any) func(error) bool {
	return func(err error) bool { var p *proc.Panic; return errors.As(err, &p) && p.Value == v }
}

func byCast(f tell) func(*testing.T, *proc.Runtime, scriptRef) {
	return func(t *testing.T, rt *proc.Runtime, ref scriptRef) { cast(t, rt, ref, f) }
}

func byCall(f ask, want error) func(*testing.T, *proc.Runtime, scriptRef) {
	return func(t *testing.T, rt *proc.Runtime, ref scriptRef) {
		s, err := do(t, rt, ref, f)
		switch reason, ok := proc.Reason(err); {
		case s == "last" && err == nil && want == nil:
		case s == "" && ok && (want == nil || reason == want):
		default:
			t.Errorf("the caller gets %q, %v", s, err)
		}
	}
}

func byInfo(body any) func(*testing.T, *proc.Runtime, scriptRef) {
	return func(t *testing.T, rt *proc.Runtime, ref scriptRef) { is(t, "Send", rt.Send(ref.PID, body), nil) }
}

func byExit(reason error) func(*testing.T, *proc.Runtime, scriptRef) {
	return func(t *testing.T, rt *proc.Runtime, ref scriptRef) { is(t, "Exit", rt.Exit(ref.PID, reason), nil) }
}

func byStop(stop func(proc.Client, proc.PID, error) error, reason error) func(*testing.T, *proc.Runtime, scriptRef) {
	return func(t *testing.T, rt *proc.Runtime, ref scriptRef) {
		is(t, "Stop", stop(client(t, rt), ref.PID, reason), nil)
	}
}

// awaits makes a cast that awaits a reply, of a process that it spawns, and then does f.
func awaits(f func() error) tell {
	return func(c *Ctx) error {
		pid, err := c.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return errors.Join(c.Reply(1), proc.Normal) }))
		return errors.Join(err, c.Await(pid, 0, patience, func(*Ctx, any, error) error { return f() }))
	}
}

func TestTerminateIsCalled(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			s := newScript(t)
			s.init = func(c *Ctx) error { c.TrapExit(e.trap); return nil }
			s.info = func(_ *Ctx, m proc.Message) error { return failWith(m.Body) }
			s.cont = func(_ *Ctx, what any) error { return failWith(what) }
			ref := run(t, rt, s)
			w := watched(t, rt, ref.PID)
			e.cause(t, rt, ref)
			reason := w.ended(t)
			if !e.reason(reason) {
				t.Errorf("the reason is %v", reason)
			}
			if e.terminate {
				s.wrote(t, fmt.Sprintf("terminate %v", reason))
			} else {
				s.wrote(t)
			}
		})
	}
}

func failWith(v any) error {
	if err, ok := v.(error); ok {
		return err
	}
	panic(v)
}

func TestExitOfTheParentEndsAServerThatTrapsExits(t *testing.T) {
	rt := begin(t, proc.Config{})
	for _, reason := range []error{errFault, proc.Normal, proc.Shutdown} {
		s := newScript(t)
		s.init = func(c *Ctx) error { c.TrapExit(true); return nil }
		pids := make(chan proc.PID, 1)
		parent, err := rt.Go(func(self *proc.Self) error {
			ref, err := StartLink(self.Client(patience), s.factory)
			pids <- ref.PID
			self.Receive()
			return errors.Join(err, reason)
		})
		if err != nil {
			t.Fatal(err)
		}
		w := watched(t, rt, await(t, "the server", pids))
		_ = rt.Send(parent, "end")
		is(t, "the server's reason", w.ended(t), reason)
		if list := s.noted(); len(list) != 1 {
			t.Errorf("it wrote %q", list)
		}
	}
}

func TestExitOfAnotherGoesToHandleInfo(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	s.init = func(c *Ctx) error { c.TrapExit(true); return nil }
	ref := run(t, rt, s)
	inside(t, rt, func(self *proc.Self) error {
		_ = self.Exit(ref.PID, errFault)
		_, err := Call(self, ref, func(*Ctx, From[string]) (string, error) { return "", nil }, patience)
		s.wrote(t, fmt.Sprintf("info %v", proc.Exit{From: self.PID(), Reason: errFault}))
		return err
	})
}

func TestParentEndsASuspendedServer(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s, Spawn(proc.WithTrapExit()))
	w := watched(t, rt, ref.PID)
	is(t, "Suspend", sys.Suspend(client(t, rt), ref.PID), nil)
	cast(t, rt, ref, func(*Ctx) error { s.note("cast"); return nil })
	byExit(proc.Shutdown)(t, rt, ref)
	eq(t, "the reason", w.ended(t), proc.Shutdown)
	s.wrote(t, "terminate "+proc.Shutdown.Error())
}

func TestReplyAndStopRepliesAfterTerminate(t *testing.T) {
	rt := begin(t, proc.Config{})
	s := newScript(t)
	ref := run(t, rt, s, WithName("server"))
	inTerminate, gate := make(chan struct{}), make(chan struct{})
	s.term = func(c *Ctx, _ error) {
		close(inTerminate)
		c.Blocking(func() { <-gate })
	}
	got := make(chan string, 1)
	go func() {
		v, err := do(t, rt, ref, func(*Ctx, From[string]) (string, error) { return "last", ReplyAndStop(proc.Normal) })
		got <- fmt.Sprint(v, err)
	}()
	await(t, "Terminate", inTerminate)
	select {
	case v := <-got:
		t.Errorf("%s comes before Terminate has returned", v)
	default:
	}
	close(gate)
	eq(t, "the reply", await(t, "the reply", got), "last<nil>")
}

func TestCrashInTerminateReplacesTheReason(t *testing.T) {
	log := &records{}
	rt := begin(t, proc.Config{Logger: slog.New(log)})
	for _, f := range []tell{
		func(*Ctx) error { return errFault },
		func(*Ctx) error { return proc.Normal },
		func(*Ctx) error { panic("first") },
	} {
		s := newScript(t)
		s.term = func(*Ctx, error) { panic("in Terminate") }
		ref := run(t, rt, s)
		w := watched(t, rt, ref.PID)
		cast(t, rt, ref, f)
		if reason := w.ended(t); !panicked("in Terminate")(reason) {
			t.Errorf("the reason is %v", reason)
		}
		if n := len(s.noted()); n != 1 {
			t.Errorf("Terminate was called %d times", n)
		}
	}
}

func TestStopResults(t *testing.T) {
	rt := begin(t, proc.Config{})
	k := client(t, rt)
	says(t, "nil", Stop(k, 0, nil), "genserver: Stop: reason is nil", "proc.Normal")

	ref := run(t, rt, newScript(t), WithName("server"))
	is(t, "Stop", Stop(k, ref.PID, errFault), nil)
	if _, ok := rt.Whereis("server"); ok {
		t.Error("the name is taken after Stop")
	}
	is(t, "Stop of none", Stop(k, ref.PID, errFault), proc.ErrNoProc)

	s := newScript(t)
	s.term = func(c *Ctx, _ error) { panic("in Terminate") }
	ref = run(t, rt, s)
	reason, ok := proc.Reason(Stop(k, ref.PID, proc.Normal))
	if !ok || !panicked("in Terminate")(reason) {
		t.Errorf("Stop of one that ends otherwise: %v", reason)
	}

	s = newScript(t)
	ref = run(t, rt, s)
	release := hold(t, rt, ref)
	defer release()
	inside(t, rt, func(self *proc.Self) error {
		is(t, "Stop that takes too long", Stop(self.Client(1), ref.PID, proc.Normal), proc.ErrTimeout)
		is(t, "Stop of itself", Stop(self.Client(patience), self.PID(), proc.Normal), proc.ErrCallingSelf)
		return nil
	})
}
