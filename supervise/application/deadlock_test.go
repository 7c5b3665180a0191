package application

import (
	"context"
	"errors"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// What an application does while it stops may ask the controller, also when all are being stopped: it gets an answer and holds up nobody. (OTP: application_SUITE,
// shutdown_deadlock.)
func TestAnApplicationMayAskTheControllerWhileItStops(t *testing.T) {
	w := begin(t)
	asks := func(when string) func(context.Context) error {
		return func(context.Context) error {
			_, err := Which(w.k, w.ctl)
			w.j.add("%s: which %v", when, err)
			if err := Start(w.k, w.ctl, "a"); err == nil {
				w.Errorf("%s: a is started", when)
			}
			return nil
		}
	}
	w.load("a", func(a *App) { a.PrepStop, a.Stop = asks("prep stop"), asks("stop") })
	w.start("a")
	w.j.take()
	w.must(Stop(w.k, w.ctl, "a"))
	w.says("prep stop: which <nil>", "a ends", "stop: which <nil>")
	w.start("a")
	w.j.take()
	if err := StopController(w.k, w.ctl, proc.Shutdown); err != nil && !errors.Is(err, proc.Shutdown) {
		t.Errorf("StopController: %v", err)
	}
	if l := w.j.take(); len(l) != 3 {
		t.Errorf("it was written down: %q", l)
	}
}
