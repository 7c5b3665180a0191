package application

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// runner is a Run under way, with signals of the test's.
type runner struct {
	*testing.T
	cfg     Config
	j       *journal
	signals chan<- os.Signal
	asked   []os.Signal // for which signals Run has asked
	result  chan error
	cancel  context.CancelFunc
}

func newRunner(t *testing.T) *runner {
	r := &runner{T: t, j: &journal{}, result: make(chan error, 1)}
	r.cfg.Runtime.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	r.cfg.Grace = patience
	r.cfg.notify = func(to chan<- os.Signal, signals ...os.Signal) { r.signals, r.asked = to, signals }
	r.cfg.timeout = func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
		if d == answer {
			d = patience
		}
		return context.WithTimeout(ctx, d)
	}
	return r
}

// app is an application, as app makes it, that Run runs; up is closed when it does.
func (r *runner) app(name string, up chan bool, needs ...string) App {
	a := app(r.j, name, needs...)
	a.Phases = []Phase{{"up", func(context.Context) error { close(up); return nil }}}
	return a
}

func (r *runner) run(apps ...App) {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.Cleanup(cancel)
	go func() { r.result <- r.cfg.Run(ctx, apps...) }()
}

func (r *runner) ends() error {
	r.Helper()
	select {
	case err := <-r.result:
		return err
	case <-time.After(2 * patience):
		r.Fatal("Run does not return")
		return nil
	}
}

func (r *runner) says(want ...string) {
	r.Helper()
	if got := r.j.take(); !slices.Equal(got, want) {
		r.Fatalf("it was written down:\n%q\nwant\n%q", got, want)
	}
}

func (r *runner) both(up chan bool) []App {
	return []App{r.app("web", up, "store"), app(r.j, "store")}
}

func TestASignalStopsTheApplicationsInOrder(t *testing.T) {
	r, up := newRunner(t), make(chan bool)
	r.run(r.both(up)...)
	<-up
	r.signals <- os.Interrupt
	if err := r.ends(); err != nil {
		t.Errorf("Run: %v", err)
	}
	r.says(append(starts("store", "web"), stopsOrStart(r, "web", "store")...)...)
}

// stopsOrStart is stops: a phase that has just ended may find that the application is to stop before it has run, and then there is no PrepStop.
func stopsOrStart(r *runner, names ...string) []string {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	want := stops(names...)
	if !slices.Contains(r.j.lines, want[0]) {
		want = want[1:]
	}
	return want
}

func TestTheEndOfTheContextStopsTheApplications(t *testing.T) {
	r, up := newRunner(t), make(chan bool)
	r.run(r.both(up)...)
	<-up
	r.cancel()
	if err := r.ends(); err != nil {
		t.Errorf("Run: %v", err)
	}
	r.says(append(starts("store", "web"), stopsOrStart(r, "web", "store")...)...)
}

func TestAContextThatHasEndedStartsNothing(t *testing.T) {
	r := newRunner(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.cfg.Run(ctx, app(r.j, "a")); err != nil {
		t.Errorf("Run: %v", err)
	}
	r.says()
}

func TestTheEndOfAPermanentApplicationEndsRun(t *testing.T) {
	for name, reason := range map[string]error{"Shutdown": proc.Shutdown, "error": errFault, "Kill": proc.Kill} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t)
			a := app(r.j, "web", "store")
			a.Phases = []Phase{{"end", func(ctx context.Context) error {
				ctl, rt := Controller(ctx)
				go func() {
					for {
						l, err := Which(rt.Client(context.Background()), ctl)
						if err != nil {
							t.Error(err)
							return
						}
						if l[0].App.Name == "web" && l[0].State == Running {
							_ = rt.Exit(l[0].Top, reason)
							return
						}
					}
				}()
				return nil
			}}}
			r.run(a, app(r.j, "store"))
			err := r.ends()
			want := reason
			if want == proc.Kill {
				want = proc.Killed
			}
			var e *EndedError
			if !errors.As(err, &e) || e.App != "web" || e.Type != Permanent || !errors.Is(e.Reason, want) || !strings.Contains(err.Error(), `"web" has ended`) {
				t.Errorf("Run: %v", err)
			}
			lines := r.j.take()
			if want == proc.Killed { // the worker ends by its link, beside all that follows
				lines = slices.DeleteFunc(lines, func(l string) bool { return l == "web ends" })
			}
			if i, k := slices.Index(lines, "web stop"), slices.Index(lines, "store prep stop"); i < 0 || k < i || lines[len(lines)-1] != "store stop" {
				t.Errorf("it was written down: %q", lines)
			}
		})
	}
}

func TestAnApplicationThatDoesNotStartEndsRun(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			r := newRunner(t)
			a := app(r.j, "a", "store")
			f.change(r.j, &a)
			r.run(a, app(r.j, "store"))
			err := r.ends()
			var s *StartError
			if !errors.As(err, &s) || s.App != "a" || s.In != f.in || !f.is(err) {
				t.Errorf("Run: %v", err)
			}
			r.says(append(starts("store"), append(slices.Clone(f.left), stops("store")...)...)...)
		})
	}
}

func TestAFailedStartIsToldThoughTheOthersDoNotStopInTime(t *testing.T) {
	r := newRunner(t)
	r.cfg.Grace = 50 * time.Millisecond
	release := make(chan bool)
	defer close(release)
	store := app(r.j, "store")
	store.Stop = func(context.Context) error { <-release; return nil }
	r.run(App{Name: "web", Needs: []string{"store"}, Start: func(context.Context) (proc.Factory, error) { return nil, errFault }}, store)
	err := r.ends()
	var start *StartError
	var stop *StopError
	if !errors.As(err, &start) || start.App != "web" || !errors.As(err, &stop) || !slices.Equal(stop.Apps, []string{"store"}) {
		t.Errorf("Run: %v", err)
	}
}

func TestASignalWhileAnApplicationStartsStopsIt(t *testing.T) {
	r, in := newRunner(t), make(chan bool)
	a := app(r.j, "web", "store")
	a.Start = func(ctx context.Context) (proc.Factory, error) { in <- true; <-ctx.Done(); return nil, ctx.Err() }
	r.run(a, app(r.j, "store"))
	<-in
	r.signals <- os.Interrupt
	if err := r.ends(); err != nil {
		t.Errorf("Run: %v", err)
	}
	r.says(append(starts("store"), stops("store")...)...)
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	r, up, in := newRunner(t), make(chan bool), make(chan bool)
	release := make(chan bool)
	defer close(release)
	a := r.app("web", up, "store")
	a.Stop = func(context.Context) error { in <- true; <-release; return nil }
	r.run(a, app(r.j, "store"))
	<-up
	r.signals <- os.Interrupt
	<-in
	r.signals <- os.Kill
	err := r.ends()
	var s *SignalError
	var left *proc.ShutdownError
	if !errors.As(err, &s) || s.Signal != os.Kill || !errors.As(err, &left) || left.Offloads != 1 {
		t.Errorf("Run: %v", err)
	}
}

func TestWhatDoesNotStopInTimeIsKilledAndNamed(t *testing.T) {
	r, up := newRunner(t), make(chan bool)
	r.cfg.Grace = 50 * time.Millisecond
	a := r.app("stubborn", up, "store")
	a.Start = func(context.Context) (proc.Factory, error) {
		return supervise.New(supervise.Flags{}, supervise.Spec{ID: "deaf", Shutdown: supervise.Infinity, Options: []proc.SpawnOption{proc.WithTrapExit()},
			Factory: proc.Of(func(*proc.Ctx, proc.Message) error { return nil })})
	}
	r.run(a, app(r.j, "store"))
	<-up
	r.signals <- os.Interrupt
	err := r.ends()
	var s *StopError
	if !errors.As(err, &s) || !slices.Contains(s.Apps, "stubborn") || s.Err != nil || !strings.Contains(err.Error(), "stubborn") {
		t.Errorf("Run: %v", err)
	}
}

func TestProcessesOfNoApplicationAreStoppedToo(t *testing.T) {
	r, up := newRunner(t), make(chan bool)
	var rt *proc.Runtime
	// The grace is over when the applications have stopped and only the other process is left.
	r.cfg.timeout = func(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		go func() {
			defer cancel()
			for n := 0; n != 1 && ctx.Err() == nil; {
				n = 0
				for range rt.Processes() {
					n++
				}
			}
		}()
		return ctx, cancel
	}
	a := r.app("a", up)
	old := a.Start
	a.Start = func(ctx context.Context) (proc.Factory, error) {
		_, rt = Controller(ctx)
		_, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error { return nil }), proc.WithTrapExit())
		if err != nil {
			return nil, err
		}
		return old(ctx)
	}
	r.run(a)
	<-up
	r.cancel()
	var s *StopError
	if err := r.ends(); !errors.As(err, &s) || len(s.Apps) != 0 || !strings.Contains(err.Error(), "no application") {
		t.Errorf("Run: %v", err)
	}
}

func TestAKilledControllerEndsRun(t *testing.T) {
	r := newRunner(t)
	a := app(r.j, "a")
	a.Phases = []Phase{{"kill", func(ctx context.Context) error {
		ctl, rt := Controller(ctx)
		return rt.Exit(ctl, proc.Kill)
	}}}
	r.run(a)
	if err := r.ends(); !errors.Is(err, proc.Killed) {
		t.Errorf("Run: %v", err)
	}
}

func TestRunRefusesWhatIsWrong(t *testing.T) {
	for want, f := range map[string]func() error{
		"Config.Grace": func() error { return Config{Grace: -1}.Run(context.Background(), App{Name: "a"}) },
		"at least one": func() error { return Run(context.Background()) },
		"Workers": func() error {
			return Config{Runtime: proc.Config{Workers: -1}}.Run(context.Background(), App{Name: "a"})
		},
		`"": Name`: func() error { return Run(context.Background(), App{}) },
		"already":  func() error { return Run(context.Background(), App{Name: "a"}, App{Name: "a"}) },
		`Env "x"`: func() error {
			return Config{Env: map[string]map[string]any{"x": nil}}.Run(context.Background(), App{Name: "a"})
		},
		`it needs "b"`: func() error { return Run(context.Background(), App{Name: "a", Needs: []string{"b"}}) },
		`"a" needs "b" needs`: func() error {
			return Run(context.Background(), App{Name: "a", Needs: []string{"b"}}, App{Name: "b", Needs: []string{"a"}})
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run: %v, want an error with %q", err, want)
		}
	}
}

func TestRunAsksForTheSignalsOfItsConfig(t *testing.T) {
	for name, c := range map[string]struct{ set, want []os.Signal }{
		"none given": {nil, nil}, "one": {[]os.Signal{os.Interrupt}, []os.Signal{os.Interrupt}}, "empty": {[]os.Signal{}, []os.Signal{}},
	} {
		t.Run(name, func(t *testing.T) {
			r, up := newRunner(t), make(chan bool)
			r.cfg.Signals = c.set
			r.run(r.app("a", up))
			<-up
			r.cancel()
			if err := r.ends(); err != nil {
				t.Error(err)
			}
			if c.set == nil && len(r.asked) != 2 || c.set != nil && !slices.Equal(r.asked, c.want) {
				t.Errorf("Run asked for %v", r.asked)
			}
		})
	}
}
