package group_test

import (
	"slices"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestEndedMemberIsRemovedFromEveryGroup(t *testing.T) {
	rt, s := scope[int](t)
	p := idle(t, rt, 3)
	const groups = 50 // more than a process keeps in a short list
	for g := range groups {
		ok(t, s.Join(g, p[g%3], p[0], p[1], p[0]))
	}
	kill(t, rt, p[0])
	until(t, "it is removed", func() bool { return s.Members(0).Len() == 1 })
	for g := range groups {
		want := []proc.PID{p[1]}
		if g%3 != 0 {
			want = append(want, p[g%3])
		}
		until(t, "it is removed", func() bool { return s.Members(g).Len() == len(want) })
		members(t, s, g, want...)
	}
	kill(t, rt, p[1])
	kill(t, rt, p[2])
	until(t, "no group is left", func() bool { return len(slices.Collect(s.Groups())) == 0 })
}

func TestJoinOfAnEndedProcessIsFollowedByItsRemoval(t *testing.T) {
	rt, s := scope[string](t)
	dead := idle(t, rt, 1)[0]
	kill(t, rt, dead)
	for range 20 {
		ok(t, s.Join("g", dead, dead))
		until(t, "it is removed", func() bool { return s.Members("g").Len() == 0 })
	}
}

// monitors returns whom the scope's process monitors.
func monitors(t *testing.T, rt *proc.Runtime) []proc.PID {
	t.Helper()
	settled(t, rt)
	process, _ := rt.Whereis("scope")
	i, err := rt.Info(process)
	ok(t, err)
	return i.Monitors
}

func TestScopeHasOneMonitorOfEachMember(t *testing.T) {
	rt, s := scope[int](t)
	p := idle(t, rt, 2)
	for g := range 30 {
		ok(t, s.Join(g, p[0], p[1], p[0]))
	}
	if m := monitors(t, rt); !same(m, p) {
		t.Errorf("the scope monitors %v, want %v", m, p)
	}
	for g := range 29 {
		ok(t, s.Leave(g, p[0], p[0]))
	}
	ok(t, s.Leave(29, p[0]))
	if m := monitors(t, rt); !same(m, p) {
		t.Errorf("the scope monitors %v, want %v", m, p)
	}
	ok(t, s.Leave(29, p[0]))
	if m := monitors(t, rt); !same(m, p[1:]) {
		t.Errorf("the scope monitors %v, want %v", m, p[1:])
	}
	for range 10 {
		ok(t, s.Join(29, p[0]))
		ok(t, s.Leave(29, p[0]))
	}
	ok(t, s.Join(29, p[0]))
	if m := monitors(t, rt); !same(m, p) {
		t.Errorf("the scope monitors %v, want %v", m, p)
	}
}

// Whoever writes to the scope's process cannot make it do anything, nor end.
func TestScopePassesOverMessagesThatAreNotItsOwn(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 1)[0]
	ok(t, s.Join("g", p))
	monitors(t, rt)
	process, _ := rt.Whereis("scope")
	for i := range 10 {
		ok(t, rt.Send(process, proc.Down{Monitor: proc.MonitorRef(i + 1000), PID: p, Reason: proc.Normal}))
	}
	ok(t, rt.Send(process, "hello"))
	ok(t, rt.Send(process, nil))
	settled(t, rt)
	members(t, s, "g", p)
	kill(t, rt, p)
	until(t, "its end is noticed", func() bool { return s.Members("g").Len() == 0 })
}
