package sched

import (
	"math/bits"
	"math/rand/v2"
)

const (
	fireMax = 256         // timers fired between two looks at the tasks
	moveMax = 2 * fireMax // timers moved on the wheel between two looks at the tasks, at most
	backMax = 4096        // cancelled timers that may pile up on a core that sleeps
)

// timers does what is due at now, the clock as it has just been read. It is called wherever a worker reads the clock.
func (w *Worker) timers(now int64) {
	h := &w.core.wheel
	if h.youth > 0 {
		h.place(now)
	}
	if now >= h.next {
		w.fire(now)
	}
	if h.cancelled != nil || h.back.Load() != nil {
		h.takeBack()
	}
}

// more reports whether timers has left something for the next time because there was so much.
func (h *wheel) more() bool { return h.next == 0 || h.cancelled != nil }

// settleTimers is called before the worker sleeps, because some may have been started and stopped since it looked at the clock.
func (w *Worker) settleTimers() {
	h := &w.core.wheel
	if h.youth > 0 {
		h.place(w.core.sched.clock())
	}
	if h.lazy > 0 {
		h.tidy()
	}
	if h.count == 0 {
		h.next = maxNext
	}
}

// place puts the young timers on the wheel: their delays begin now.
func (h *wheel) place(now int64) {
	for i, t := range h.young[:h.youth] {
		if t == nil {
			continue
		}
		h.young[i] = nil
		if t.stopped {
			t.where = rest
			continue
		}
		t.due.set(now + ^t.due.get())
		h.start(t, now)
	}
	h.youth = 0
}

// fire expires due timers, at most fireMax of them: a million timers of the same instant must not hold up the tasks.
func (w *Worker) fire(now int64) {
	h := &w.core.wheel
	h.collect(now, moveMax)
	for range fireMax {
		if h.due.empty() {
			return
		}
		t := h.due.next.timer()
		h.remove(t)
		life := t.word.Load()
		if t.stopped || life&1 != 0 {
			continue // it is spare, or takeBack will come to it
		}
		if t.mode&repeats == 0 {
			if !t.word.CompareAndSwap(life, life+2) {
				continue
			}
			t.expiry.Expire(w)
		} else if t.expiry.Expire(w); t.where != rest || !t.word.CompareAndSwap(life, life+2) {
			continue
		}
		if t.where == rest { // Expire may have started it anew
			h.keep(t)
		}
	}
	if !h.due.empty() {
		h.next = 0
	}
}

// giveBack hands a timer that the caller has cancelled to the holder of its core, for whom it may still be on the wheel. Without this
// way back a timer of an hour would keep its memory for an hour.
func (t *Timer) giveBack() {
	c, mode := t.core, t.mode
	h := &c.wheel
	depth := uint32(0)
	for {
		head := h.back.Load()
		t.back = head
		depth = 1
		if head != nil {
			depth += head.depth.Load() // if it is not on the stack any more we try again
		}
		t.depth.Store(depth)
		if h.back.CompareAndSwap(head, t) { // pairs with the Swap of takeBack
			break
		}
	}
	// A core that is awake looks at the stack within some 20 µs. One that sleeps is woken when there is much, or when a body
	// waits for it to be let go.
	if mode&repeats != 0 || depth%backMax == 0 {
		c.sched.OnCore(c.id, func(*Worker) {})
	}
}

// takeBack lets timers that others have cancelled come to rest, some at a time.
func (h *wheel) takeBack() {
	for range moveMax {
		t := h.cancelled
		if t == nil {
			if h.back.Load() == nil {
				return
			}
			h.cancelled = h.back.Swap(nil) // pairs with the CompareAndSwap of giveBack
			continue
		}
		h.cancelled, t.back = t.back, nil
		h.remove(t)
		t.word.Store(t.word.Load() + 1)
		h.keep(t)
	}
}

// anyCore chooses a core for a timer from outside: one that sleeps if there is any, as it has nothing else to do, or the first one
// that comes to mind.
func (s *Scheduler) anyCore() *Core {
	n := s.Workers()
	cores := *s.cores.Load() // at least as many: resize makes them before it puts them to use
	for i := range s.idle.words {
		if m := s.idle.parked[i].Load(); m != 0 {
			if core := i*64 + bits.TrailingZeros64(m); core < n {
				return cores[core]
			}
		}
	}
	return cores[rand.IntN(n)]
}
