package sched

import "time"

// magazine is a handful of spare timers of one core.
type magazine struct {
	n int
	t [magazineLen]*Timer
}

const magazineLen = 256

// The core keeps up to two magazines of spare timers to itself, and full ones beyond that in a sync.Pool, which the garbage
// collector empties when nobody has asked for them in two of its rounds: so a rush of a million timers costs memory for some time
// and not for ever, and no timer is made while there are some to be used again.
//
// A timer that was stopped goes there as it is, still on the wheel, and leaves it when it is used again or its magazine is given away.
// To leave means to write to the neighbours, which are often not in the cache, and the next atomic operation has to wait for that. Where
// timers are stopped there is always a next one, where they are started there is none.

// keep is where a life ends other than by StopTimer: the timer is at rest, and spare if it may be used again.
func (h *wheel) keep(t *Timer) {
	t.Data = nil
	if t.mode&reuse != 0 {
		t.where = spare
		h.spareOne(t)
	}
}

func (h *wheel) spareOne(t *Timer) {
	m := h.spares
	if m == nil || m.n == magazineLen {
		m = h.emptyMagazine()
	}
	m.t[m.n] = t
	m.n++
}

func (h *wheel) emptyMagazine() *magazine {
	m := h.reserve
	h.reserve = h.spares
	if m != nil && m.n > 0 {
		h.unlinkAll(m)
		h.full.Put(m)
		m = nil
	}
	if m == nil {
		if m, _ = h.empty.Get().(*magazine); m == nil {
			m = &magazine{}
		}
	}
	h.spares = m
	return m
}

// unlink takes a spare timer off the wheel.
func (h *wheel) unlink(t *Timer) {
	h.lazy--
	t.stopped = false
	h.remove(t)
	t.where = spare
}

func (h *wheel) unlinkAll(m *magazine) {
	for _, t := range m.t[:m.n] {
		if t.stopped {
			h.unlink(t)
		}
	}
}

// tidy takes every spare timer off the wheel, so that the worker does not wake for it.
func (h *wheel) tidy() {
	for _, m := range [2]*magazine{h.spares, h.reserve} {
		if h.lazy > 0 && m != nil {
			h.unlinkAll(m)
		}
	}
}

// spareTimer returns a timer of this core that is at rest, or nil. It may be started on this core only, because those who remember
// an earlier life of it may look at it.
func (h *wheel) spareTimer() *Timer {
	m := h.spares
	if m == nil || m.n == 0 {
		if m = h.fullMagazine(); m == nil {
			return nil
		}
	}
	m.n--
	t := m.t[m.n]
	m.t[m.n] = nil
	if t.stopped {
		h.unlink(t)
	}
	return t
}

func (h *wheel) fullMagazine() *magazine {
	if m := h.reserve; m != nil && m.n > 0 {
		h.spares, h.reserve = m, h.spares
		return m
	}
	m, _ := h.full.Get().(*magazine)
	if m != nil {
		if h.spares != nil {
			h.empty.Put(h.spares)
		}
		h.spares = m
	}
	return m
}

// KeepTimer adds a new timer, which Init has prepared for reuse, to the spare ones of this core. The core must be held.
func (w *Worker) KeepTimer(t *Timer) {
	t.core, t.wheel = w.core, w.core.wheel.id
	w.core.wheel.keep(t)
}

// StartSpare is StartTimer with a spare timer of the core, or nil if there is none. Its Data may be set afterwards, before the worker
// does anything else with the core.
func (w *Worker) StartSpare(d time.Duration, tag uint64) (*Timer, Life) {
	t := w.core.wheel.spareTimer()
	if t == nil {
		return nil, 0
	}
	t.mode = reuse
	return t, w.begin(t, d, tag)
}

// RepeatSpare is RepeatTimer with a spare timer; see StartSpare.
func (w *Worker) RepeatSpare(d time.Duration, tag uint64) (*Timer, Life) {
	t := w.core.wheel.spareTimer()
	if t == nil {
		return nil, 0
	}
	t.mode = reuse | repeats
	return t, w.begin(t, d, tag)
}
