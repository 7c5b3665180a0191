package group_test

import (
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// Who has no room for events misses them, and holds up nobody.
func TestMonitorWithAFullMailboxHoldsUpNobody(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1)[0]
	ready, goOn := make(chan error), make(chan bool)
	_, err := rt.Go(func(self *proc.Self) error {
		_, _, err := s.Monitor(self, "g")
		ready <- err
		self.Blocking(func() { <-goOn })
		return nil
	}, proc.WithMailboxBound(1, proc.Reject))
	ok(t, err)
	ok(t, await(t, "Monitor", ready))
	_, events := watch(t, rt, s, "g")
	for range 50 {
		ok(t, s.Join("g", p))
		ok(t, s.Leave("g", p))
		expect(t, events, "g", true, p)
		expect(t, events, "g", false, p)
	}
	close(goOn)
}

// A scope's own mailbox has no bound, whatever it was spawned with: it must not lose what it has to do.
func TestScopeTakesNoBoundForItsMailbox(t *testing.T) {
	rt := begin(t)
	s, err := group.Start[string](rt, "scope", proc.WithMailboxBound(1, proc.Reject))
	ok(t, err)
	process, _ := rt.Whereis("scope")
	_, events := watch(t, rt, s, "g")
	p := idle(t, rt, 1)[0]
	for range 100 {
		for range 20 {
			_ = rt.Send(process, "not the scope's")
		}
		ok(t, s.Join("g", p))
		ok(t, s.Leave("g", p))
	}
	for range 100 {
		expect(t, events, "g", true, p)
		expect(t, events, "g", false, p)
	}
}
