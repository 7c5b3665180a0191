package group_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// The scope's process may be any process that the factory makes: here, one that is linked to its parent.
func TestScopeIsStartedByItsFactory(t *testing.T) {
	rt := begin(t)
	s, err := group.New[string](rt, "scope")
	ok(t, err)
	pid := idle(t, rt, 1)[0]
	if err := s.Join("g", pid); !errors.Is(err, group.ErrEnded) {
		t.Errorf("Join before the scope begins: %v", err)
	}
	pids := make(chan proc.PID, 2)
	parent := direct(t, rt, func(self *proc.Self) error {
		child, err := self.SpawnLink(s.Factory())
		if err != nil {
			return err
		}
		pids <- child
		self.Receive()
		return errors.New("the parent ends")
	})
	child := await(t, "the scope's PID", pids)
	until(t, "the scope begins", func() bool { return s.Join("g", pid) == nil })
	members(t, s, "g", pid)
	if who, _ := rt.Whereis("scope"); who != child {
		t.Errorf("%v has the scope's name, want %v", who, child)
	}
	second, err := rt.Spawn(s.Factory())
	ok(t, err)
	reason, err := rt.Wait(context.Background(), second)
	ok(t, err)
	if !errors.Is(reason, proc.ErrNameTaken) && reason != proc.NoProc {
		t.Errorf("a second process of the scope ended for %v", reason)
	}
	members(t, s, "g", pid)
	ok(t, rt.Send(parent, "end"))
	_, err = rt.Wait(context.Background(), child)
	ok(t, err)
	members(t, s, "g")
}

// What a scope's process knew is lost when it ends, however it does: at once, and for the next one.
func TestRestartedScopeStartsEmpty(t *testing.T) {
	for name, reason := range map[string]error{"killed": proc.Kill, "asked to end": proc.Shutdown, "crashed": errors.New("crash")} {
		t.Run(name, func(t *testing.T) {
			rt := begin(t)
			s, err := group.New[string](rt, "scope")
			ok(t, err)
			pids := idle(t, rt, 3)
			for range 5 {
				process, err := rt.Spawn(s.Factory())
				ok(t, err)
				until(t, "the scope begins", func() bool { return s.Join("g", pids...) == nil })
				members(t, s, "g", pids...)
				ok(t, rt.Exit(process, reason))
				_, err = rt.Wait(context.Background(), process)
				ok(t, err)
				members(t, s, "g")
				ok(t, rt.Register("scope", pids[0])) // who has the name need not be the scope
				members(t, s, "g")
				for g := range s.Groups() {
					t.Errorf("there is the group %v", g)
				}
				if n := s.Publish(rt, "g", 1); n != 0 {
					t.Errorf("Publish reached %d", n)
				}
				for what, err := range map[string]error{"Join": s.Join("g", pids[0]), "Leave": s.Leave("g", pids[0])} {
					if !errors.Is(err, group.ErrEnded) {
						t.Errorf("%s when the scope has ended: %v", what, err)
					}
					refused(t, err, what, "scope")
				}
				ok(t, rt.Unregister("scope"))
			}
		})
	}
}

// The monitor ends without an event; the name tells when, and the next process of the scope knows nothing of it.
func TestMonitorOfAScopeThatHasEndedIsSilent(t *testing.T) {
	rt, s := scope[string](t)
	pids := idle(t, rt, 2)
	ok(t, s.Join("g", pids...))
	ready, ended, over := make(chan bool), make(chan bool), make(chan bool)
	watcher := direct(t, rt, func(self *proc.Self) error {
		defer close(over)
		if _, err := self.MonitorName("scope"); err != nil {
			t.Error(err)
		}
		ref, now, err := s.Monitor(self, "g")
		if err != nil || now.Len() != 2 {
			t.Errorf("Monitor: %d members, %v", now.Len(), err)
		}
		if _, _, err = s.MonitorScope(self); err != nil {
			t.Error(err)
		}
		close(ready)
		if d, ok := self.Receive().Body.(proc.Down); !ok || d.Reason != proc.Killed {
			t.Errorf("the end of the scope is told by %v", d)
		}
		members(t, s, "g")
		close(ended)
		if m := self.Receive(); m.Body != "go on" {
			t.Errorf("a monitor of a scope that has ended sent %v", m.Body)
		}
		if !s.Demonitor(self, ref) || s.Demonitor(self, ref) {
			t.Error("Demonitor of a monitor of a scope that has ended must be true, and only once")
		}
		return nil
	})
	await(t, "Monitor", ready)
	process, _ := rt.Whereis("scope")
	kill(t, rt, process)
	await(t, "Down", ended)
	_, err := rt.Spawn(s.Factory())
	ok(t, err)
	until(t, "the scope begins", func() bool { return s.Join("g", pids[0]) == nil })
	ok(t, s.Leave("g", pids[0]))
	settled(t, rt)
	ok(t, rt.Send(watcher, "go on"))
	await(t, "the watcher", over)
}

// A runtime that is being shut down lets its processes finish their work; so does a scope.
func TestGroupsWorkWhileTheRuntimeDrains(t *testing.T) {
	rt, s := scope[string](t)
	_, events := watch(t, rt, s, "g")
	busy := make(chan bool)
	worker, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		c.Blocking(func() {
			close(busy)
			until(t, "the runtime refuses what comes from outside", func() bool {
				return errors.Is(rt.Send(c.Self(), nil), proc.ErrShutdown)
			})
		})
		if err := s.Join("g", c.Self()); err != nil {
			t.Error(err)
		}
		for len(events) == 0 {
			c.Blocking(runtime.Gosched) // until the scope has told of it
		}
		if err := s.Leave("g", c.Self()); err != nil {
			t.Error(err)
		}
		return nil
	}))
	ok(t, err)
	ok(t, rt.Send(worker, nil))
	await(t, "the worker", busy)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ok(t, rt.Shutdown(ctx))
	expect(t, events, "g", true, worker)
	expect(t, events, "g", false, worker)
	if err := s.Join("g", worker); !errors.Is(err, group.ErrEnded) {
		t.Errorf("Join after Shutdown: %v", err)
	}
}
