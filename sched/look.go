package sched

// Ticked reports whether a millisecond or more has gone by since the core last looked at the clock. The core must be held.
func (w *Worker) Ticked() bool {
	c := w.core
	return c.ticks.Load() != c.tick
}

// Look reads the clock, does what is due, and reports whether the turn should end because its time is up. A long turn calls it
// every Core.Batch reductions, and when Ticked says so. The core must be held.
func (w *Worker) Look() bool {
	w.core.fuel -= w.core.batch // about what has been used since the last time
	return w.check(false)
}

// check reads the clock and does what is due now and then: timers, work from outside, sharing of the backlog. It runs
// about every checkEvery of busy time, whatever a message costs, and reports whether the turn has lasted too long.
//
// between says that no task is running: then the one that is to run next is not a backlog.
func (w *Worker) check(between bool) (over bool) {
	c := w.core
	s := c.sched
	now := s.clock()
	elapsed, used := now-c.now, int64(c.batch-c.fuel)
	c.now = now
	c.tick = s.tick.Load()
	if elapsed > 0 {
		c.batch = int32(min(max(used*checkEvery/elapsed, 1), fuelMax))
	}
	c.fuel = c.batch
	if Shuffled {
		c.fuel = min(c.fuel, 8)
	}
	c.progress.Store(now)
	w.publish()
	w.timers(now)
	if !c.ops.Empty() {
		w.operate(between)
	}
	if s.injected() {
		w.pull()
	}
	if c.born.n > 0 {
		c.age()
	}
	if c.mask&spentMask != 0 && now-c.lastSpent > spentEvery {
		c.credit = 0
	}
	if c.give.Load() != 0 {
		w.handOut()
	}
	if c.ring.len() > 0 {
		c.reclaim()
	} else if c.mask != 0 && (s.idle.hungry() || Shuffled && c.chance(4)) && c.surplus(between) {
		c.share(w)
	} else {
		c.hungryAt = 0
	}
	if c.retire.Load() {
		w.evacuate()
		return true
	}
	first := c.begun == 0
	switch {
	case first:
		// The turn's first look. When it began is not known, and the last look before it says nothing: a task that has just been
		// woken must not be taken for one that has used up its turn.
		c.begun = now
		if c.cut != nil && c.cut == w.cur {
			c.begun = max(1, now-c.cutHad)
			c.cut = nil
		}
	case c.begun < 0:
		c.begun = max(1, now+c.begun) // it was cut, and goes on all the same
	}
	if now = c.cede(now); c.ceded == now && s.tick.Load() != c.tick {
		// The monitor may have waited for just this offer: its tick belongs to what ran before.
		c.tick = s.tick.Load()
		w.publish()
	}
	slice := int64(s.cfg.Slice)
	if n := int64(c.fresh[Normal].n); n > 8 && !c.isSpent {
		// A crowd that has been woken at once must not hold up those who wake for a moment: the longer the queue, the shorter
		// each turn, and who does not get done in it goes to the spent ones.
		slice = min(slice, max(checkEvery, crowdTurns/n))
	}
	if now-c.begun > slice {
		return true
	}
	if !first && !between && c.awaited(w.cur) {
		// Nobody who wakes for a moment waits for the rest of the slice. What is left of it is not lost, see pushCut.
		c.cutSpent = c.isSpent
		c.begun = -max(1, now-c.begun)
		return true
	}
	return false
}

func (w *Worker) publish() {
	w.core.publish()
	if f := w.core.sched.cfg.Look; f != nil {
		f(w)
	}
}

// Between reports whether the worker is between two turns, for a function that OnCore has called.
func (w *Worker) Between() bool { return w.between }

// operate calls the functions that others have left for this core.
func (w *Worker) operate(between bool) {
	w.between = between
	defer func() { w.between = false }()
	for {
		f, ok := w.core.ops.Pop()
		if !ok {
			return
		}
		f(w)
	}
}

// pull takes work from outside into the private queues. Only one worker at a time does so; the others need not wait.
func (w *Worker) pull() bool {
	s, c := w.core.sched, w.core
	if !s.pulling.CompareAndSwap(0, 1) {
		return false
	}
	got := false
	for range pullMax {
		t, ok := s.inject.Pop()
		if !ok {
			break
		}
		c.pushFresh(t, t.Priority())
		got = true
	}
	for range pullMax {
		t, ok := s.births.Pop()
		if !ok {
			break
		}
		c.birth(t, t.Priority())
		got = true
	}
	s.pulling.Store(0)
	return got
}
