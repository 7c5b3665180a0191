package genevent_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

// ways are the callbacks through which a handler can end itself: act is what it does there.
var ways = []struct {
	name string
	set  func(p *puppet, act func() error)
	do   func(w *world) error
	last string // what is written down
}{
	{"HandleEvent", func(p *puppet, act func() error) { p.event = func(*proc.Ctx, string) error { return act() } },
		func(w *world) error { return genevent.SyncNotify(w.k, w.m, "x") }, "b event x"},
	{"HandleCall", func(p *puppet, act func() error) {
		p.call = func(*proc.Ctx, any) (any, error) { return "reply", act() }
	},
		func(w *world) error { _, err := genevent.Call[string](w.k, w.m, "b", "x"); return err }, "b call x"},
	{"HandleInfo", func(p *puppet, act func() error) { p.info = func(*proc.Ctx, proc.Message) error { return act() } },
		func(w *world) error { return w.rt.Send(w.m.PID, "x") }, "b info x"},
}

// ends are what a handler does there.
var ends = []struct {
	name string
	act  func() error
	ends string // what Terminate gets
	why  error  // of the Exited message
	fail bool
}{
	{"error", func() error { return errFault }, "b ends genevent.Failed {fault}", errFault, true},
	{"panic", func() error { panic("at the disco") }, "b ends genevent.Failed {proc: panic: at the disco}", nil, true},
	{"panic with an error", func() error { panic(errFault) }, "b ends genevent.Failed {proc: panic: fault}", errFault, true},
	{"Remove", func() error { return genevent.Remove }, "b ends genevent.Removed {}", proc.Normal, false},
	{"Normal", func() error { return proc.Normal }, "b ends genevent.Removed {}", proc.Normal, false},
	{"nil swap", func() error { return genevent.SwapTo[string](1, "x", nil) }, "b ends genevent.Failed {genevent: SwapTo: the handler is nil}", nil, true},
	{"swap of another type", func() error { return genevent.SwapTo[int](1, "x", nil) },
		"b ends genevent.Failed {genevent: SwapTo: only HandleEvent, HandleCall and HandleInfo of a handler of the same events can return it}", nil, true},
}

func TestAHandlerThatFailsIsRemovedAndTheOthersLive(t *testing.T) {
	for _, way := range ways {
		for _, end := range ends {
			t.Run(way.name+" "+end.name, func(t *testing.T) {
				w := begin(t)
				w.puppet("a", nil)
				a := w.adder()
				a.supervised("b", func(p *puppet) { way.set(p, end.act) })
				w.puppet("c", nil)
				err := way.do(w)
				w.has("c", "a")
				got := strings.Join(w.j.take(), "\n")
				if !strings.Contains(got, way.last+"\n"+end.ends) || strings.Count(got, "b ends") != 1 {
					t.Errorf("the handlers were called:\n%s\nwant %s, then %s", got, way.last, end.ends)
				}
				if way.name == "HandleCall" {
					var e *genevent.HandlerError
					if end.fail != errors.As(err, &e) || end.fail && (e.ID != "b" || e.Op != "HandleCall") {
						t.Errorf("Call: %v", err)
					}
				} else if err != nil {
					t.Error(err)
				}
				e := next[genevent.Exited](a)
				var p *proc.Panic
				switch {
				case e.ID != "b" || end.why != nil && !errors.Is(e.Reason, end.why):
					t.Errorf("Exited: %+v", e)
				case strings.HasPrefix(end.name, "panic") && (!errors.As(e.Reason, &p) || !strings.Contains(string(p.Stack), "handler_test.go")):
					t.Errorf("Exited: %+v, want a panic with its stack", e)
				}
				if logged := strings.Contains(w.log.String(), "genevent: handler failed"); logged != end.fail {
					t.Errorf("a report in the log: %v, want %v\n%s", logged, end.fail, w.log)
				}
				w.sync("y")
				w.says("c event y", "a event y")
			})
		}
	}
}

func TestAHandlerWhoseInitFailsIsNotAdded(t *testing.T) {
	for name, act := range map[string]func() error{
		"error": func() error { return errFault }, "panic": func() error { panic(errFault) }, "Normal": func() error { return proc.Normal },
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			w.puppet("a", nil)
			err := genevent.Add(w.k, w.m, "b", &puppet{name: "b", j: w.j, init: func(*proc.Ctx) error { return act() }})
			var e *genevent.HandlerError
			if !errors.As(err, &e) || e.ID != "b" || e.Op != "Init" || !errors.Is(err, errFault) && !errors.Is(err, proc.Normal) {
				t.Fatalf("Add: %v", err)
			}
			w.has("a")
			w.says("b init")
		})
	}
}

func TestTerminateGetsWhatDeleteSaysAndDeleteReturnsItsResult(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	v, err := genevent.Delete(w.k, w.m, "a", "because")
	w.must(err)
	if v != "a's last" {
		t.Errorf("Delete returned %v", v)
	}
	w.says("a ends string because")
	w.has()
	var e *genevent.HandlerError
	if _, err := genevent.Delete(w.k, w.m, "a", nil); !errors.Is(err, genevent.ErrNotFound) || !errors.As(err, &e) || e.ID != "a" {
		t.Errorf("Delete of nothing: %v", err)
	}
}

func TestAPanicInTerminateHarmsNobody(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", func(p *puppet) { p.end = func(*proc.Ctx, any) any { panic(errFault) } })
	_, err := genevent.Delete(w.k, w.m, "b", nil)
	var p *proc.Panic
	if !errors.Is(err, errFault) || !errors.As(err, &p) {
		t.Errorf("Delete: %v", err)
	}
	w.has("a")
	if !strings.Contains(w.log.String(), "in=Terminate") {
		t.Errorf("no report in the log:\n%s", w.log)
	}
}

func TestGoexitInAHandlerEndsTheManagerInOrder(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", func(p *puppet) { p.event = func(*proc.Ctx, string) error { runtime.Goexit(); return nil } })
	w.must(genevent.Notify(w.rt, w.m, "x"))
	if r := w.reason(w.m.PID); !errors.Is(r, proc.ErrGoexit) && !errors.Is(r, proc.NoProc) {
		t.Fatalf("the manager ended with %v", r)
	}
	w.says("b event x", "b ends genevent.Stopped {"+proc.ErrGoexit.Error()+"}", "a ends genevent.Stopped {"+proc.ErrGoexit.Error()+"}")
}

// secret is a handler that does not show what it holds, and fails.
type secret struct{ key string }

func (*secret) HandleEvent(*proc.Ctx, string) error { return errFault }
func (s *secret) FormatStatus() any                 { return "hidden" }

func TestAReportShowsTheStateByItsHook(t *testing.T) {
	w := begin(t)
	w.must(genevent.Add(w.k, w.m, "s", &secret{"xyzzy"}))
	w.sync("x")
	l := w.log.String()
	if !strings.Contains(l, "state=hidden") || strings.Contains(l, "xyzzy") || !strings.Contains(l, "last_message=x") || !strings.Contains(l, "handler=s") {
		t.Fatalf("the log says:\n%s", l)
	}
}

func TestCallsGoToOneHandler(t *testing.T) {
	w := begin(t)
	w.puppet("a", func(p *puppet) { p.call = func(_ *proc.Ctx, req any) (any, error) { return req.(int) * 2, nil } })
	w.puppet("b", nil)
	n, err := genevent.Call[int](w.k, w.m, "a", 21)
	w.must(err)
	if n != 42 {
		t.Errorf("Call returned %d", n)
	}
	w.says("a call 21")
	if _, err := genevent.Call[int](w.k, w.m, "nobody", 1); !errors.Is(err, genevent.ErrNotFound) {
		t.Errorf("Call of nobody: %v", err)
	}
	w.must(genevent.Add(w.k, w.m, "plain", plain{}))
	if _, err := genevent.Call[int](w.k, w.m, "plain", 1); !errors.Is(err, genevent.ErrNoCalls) {
		t.Errorf("Call of a handler that takes none: %v", err)
	}
	var r *proc.ReplyTypeError
	if _, err := genevent.Call[string](w.k, w.m, "a", 1); !errors.As(err, &r) {
		t.Errorf("Call for another type: %v", err)
	}
	w.has("plain", "b", "a")
}

func TestAHandlerThatRemovesItselfStillReplies(t *testing.T) {
	w := begin(t)
	w.puppet("a", func(p *puppet) { p.call = func(*proc.Ctx, any) (any, error) { return "bye", genevent.Remove } })
	v, err := genevent.Call[string](w.k, w.m, "a", 1)
	w.must(err)
	if v != "bye" {
		t.Errorf("Call returned %q", v)
	}
	w.has()
}
