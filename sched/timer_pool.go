package sched

// magazine is a handful of spare timers of one core.
//
// The core keeps two of them to itself, and full ones beyond that in a sync.Pool, which the garbage collector empties when nobody
// has asked for them in two of its rounds: so a rush of a million timers costs memory for some time and not for ever, and no timer
// is made while there are some to be used again. A timer never leaves its core, because those who remember an earlier life of it
// may look at it.
type magazine struct {
	n int
	t [magazineLen]*Timer // what stands behind the first n is out of date
}

const magazineLen = 256

// keep is where a life ends: the timer is spare.
func (h *wheel) keep(t *Timer) {
	t.Data = nil
	m := h.spares
	if m.n == magazineLen {
		m = h.emptyMagazine()
	}
	m.t[m.n] = t
	m.n++
}

// emptyMagazine makes one that has room the core's first.
func (h *wheel) emptyMagazine() *magazine {
	m := h.reserve
	h.reserve = h.spares
	if m.n > 0 {
		h.full.Put(m)
		if m, _ = h.empty.Get().(*magazine); m == nil {
			m = &magazine{}
		}
	}
	h.spares = m
	return m
}

// fullMagazine makes one that has timers the core's first, if there is any.
func (h *wheel) fullMagazine() *magazine {
	if h.spares.n == 0 {
		h.spares, h.reserve = h.reserve, h.spares
	}
	if h.spares.n == 0 {
		if m, _ := h.full.Get().(*magazine); m != nil {
			h.empty.Put(h.spares)
			h.spares = m
		}
	}
	return h.spares
}
