package genstatem

import (
	"bytes"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// The table of OTP: when Terminate is called, and what the exit reason is.
func TestTerminateIsCalledWhenOTPCallsIt(t *testing.T) {
	wrapped := errors.Join(errOops, proc.Shutdown)
	handle := func(c *Ctx[string], _ string, e Event) error {
		switch b := e.Body.(type) {
		case error:
			return b
		case string:
			switch b {
			case "panic":
				panic(errOops)
			case "goexit":
				runtime.Goexit()
			case "exit self":
				c.Exit(c.Self(), errOops)
			case "busy panic":
				c.Consume(4000)
				c.Internal("panic")
			}
		}
		return nil
	}
	cast := func(body any) func(*stage) {
		return func(s *stage) { ok(s.t, Cast(s.rt, RefOf[any, any, any](s.pid), body)) }
	}
	for _, x := range []struct {
		name      string
		opts      []proc.SpawnOption
		do        func(s *stage)
		reason    error
		terminate bool
	}{
		{"returns a reason", nil, cast(errOops), errOops, true},
		{"returns Normal", nil, cast(proc.Normal), proc.Normal, true},
		{"returns a wrapped Shutdown", nil, cast(wrapped), wrapped, true},
		{"panics", nil, cast("panic"), errOops, true},
		{"panics in a later turn", nil, cast("busy panic"), errOops, true},
		{"calls Goexit", nil, cast("goexit"), proc.ErrGoexit, true},
		{"Stop", nil, func(s *stage) { ok(s.t, Stop(s.k, s.pid, errOops)) }, errOops, true},
		{"Exit from the runtime, trapping", []proc.SpawnOption{proc.WithTrapExit()}, func(s *stage) { ok(s.t, s.rt.Exit(s.pid, errOops)) }, errOops, true},
		{"exit signal, not trapping", nil, func(s *stage) { ok(s.t, s.rt.Exit(s.pid, errOops)) }, errOops, false},
		{"exit signal to itself", nil, cast("exit self"), errOops, false},
		{"kill", []proc.SpawnOption{proc.WithTrapExit()}, func(s *stage) { ok(s.t, s.rt.Exit(s.pid, proc.Kill)) }, proc.Killed, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := play(t, &puppet{handle: handle}, x.opts...)
			end := s.watch()
			x.do(s)
			reason := end()
			if !errors.Is(reason, x.reason) {
				t.Errorf("ended for %v, want %v", reason, x.reason)
			}
			terminated := false
			for _, l := range s.log.all() {
				terminated = terminated || strings.HasPrefix(l, "A terminate: ")
			}
			if terminated != x.terminate {
				t.Errorf("Terminate called: %v, want %v", terminated, x.terminate)
			}
		})
	}
}

func TestAnExitOfAnotherProcessThanTheParentIsAnInfoEvent(t *testing.T) {
	s := play(t, &puppet{}, proc.WithTrapExit())
	self := make(chan proc.PID, 1)
	_, err := s.rt.Go(func(p *proc.Self) error { self <- p.PID(); return p.Exit(s.pid, errOops) })
	ok(t, err)
	from := <-self
	for len(s.log.all()) == 0 {
		s.sync()
	}
	if got := s.log.all()[0]; !strings.HasPrefix(got, "A info: {"+from.String()) {
		t.Errorf("got %q", got)
	}
}

func TestAnExitOfTheParentEndsAMachineThatTraps(t *testing.T) {
	rt := begin(t)
	log := &journal{}
	started := make(chan proc.PID, 1)
	parent, err := rt.Go(func(self *proc.Self) error {
		pid, err := StartLink(self, proc.Forever, func() Handler[string] { return &puppet{log: log} }, proc.WithTrapExit())
		started <- pid
		if err != nil {
			return err
		}
		self.Receive()
		return errOops
	})
	ok(t, err)
	s := &stage{t: t, rt: rt, pid: <-started}
	end := s.watch()
	ok(t, rt.Send(parent, "end"))
	if r := end(); r != errOops {
		t.Errorf("ended for %v", r)
	}
	log.want(t, "A terminate: oops")
}

func TestACrashInTerminateReplacesTheReason(t *testing.T) {
	s := play(t, &puppet{end: func(*Ctx[string], error, string) { panic("worse") }, handle: func(*Ctx[string], string, Event) error { return errOops }})
	end := s.watch()
	s.cast("x")
	var p *proc.Panic
	if r := end(); !errors.As(r, &p) || p.Value != "worse" {
		t.Errorf("ended for %v", r)
	}
}

// stop_and_reply: the reply is sent before Terminate, other than with gen_server.
func TestStopAndReply(t *testing.T) {
	got := make(chan bool)
	s := play(t, &puppet{
		handle: func(c *Ctx[string], _ string, e Event) error { c.Reply("bye"); return proc.Normal },
		end:    func(*Ctx[string], error, string) { <-got },
	})
	end := s.watch()
	v, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), "end")
	close(got)
	if v != "bye" || err != nil || end() != proc.Normal {
		t.Errorf("got %v, %v", v, err)
	}
}

// A machine that ends with calls unanswered, handled, postponed or unread: their callers get its reason.
func TestCallersOfAMachineThatEndsAreTold(t *testing.T) {
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error {
		switch e.Body {
		case "keep":
			return nil
		case "postpone":
			return c.Postpone()
		}
		return errOops
	}})
	errs := make(chan error, 3)
	for _, q := range []string{"keep", "postpone"} {
		n := len(s.log.all())
		go func() {
			_, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), q)
			errs <- err
		}()
		for len(s.log.all()) == n {
			s.sync()
		}
	}
	_, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), "end")
	errs <- err
	for range 3 {
		if r, _ := proc.Reason(<-errs); r != errOops {
			t.Errorf("a caller was told %v", r)
		}
	}
}

// text is a log that may be read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *text) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *text) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

type secretive struct{ puppet }

func (*secretive) FormatStatus(s string) any { return "shown " + s }
func (*secretive) FormatEvent(e Event) any   { return "event of kind " + e.Kind.String() }

// One report for a crash, none for an end as it should be. It has the event and the state as the hooks show them.
func TestCrashReports(t *testing.T) {
	for _, x := range []struct {
		body any
		want int
	}{{errOops, 1}, {"panic", 1}, {proc.Normal, 0}, {proc.Shutdown, 0}, {errors.Join(proc.Shutdown, errOops), 0}} {
		var log text
		rt := beginLogging(t, slog.New(slog.NewTextHandler(&log, nil)))
		p := &secretive{puppet{log: &journal{}, first: "A", handle: func(c *Ctx[string], _ string, e Event) error {
			if e.Body == "panic" {
				panic("secret")
			}
			if e.Body == "later" {
				return c.Postpone()
			}
			return e.Body.(error)
		}}}
		pid, err := Start(rt.Client(waiting(t)), func() Handler[string] { return p })
		ok(t, err)
		s := &stage{t: t, rt: rt, pid: pid}
		end := s.watch()
		s.cast("later")
		ok(t, Cast(rt, RefOf[any, any, any](pid), x.body))
		end()
		got := log.String()
		if n := strings.Count(got, "process crashed"); n != x.want {
			t.Errorf("%v: %d reports", x.body, n)
		}
		if x.want == 1 {
			for _, want := range []string{`state="shown A"`, `event="event of kind cast"`, "postponed=1", "implementation=*genstatem.secretive"} {
				if !strings.Contains(got, want) {
					t.Errorf("%v: no %s in %s", x.body, want, got)
				}
			}
		}
	}
}
