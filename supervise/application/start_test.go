package application

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

func TestAnApplicationStartsWhenWhatItNeedsRuns(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	w.load("b", nil, "a")
	w.load("c", nil, "nobody")
	var n *NeedError
	if err := Start(w.k, w.ctl, "b"); !errors.Is(err, ErrNotStarted) || !errors.As(err, &n) || n.Need != "a" || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("Start without a: %v", err)
	}
	if err := Start(w.k, w.ctl, "c"); !errors.Is(err, ErrNotLoaded) || !errors.As(err, &n) || n.Need != "nobody" {
		t.Errorf("Start without nobody: %v", err)
	}
	w.says()
	w.must(Start(w.k, w.ctl, "a"))
	w.must(Start(w.k, w.ctl, "b"))
	w.says(starts("a", "b")...)
	if err := Start(w.k, w.ctl, "b"); !errors.Is(err, ErrAlreadyStarted) {
		t.Errorf("a second Start: %v", err)
	}
	if err := Start(w.k, w.ctl, "x"); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("Start of nothing: %v", err)
	}
}

func TestEnsureAllStartedStartsWhatIsNeededFirst(t *testing.T) {
	w := begin(t)
	w.load("top", nil, "left", "right")
	w.load("left", nil, "base")
	w.load("right", nil, "base", "left")
	w.load("base", nil)
	w.load("other", nil)
	w.must(Start(w.k, w.ctl, "base"))
	started, err := EnsureAllStarted(w.k, w.ctl, "top", "other", "top")
	w.must(err)
	if want := []string{"left", "right", "top", "other"}; !slices.Equal(started, want) {
		t.Errorf("started %q, want %q", started, want)
	}
	w.says(starts("base", "left", "right", "top", "other")...)
	if started, err = EnsureAllStarted(w.k, w.ctl, "top"); err != nil || len(started) != 0 {
		t.Errorf("a second time: %q, %v", started, err)
	}
}

func TestEnsureAllStartedNamesWhatIsMissing(t *testing.T) {
	w := begin(t)
	w.load("a", nil, "b")
	w.load("b", nil, "c")
	_, err := EnsureAllStarted(w.k, w.ctl, "a")
	var o *OpError
	var n *NeedError
	if !errors.Is(err, ErrNotLoaded) || !errors.As(err, &o) || o.App != "b" || !errors.As(err, &n) || n.Need != "c" {
		t.Errorf("c is missing: %v", err)
	}
	if _, err = EnsureAllStarted(w.k, w.ctl, "x"); !errors.Is(err, ErrNotLoaded) || !errors.As(err, &o) || o.App != "x" {
		t.Errorf("x is missing: %v", err)
	}
	w.says()
}

func TestACycleIsNamed(t *testing.T) {
	w := begin(t)
	w.load("start", nil, "a")
	w.load("a", nil, "b")
	w.load("b", nil, "c")
	w.load("c", nil, "a")
	_, err := EnsureAllStarted(w.k, w.ctl, "start")
	var c *CycleError
	if !errors.As(err, &c) || !slices.Equal(c.Apps, []string{"a", "b", "c"}) || !strings.Contains(err.Error(), `"a" needs "b" needs "c" needs "a"`) {
		t.Errorf("EnsureAllStarted: %v", err)
	}
	w.says()
}

func TestEnsureAllStartedStopsWhatItHasStartedWhenOneFails(t *testing.T) {
	w := begin(t)
	w.load("before", nil)
	w.load("a", nil)
	w.load("b", nil, "a")
	w.load("c", func(a *App) { a.Phases = []Phase{{"warm", func(context.Context) error { return errFault }}} }, "b")
	w.must(Start(w.k, w.ctl, "before"))
	w.j.take()
	_, err := EnsureAllStarted(w.k, w.ctl, "before", "c")
	if !errors.Is(err, errFault) {
		t.Errorf("EnsureAllStarted: %v", err)
	}
	w.says(append(starts("a", "b", "c"), append([]string{"c ends", "c stop"}, stops("b", "a")...)...)...)
	if s := w.info("before").State; s != Running {
		t.Errorf("before is %v", s)
	}
}

// failures are the ways in which a start fails; left is what is written down.
var failures = []struct {
	name   string
	change func(j *journal, a *App)
	in     string
	is     func(error) bool
	left   []string
}{
	{"Start fails", func(_ *journal, a *App) {
		a.Start = func(context.Context) (proc.Factory, error) { return nil, errFault }
	}, "Start", isFault, nil},
	{"Start panics", func(_ *journal, a *App) {
		a.Start = func(context.Context) (proc.Factory, error) { panic(errFault) }
	}, "Start", isFault, nil},
	{"Start returns nil", func(_ *journal, a *App) {
		a.Start = func(context.Context) (proc.Factory, error) { return nil, nil }
	}, "Start", func(err error) bool { return errors.Is(err, errNilFactory) }, nil},
	{"a specification is wrong", func(_ *journal, a *App) {
		a.Start = func(context.Context) (proc.Factory, error) {
			return supervise.New(supervise.Flags{}, supervise.Spec{ID: "x"})
		}
	}, "Start", func(err error) bool { var s *supervise.SpecError; return errors.As(err, &s) }, nil},
	{"a child fails", func(j *journal, a *App) {
		a.Start = func(context.Context) (proc.Factory, error) {
			return supervise.New(supervise.Flags{},
				supervise.Spec{ID: "good", Factory: func() proc.Machine { return &worker{"good", j} }},
				supervise.Spec{ID: "bad", Factory: func() proc.Machine { return failing{} }})
		}
	}, "top supervisor", func(err error) bool {
		var f *supervise.FailedError
		return isFault(err) && errors.As(err, &f) && f.ID == "bad"
	}, []string{"good begins", "good ends", "a stop"}},
	{"the supervisor has nothing to do", func(_ *journal, a *App) {
		a.Start = func(context.Context) (proc.Factory, error) {
			return supervise.Init(func() (supervise.Flags, []supervise.Spec, error) { return supervise.Flags{}, nil, proc.Normal }), nil
		}
	}, "top supervisor", func(err error) bool { return errors.Is(err, proc.Normal) }, []string{"a stop"}},
	{"a phase fails", func(j *journal, a *App) {
		a.Phases = []Phase{
			{"one", func(context.Context) error { j.add("one"); return nil }},
			{"two", func(context.Context) error { j.add("two"); return errFault }},
			{"three", func(context.Context) error { j.add("three"); return nil }},
		}
	}, "phase two", isFault, append(starts("a"), "one", "two", "a ends", "a stop")},
	{"a phase panics", func(j *journal, a *App) {
		a.Phases = []Phase{{"one", func(context.Context) error { panic(errFault) }}}
	}, "phase one", isFault, append(starts("a"), "a ends", "a stop")},
}

func isFault(err error) bool { return errors.Is(err, errFault) }

type failing struct{}

func (failing) Init(*proc.Ctx) error                 { return errFault }
func (failing) Handle(*proc.Ctx, proc.Message) error { return nil }

func TestAFailedStartLeavesNothing(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			w := begin(t)
			w.load("a", func(a *App) { f.change(w.j, a) })
			err := Start(w.k, w.ctl, "a")
			var s *StartError
			if !errors.As(err, &s) || s.App != "a" || s.In != f.in || !f.is(err) {
				t.Errorf("Start: %v", err)
			}
			w.says(f.left...)
			w.alone(1)
			if s := w.info("a"); s.State != Loaded || s.Master != 0 {
				t.Errorf("it is %v", s.State)
			}
			if strings.Contains(w.log.String(), "proc: process crashed") && f.name != "a child fails" {
				t.Errorf("a process was reported as crashed:\n%s", w.log)
			}
		})
	}
}

func TestPhasesRunInOrderWhenTheTopSupervisorRuns(t *testing.T) {
	w := begin(t)
	w.load("a", func(a *App) {
		a.Phases = []Phase{
			{"one", func(context.Context) error { w.j.add("one"); return nil }},
			{"two", func(context.Context) error { w.j.add("two"); return nil }},
		}
	})
	w.start("a")
	w.says(append(starts("a"), "one", "two")...)
}

func TestConcurrentStartsOfOneApplicationGetOneResult(t *testing.T) {
	for name, result := range map[string]error{"it runs": nil, "it fails": errFault} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			reached, goOn := make(chan bool), make(chan bool)
			w.load("a", func(a *App) {
				old := a.Start
				a.Start = func(ctx context.Context) (proc.Factory, error) {
					reached <- true
					<-goOn
					if result != nil {
						return nil, result
					}
					return old(ctx)
				}
			})
			got := make(chan error, 2)
			go func() { got <- Start(w.k, w.ctl, "a") }()
			<-reached
			if s := w.info("a").State; s != Starting {
				t.Errorf("it is %v", s)
			}
			if err := Stop(w.k, w.ctl, "a"); !errors.Is(err, ErrNotStarted) {
				t.Errorf("Stop: %v", err)
			}
			req, err := w.rt.Go(func(self *proc.Self) error {
				id, err := self.Request(w.ctl, StartRequest{"a"}, proc.Forever)
				if err != nil {
					return err
				}
				goOn <- true // the request is on its way, before the end of the start
				r := self.Receive().Body.(proc.Reply)
				if r.Request != id {
					return errors.New("reply to something else")
				}
				got <- done(r.Value, r.Err)
				return nil
			})
			w.must(err)
			for range 2 {
				if err := <-got; !errors.Is(err, result) {
					t.Errorf("Start: %v, want %v", err, result)
				}
			}
			_ = w.reason(req, func() {})
		})
	}
}

func TestAnApplicationWithoutStartHasNoProcesses(t *testing.T) {
	w := begin(t)
	w.load("lib", func(a *App) { a.Start = nil })
	w.start("lib")
	if i := w.info("lib"); i.State != Running || i.Top != 0 || i.Master == 0 {
		t.Errorf("it is %+v", i)
	}
	w.must(Stop(w.k, w.ctl, "lib"))
	w.says("lib prep stop", "lib stop")
	w.alone(1)
}

func TestWhatIsWrongWithAnAppIsNamed(t *testing.T) {
	w := begin(t)
	do := func(context.Context) error { return nil }
	for want, a := range map[string]App{
		`"": Name`:                            {},
		`"a": Type: Type(7)`:                  {Name: "a", Type: 7},
		`"a": Needs: name 1`:                  {Name: "a", Needs: []string{"b", ""}},
		`"a": Needs: it needs`:                {Name: "a", Needs: []string{"a"}},
		`"a": Needs: "b"`:                     {Name: "a", Needs: []string{"b", "b"}},
		`"a": Phases: phase 0`:                {Name: "a", Phases: []Phase{{"", do}}},
		`"a": Phases: phase "p" has a nil Do`: {Name: "a", Phases: []Phase{{"p", nil}}},
	} {
		err := Load(w.k, w.ctl, a)
		var e *AppError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("Load: %v, want an error with %q", err, want)
		}
	}
	if l, err := Which(w.k, w.ctl); err != nil || len(l) != 0 {
		t.Errorf("there are %v, %v", l, err)
	}
}

func TestLoadAndUnload(t *testing.T) {
	w := begin(t)
	w.load("a", nil)
	if err := Load(w.k, w.ctl, App{Name: "a"}); !errors.Is(err, ErrAlreadyLoaded) {
		t.Errorf("a second Load: %v", err)
	}
	w.start("a")
	if err := Unload(w.k, w.ctl, "a"); !errors.Is(err, ErrAlreadyStarted) {
		t.Errorf("Unload of one that runs: %v", err)
	}
	w.must(Stop(w.k, w.ctl, "a"))
	w.must(Unload(w.k, w.ctl, "a"))
	if err := Unload(w.k, w.ctl, "a"); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("a second Unload: %v", err)
	}
}

func TestWhichShowsTheNewestFirst(t *testing.T) {
	w := begin(t)
	for _, n := range []string{"d", "c", "b", "a"} {
		w.load(n, nil)
	}
	w.start("c", "b")
	l, err := Which(w.k, w.ctl)
	w.must(err)
	var got []string
	for _, i := range l {
		got = append(got, i.App.Name+" "+i.State.String())
	}
	if want := []string{"b running", "c running", "a loaded", "d loaded"}; !slices.Equal(got, want) {
		t.Errorf("Which: %q, want %q", got, want)
	}
}

func TestAnUnknownRequestIsRefused(t *testing.T) {
	w := begin(t)
	v, err := w.k.Call(w.ctl, "hello")
	if !errors.Is(done(v, err), ErrUnknownRequest) {
		t.Errorf("the reply is %v, %v", v, err)
	}
	w.must(w.rt.Send(w.ctl, "hello"))
	if _, err := Which(w.k, w.ctl); err != nil || !strings.Contains(w.log.String(), "does not know") {
		t.Errorf("%v, and the log says\n%s", err, w.log)
	}
}
