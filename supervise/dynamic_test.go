package supervise

import (
	"errors"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// pool returns the spec of a SimpleOneForOne.
func (w *world) pool(change ...func(*Spec)) Spec {
	s := Spec{New: func(arg any) proc.Machine { return &worker{w: w, name: arg.(string), trap: true} }}
	for _, f := range change {
		f(&s)
	}
	return s
}

func TestDynamicChildrenGetTheirArgument(t *testing.T) {
	w := newWorld(t)
	sup := w.start(many(SimpleOneForOne), w.pool())
	a, err := StartDynamic(w.k, sup, "a")
	if err != nil || a == 0 {
		t.Fatal(a, err)
	}
	w.until("+a")
	w.crash(a, errBoom)
	w.until("+a") // restarted with the same one
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	w.until("-a")
}

func TestManyDynamicChildrenStartInOneCallAndStopTogether(t *testing.T) {
	w := newWorld(t)
	failing := func(arg any) proc.Machine {
		return &quiet{fail: arg.(int)%1000 == 7, ignore: arg.(int)%1000 == 8}
	}
	sup := w.start(many(SimpleOneForOne), Spec{New: failing})
	args := make([]any, 5000)
	for i := range args {
		args[i] = i
	}
	results, err := StartDynamicMany(w.k, sup, args)
	if err != nil || len(results) != len(args) {
		t.Fatal(len(results), err)
	}
	for i, r := range results {
		var failed *StartError
		switch i % 1000 {
		case 7:
			if r.PID != 0 || !errors.As(r.Err, &failed) || failed.Err != errBoom {
				t.Errorf("%d: %+v", i, r)
			}
		case 8:
			if r != (Result{}) {
				t.Errorf("%d: %+v", i, r)
			}
		default:
			if r.PID == 0 || r.Err != nil {
				t.Errorf("%d: %+v", i, r)
			}
		}
	}
	n, err := CountChildren(w.k, sup)
	if want := (Count{Specs: 1, Active: 4990, Workers: 4990}); n != want || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
	if err := Stop(w.k, sup, proc.Shutdown); err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if alive, _ := w.rt.Alive(w.ctx, r.PID); r.PID != 0 && alive {
			t.Fatalf("%v lives", r.PID)
		}
	}
}

// quiet is a worker without events.
type quiet struct{ fail, ignore bool }

func (m *quiet) Init(*proc.Ctx) error {
	switch {
	case m.fail:
		return errBoom
	case m.ignore:
		return proc.Normal
	}
	return nil
}

func (m *quiet) Handle(c *proc.Ctx, msg proc.Message) error {
	if err, ok := msg.Body.(error); ok {
		return err
	}
	if _, ok := c.Caller(); ok {
		return c.Reply(c.Self())
	}
	return nil
}
