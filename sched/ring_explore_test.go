//go:build explore

package sched

import (
	"sync/atomic"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// ringBooks keeps books of a ring's tasks, numbered from 0 in the order in which they are pushed: each must be taken exactly once,
// a taker gets those that it takes at a time, and one after the other, in their order.
type ringBooks struct {
	x      *explore.Exec
	r      ring
	owner  local
	pushed int // the owner's
	first  uint32
	taken  [16]atomic.Uint32 // how often each was; not instrumented
}

// newRing returns a ring of four with some tasks, its indices about to wrap around both the slots and 2^32.
func newRing(x *explore.Exec, tasks int) *ringBooks {
	b := &ringBooks{x: x, first: ^uint32(0) - 2}
	b.r.head.Store(pack(b.first, b.first))
	b.r.tail.Store(b.first)
	b.owner = local{&b.r}
	for range tasks {
		if !b.push() {
			x.Failf("a ring with %d tasks is full", b.pushed)
		}
	}
	x.Name(&b.r.head, "head")
	x.Name(&b.r.tail, "tail")
	x.After(b.settle)
	return b
}

// push pushes the next task and reports whether there was room. A thief at work may still hold slots whose tasks it has.
func (b *ringBooks) push() bool {
	if !b.owner.push(num(b.pushed)) {
		return false
	}
	b.pushed++
	return true
}

func (b *ringBooks) take(t Task) int {
	if t == nil {
		b.x.Failf("overwritten: a claimed slot is empty")
	}
	n := t.(*number).n
	if b.taken[n].Add(1) > 1 {
		b.x.Failf("doubled: task %d was taken twice", n)
	}
	return n
}

// pop takes the owner's next task and reports whether there was one.
func (b *ringBooks) pop(last *int) bool {
	t := b.owner.pop()
	if t == nil {
		return false
	}
	b.inOrder(b.take(t), last)
	return true
}

// steal takes up to n tasks and returns how many it took.
func (b *ringBooks) steal(n int, last *int) int {
	var buf [ringLen]Task
	got := thief{&b.r}.steal(buf[:n])
	for _, t := range buf[:got] {
		b.inOrder(b.take(t), last)
	}
	return got
}

func (b *ringBooks) inOrder(n int, last *int) {
	if n <= *last {
		b.x.Failf("order: task %d was taken after task %d", n, *last)
	}
	*last = n
}

// settle takes what is left and checks that nothing is missing, that the ring has given all its slots back, and that
// they are empty.
func (b *ringBooks) settle() {
	last := -1
	left := 0
	for b.pop(&last) {
		left++
	}
	for n := range b.pushed {
		if b.taken[n].Load() == 0 {
			b.x.Failf("lost: task %d of %d was never taken", n, b.pushed)
		}
	}
	for range ringLen {
		if !b.push() {
			b.x.Failf("an empty ring is full after %d", left)
		}
	}
	for range ringLen {
		b.pop(&last)
	}
	for i, t := range b.r.slots {
		if t != nil {
			b.x.Failf("slot %d still holds a task", i)
		}
	}
}

// ringAgainst explores an owner that does what script says, + for a push and - for a pop, on a ring that begins with some tasks,
// against thieves that steal so often each.
func ringAgainst(tasks int, script string, thieves, times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		b := newRing(x, tasks)
		x.Go("owner", func() {
			last := -1
			for _, op := range script {
				if op == '+' {
					b.push()
				} else {
					b.pop(&last)
				}
			}
		})
		for range thieves {
			x.Go("thief", func() {
				last := -1
				for range times {
					b.steal(2, &last)
				}
			})
		}
	}
}

// ringPrograms is what is explored of a ring. Its owner and two thieves are all the parties that matter: a third thief finds the
// second where that one finds the first.
var ringPrograms = []program{
	{"an owner that pops", ringAgainst(2, "--", 1, 1), all(), reduced()},
	{"an owner that pushes", ringAgainst(2, "++", 1, 1), all(), reduced()},
	{"an owner that pops and pushes", ringAgainst(3, "-++", 1, 1), all(), reduced()},
	{"an owner that fills the ring", ringAgainst(3, "-+++", 1, 1), reduced(), preempted(4)},
	{"an owner that goes round", ringAgainst(3, "-+-+-+", 1, 2), preempted(6), random(5)},
	{"a full ring", ringAgainst(4, "+-+", 1, 2), reduced(), preempted(4)},
	{"a ring that begins empty", ringAgainst(0, "++-+-", 1, 2), reduced(), preempted(4)},
	{"two thieves", ringAgainst(4, "", 2, 1), all(), reduced()},
	{"two thieves and an owner that pops", ringAgainst(4, "--", 2, 1), preempted(5), random(1)},
	{"two thieves and an owner that pops and pushes", ringAgainst(4, "-++", 2, 1), preempted(5), random(2)},
	{"two thieves and an owner that goes round", ringAgainst(4, "-+-++", 2, 2), preempted(3), random(3)},
	{"two thieves and a ring that begins empty", ringAgainst(0, "+++-", 2, 1), preempted(4), random(4)},
}

// TestRingLosesNothingInAnyInterleaving explores rings: every task is taken once, by its owner or a thief, in order, and no
// slot is overwritten before it has been read.
func TestRingLosesNothingInAnyInterleaving(t *testing.T) {
	exploreAll(t, ringPrograms)
}
