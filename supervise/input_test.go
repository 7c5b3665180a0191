package supervise

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func TestSpecsThatAreWrongAreNamed(t *testing.T) {
	ok := func(change func(*Spec)) Spec {
		s := Spec{ID: "x", Factory: func() proc.Machine { return &quiet{} }}
		change(&s)
		return s
	}
	start := func(*proc.Ctx, any) (proc.PID, error) { return 0, nil }
	for _, c := range []struct {
		field string
		flags Flags
		specs []Spec
	}{
		{"ID", Flags{}, []Spec{ok(func(s *Spec) { s.ID = "" })}},
		{"ID", Flags{}, []Spec{ok(func(*Spec) {}), ok(func(*Spec) {})}},
		{"Factory, New, Start", Flags{}, []Spec{{ID: "x"}}},
		{"Factory, New, Start", Flags{}, []Spec{ok(func(s *Spec) { s.New = func(any) proc.Machine { return nil } })}},
		{"Factory, New, Start", Flags{}, []Spec{ok(func(s *Spec) { s.Start = start })}},
		{"Options", Flags{}, []Spec{{ID: "x", Start: start, Options: []proc.SpawnOption{proc.WithName("x")}}}},
		{"Options", Flags{}, []Spec{ok(func(s *Spec) { s.Options = []proc.SpawnOption{nil} })}},
		{"Restart", Flags{}, []Spec{ok(func(s *Spec) { s.Restart = 3 })}},
		{"Type", Flags{}, []Spec{ok(func(s *Spec) { s.Type = 2 })}},
		{"Shutdown", Flags{}, []Spec{ok(func(s *Spec) { s.Shutdown = -3 })}},
		{"StartTimeout", Flags{}, []Spec{ok(func(s *Spec) { s.StartTimeout = -1 })}},
		{"Significant", Flags{AutoShutdown: AnySignificant}, []Spec{ok(func(s *Spec) { s.Significant = true })}},
		{"Significant", Flags{}, []Spec{ok(func(s *Spec) { s.Significant, s.Restart = true, Transient })}},
	} {
		_, err := New(c.flags, c.specs...)
		var spec *SpecError
		if !errors.As(err, &spec) || spec.Field != c.field || spec.ID != c.specs[0].ID || !strings.HasPrefix(err.Error(), "supervise: ") {
			t.Errorf("%s: error %v", c.field, err)
		}
	}
}

func TestFlagsThatAreWrongAreNamed(t *testing.T) {
	for field, f := range map[string]Flags{
		"Strategy":      {Strategy: 4},
		"AutoShutdown":  {AutoShutdown: 3},
		"Intensity":     {Intensity: -1},
		"Period":        {Period: -time.Second},
		"KillGrace":     {KillGrace: -1},
		"Backoff.Min":   {Backoff: &Backoff{Max: time.Second}},
		"Backoff.Max":   {Backoff: &Backoff{Min: 2, Max: 1}},
		"Backoff.Reset": {Backoff: &Backoff{Min: 1, Max: 1, Reset: -1}},
	} {
		if _, err := New(f); err == nil || !strings.Contains(err.Error(), "Flags."+field+" ") {
			t.Errorf("%s: error %v", field, err)
		}
		if _, err := Start(nil, f, nil); err == nil {
			t.Errorf("%s: Start took it", field)
		}
	}
}

func TestSimpleOneForOneNeedsOneSpec(t *testing.T) {
	s := Spec{New: func(any) proc.Machine { return nil }}
	for _, specs := range [][]Spec{nil, {s, s}} {
		if _, err := New(Flags{Strategy: SimpleOneForOne}, specs...); err == nil || !strings.Contains(err.Error(), "exactly one") {
			t.Errorf("%d specs: error %v", len(specs), err)
		}
	}
	if _, err := New(Flags{Strategy: SimpleOneForOne}, s); err != nil {
		t.Error(err)
	}
}

func TestInitThatGivesWhatNewWouldRefuseFailsTheStart(t *testing.T) {
	w := newWorld(t)
	var start *proc.StartError
	for _, f := range []proc.Factory{
		Init(nil),
		Init(func() (Flags, []Spec, error) { return Flags{Intensity: -1}, nil, nil }),
		Init(func() (Flags, []Spec, error) { return Flags{}, []Spec{{}}, nil }),
		Init(func() (Flags, []Spec, error) { return Flags{}, nil, errBoom }),
		Init(func() (Flags, []Spec, error) { panic("oh") }),
	} {
		if _, err := w.k.Start(f); !errors.As(err, &start) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := w.k.Start(nil); err == nil {
		t.Error("no error for a nil factory")
	}
	if _, err := w.k.Start(func() proc.Machine { return nil }); !errors.Is(err, proc.ErrFactory) {
		t.Errorf("error %v", err)
	}
}

func TestSpecsAndFlagsAreCopied(t *testing.T) {
	w := newWorld(t)
	f := many(OneForOne)
	f.Backoff = &Backoff{Min: 1, Max: 1}
	specs := []Spec{w.worker("a")}
	factory, err := New(f, specs...)
	if err != nil {
		t.Fatal(err)
	}
	specs[0].Factory, specs[0].ID = nil, "changed"
	f.Backoff.Min = -1
	sup, err := w.k.Start(factory)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.children(sup); got != "+a" {
		t.Errorf("children %q", got)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	leave := make(chan struct{})
	enter := make(chan proc.PID, 1)
	slow := w.with(worker{init: func(c *proc.Ctx) error { enter <- c.Parent(); <-leave; return nil }})
	failed := make(chan error, 1)
	go func() {
		_, err := Start(w.rt.Client(ctx), Flags{}, []Spec{w.worker("a"), w.worker("b", slow)})
		failed <- err
	}()
	sup := <-enter
	end := w.watch(sup)
	cancel()
	err := <-failed
	var start *proc.StartError
	if !errors.As(err, &start) || start.PID != sup {
		t.Errorf("error %v", err)
	}
	w.is(err, context.Canceled)
	w.is(end(), proc.Killed)
	close(leave)
}
