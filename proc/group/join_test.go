package group_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

func TestMembersAreListedAsOftenAsTheyHaveJoined(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 3)
	ok(t, s.Join("g", p[0]))
	members(t, s, "g", p[0])
	ok(t, s.Join("g", p[0], p[1], p[0]))
	members(t, s, "g", p[0], p[0], p[0], p[1])
	ok(t, s.Join("g"))
	ok(t, s.Join("nobody"))
	ok(t, s.Leave("g", p[0]))
	members(t, s, "g", p[0], p[0], p[1])
	ok(t, s.Leave("g", p[0], p[2], p[0], p[0])) // more often than it has joined
	members(t, s, "g", p[1])
	if l := s.Local("g"); l.Len() != 1 || l.At(0) != p[1] {
		t.Errorf("Local is %v", slices.Collect(l.All()))
	}
	if g := slices.Collect(s.Groups()); !slices.Equal(g, []string{"g"}) {
		t.Errorf("groups %q", g)
	}
	ok(t, s.Leave("g", p[1]))
	members(t, s, "g")
	if g := slices.Collect(s.Groups()); len(g) != 0 {
		t.Errorf("groups %q are left", g)
	}
}

func TestLeaveOfNonMembersIsAnError(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 2)
	ok(t, s.Join("g", p[0]))
	for name, err := range map[string]error{
		"another process": s.Leave("g", p[1]), "another group": s.Leave("h", p[0]), "nobody": s.Leave("g"),
	} {
		if !errors.Is(err, group.ErrNotJoined) {
			t.Errorf("%s: %v", name, err)
		}
		refused(t, err, "scope")
	}
	members(t, s, "g", p[0])
}

// A List is what it was when it was taken, and At agrees with All.
func TestListStaysAsItWas(t *testing.T) {
	rt, s := scope[int](t)
	p := idle(t, rt, 200)
	var lists []group.List
	for i := range p {
		lists = append(lists, s.Members(0))
		ok(t, s.Join(0, p[i]))
	}
	for i := range p {
		ok(t, s.Leave(0, p[i]))
	}
	for n, l := range lists {
		got := slices.Collect(l.All())
		if l.Len() != n || !same(got, p[:n]) {
			t.Fatalf("list %d has %d members", n, l.Len())
		}
		for i, pid := range got {
			if l.At(i) != pid {
				t.Fatalf("At(%d) is %v, All says %v", i, l.At(i), pid)
			}
		}
		for range l.All() {
			break
		}
	}
	for _, i := range []int{-1, 200} {
		func() {
			defer func() {
				if v := recover(); v == nil {
					t.Errorf("At(%d) of 200 returned", i)
				}
			}()
			full := group.List{}
			if i > 0 {
				full = lists[199]
			}
			full.At(i)
		}()
	}
}

// Whoever joins or leaves sees it when the call returns, and others see all who join together or none of them.
func TestThoseWhoJoinTogetherAreSeenTogether(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 40)
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !stop.Load() {
				if n := s.Members("g").Len(); n%len(p) != 0 {
					t.Errorf("%d members", n)
					return
				}
			}
		})
	}
	for range 100 {
		ok(t, s.Join("g", p...))
		ok(t, s.Join("g", p...))
		if n := s.Members("g").Len(); n != 2*len(p) {
			t.Fatalf("%d members after Join", n)
		}
		ok(t, s.Leave("g", p...))
		ok(t, s.Leave("g", p...))
		if n := s.Members("g").Len(); n != 0 {
			t.Fatalf("%d members after Leave", n)
		}
	}
	stop.Store(true)
	readers.Wait()
}

// The groups are what lists of PIDs would be, whatever is done to them.
func TestGroupsAgreeWithANaiveModel(t *testing.T) {
	for seed := range uint64(4) {
		rt, s := scope[int](t)
		rnd := rand.New(rand.NewPCG(seed, 7))
		p := idle(t, rt, 12)
		model := map[int][]proc.PID{}
		some := func() (pids []proc.PID) {
			for range rnd.IntN(5) {
				pids = append(pids, p[rnd.IntN(len(p))])
			}
			return pids
		}
		for range 300 {
			g := rnd.IntN(20)
			switch n := rnd.IntN(100); {
			case n < 55:
				pids := some()
				ok(t, s.Join(g, pids...))
				model[g] = append(model[g], pids...)
			case n < 98:
				pids, left := some(), 0
				for _, pid := range pids {
					if i := slices.Index(model[g], pid); i >= 0 {
						model[g] = slices.Delete(model[g], i, i+1)
						left++
					}
				}
				if err := s.Leave(g, pids...); err == nil != (left > 0) || err != nil && !errors.Is(err, group.ErrNotJoined) {
					t.Fatalf("seed %d: Leave of %d members: %v", seed, left, err)
				}
			default:
				i := rnd.IntN(len(p))
				kill(t, rt, p[i])
				for g, pids := range model {
					model[g] = slices.DeleteFunc(pids, func(pid proc.PID) bool { return pid == p[i] })
					until(t, "an ended member is removed", func() bool { return s.Members(g).Len() == len(model[g]) })
				}
				p[i] = idle(t, rt, 1)[0]
			}
			members(t, s, g, model[g]...)
			if t.Failed() {
				t.FailNow()
			}
		}
		n := 0
		for _, pids := range model {
			n += min(1, len(pids))
		}
		if got := len(slices.Collect(s.Groups())); got != n {
			t.Errorf("seed %d: %d groups, want %d", seed, got, n)
		}
	}
}

// Processes join and leave for themselves, are moved by others, and end, all at once. In the end every group has those who live and
// have not left.
func TestNothingIsLostWhenManyJoinLeaveAndEnd(t *testing.T) {
	rt, s := scope[string](t)
	const workers, rounds = 8, 40
	var wg sync.WaitGroup
	var mu sync.Mutex
	var stay []proc.PID
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 3))
			own := fmt.Sprint("own", w)
			for range rounds {
				p := idle(t, rt, 4)
				ok(t, s.Join("all", p...))
				ok(t, s.Join(own, p[0], p[1], p[0]))
				ok(t, s.Join("all", p[1], p[2]))
				ok(t, s.Leave("all", p[2], p[1], p[0]))
				if rnd.IntN(2) == 0 {
					ok(t, rt.Exit(p[0], proc.Kill))
					ok(t, rt.Exit(p[1], proc.Kill))
					_ = s.Leave(own, p[0], p[1]) // or its end is first
				} else {
					ok(t, s.Leave(own, p[0], p[1], p[0]))
					ok(t, s.Leave("all", p[1]))
				}
				ok(t, s.Leave("all", p[3]))
				mu.Lock()
				stay = append(stay, p[2])
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	until(t, "those that have ended are removed", func() bool {
		return s.Members("all").Len() == len(stay) && len(slices.Collect(s.Groups())) == 1
	})
	members(t, s, "all", stay...)
	if m := monitors(t, rt); !same(m, stay) {
		t.Errorf("the scope monitors %d processes, want %d", len(m), len(stay))
	}
}

// joiner is a process that joins when it begins and leaves when it ends.
type joiner struct {
	s    *group.Scope[string]
	errs chan error
}

func (j joiner) Init(c *proc.Ctx) error { return j.s.Join("g", c.Self()) }

func (j joiner) Handle(c *proc.Ctx, m proc.Message) error {
	j.errs <- j.s.Join("g", c.Self())
	return m.Body.(error)
}

func (j joiner) Terminate(c *proc.Ctx, reason error) { j.errs <- j.s.Leave("g", c.Self(), c.Self()) }

// Every process may call from Init, Handle and Terminate, and everybody from everywhere: nothing waits.
func TestProcessesJoinAndLeaveInTheirHandlers(t *testing.T) {
	rt, s := scope[string](t)
	errs := make(chan error, 2)
	pid, err := rt.Spawn(func() proc.Machine { return joiner{s, errs} })
	ok(t, err)
	until(t, "it has joined", func() bool { return s.Members("g").Len() == 1 })
	members(t, s, "g", pid)
	ok(t, rt.Send(pid, proc.Normal))
	ok(t, await(t, "Join in Handle", errs))
	ok(t, await(t, "Leave in Terminate", errs))
	until(t, "it has left", func() bool { return s.Members("g").Len() == 0 })
}

// A change copies what lies on the way to it, not the group.
func TestChangeCopiesLittleHoweverLargeTheGroup(t *testing.T) {
	rt, s := scope[string](t)
	p := idle(t, rt, 50)
	n := 10_000
	bytes := func(f func(pid proc.PID)) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range n {
			f(p[i%len(p)])
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / uint64(n)
	}
	join := bytes(func(pid proc.PID) { ok(t, s.Join("g", pid)) })
	if got := s.Members("g").Len(); got != n {
		t.Fatalf("%d members", got)
	}
	leave := bytes(func(pid proc.PID) { ok(t, s.Leave("g", pid)) })
	if got := s.Members("g").Len(); got != 0 {
		t.Fatalf("%d members are left", got)
	}
	if join > 2000 || leave > 4000 { // the list has 80,000 bytes
		t.Errorf("a Join allocates %d bytes, a Leave %d", join, leave)
	}
}
