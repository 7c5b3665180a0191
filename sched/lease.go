package sched

import "github.com/thrum-go/thrum/internal/atomics"

// lease is a worker's right to its core, which can be taken while a handler is stuck, at no cost to those that are not.
//
// A core's queues, caches and timers are plain memory, and a stuck handler may wake in the middle of anything. So
// every operation on the core is bracketed: enter sets a mark with a plain store and then loads the state; leave
// clears the mark. The taker claims, forces a barrier on all threads, and only then reads the mark. Clear: whatever
// the worker does next, it will see the claim first, so the core is the taker's. Set: the worker is inside; try
// another time.
//
//	held     the worker has the core
//	claimed  a taker wants it: the worker keeps off the core until one of the two has moved the state on
//	lost     the core is somebody else's
//
// Who writes state: the taker held to claimed, claimed to lost, claimed back to held; the worker claimed to held, when its
// handler has come back first, and held to lost, when it gives the core away itself. The mark is written by the worker alone.
type lease struct {
	busy  atomics.Mark
	state atomics.Uint32
	lost  bool // the core is gone: the goroutine retires when its task is done; the worker's own

	// parted is set by whoever has taken the core when it is done with the worker and its task; cleared with the next core.
	parted atomics.Bool
}

const (
	held = iota
	claimed
	lost
)

// Enter begins an operation on the core from inside a stretch of foreign code, and reports whether the core is still there; in
// either case Leave ends it. Without the core only Scheduler's methods may be used.
func (l *lease) Enter() bool {
	l.busy.Set()
	return l.state.Load() == held || l.enterSlow()
}

// enterSlow keeps off the core while the claim is open: an operation is on the core or the core is lost for good. One that
// took the way from outside while the worker still kept its core would break the order of what the process sends.
func (l *lease) enterSlow() bool {
	for {
		s := l.state.Load()
		if s != claimed {
			if bugRelook {
				s = l.state.Load()
			}
			return s == held
		}
		l.busy.Clear()
		atomics.Relax()
		l.busy.Set()
	}
}

// Leave begins a stretch of foreign code inside Run: code that may block for ever. While it lasts, the core can be taken.
func (l *lease) Leave() { l.busy.Clear() }

// Resume ends a stretch of foreign code that Leave began, and reports whether the worker still has its core. When not,
// the task is no longer this worker's to queue: it must be handed to Scheduler.Submit and Run must return Done.
func (l *lease) Resume() bool {
	l.busy.Set()
	return l.state.Load() == held || l.resumeSlow()
}

func (l *lease) resumeSlow() bool {
	if l.resume() {
		return true
	}
	l.lost = true
	for !bugParted && !l.parted.Load() {
		atomics.Relax() // whoever took the core still looks at the task
	}
	return false
}

// resume ends the handler's time and reports whether the worker still has its core.
func (l *lease) resume() bool {
	l.busy.Set()
	return l.settle(held)
}

// take is the taker's side. Pairs with enter: see the reasoning at atomics.Barrier.
func (l *lease) take() bool {
	if !l.state.CompareAndSwap(held, claimed) {
		return false
	}
	if !bugBarrier {
		atomics.Barrier()
	}
	if l.busy.Read() {
		l.state.CompareAndSwap(claimed, held)
		return false
	}
	if bugClaim {
		l.state.Store(lost)
		return true
	}
	return l.state.CompareAndSwap(claimed, lost)
}

// give is the worker's own side: it gives up the core that it holds, unless that has been taken already.
func (l *lease) give() bool { return l.settle(lost) }

// settle is the worker's: it moves the state on to the given one and reports whether it could, which it cannot when the core
// is lost. It tries again because a taker that gives up puts claimed back to held between the load and the write.
func (l *lease) settle(to uint32) bool {
	for {
		s := l.state.Load()
		if s == lost {
			return false
		}
		if s == to || l.state.CompareAndSwap(s, to) {
			return true
		}
		if bugSettle {
			return false
		}
	}
}
