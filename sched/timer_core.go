package sched

import (
	"math/bits"
	"math/rand/v2"
)

const (
	fireMax = 256         // timers fired between two looks at the tasks
	moveMax = 4 * fireMax // entries moved on the wheel between two looks at the tasks, at most
	backMax = 4096        // cancelled timers that may pile up on a core that sleeps
	tidyMax = 1024        // entries that a worker goes through before it sleeps
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
	if h.sweep != 0 || h.stale > sweepMin && 2*h.stale > h.entries {
		h.sweepSome(moveMax)
	}
}

// more reports whether timers has left something for the next time because there was so much.
func (h *wheel) more() bool { return h.next == 0 || h.cancelled != nil || h.sweep != 0 }

// settleTimers is called before the worker sleeps: some may have been started since it looked at the clock, and it should not wake
// for those that have been stopped.
func (w *Worker) settleTimers() {
	h := &w.core.wheel
	if h.youth > 0 {
		h.place(w.core.sched.clock())
	}
	if h.stale > 0 && h.entries <= min(tidyMax, 4*h.stale) && h.due.empty() {
		h.sweepSome(2 * tidyMax)
		if _, _, at, ok := h.first(); !h.due.empty() || !h.moving.empty() {
			h.next = 0
		} else if h.next = maxNext; ok {
			h.next = at << tickShift
		}
	}
}

// place puts the young timers on the wheel: their delays begin now.
func (h *wheel) place(now int64) {
	for i := range h.young[:h.youth] {
		e := &h.young[i]
		if !e.ended() {
			due := now + ^e.t.due.get()
			e.t.due.set(due)
			h.start(entry{e.t, e.life, ticks(due)}, now)
		}
		e.t = nil
	}
	h.youth = 0
}

// fire expires due timers, at most fireMax of them: a million timers of the same instant must not hold up the tasks.
func (w *Worker) fire(now int64) {
	h := &w.core.wheel
	h.collect(now, moveMax)
	for range fireMax {
		e, ok := h.pop(&h.due)
		if !ok {
			return
		}
		h.entries--
		t := e.t
		if !t.repeats {
			if !t.word.CompareAndSwap(uint64(e.life), uint64(e.life)+2) {
				h.stale--
				if bugTaken && t.word.Load() == uint64(e.life)+1 {
					t.word.Store(uint64(e.life) + 2)
					h.keep(t)
				}
				continue
			}
			w.core.sched.cfg.Timers.Expire(w, t, uint64(t.tag.get()), e.life)
			h.keep(t)
		} else if !e.ended() {
			h.firing = e
			w.core.sched.cfg.Timers.Expire(w, t, uint64(t.tag.get()), e.life)
			if h.firing.t != nil && t.word.CompareAndSwap(uint64(e.life), uint64(e.life)+2) {
				h.keep(t)
			}
			h.firing.t = nil
		} else {
			h.stale--
		}
	}
	if !h.due.empty() {
		h.next = 0
	}
}

// giveBack hands a timer that the caller has cancelled to the holder of its core. Without this way back a timer of an hour would
// keep its memory for an hour.
func (t *Timer) giveBack() {
	c, repeats := t.home().core, t.repeats
	h := &c.wheel
	for {
		head := h.back.Load()
		t.back = head
		if h.back.CompareAndSwap(head, t) { // pairs with the Swap of takeBack
			break
		}
	}
	// A core that is awake looks at the stack within some 20 µs. One that sleeps is woken when there is much, or when something
	// waits to be let go.
	if h.piled.Add(1)%backMax == 0 || repeats {
		// The function takes it itself: a worker that looks for work calls it after the look at the stack, and may sleep next.
		c.sched.OnCore(c.id, func(w *Worker) { w.core.wheel.takeBack() })
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
			h.piled.Store(0)
			h.cancelled = h.back.Swap(nil) // pairs with the CompareAndSwap of giveBack
			continue
		}
		h.cancelled, t.back = t.back, nil
		if bugTaken && t.word.Load()&1 == 0 {
			continue
		}
		h.stale++
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
