package genstatem

import (
	"fmt"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// vague is a puppet whose hook panics.
type vague struct{ puppet }

func (*vague) FormatStatus(string) any { panic("no status") }

// A FormatStatus that panics harms nobody: not the machine that is watched, nor who asks for its status.
func TestAPanicInFormatStatusHarmsNobody(t *testing.T) {
	rt := begin(t)
	log := &journal{}
	k := rt.Client(waiting(t))
	pid, err := Start(k, func() Handler[string] { return &vague{puppet{log: log}} })
	ok(t, err)
	shown := &journal{}
	ok(t, sys.Install(k, pid, "test", func(e sys.Event) bool {
		if e.Kind == sys.State {
			shown.add("%v", e.Value)
		}
		return true
	}))
	ok(t, Cast(rt, RefOf[any, any, string](pid), "x"))
	status, err := sys.GetStatus(k, pid)
	ok(t, err)
	const hidden = "genstatem: FormatStatus panicked: no status"
	if status.Shown != hidden {
		t.Errorf("status %v", status.Shown)
	}
	shown.want(t, hidden)
	log.want(t, "A cast: x")
}

// A message that only looks like the end of the parent, without a reason, is an event; in a suspended machine it waits like any other.
func TestAnExitWithoutAReasonIsAnEvent(t *testing.T) {
	s := play(t, &puppet{})
	ok(t, s.rt.Send(s.pid, proc.Exit{}))
	line := fmt.Sprintf("A info: %v", proc.Exit{})
	s.want(line)
	ok(t, sys.Suspend(s.k, s.pid))
	ok(t, s.rt.Send(s.pid, proc.Exit{}))
	s.want(line)
	ok(t, sys.Resume(s.k, s.pid))
	s.want(line, line)
	end := s.watch()
	ok(t, s.rt.Exit(s.pid, errOops))
	if r := end(); r != errOops {
		t.Errorf("ended for %v", r)
	}
	s.log.want(t, line, line) // no Terminate
}

// Callers whose calls are postponed, or wait behind a suspension, hear the reason when the machine is stopped.
func TestStopOfASuspendedMachineTellsWhoWaits(t *testing.T) {
	s := play(t, &puppet{handle: func(c *Ctx[string], _ string, e Event) error { return c.Postpone() }})
	results := make(chan error, 2)
	ask := func(body string) {
		_, err := CallContext(waiting(t), s.rt, RefOf[string, string, string](s.pid), body)
		results <- err
	}
	go ask("postponed")
	for len(s.log.all()) == 0 {
		s.sync()
	}
	ok(t, sys.Suspend(s.k, s.pid))
	go ask("behind")
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		info, err := s.rt.Info(s.pid)
		ok(t, err)
		if info.Messages == 1 { // the one behind
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the second call has not come: %+v", info)
		}
	}
	ok(t, Stop(s.k, s.pid, errOops))
	for range 2 {
		if r, _ := proc.Reason(<-results); r != errOops {
			t.Errorf("the caller gets %v", r)
		}
	}
	s.log.want(t, "A call: postponed", "A terminate: oops")
}
