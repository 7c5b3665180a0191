package genevent_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

func TestStopEndsTheHandlersTheNewestFirst(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", nil)
	w.must(genevent.Stop(w.k, w.m, proc.Normal))
	n := "{" + proc.Normal.Error() + "}"
	w.says("b ends genevent.Stopped "+n, "a ends genevent.Stopped "+n)
	if err := genevent.Stop(w.k, w.m, proc.Normal); !errors.Is(err, proc.ErrNoProc) {
		t.Errorf("a second Stop: %v", err)
	}
	if strings.Contains(w.log.String(), "crash") {
		t.Errorf("a normal end was reported:\n%s", w.log)
	}
}

func TestStopWithAnErrorIsReportedWithTheHandlers(t *testing.T) {
	w := begin(t)
	w.must(genevent.Add(w.k, w.m, "s", &secret{"xyzzy"}))
	w.must(genevent.Stop(w.k, w.m, errFault))
	if l := w.log.String(); !strings.Contains(l, "process crashed") || strings.Contains(l, "xyzzy") {
		t.Errorf("the log says:\n%s", l)
	}
}

func TestAPanicInTerminateDoesNotKeepTheOthersFromEnding(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", func(p *puppet) { p.end = func(*proc.Ctx, any) any { panic("no") } })
	w.must(genevent.Stop(w.k, w.m, proc.Shutdown))
	s := "{" + proc.Shutdown.Error() + "}"
	w.says("b ends genevent.Stopped "+s, "a ends genevent.Stopped "+s)
}

func TestTheEndOfTheParentStopsTheManager(t *testing.T) {
	for name, reason := range map[string]error{"Normal": proc.Normal, "error": errFault} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			parent := w.adder()
			parent.does(func(_ *proc.Self, k proc.Client) (err error) {
				w.m, err = genevent.StartLink[string](k)
				return err
			})
			w.puppet("a", nil)
			watcher := w.adder()
			watcher.does(func(self *proc.Self, _ proc.Client) error { _, err := self.Monitor(w.m.PID); return err })
			w.must(w.rt.Send(parent.pid, func(*proc.Self) error { return reason }))
			if d := next[proc.Down](watcher); !errors.Is(d.Reason, reason) {
				t.Fatalf("the manager ended with %v", d.Reason)
			}
			w.says("a ends genevent.Stopped {" + reason.Error() + "}")
		})
	}
}

func TestAKilledManagerTerminatesNothing(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.must(w.rt.Exit(w.m.PID, proc.Kill))
	_ = w.reason(w.m.PID)
	w.says()
}

func TestRuntimeShutdownEndsTheHandlers(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w.must(w.rt.Shutdown(ctx))
	w.says("a ends genevent.Stopped {" + proc.Shutdown.Error() + "}")
}

func TestAManagerThatTrapsNoExitsAnyMoreEndsWithoutTerminate(t *testing.T) {
	w := begin(t)
	w.puppet("a", func(p *puppet) {
		p.event = func(c *proc.Ctx, e string) error { c.TrapExit(false); return nil }
	})
	w.sync("x")
	w.must(w.rt.Exit(w.m.PID, errFault))
	_ = w.reason(w.m.PID)
	w.says("a event x")
}

func TestStartsLikeAnyProcess(t *testing.T) {
	w := begin(t)
	m, err := genevent.Start[string](w.k, proc.WithName("alarms"))
	w.must(err)
	pid, ok := w.rt.Whereis("alarms")
	if !ok || genevent.RefOf[string](pid) != m {
		t.Errorf("Whereis: %v %v, want %v", pid, ok, m.PID)
	}
	if _, err := genevent.Start[string](w.k, proc.WithName("alarms")); !errors.Is(err, proc.ErrNameTaken) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := genevent.StartLink[string](w.k); err == nil {
		t.Error("StartLink of a goroutine is no error")
	}
	a := w.adder()
	var ref proc.MonitorRef
	a.does(func(_ *proc.Self, k proc.Client) (err error) {
		w.m, ref, err = genevent.StartMonitor[string](k)
		return err
	})
	w.must(genevent.Stop(w.k, w.m, proc.Normal))
	if d := next[proc.Down](a); d.Monitor != ref || d.Reason != proc.Normal {
		t.Errorf("Down: %+v", d)
	}
}
