package sched

import "time"

// poll looks for work everywhere once.
func (w *Worker) poll() Task {
	c, s := w.core, w.core.sched
	w.timers(c.now)
	if !c.ops.Empty() {
		w.operate(true)
	}
	if t := c.next(); t != nil {
		return t
	}
	if c.retire.Load() {
		return nil
	}
	if s.injected() && w.pull() {
		return c.next()
	}
	if t := (local{&c.ring}).pop(); t != nil {
		// Half of the others with it: to come here for each costs more than a turn, and who was woken for them still finds some.
		c.regain(c.ring.len() / 2)
		return t
	}
	cores := *s.cores.Load()
	c.rand = c.rand*6364136223846793005 + 1442695040888963407
	first := int(c.rand>>33) % len(cores)
	for i := range cores {
		v := cores[(first+i)%len(cores)]
		if v == c {
			continue
		}
		if n := (thief{&v.ring}).steal(c.stolen[:]); n > 0 {
			c.count.steals++
			c.count.stolen += uint64(n)
			for k := 1; k < n; k++ {
				c.adopt(c.stolen[k], v)
			}
			t := c.stolen[0]
			clear(c.stolen[:n])
			return t
		}
	}
	return nil
}

// find is called when the private queues are empty: search a while, then park, until there is a task or the end.
func (w *Worker) find() Task {
	c, s := w.core, w.core.sched
	c.progress.Store(asleep)
	searching := !c.retire.Load() && s.idle.search(s.Workers())
	since := c.now // a little too early, if time goes by before we look again
	yielded := s.cfg.Idle != nil && s.cfg.Idle(w)
	c.now = s.clock()
	if !yielded {
		since = c.now
	}
	c.public.since.Store(since)
	t := w.seek(searching)
	c.count.idle += c.now - since
	c.fuel = min(c.batch, 8)
	c.batch = c.fuel
	c.progress.Store(c.now)
	w.publish()
	s.monitorWake(c.now)
	return t
}

// seek searches, parks and wakes until there is a task or the end. searching says that the worker counts as a searcher.
func (w *Worker) seek(searching bool) Task {
	c, s := w.core, w.core.sched
	for {
		limit := c.now + int64(s.cfg.Spin)
		for {
			if s.stopping.Load() {
				return nil
			}
			if t := w.poll(); t != nil {
				if searching {
					s.idle.found()
				}
				return t
			}
			c.now = s.clock()
			if c.wheel.more() {
				continue
			}
			if !searching || c.now >= limit {
				break
			}
			if s.relax.Load() {
				relax()
			}
		}
		c.count.parks++
		w.publish()
		if c.retire.Load() {
			if searching {
				s.idle.found()
				searching = false
			}
			w.sleepRetired()
			w.awake()
			continue
		}
		if !s.idle.park(c.id, searching) {
			searching = true
			continue
		}
		if !c.ops.Empty() && s.idle.clear(c.id) {
			s.idle.searching.Add(1)
			searching = true
			continue
		}
		// Whatever ended the sleep, the bit says who counted us as searching: still there, nobody; gone, whoever cleared it,
		// and then a signal is in the channel, or will be.
		signalled := w.sleep()
		w.awake()
		if s.idle.clear(c.id) {
			s.idle.searching.Add(1)
		} else if !signalled {
			<-c.sem
		}
		searching = true
	}
}

// awake is what comes first after a sleep.
func (w *Worker) awake() {
	w.core.now = w.core.sched.clock()
	if f := w.core.sched.cfg.Awake; f != nil {
		f(w)
	}
}

// sleep waits for a signal or for the core's next timer, and reports whether it was the signal.
func (w *Worker) sleep() bool {
	c := w.core
	w.settleTimers()
	if c.wheel.next == maxNext {
		<-c.sem
		return true
	}
	t := time.NewTimer(time.Duration(max(0, c.wheel.next-c.sched.clock())))
	defer t.Stop()
	select {
	case <-c.sem:
		return true
	case <-t.C:
		return false
	}
}
