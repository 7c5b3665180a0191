package genstatem

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

var scripts = flag.Int("scripts", 300, "how many random scripts TestRandomScriptsDoWhatTheModelDoes runs")

// message sends what the script is sent next.
func message(t *testing.T, rt *proc.Runtime, pid proc.PID, e external, calls chan<- error) {
	t.Helper()
	switch e.kind {
	case 'c':
		ok(t, Cast(rt, RefOf[int, int, int](pid), e.id))
	case 'i':
		ok(t, rt.Send(pid, e.id))
	case 'l': // from a process, which is not replied to; it comes before what is sent after it has asked
		asked := make(chan error)
		_, err := rt.Go(func(self *proc.Self) error {
			_, err := self.Request(pid, e.id, proc.Forever)
			asked <- err
			r := self.ReceiveMatch(func(m proc.Message) bool { _, ok := m.Body.(proc.Reply); return ok }).Body.(proc.Reply)
			calls <- r.Err
			return nil
		})
		ok(t, err)
		ok(t, <-asked)
	}
}

// Random machines, with every action that there is, turns that end anywhere, timers that go off, timers that are cancelled when
// they have gone off, and suspensions, have the same callbacks as a plain model of OTP's rules.
func TestRandomScriptsDoWhatTheModelDoes(t *testing.T) {
	rt := begin(t)
	ctx := waiting(t)
	k := rt.Client(ctx)
	enters, zeros, postpones := 0, 0, 0
	for seed := range uint64(*scripts) {
		r := rand.New(rand.NewPCG(seed, 7))
		clock := newClock()
		late := rand.New(rand.NewPCG(seed, 8))
		clock.late = func() bool { return late.IntN(3) == 0 }
		a := &actor{seed: seed, burn: seed%2 == 1, enter: seed%4 >= 2}
		m := &model{seed: seed, enter: a.enter}
		pid, err := k.Start(Factory(func() Handler[int] { return a }, withClock(clock)))
		ok(t, err)
		m.begin()
		m.drain()
		sync := func() {
			t.Helper()
			v, err := sys.GetState(k, pid)
			ok(t, err)
			if s := v.(State[int]).State; s != m.state || joined(a.trace) != joined(m.trace) {
				t.Fatalf("seed %d: state %d, callbacks\n%s\nwant %d\n%s", seed, s, joined(a.trace), m.state, joined(m.trace))
			}
		}
		sync()
		calls := make(chan error, 20)
		asked := 0
		for _, e := range externals(seed) {
			switch r.IntN(8) {
			case 0:
				sync()
				key := r.IntN(len(keys))
				if late := clock.take(keys[key]); late != nil {
					ok(t, rt.Send(pid, late))
				}
				m.fire(key)
			case 1:
				sync()
				for _, late := range clock.fired {
					ok(t, rt.Send(pid, late))
				}
				clock.fired = nil
			case 2:
				ok(t, sys.Suspend(k, pid))
				message(t, rt, pid, e, calls)
				ok(t, sys.Resume(k, pid))
				if e.kind == 'l' {
					asked++
				}
				m.receive(modelEvent{e.kind, e.id})
				continue
			case 3, 4:
				sync()
			}
			message(t, rt, pid, e, calls)
			if e.kind == 'l' {
				asked++
			}
			m.receive(modelEvent{e.kind, e.id})
		}
		sync()
		for _, l := range a.trace {
			switch l[1] {
			case 'e':
				enters++
			case 't', 's', 'a', 'b':
				zeros++
			}
		}
		postpones += len(m.postponed)
		ok(t, Stop(k, pid, proc.Normal))
		for range asked {
			<-calls // whoever was not replied to is told
		}
	}
	if enters == 0 || zeros == 0 || postpones == 0 {
		t.Errorf("%d enter calls, %d timeouts, %d postponed events at the end: the scripts do too little", enters, zeros, postpones)
	}
}
