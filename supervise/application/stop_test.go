package application

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
	"github.com/thrum-go/thrum/supervise"
)

func TestStopCallsPrepStopThenEndsTheTreeThenCallsStop(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	w.start("a")
	w.j.take()
	w.must(Stop(w.k, w.ctl, "a"))
	w.says(stops("a")...)
	w.alone(1)
	if err := Stop(w.k, w.ctl, "a"); !errors.Is(err, ErrNotStarted) {
		t.Errorf("a second Stop: %v", err)
	}
	if err := Stop(w.k, w.ctl, "x"); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("Stop of nothing: %v", err)
	}
	w.start("a") // from fresh state
	w.says(starts("a")...)
}

func TestStopOfAPermanentApplicationLeavesTheOthers(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	w.load("b", nil, "a")
	w.start("b")
	w.must(Stop(w.k, w.ctl, "a"))
	if s := w.info("b").State; s != Running {
		t.Errorf("b is %v", s)
	}
}

func TestStopsOfOneApplicationWaitForOneEnd(t *testing.T) {
	w := begin(t)
	reached, goOn := make(chan bool), make(chan bool)
	w.load("a", func(a *App) { a.PrepStop = func(context.Context) error { reached <- true; <-goOn; return nil } })
	w.start("a")
	got := make(chan error, 2)
	go func() { got <- Stop(w.k, w.ctl, "a") }()
	<-reached
	go func() { got <- Stop(w.k, w.ctl, "a") }()
	if err := Start(w.k, w.ctl, "a"); !errors.Is(err, ErrStopping) {
		t.Errorf("Start meanwhile: %v", err)
	}
	select {
	case err := <-got:
		if !errors.Is(err, ErrNotStarted) { // the second may come late, but not early
			t.Errorf("a Stop returned %v before the end", err)
		}
	default:
	}
	goOn <- true
	for range 2 {
		if err := <-got; err != nil && !errors.Is(err, ErrNotStarted) {
			t.Error(err)
		}
	}
}

func TestWhatFailsWhileStoppingIsLoggedAndTheStopGoesOn(t *testing.T) {
	w := begin(t)
	w.load("a", func(a *App) {
		a.PrepStop = func(context.Context) error { panic("prep") }
		a.Stop = func(context.Context) error { return errFault }
	})
	w.start("a")
	w.j.take()
	w.must(Stop(w.k, w.ctl, "a"))
	w.says("a ends")
	for _, want := range []string{"PrepStop failed", "Stop failed", "prep", "fault"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log does not tell of %q:\n%s", want, w.log)
		}
	}
}

func TestStopControllerStopsEachBeforeWhatItNeeds(t *testing.T) {
	w := begin(t)
	w.load("base", nil)
	w.load("mid", nil, "base")
	w.load("alone", nil)
	w.load("top", nil, "mid", "base")
	w.start("base", "alone", "top")
	// base is now the one started last, and mid and top still need it.
	w.must(Stop(w.k, w.ctl, "base"))
	w.must(Start(w.k, w.ctl, "base"))
	w.j.take()
	w.must(StopController(w.k, w.ctl, proc.Normal))
	w.says(stops("top", "mid", "base", "alone")...)
	w.alone(0)
}

func TestRequestsWhileAllStopsAreRefused(t *testing.T) {
	w := begin(t)
	reached, goOn := make(chan bool), make(chan bool)
	w.load("a", func(a *App) { a.PrepStop = func(context.Context) error { reached <- true; <-goOn; return nil } })
	w.load("b", nil)
	w.start("a")
	got := make(chan error, 1)
	go func() { got <- StopController(w.k, w.ctl, proc.Normal) }()
	<-reached
	if err := Start(w.k, w.ctl, "b"); !errors.Is(err, ErrStopping) {
		t.Errorf("Start: %v", err)
	}
	goOn <- true
	w.must(<-got)
}

// hanging is a machine whose Init does not return before release is closed.
type hanging struct{ in, release chan bool }

func (h hanging) Init(c *proc.Ctx) error {
	c.Blocking(func() { h.in <- true; <-h.release })
	return nil
}
func (hanging) Handle(_ *proc.Ctx, _ proc.Message) error { return nil }

func TestAStartThatHangsCanBeStopped(t *testing.T) {
	release := make(chan bool)
	for name, set := range map[string]func(a *App, in chan bool){
		"Start": func(a *App, in chan bool) {
			a.Start = func(ctx context.Context) (proc.Factory, error) { in <- true; <-ctx.Done(); return nil, ctx.Err() }
		},
		"Start that succeeds all the same": func(a *App, in chan bool) {
			old := a.Start
			a.Start = func(ctx context.Context) (proc.Factory, error) { in <- true; <-ctx.Done(); return old(ctx) }
		},
		"phase": func(a *App, in chan bool) {
			a.Phases = []Phase{{"p", func(ctx context.Context) error { in <- true; <-ctx.Done(); return nil }}}
		},
		"child": func(a *App, in chan bool) {
			a.Start = func(context.Context) (proc.Factory, error) {
				return supervise.New(supervise.Flags{KillGrace: time.Millisecond}, supervise.Spec{
					ID: "h", Shutdown: supervise.BrutalKill, Factory: func() proc.Machine { return hanging{in, release} }})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			in := make(chan bool)
			w.load("a", func(a *App) { set(a, in) })
			got := make(chan error, 1)
			go func() { got <- Start(w.k, w.ctl, "a") }()
			<-in
			w.must(StopController(w.k, w.ctl, proc.Normal))
			if err := <-got; !errors.Is(err, ErrStopping) {
				t.Errorf("Start: %v", err)
			}
			if name == "child" {
				close(release)
			}
			w.alone(0)
			lines := w.j.take()
			if n := slices.Index(lines, "a stop"); (n >= 0) != (slices.Contains(lines, "a start") || name == "child") {
				t.Errorf("Stop is for a Start that has succeeded, but it was written down: %q", lines)
			}
		})
	}
}

func TestTheContextOfAnApplicationEndsWhenItStops(t *testing.T) {
	w := begin(t)
	var ctx context.Context
	w.load("a", func(a *App) {
		old := a.Start
		a.Start = func(c context.Context) (proc.Factory, error) { ctx = c; return old(c) }
		a.PrepStop = func(c context.Context) error { w.j.add("prep stop %v %v", ctx.Err(), c.Err()); return nil }
		a.Stop = func(c context.Context) error { w.j.add("stop %v %v", ctx.Err(), c.Err()); return nil }
	})
	w.start("a")
	if ctx.Err() != nil || Name(ctx) != "a" {
		t.Errorf("the context of %q is %v", Name(ctx), ctx.Err())
	}
	if pid, rt := Controller(ctx); pid != w.ctl || rt != w.rt {
		t.Errorf("its controller is %v", pid)
	}
	w.j.take()
	w.must(Stop(w.k, w.ctl, "a"))
	w.says("prep stop <nil> <nil>", "a ends", "stop context canceled <nil>")
	if context.Cause(ctx) != proc.Shutdown {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
}

// A top supervisor that ends by itself, or that is told to, ends its children first. One that is killed does not: they end by their links, beside Stop and
// whatever else is called (OTP: so do the children of one that is killed, while application_master calls Module:stop/1).
func TestTheEndOfAnApplicationMeansWhatItsTypeSays(t *testing.T) {
	for _, c := range []struct {
		t      Type
		reason error
		all    bool
	}{
		{Permanent, proc.Normal, true}, {Permanent, proc.Shutdown, true}, {Permanent, errFault, true}, {Permanent, proc.Kill, true},
		{Transient, proc.Normal, false}, {Transient, proc.Shutdown, true}, {Transient, errFault, true}, {Transient, proc.Kill, true},
		{Temporary, proc.Normal, false}, {Temporary, proc.Shutdown, false}, {Temporary, errFault, false}, {Temporary, proc.Kill, false},
	} {
		t.Run(c.t.String()+" "+c.reason.Error(), func(t *testing.T) {
			w := begin(t)
			w.load("a", func(a *App) { a.Type = c.t })
			w.load("b", nil)
			w.start("b", "a")
			w.j.take()
			top := w.info("a").Top
			want := c.reason
			if want == proc.Kill {
				want = proc.Killed
			}
			end := func() { w.must(w.rt.Exit(top, c.reason)) }
			if !c.all {
				end()
				w.becomes("a", Loaded)
				if s := w.info("b").State; s != Running {
					t.Errorf("b is %v", s)
				}
				w.alone(4) // the controller, and b's
				if want == proc.Killed {
					w.saysBeside("a ends", "a stop")
				} else {
					w.says("a ends", "a stop")
				}
				return
			}
			reason := w.reason(w.ctl, end)
			var e *EndedError
			if !errors.As(reason, &e) || e.App != "a" || e.Type != c.t || !errors.Is(e.Reason, want) {
				t.Errorf("the controller ended with %v", reason)
			}
			w.alone(0)
			if rest := append([]string{"a stop"}, stops("b")...); want == proc.Killed {
				w.saysBeside("a ends", rest...)
			} else {
				w.says(append([]string{"a ends"}, rest...)...)
			}
			for line := range strings.Lines(w.log.String()) { // that one is late may be in the log
				if strings.Contains(line, "proc: process crashed") && strings.Contains(line, "type=*application") {
					t.Errorf("a controller or master was reported as crashed:\n%s", line)
				}
			}
		})
	}
}

func TestAControllerThatIsKilledTakesItsApplicationsWithIt(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	w.start("a")
	w.must(w.rt.Exit(w.ctl, proc.Kill))
	w.alone(0)
	w.says(append(starts("a"), stops("a")...)...)
}

func TestAMasterThatIsKilledIsTheEndOfItsApplication(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	w.start("a")
	reason := w.reason(w.ctl, func() { w.must(w.rt.Exit(w.info("a").Master, proc.Kill)) })
	var e *EndedError
	if !errors.As(reason, &e) || e.App != "a" || e.Reason != proc.Killed {
		t.Errorf("the controller ended with %v", reason)
	}
	w.alone(0)
}

func TestASuspendedControllerStillEnds(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	w.start("a")
	w.j.take()
	w.must(sys.Suspend(w.k, w.ctl))
	w.must(StopController(w.k, w.ctl, proc.Normal))
	w.says(stops("a")...)
}

func TestSysShowsAControllerWithoutSettings(t *testing.T) {
	w := begin(t, App{Name: "a", Env: map[string]any{"password": "xyzzy"}})
	s, err := sys.GetStatus(w.k, w.ctl)
	w.must(err)
	if l := s.Shown.([]string); !slices.Equal(l, []string{"a: loaded"}) {
		t.Errorf("the status is %q", l)
	}
	v, err := sys.GetState(w.k, w.ctl)
	w.must(err)
	if l := v.([]Info); len(l) != 1 || l[0].App.Name != "a" {
		t.Errorf("the state is %+v", v)
	}
	var e *sys.CallbackError
	if _, err := sys.ReplaceState(w.k, w.ctl, func(v any) (any, error) { return v, nil }); !errors.As(err, &e) {
		t.Errorf("ReplaceState: %v", err)
	}
	if err := sys.Upgrade(w.k, w.ctl, 1, "", nil); !errors.As(err, &e) {
		t.Errorf("Upgrade: %v", err)
	}
}
