package genserver

import (
	"errors"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// Whoever is told that a start has failed can use its name at once: another start under it never finds it taken. (OTP: gen_server_SUITE,
// loop_start_fail.)
func TestTheNameOfAFailedStartIsFreeWhenItIsTold(t *testing.T) {
	rt := begin(t, proc.Config{Workers: 2})
	s := newScript(t)
	s.init = failures[0].init
	loop := func(start func() error) {
		for i := range 300 {
			var e *proc.StartError
			if err := start(); !errors.As(err, &e) || errors.Is(err, proc.ErrNameTaken) || !failures[0].is(e.Err) {
				t.Fatalf("start %d: %v", i, err)
			}
		}
	}
	k := client(t, rt)
	loop(func() error { _, err := Start(k, s.factory, WithName("server")); return err })
	inside(t, rt, func(self *proc.Self) error {
		k := self.Client(patience)
		self.TrapExit(true)
		loop(func() error { _, err := StartLink(k, s.factory, WithName("server")); return err })
		loop(func() error { _, _, err := StartMonitor(k, s.factory, WithName("server")); return err })
		return nil
	})
}
