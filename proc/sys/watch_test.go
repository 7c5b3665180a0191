package sys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestTraceWritesALineForEachEvent(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	var w lines
	must(t, "Trace", Trace(k, pid, &w))
	_ = rt.Send(pid, 1)
	sum(t, rt, pid, 2, 3)
	must(t, "Trace", Trace(k, pid, nil))
	sum(t, rt, pid, 0, 3)
	list := strings.Split(strings.TrimSpace(w.String()), "\n")
	want := []string{"got 1", "has the state 1", "got 2 from", "sent 3 to", "has the state 3"}
	if len(list) != len(want) {
		t.Fatalf("the trace is %q", list)
	}
	for i, l := range list {
		if !strings.HasPrefix(l, pid.String()+" "+want[i]) {
			t.Errorf("line %d is %q, want %q", i, l, want[i])
		}
	}
	must(t, "ending no trace", Trace(k, pid, nil))
}

func TestTraceEndsWhenItsWriterFails(t *testing.T) {
	log := &lines{}
	rt, k := begin(t, log)
	pid := spawn(t, rt, &adder{})
	must(t, "Trace", Trace(k, pid, broken{}))
	sum(t, rt, pid, 1, 1)
	s, err := GetStatus(k, pid)
	if len(s.Watched) > 0 || err != nil {
		t.Errorf("%v, %v", s.Watched, err)
	}
	var none *lines
	must(t, "Trace", Trace(k, pid, none)) // it panics
	sum(t, rt, pid, 1, 2)
	if !strings.Contains(log.String(), "debug function removed") {
		t.Errorf("the log is %q", log)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errFault }

func TestALongValueIsCutInATrace(t *testing.T) {
	e := Event{Kind: In, Message: proc.Message{Body: strings.Repeat("ä", 10_000)}}
	if s := e.String(); len(s) > 1100 || !strings.HasSuffix(s, "...") || strings.ContainsRune(s, '\uFFFD') {
		t.Errorf("%d bytes, %q", len(s), s[len(s)-10:])
	}
}

func TestInstalledFunctionsSeeEveryEventUntilTheyAreRemoved(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	counts := map[string]int{}
	count := func(id string, most int) func(Event) bool {
		return func(e Event) bool {
			if e.PID != pid {
				t.Errorf("the PID is %v", e.PID)
			}
			counts[id]++
			return counts[id] < most
		}
	}
	must(t, "Install", Install(k, pid, "for ever", count("for ever", 100)))
	must(t, "Install", Install(k, pid, "once", count("once", 1)))
	must(t, "Install", Install(k, pid, "replaced", count("first", 100)))
	must(t, "Install", Install(k, pid, "replaced", count("second", 100)))
	_ = rt.Send(pid, "message") // In and State
	for id, want := range map[string]bool{"for ever": true, "once": false, "replaced": true, "unknown": false} {
		if found, err := Remove(k, pid, id); found != want || err != nil {
			t.Errorf("Remove %s: %v, %v", id, found, err)
		}
	}
	sum(t, rt, pid, 0, 0)
	if want := map[string]int{"for ever": 2, "once": 1, "second": 2}; fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("they saw %v, want %v", counts, want)
	}
	says(t, "nil", Install(k, pid, "nil", nil), "sys: Install: f is nil")
	says(t, "a reserved id", Install(k, pid, logID, count("x", 1)), "sys: Install: id is", "sys: log")
}

func TestADebugFunctionThatPanicsIsRemovedAndHarmsNobody(t *testing.T) {
	log := &lines{}
	rt, k := begin(t, log)
	pid := spawn(t, rt, &adder{})
	seen := 0
	must(t, "Install", Install(k, pid, "bad", func(Event) bool { panic("in the function") }))
	must(t, "Install", Install(k, pid, "good", func(Event) bool { seen++; return true }))
	sum(t, rt, pid, 1, 1)
	s, err := GetStatus(k, pid)
	if err != nil || len(s.Watched) != 1 || s.Watched[0] != "good" || seen != 3 {
		t.Errorf("watched by %v, %v, which saw %d", s.Watched, err, seen)
	}
	if n := strings.Count(log.String(), "debug function removed"); n != 1 || !strings.Contains(log.String(), "in the function") {
		t.Errorf("the log is %q", log)
	}
}

func TestASuspendedProcessTellsNobodyOfMessagesThatWait(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	seen := 0
	must(t, "Install", Install(k, pid, "count", func(e Event) bool {
		if e.Kind == In {
			seen++
		}
		return true
	}))
	must(t, "Suspend", Suspend(k, pid))
	_ = rt.Send(pid, "message")
	must(t, "Resume", Resume(k, pid))
	sum(t, rt, pid, 0, 0)
	if _, err := GetState(k, pid); err != nil || seen != 2 { // the message and the call, each once
		t.Errorf("%d events, %v", seen, err)
	}
}

func TestStatisticsCountFromWhenTheyAreSwitchedOn(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	_, err := GetStatistics(k, pid)
	if !errors.Is(err, ErrNoStatistics) {
		t.Errorf("GetStatistics when off: %v", err)
	}
	before := time.Now()
	for range 2 { // again from zero
		must(t, "SetStatistics", SetStatistics(k, pid, true))
		for range 3 {
			_ = rt.Send(pid, "message")
		}
		sum(t, rt, pid, 0, 0)
		s, err := GetStatistics(k, pid)
		if err != nil || s.In != 4 || s.Out != 1 || s.Since.Before(before) || s.Since.After(time.Now()) {
			t.Errorf("%+v, %v", s, err)
		}
	}
	must(t, "SetStatistics", SetStatistics(k, pid, false))
	must(t, "SetStatistics", SetStatistics(k, pid, false))
	if _, err = GetStatistics(k, pid); !errors.Is(err, ErrNoStatistics) {
		t.Errorf("GetStatistics when off again: %v", err)
	}
}

func TestTheLogKeepsTheLastEvents(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	events, err := GetLog(k, pid)
	if len(events) != 0 || err != nil {
		t.Errorf("without a log: %v, %v", events, err)
	}
	must(t, "SetLog", SetLog(k, pid, 3))
	for i := range 4 {
		_ = rt.Send(pid, i)
		events, err = GetLog(k, pid)
		if want := min(2*(i+1), 3); len(events) != want || err != nil {
			t.Errorf("after %d messages: %v, %v", i+1, events, err)
		}
	}
	if e := events; e[0].Kind != State || e[0].Value != 3 || e[1].Kind != In || e[1].Message.Body != 3 || e[2].Kind != State || e[2].Value != 6 {
		t.Errorf("the log is %v", events)
	}
	must(t, "SetLog", SetLog(k, pid, 0))
	if events, err = GetLog(k, pid); len(events) != 0 || err != nil {
		t.Errorf("after its end: %v, %v", events, err)
	}
	for _, n := range []int{-1, MaxLog + 1} {
		says(t, "SetLog", SetLog(k, pid, n), "sys: SetLog: n is", fmt.Sprint(n), "from 0 to")
	}
	must(t, "SetLog", SetLog(k, pid, MaxLog))
}

// all calls every function of the package.
func all(k proc.Client, pid proc.PID, done func(name string, err error)) {
	_, err := GetState(k, pid)
	done("GetState", err)
	_, err = ReplaceState(k, pid, func(any) (any, error) { return 1, nil })
	done("ReplaceState", err)
	_, err = GetStatus(k, pid)
	done("GetStatus", err)
	done("Suspend", Suspend(k, pid))
	done("Resume", Resume(k, pid))
	done("ChangeCode", ChangeCode(k, pid, 1, "", nil))
	done("Upgrade", Upgrade(k, pid, 1, "", nil))
	done("Trace", Trace(k, pid, &lines{}))
	done("Trace", Trace(k, pid, nil))
	done("Install", Install(k, pid, "x", func(Event) bool { return true }))
	_, err = Remove(k, pid, "x")
	done("Remove", err)
	done("SetStatistics", SetStatistics(k, pid, true))
	_, err = GetStatistics(k, pid)
	done("GetStatistics", err)
	done("SetLog", SetLog(k, pid, 1))
	_, err = GetLog(k, pid)
	done("GetLog", err)
	done("Terminate", Terminate(k, pid, proc.Normal))
}

func TestAProcessThatIsNoBehaviourIsReported(t *testing.T) {
	rt, k := begin(t, &lines{})
	for _, reply := range []any{nil, "text", errFault, 7} {
		pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(reply) }))
		if err != nil {
			t.Fatal(err)
		}
		all(k, pid, func(name string, err error) {
			if !errors.Is(err, ErrNoBehaviour) {
				t.Errorf("%s of one that replies %v: %v", name, reply, err)
			}
			says(t, name, err, pid.String())
		})
	}
}

func TestNoProcessOrNoAnswerIsReported(t *testing.T) {
	rt, k := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	must(t, "Terminate", Terminate(k, pid, proc.Normal))
	all(k, pid, func(name string, err error) {
		if !errors.Is(err, proc.ErrNoProc) {
			t.Errorf("%s of one that has ended: %v", name, err)
		}
	})
	mute, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	all(rt.Client(over), mute, func(name string, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s of one that does not answer: %v", name, err)
		}
	})
}

func TestAProcessInDirectStyleMayUseThePackage(t *testing.T) {
	rt, _ := begin(t, &lines{})
	pid := spawn(t, rt, &adder{sum: 3})
	over := make(chan string, 1)
	if _, err := rt.Go(func(self *proc.Self) error {
		v, err := GetState(self.Client(patience), pid)
		_, e := GetState(self.Client(patience), self.PID())
		over <- fmt.Sprint(v, err, errors.Is(e, proc.ErrCallingSelf))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if s := <-over; s != "3 <nil> true" {
		t.Error(s)
	}
}

func TestARequestThatNobodyWaitsForIsForgotten(t *testing.T) {
	rt, _ := begin(t, &lines{})
	pid := spawn(t, rt, &adder{})
	_ = rt.Send(pid, &Request{op: opTerminate, reason: errFault})
	sum(t, rt, pid, 1, 1)
}
