package group_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

type event = group.Event[string]

// watch starts a process that monitors a group, or the scope for "", and passes on what it gets.
func watch(t *testing.T, rt *proc.Runtime, s *group.Scope[string], name string, opts ...proc.SpawnOption) (proc.PID, <-chan event) {
	t.Helper()
	ready, events := make(chan error), make(chan event, 1000)
	pid, err := rt.Go(func(self *proc.Self) error {
		var err error
		if name == "" {
			_, _, err = s.MonitorScope(self)
		} else {
			_, _, err = s.Monitor(self, name)
		}
		ready <- err
		for {
			events <- self.Receive().Body.(event)
		}
	}, opts...)
	ok(t, err)
	ok(t, await(t, "Monitor", ready))
	return pid, events
}

// expect checks the next event.
func expect(t *testing.T, events <-chan event, name string, joined bool, pids ...proc.PID) {
	t.Helper()
	e := await(t, "an event", events)
	if e.Group != name || e.Joined != joined || !slices.Equal(e.PIDs, pids) {
		t.Errorf("event %+v, want %q, joined %v, %v", e, name, joined, pids)
	}
}

// One event a change, in order, with those who have really joined or left.
func TestMonitorTellsOfEveryChangeOnce(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 3)
	_, one := watch(t, rt, s, "g")
	_, all := watch(t, rt, s, "")
	both := func(name string, joined bool, pids ...proc.PID) {
		t.Helper()
		expect(t, all, name, joined, pids...)
		if name == "g" {
			expect(t, one, name, joined, pids...)
		}
	}
	list := []proc.PID{p[1], p[0], p[1]}
	ok(t, s.Join("g", list...))
	list[0] = 0 // it is ours again
	both("g", true, p[1], p[0], p[1])
	ok(t, s.Join("h", p[2]))
	both("h", true, p[2])
	ok(t, s.Join("g"))
	ok(t, s.Leave("g", p[2], p[1], p[0], p[0]))
	both("g", false, p[1], p[0])
	_ = s.Leave("g", p[0])
	ok(t, s.Join("g", p[1], p[2]))
	both("g", true, p[1], p[2])
	kill(t, rt, p[1])
	both("g", false, p[1], p[1])
	ok(t, s.Join("g", p[1])) // which has ended
	both("g", true, p[1])
	both("g", false, p[1])
	kill(t, rt, p[2])
	for range 2 { // in either order
		switch e := await(t, "an event", all); {
		case e.Joined || !slices.Equal(e.PIDs, p[2:]):
			t.Errorf("event %+v", e)
		case e.Group == "g":
			expect(t, one, "g", false, p[2])
		}
	}
	settled(t, rt)
	if len(all)+len(one) > 0 {
		t.Errorf("%d events too many", len(all)+len(one))
	}
}

// Events come from the scope's process, each monitor has its own, and the members it begins with are those of that moment.
func TestMonitorBeginsWithTheMembersOfNow(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 2)
	ok(t, s.Join("g", p[0], p[1], p[0]))
	ok(t, s.Join("h", p[1]))
	ok(t, s.Join("past", p[0]))
	ok(t, s.Leave("past", p[0]))
	process, _ := rt.Whereis("scope")
	over := make(chan bool)
	direct(t, rt, func(self *proc.Self) error {
		defer close(over)
		a, now, err := s.Monitor(self, "g")
		if err != nil || !same(slices.Collect(now.All()), []proc.PID{p[0], p[0], p[1]}) {
			t.Errorf("Monitor: %v, %v", slices.Collect(now.All()), err)
		}
		b, now, err := s.Monitor(self, "empty")
		if err != nil || now.Len() != 0 || a == b {
			t.Errorf("Monitor of an empty group: %d members, %v", now.Len(), err)
		}
		if slices.Contains(slices.Collect(s.Groups()), "empty") {
			t.Error("a group that has a monitor and no members is listed")
		}
		c, groups, err := s.MonitorScope(self)
		g, h := groups["g"], groups["h"]
		if err != nil || len(groups) != 2 || g.Len() != 3 || h.Len() != 1 {
			t.Errorf("MonitorScope: %v, %v", groups, err)
		}
		ok(t, s.Join("empty", p[1]))
		refs := map[group.MonitorRef]int{}
		for range 2 {
			m := self.Receive()
			e := m.Body.(event)
			if m.From != process || e.Group != "empty" || !e.Joined {
				t.Errorf("from %v: %+v", m.From, e)
			}
			refs[e.Monitor]++
		}
		if refs[b] != 1 || refs[c] != 1 || refs[a] != 0 {
			t.Errorf("events %v", refs)
		}
		if slices.Contains(slices.Collect(s.Groups()), "past") {
			t.Error("a group without members is listed")
		}
		return nil
	})
	await(t, "the watcher", over)
}

// The members of the beginning and the events make up the members, whenever the monitor begins and whatever happens.
func TestMembersAndEventsMakeUpTheMembers(t *testing.T) {
	rt, s := scope[string](t)
	marker := idle(t, rt, 1)[0]
	names := []string{"a", "b", "c"}
	var watchers, workers sync.WaitGroup
	keep := func(model map[string][]proc.PID, e event) bool {
		for _, pid := range e.PIDs {
			if e.Joined {
				model[e.Group] = append(model[e.Group], pid)
				continue
			}
			i := slices.Index(model[e.Group], pid)
			if i < 0 {
				t.Errorf("%v has left %q, where it was not", pid, e.Group)
				return false
			}
			model[e.Group] = slices.Delete(model[e.Group], i, i+1)
		}
		return true
	}
	watcher := func(name string) {
		watchers.Add(1)
		direct(t, rt, func(self *proc.Self) error {
			defer watchers.Done()
			model := map[string][]proc.PID{}
			var err error
			var now group.List
			var all map[string]group.List
			if name == "" {
				_, all, err = s.MonitorScope(self)
				for g, l := range all {
					model[g] = slices.Collect(l.All())
				}
			} else {
				_, now, err = s.Monitor(self, name)
				model[name] = slices.Collect(now.All())
			}
			if err != nil {
				t.Error(err)
			}
			last := name
			if last == "" {
				last = names[len(names)-1]
			}
			for !slices.Contains(model[last], marker) {
				if e := self.Receive().Body.(event); !keep(model, e) {
					return nil
				}
			}
			for g, pids := range model {
				if want := slices.Collect(s.Members(g).All()); !same(pids, want) {
					t.Errorf("monitor of %q: %q has %d members, want %d", name, g, len(pids), len(want))
				}
			}
			return nil
		})
	}
	for w := range 3 {
		workers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 5))
			for i := range 30 {
				p := idle(t, rt, 3)
				for range 5 {
					name := names[rnd.IntN(len(names))]
					ok(t, s.Join(name, p[rnd.IntN(3)], p[rnd.IntN(3)]))
					_ = s.Leave(names[rnd.IntN(len(names))], p[rnd.IntN(3)])
				}
				ok(t, rt.Exit(p[0], proc.Kill))
				ok(t, rt.Exit(p[1], proc.Kill))
				if i%10 == w {
					watcher("")
					watcher(names[rnd.IntN(len(names))])
				}
			}
		})
	}
	workers.Wait()
	until(t, "the scope has removed those that have ended", func() bool {
		for _, name := range names {
			for pid := range s.Members(name).All() {
				if lives, err := rt.Alive(t.Context(), pid); err != nil || !lives {
					return false
				}
			}
		}
		return true
	})
	for _, name := range names {
		ok(t, s.Join(name, marker))
	}
	watchers.Wait()
}

// There is more to tell than fits into a turn, and meanwhile members end.
func TestManyMonitorsAreToldInOrder(t *testing.T) {
	rt, s := scope[string](t)
	const watchers, changes = 300, 20
	p := idle(t, rt, changes)
	end := idle(t, rt, 1)[0]
	var all sync.WaitGroup
	for i := range watchers {
		all.Add(1)
		ready := make(chan bool)
		direct(t, rt, func(self *proc.Self) error {
			defer all.Done()
			var err error
			if i%2 == 0 {
				_, _, err = s.Monitor(self, "g")
			} else {
				_, _, err = s.MonitorScope(self)
			}
			if err != nil {
				t.Error(err)
			}
			close(ready)
			next, left := 0, 0
			for {
				e := self.Receive().Body.(event)
				switch {
				case !e.Joined:
					left++
				case e.PIDs[0] == end:
					if next != changes || left > changes {
						t.Errorf("%d have joined and %d left", next, left)
					}
					return nil
				case e.PIDs[0] != p[next]:
					t.Errorf("event %d is of %v", next, e.PIDs)
					return nil
				default:
					next++
				}
			}
		})
		await(t, "Monitor", ready)
	}
	for _, pid := range p {
		ok(t, s.Join("g", pid))
		ok(t, rt.Exit(pid, proc.Kill))
	}
	ok(t, s.Join("g", end))
	all.Wait()
}
