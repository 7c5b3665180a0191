package application

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestTheConfigurationOverridesTheSettingsOfAnApp(t *testing.T) {
	w := begin(t)
	var ctx context.Context
	a := App{Name: "a", Env: map[string]any{"port": 80, "host": "here"}, PrepStop: func(c context.Context) error { ctx = c; return nil }}
	ctl, err := StartController(w.k, map[string]map[string]any{"a": {"port": 8080, "new": true}}, []App{a})
	w.must(err)
	all, err := Settings(w.k, ctl, "a")
	w.must(err)
	if want := map[string]any{"port": 8080, "host": "here", "new": true}; !maps.Equal(all, want) {
		t.Errorf("the settings are %v, want %v", all, want)
	}
	w.must(SetEnv(w.k, ctl, "a", "host", "there"))
	w.must(Start(w.k, ctl, "a"))
	w.must(Stop(w.k, ctl, "a"))
	port, err := Env[int](ctx, "port")
	if port != 8080 || err != nil {
		t.Errorf("port: %v, %v", port, err)
	}
	host, err := Env[string](ctx, "host")
	if host != "there" || err != nil {
		t.Errorf("host: %v, %v", host, err)
	}
	w.must(SetEnv(w.k, ctl, "a", "host", "nowhere"))
	if host, err = Env[string](ctx, "host"); host != "nowhere" || err != nil {
		t.Errorf("host, once more: %v, %v", host, err)
	}
	if _, err = Env[string](ctx, "port"); err == nil || !strings.Contains(err.Error(), `"port" of "a" is a int, want string`) {
		t.Errorf("port as a string: %v", err)
	}
	if _, err = Env[int](ctx, "no"); !errors.Is(err, ErrNotSet) || !strings.Contains(err.Error(), `"no" of "a"`) {
		t.Errorf("no: %v", err)
	}
	if n, err := EnvOr(ctx, "no", 3); n != 3 || err != nil {
		t.Errorf("no, or 3: %v, %v", n, err)
	}
	if n, err := EnvOr(ctx, "host", 3); err == nil {
		t.Errorf("host, or 3: %v", n)
	}
}

func TestSettingsOfNobodyAreAnError(t *testing.T) {
	w := begin(t)
	if _, err := StartController(w.k, map[string]map[string]any{"x": {}}, nil); !errors.Is(err, ErrNotLoaded) || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("StartController: %v", err)
	}
	if _, err := Settings(w.k, w.ctl, "x"); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("Settings: %v", err)
	}
	if err := SetEnv(w.k, w.ctl, "x", "k", 1); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("SetEnv: %v", err)
	}
	ctx := context.Background()
	if _, err := Env[int](ctx, "k"); !errors.Is(err, ErrNoApplication) {
		t.Errorf("Env: %v", err)
	}
	if pid, rt := Controller(ctx); pid != 0 || rt != nil || Name(ctx) != "" {
		t.Errorf("Controller: %v", pid)
	}
}

func TestAStateMachineStartsApplicationsByRequests(t *testing.T) {
	w := begin(t, App{Name: "a"})
	got := make(chan any, 2)
	_, err := w.rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		if r, ok := m.Body.(proc.Reply); ok {
			got <- r.Value
			return nil
		}
		if _, err := c.Request(w.ctl, StartRequest{"a"}, proc.Forever); err != nil {
			return err
		}
		_, err := c.Request(w.ctl, StartRequest{"b"}, proc.Forever)
		return err
	}))
	w.must(err)
	for pid := range w.rt.Processes() {
		if pid != w.ctl {
			w.must(w.rt.Send(pid, "go"))
		}
	}
	var nils, errs int
	for range 2 {
		switch v := (<-got).(type) {
		case nil:
			nils++
		case *OpError:
			errs++
			if !errors.Is(v, ErrNotLoaded) {
				t.Error(v)
			}
		}
	}
	if nils != 1 || errs != 1 {
		t.Errorf("%d nil and %d errors", nils, errs)
	}
}
