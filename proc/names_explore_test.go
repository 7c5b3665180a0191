//go:build explore

package proc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
	"github.com/thrum-go/thrum/mpsc"
)

// named is a scene with two processes that cores run, for names.
func namedScene(x *explore.Exec) *scene {
	s := newScene(x, 2, 2, 1, false)
	for i, a := range s.procs {
		a.p.mb.Open(a.pid.gen(), mpsc.TagOf(i), false)
		x.Name(&sceneSlab.named[0], "bits")
	}
	x.After(func() { s.namesAgree() })
	return s
}

// namesAgree: nobody who has ended has a name; the books and the bits say the same.
func (s *scene) namesAgree() {
	n := &s.rt.names
	for name, pid := range n.byName.Range {
		if !s.rt.lives(pid) {
			s.x.Failf("name: %q is left on %v, which has ended", name, pid)
		}
		if n.byPID[pid] != name {
			s.x.Failf("name: %q is %v, who is %q", name, pid, n.byPID[pid])
		}
	}
	if len(n.byPID) != n.byName.Len() {
		s.x.Failf("name: %d processes have %d names", len(n.byPID), n.byName.Len())
	}
	bits := sceneSlab.named[0].Load()
	for pid := range n.byPID {
		_, bit := s.rt.table.namedBit(pid)
		bits &^= bit
	}
	if bits != 0 {
		s.x.Failf("name: the bits %#x are set in vain", bits)
	}
}

// end ends a process on its core.
func (s *scene) end(a *player) {
	a.ended, a.reason = true, errBoom
	s.cores[a.n].c.remove(a.p, errBoom)
}

// register gives a name; the error must be one of those that can be.
func (s *scene) register(name string, a *player) bool {
	explore.Point(explore.Step, 0)
	err := s.rt.Register(name, a.pid)
	return err == nil
}

// whereis reads a name at some time.
func (s *scene) whereis(name string) (PID, bool) {
	explore.Point(explore.Step, 0)
	return s.rt.Whereis(name)
}

// registerAgainstEnd: goroutines name a process that ends.
func registerAgainstEnd(goroutines int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		s := namedScene(x)
		x.Go("process", func() { s.end(s.procs[0]) })
		for i := range goroutines {
			x.Go("goroutine", func() { s.register(string(rune('a'+i)), s.procs[0]) })
		}
	}
}

// oneName: two processes want one name, and one of them ends.
func oneName(ends, unregister bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		s := namedScene(x)
		has := [2]bool{}
		for i := range 2 {
			x.Go("goroutine", func() {
				has[i] = s.register("a", s.procs[i])
				if i == 0 && unregister {
					_ = s.rt.Unregister("a")
				}
			})
		}
		if ends {
			x.Go("process", func() { s.end(s.procs[0]) })
		}
		x.After(func() {
			pid, ok := s.rt.Whereis("a")
			if !ends && !unregister && (has[0] == has[1] || !ok) {
				x.Failf("name: two processes have got the name: %t", has[0])
			}
			if has[1] && !unregister && (!ok || pid != s.procs[1].pid) {
				x.Failf("name: it is %v, and process 1 has got it", pid)
			}
		})
	}
}

// freeAfterDown: who is told of the end of a process finds its name free, and can give it to another.
func freeAfterDown(named, late bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		s := namedScene(x)
		a, b := s.procs[0], s.procs[1]
		if named && s.rt.Register("a", a.pid) != nil {
			x.Failf("Register failed")
		}
		t, _ := s.rt.openPort()
		a.p.tied().watchers.put(watching{t.pid, 1}, struct{}{})
		x.Go("process", func() { s.end(a) })
		x.Go("watcher", func() {
			if why := get(t.ch).err; why != errBoom {
				x.Failf("down: %v", why)
			}
			if pid, ok := s.whereis("a"); ok {
				x.Failf("name: after the end of its process was told, it is still %v", pid)
			}
			if !s.register("a", b) {
				x.Failf("name: after the end of its process was told, it cannot be given to another")
			}
			if pid, _ := s.whereis("a"); pid != b.pid {
				x.Failf("name: it was given to %v and is %v", b.pid, pid)
			}
		})
		if late {
			x.Go("goroutine", func() { s.register("a", a) })
		}
	}
}

// nextLife: the slot of a process that ends is used again, under a name, while somebody still names the old one.
func nextLife(x *explore.Exec) {
	s := namedScene(x)
	a := s.procs[0]
	old := *a
	x.Go("process", func() {
		s.end(a)
		a.pid = PID(uint64(2)<<mpsc.GenShift | uint64(old.pid)&addressMask)
		o := spawnOptions{name: "b"}
		a.p.begin(a.pid, nil, o)
		if err := s.rt.open(a.p, o, func() { a.p.mb.Open(a.pid.gen(), mpsc.TagOf(0), false) }); err != nil {
			x.Failf("open: %v", err)
		}
		if explore.Choose(2) == 1 {
			s.end(a)
		}
	})
	x.Go("goroutine", func() { s.register("a", &old) })
}

var namePrograms = []threadProgram{
	{"register against end", registerAgainstEnd(1), allOrders(), reduced()},
	{"two register against end", registerAgainstEnd(2), reduced(), preempted(2)},
	{"one name for two", oneName(false, false), allOrders(), reduced()},
	{"one name for two, and one ends", oneName(true, false), reduced(), preempted(3)},
	{"one name for two, given and taken", oneName(true, true), preempted(3), randomly(1)},
	{"free after the end was told", freeAfterDown(true, false), allOrders(), reduced()},
	{"named while it ends, and told", freeAfterDown(false, true), reduced(), preempted(3)},
	{"named again while it ends, and told", freeAfterDown(true, true), preempted(3), randomly(2)},
	{"next life under a name", nextLife, allOrders(), preempted(3)},
}

// TestExploreNoNameIsLeftOnTheDead: however registering and ending cross, no name stays on a process that has ended, none is had by two, and
// who has been told of an end finds the name free.
func TestExploreNoNameIsLeftOnTheDead(t *testing.T) { exploreAll(t, namePrograms) }
