package group_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// After Demonitor has returned its process sees no event of the monitor, neither one that comes nor one that had come.
func TestNoEventAfterDemonitor(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1)[0]
	more := make(chan bool, 1)
	var busy sync.WaitGroup
	busy.Go(func() {
		for range more {
			for range 10 {
				ok(t, s.Join("g", p))
				ok(t, s.Leave("g", p))
			}
		}
	})
	over := make(chan bool)
	direct(t, rt, func(self *proc.Self) error {
		defer close(over)
		keeper, _, err := s.Monitor(self, "g")
		if err != nil {
			t.Error(err)
		}
		for i := range 300 {
			var ref group.MonitorRef
			if i%2 == 0 {
				ref, _, err = s.Monitor(self, "g")
			} else {
				ref, _, err = s.MonitorScope(self)
			}
			if err != nil {
				t.Error(err)
			}
			select {
			case more <- true:
			default: // there is more on its way
			}
			for seen := 0; seen < i%3; {
				if self.Receive().Body.(event).Monitor == ref {
					seen++
				}
			}
			if !s.Demonitor(self, ref) || s.Demonitor(self, ref) {
				t.Error("Demonitor of an active monitor must be true, and only once")
			}
			m, ok := self.Receive(), true
			for ; ok; m, ok = self.ReceiveTimeout(0) {
				if e := m.Body.(event); e.Monitor != keeper {
					t.Errorf("round %d: an event of a monitor that has ended: %+v", i, e)
				}
			}
		}
		return nil
	})
	await(t, "the watcher", over)
	close(more)
	busy.Wait()
	ok(t, s.Join("g", p))
	until(t, "the scope monitors nobody else", func() bool { return same(monitors(t, rt), []proc.PID{p}) })
}

// A process can end its own monitors only.
func TestDemonitorOfAnothersMonitorDoesNothing(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1)[0]
	_, events := watch(t, rt, s, "g")
	ok(t, s.Join("g", p))
	ref := await(t, "an event", events).Monitor
	done := make(chan bool)
	direct(t, rt, func(self *proc.Self) error {
		done <- s.Demonitor(self, ref)
		return nil
	})
	if await(t, "Demonitor", done) {
		t.Error("Demonitor of another's monitor is true")
	}
	ok(t, s.Leave("g", p))
	expect(t, events, "g", false, p)
}

func TestMonitorsEndWithTheirProcess(t *testing.T) {
	rt, s := scope[string](t)
	var pids []proc.PID
	for _, name := range []string{"", "g", "g", "h"} {
		pid, _ := watch(t, rt, s, name)
		pids = append(pids, pid)
	}
	if m := monitors(t, rt); !same(m, pids) {
		t.Errorf("the scope monitors %v, want %v", m, pids)
	}
	for _, pid := range pids {
		kill(t, rt, pid)
	}
	until(t, "nobody is left", func() bool { return len(monitors(t, rt)) == 0 })
	_, events := watch(t, rt, s, "g")
	p := idle(t, rt, 1)[0]
	ok(t, s.Join("g", p))
	expect(t, events, "g", true, p)
}

// Those that go on are told everything, in whatever order the others end.
func TestMonitorsThatGoOnMissNothing(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1)[0]
	type watcher struct {
		pid    proc.PID
		events <-chan event
	}
	var all []watcher
	for i := range 50 {
		pid, events := watch(t, rt, s, []string{"", "g"}[i%2])
		all = append(all, watcher{pid, events})
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for len(all) > 0 {
		i := rnd.IntN(len(all))
		kill(t, rt, all[i].pid)
		all = slices.Delete(all, i, i+1)
		ok(t, s.Join("g", p))
		ok(t, s.Leave("g", p))
		for _, w := range all {
			expect(t, w.events, "g", true, p)
			expect(t, w.events, "g", false, p)
		}
	}
}

// counter is a state machine that monitors a group until it has seen some events.
type counter struct {
	s    *group.Scope[string]
	ref  group.MonitorRef
	left int
	done chan bool
}

func (m *counter) Init(c *proc.Ctx) (err error) {
	m.ref, _, err = m.s.Monitor(c, "g")
	m.done <- true
	return err
}

func (m *counter) Handle(c *proc.Ctx, msg proc.Message) error {
	if m.left--; m.left < 0 || msg.Body.(event).Monitor != m.ref {
		m.done <- false
	}
	if m.left == 0 {
		m.done <- m.s.Demonitor(c, m.ref)
	}
	return nil
}

// It sees as many events as it wants, though there are more.
func TestStateMachineMonitorsAGroup(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1)[0]
	done := make(chan bool, 100)
	pid, err := rt.Spawn(func() proc.Machine { return &counter{s: s, left: 10, done: done} })
	ok(t, err)
	await(t, "Monitor", done)
	for range 40 {
		ok(t, s.Join("g", p))
		ok(t, s.Leave("g", p))
	}
	if !await(t, "Demonitor", done) {
		t.Error("Demonitor of an active monitor is false")
	}
	if m := monitors(t, rt); len(m) != 0 {
		t.Errorf("the scope monitors %v", m)
	}
	if lives, err := rt.Alive(t.Context(), pid); err != nil || !lives { // it has handled what had come
		t.Errorf("the process lives: %v, %v", lives, err)
	}
	if len(done) > 0 {
		t.Error("an event came after Demonitor")
	}
}
