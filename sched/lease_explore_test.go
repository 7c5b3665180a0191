//go:build explore

package sched

import (
	"sync/atomic"
	"testing"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
)

// room is what only one party at a time may be inside: a core, or what a worker and its taker both look at.
type room struct{ inside atomic.Int32 }

// use is a visit that takes a while.
func (r *room) use(x *explore.Exec, what string) {
	if !r.inside.CompareAndSwap(0, 1) {
		x.Failf("two parties inside %s", what)
	}
	atomics.Plain()
	r.inside.Store(0)
}

// leaseWorld is a worker that holds core 0, inside a task and with its mark set, and a second core that is free.
type leaseWorld struct {
	x      *explore.Exec
	w      *Worker
	cores  [2]*Core
	rooms  [2]room
	task   room            // the worker's, or the taker's that looks at what the worker runs
	owners [2]atomic.Int32 // how many parties believe that they have the core, in the end
	want   [2]int32
	stale  bool // takers hand over the core that they once found the worker at
}

func newLeaseWorld(x *explore.Exec) *leaseWorld {
	s := &Scheduler{clock: func() int64 { return 0 }}
	l := &leaseWorld{x: x, w: &Worker{}, want: [2]int32{1, 0}}
	for i := range l.cores {
		l.cores[i] = &Core{id: i, sched: s}
	}
	l.w.bind(l.cores[0])
	x.Name(&l.w.busy, "busy")
	x.Name(&l.w.state, "state")
	x.Name(&l.w.parted, "parted")
	x.After(func() {
		for i := range l.owners {
			if n := l.owners[i].Load(); n != l.want[i] {
				x.Failf("owners: core %d has %d, want %d", i, n, l.want[i])
			}
		}
	})
	return l
}

// visit is a stay on a core of somebody who owns it.
func (l *leaseWorld) visit(c *Core) {
	l.rooms[c.id].use(l.x, [...]string{"core 0", "core 1"}[c.id])
}

// handler is a stretch of foreign code with some operations on the core. It reports whether the worker still has its core.
func (l *leaseWorld) handler(operations int) (kept bool) {
	w := l.w
	outside := false
	w.Leave()
	for range operations {
		if w.Enter() {
			if outside {
				l.x.Failf("order: an operation on the core comes after one that went outside")
			}
			l.visit(w.core)
		} else {
			outside = true
		}
		w.Leave()
	}
	if !w.Resume() {
		l.task.use(l.x, "the task")
		return false
	}
	if outside {
		l.x.Failf("order: the worker has its core after an operation that went outside")
	}
	l.visit(w.core)
	return true
}

// keep notes that the worker has its core in the end.
func (l *leaseWorld) keep() { l.owners[l.w.core.id].Add(1) }

// takeOver follows Scheduler.takeOver, of a core at which the monitor has found the worker before. It goes on as the worker that
// gets the core.
func (l *leaseWorld) takeOver(found *Core) bool {
	w := l.w
	if !w.take() {
		return false
	}
	c := w.core
	if l.stale {
		c = found
	}
	l.task.use(l.x, "the task")
	w.parted.Store(true)
	l.owners[c.id].Add(1)
	l.visit(c)
	return true
}

// giveUp follows Worker.GiveUp. A thread goes on as the worker that gets the core.
func (l *leaseWorld) giveUp() {
	w := l.w
	c := w.core
	if !w.give() {
		w.lost = true
		return
	}
	w.lost = true
	w.parted.Store(true)
	l.x.Go("spare", func() {
		l.owners[c.id].Add(1)
		l.visit(c)
	})
}

// alone is the lease by itself, without anybody visiting a core: the worker does one thing while a taker tries so often.
func alone(what func(*lease) bool, times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := &lease{}
		w.busy.Set()
		var kept, taken bool
		x.Go("worker", func() { kept = what(w) })
		x.Go("taker", func() {
			for range times {
				taken = taken || w.take()
			}
		})
		x.After(func() {
			if kept == taken {
				x.Failf("owners: the worker's is %t, the taker's is %t", kept, taken)
			}
		})
	}
}

func returning(w *lease) bool {
	w.Leave()
	return w.resume()
}

// taken: takers try again and again to take the core of a worker inside a handler.
func taken(operations, takers, times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		l := newLeaseWorld(x)
		x.Go("worker", func() {
			if l.handler(operations) {
				l.keep()
			}
		})
		for range takers {
			x.Go("taker", func() {
				for range times {
					if l.takeOver(l.cores[0]) {
						return
					}
				}
			})
		}
	}
}

// twoHandlers: the worker runs one task after the other.
func twoHandlers(operations, times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		l := newLeaseWorld(x)
		x.Go("worker", func() {
			if l.handler(operations) && l.handler(operations) {
				l.keep()
			}
		})
		x.Go("taker", func() {
			for range times {
				if l.takeOver(l.cores[0]) {
					return
				}
			}
		})
	}
}

// given: the worker gives its core up while takers try to take it.
func given(times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		l := newLeaseWorld(x)
		x.Go("worker", func() {
			w := l.w
			w.Leave()
			gave := w.Enter()
			if gave {
				l.giveUp()
			}
			w.Leave()
			if w.Resume() {
				if gave {
					x.Failf("two parties: the worker has a core that it gave up")
				}
				l.keep()
			}
		})
		x.Go("taker", func() {
			for range times {
				if l.takeOver(l.cores[0]) {
					return
				}
			}
		})
	}
}

// movedOn: the worker gives core 0 up, and gets core 1, on which it runs another task. The taker has found it at core 0.
func movedOn(stale bool, times int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		l := newLeaseWorld(x)
		l.stale = stale
		l.want[1] = 1
		found := l.cores[0].worker.Load().core
		x.Go("worker", func() {
			w := l.w
			w.Leave()
			if w.Enter() {
				l.giveUp()
			}
			w.Leave()
			if w.Resume() {
				l.keep()
				l.owners[1].Add(1) // nobody came to need it
				return
			}
			w.bind(l.cores[1])
			if l.handler(1) {
				l.keep()
			}
		})
		x.Go("taker", func() {
			for range times {
				if l.takeOver(found) {
					return
				}
			}
		})
	}
}

// leasePrograms is what is explored of taking cores from workers.
var leasePrograms = []program{
	{"resume against one take", alone(returning, 1), all(), reduced()},
	{"resume against two takes", alone(returning, 2), all(), reduced()},
	{"give against one take", alone((*lease).give, 1), all(), reduced()},
	{"give against two takes", alone((*lease).give, 2), all(), reduced()},
	{"give against three takes", alone((*lease).give, 3), all(), reduced()},
	{"a handler without operations", taken(0, 1, 1), all(), preempted(4)},
	{"a handler with an operation", taken(1, 1, 1), preempted(7), random(1)},
	{"a handler with two operations", taken(2, 1, 1), preempted(6), random(2)},
	{"a taker that tries twice", taken(1, 1, 2), preempted(5), random(3)},
	{"a taker that tries three times", taken(1, 1, 3), preempted(4), random(4)},
	{"two handlers", twoHandlers(1, 2), preempted(4), random(6)},
	{"a worker that gives up", given(1), preempted(6), random(7)},
	{"a worker that gives up, a taker that tries twice", given(2), preempted(5), random(8)},
	{"a worker that has moved on", movedOn(false, 1), preempted(4), random(9)},
	{"a worker that has moved on, a taker that tries twice", movedOn(false, 2), preempted(3), random(10)},
}

// TestCoreHasOneOwnerInAnyInterleaving explores leases: at no time are two parties inside a core, it is never without an owner nor
// with two, and no worker has its core back after an operation that was told it had none.
func TestCoreHasOneOwnerInAnyInterleaving(t *testing.T) {
	exploreAll(t, leasePrograms)
}
