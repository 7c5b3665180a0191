package proc

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
)

// branch is a process of a tree: it traps exits, has children that it stops itself, last begun first, each after the other has ended, and
// notes its own end.
type branch struct {
	name     string
	children []Factory
	notes    *notes
	begun    []PID
	asked    bool
}

// notes is a list that many write.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	n.list = append(n.list, s)
	n.mu.Unlock()
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

func (b *branch) Init(c *Ctx) error {
	c.TrapExit(true)
	for _, f := range b.children {
		pid, err := c.SpawnLink(f)
		if err != nil {
			return err
		}
		b.begun = append(b.begun, pid)
	}
	return nil
}

func (b *branch) Handle(c *Ctx, m Message) error {
	e, ok := m.Body.(Exit)
	switch {
	case !ok:
		return nil
	case e.From == c.Parent() || e.From == 0: // its parent, or Shutdown
		if b.asked {
			b.notes.add(b.name + " was asked twice")
		}
		b.asked = true
	case len(b.begun) > 0 && e.From == b.begun[len(b.begun)-1] && b.asked:
		b.begun = b.begun[:len(b.begun)-1]
	default:
		b.notes.add(b.name + " has lost a child out of order")
		b.begun = slices.DeleteFunc(b.begun, func(p PID) bool { return p == e.From })
	}
	if len(b.begun) == 0 {
		return Shutdown
	}
	return c.Exit(b.begun[len(b.begun)-1], Shutdown)
}

func (b *branch) Terminate(c *Ctx, reason error) { b.notes.add(b.name) }

// leaf is a process of a tree that does not trap exits.
func leaf(n *notes, name string) Factory {
	return func() Machine { return &closer{terminate: func(*Ctx) { n.add(name) }} }
}

// A tree of processes that are linked to their parents stops in the order that the parents want: Shutdown asks only the root.
func TestShutdownLeavesATreeToItsParents(t *testing.T) {
	for round := range scale(100) {
		rt := begin(t, Config{Workers: 1 + round%3})
		n, others := &notes{}, &notes{}
		inner := func(name string, children ...Factory) Factory {
			return func() Machine { return &branch{name: name, children: children, notes: n} }
		}
		for range 20 { // in no order with the tree
			spawn(t, rt, leaf(others, "other"))
		}
		spawn(t, rt, inner("root",
			leaf(n, "1"),
			inner("2", leaf(n, "2.1"), leaf(n, "2.2")),
			inner("3", inner("3.1", leaf(n, "3.1.1")), leaf(n, "3.2")),
		))
		until(t, "the tree stands", func() bool { return stats(t, rt).Processes == 29 })
		end(t, rt)
		want := []string{"3.2", "3.1.1", "3.1", "3", "2.2", "2.1", "2", "1", "root"}
		if got := n.all(); !slices.Equal(got, want) {
			t.Fatalf("round %d: they have ended in the order %v, want %v", round, got, want)
		}
		if n := len(others.all()); n != 20 {
			t.Fatalf("round %d: %d of 20 others have ended", round, n)
		}
	}
}

// shutdownInTime runs Shutdown with an hour to go, half of which nobody waits for.
func shutdownInTime(t *testing.T, rt *Runtime) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- rt.Shutdown(ctx) }()
	if err := await(t, "Shutdown", over); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// Who has ended stops nobody any more: its children are asked by Shutdown, be it that they had been left when Shutdown began or that
// their parent ends meanwhile without stopping them.
func TestShutdownAsksTheChildrenOfParentsThatHaveEnded(t *testing.T) {
	for round := range scale(100) {
		for _, before := range []bool{false, true} {
			rt := begin(t, Config{Workers: 1 + round%3})
			n := &notes{}
			var asked []Message
			traps := Direct(func(self *Self) error {
				self.TrapExit(true)
				for {
					asked = append(asked, self.Receive())
					if e, ok := asked[len(asked)-1].Body.(Exit); ok && e.From == 0 {
						n.add("trapping child")
						return Normal
					}
				}
			})
			begun := make(chan bool)
			parent := direct(t, rt, func(self *Self) error {
				self.TrapExit(true)
				for _, f := range []Factory{leaf(n, "child"), traps} {
					if _, err := self.SpawnLink(f); err != nil {
						return err
					}
				}
				self.Blocking(func() { begun <- true })
				self.Receive()
				n.add("parent")
				return Normal
			})
			await(t, "the children", begun)
			stats(t, rt) // the children wait
			if before {
				send(t, rt, parent, "end")
				gone(t, rt, parent)
			}
			shutdownInTime(t, rt)
			got := n.all()
			if slices.Sort(got[1:]); !slices.Equal(got, []string{"parent", "child", "trapping child"}) {
				t.Fatalf("the ends: %v", got)
			}
			// While the parent ends, Shutdown may be quicker than its link.
			if last := len(asked) - 1; last > 1 || asked[last].Body != (Exit{0, Shutdown}) || last == 1 && asked[0].Body != (Exit{parent, Normal}) || before && last != 1 {
				t.Fatalf("the child that traps exits got %+v", asked)
			}
		}
	}
}

// A child that does not trap exits ends with its parent, if that does not end normally; it sees Shutdown, whoever was first.
func TestShutdownPassesOnAlongLinks(t *testing.T) {
	for round := range scale(100) {
		rt := begin(t, Config{Workers: 1 + round%3})
		var all [4]*witness
		for i := range all {
			all[i] = newWitness(nil)
		}
		var next func(i int) Factory
		next = func(i int) Factory {
			return withInit(func(c *Ctx) error {
				if i+1 < len(all) {
					if _, err := c.SpawnLink(next(i + 1)); err != nil {
						return err
					}
				}
				return c.Become(all[i])
			})
		}
		spawn(t, rt, next(0))
		until(t, "the chain", func() bool { return stats(t, rt).Processes == len(all) })
		shutdownInTime(t, rt)
		for i, w := range all {
			if len(w.reasons) != 1 {
				t.Fatalf("process %d: Terminate was called %d times", i, len(w.reasons))
			}
			if reason := <-w.reasons; reason != Shutdown {
				t.Fatalf("process %d: it has ended with %v", i, reason)
			}
		}
	}
}

// A parent that does not end keeps its children from being asked for half of the time only; then they are, and it is once more; and when
// the time is up it is killed.
func TestShutdownAsksTheChildrenOfParentsThatDoNotEnd(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	n, begun := &notes{}, make(chan bool)
	direct(t, rt, func(self *Self) error {
		defer n.add("parent killed")
		self.TrapExit(true)
		child, err := self.SpawnLink(leaf(n, "child"))
		if err != nil {
			return err
		}
		self.Blocking(func() { begun <- true })
		for {
			switch m := self.Receive(); m.Body {
			case Exit{0, Shutdown}:
				n.add("parent asked")
			case Exit{child, Shutdown}:
				n.add("parent told")
			default:
				t.Errorf("got %+v", m)
			}
		}
	})
	await(t, "the child", begun)
	stats(t, rt) // the child waits
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	got := n.all()
	if len(got) != 5 || got[0] != "parent asked" || got[4] != "parent killed" {
		t.Fatalf("what has happened: %v", got)
	}
	// The second question and the child's end come from two sides.
	if slices.Sort(got[1:4]); !slices.Equal(got[1:4], []string{"child", "parent asked", "parent told"}) {
		t.Fatalf("what has happened: %v", got)
	}
}
