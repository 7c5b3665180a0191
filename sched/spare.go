package sched

import "time"

const spareKeep = 2 * time.Second // how long a worker without a core waits for another

// takeOver gives the core of a worker that is stuck inside a task to a spare worker, with everything in it. The monitor
// calls it. It fails when the worker is on its way back, or inside an operation on the core.
func (s *Scheduler) takeOver(c *Core, since time.Duration) bool {
	w := c.worker.Load()
	if w == nil || !w.take() {
		return false
	}
	c = w.core // which may have changed since the caller looked; it cannot until parted is set
	t := w.cur
	t.Detach()
	s.handOver(c)
	s.tookOver.Add(1)
	report := func() {
		s.logger().Warn("sched: a task has not returned; a spare worker goes on in its place", "for", since)
	}
	if s.cfg.Stuck != nil {
		report = s.cfg.Stuck(t, since)
	}
	w.parted.Store(true) // pairs with resumeSlow: from here on the task may go on, and be anything
	report()
	return true
}

// GiveUp hands the core to a spare worker before code that is known to block. The worker goes on without a core, as if it had
// been taken; see Resume. The core must be held.
func (w *Worker) GiveUp() {
	c := w.core
	if !w.give() {
		w.lost = true
		return
	}
	w.lost = true
	w.parted.Store(true)
	w.cur.Detach()
	c.sched.handOver(c)
}

// handOver finds a worker for a core that has none.
func (s *Scheduler) handOver(c *Core) {
	s.spares.Add(1)
	c.progress.Store(s.clock())
	select {
	case s.hand <- c:
	default:
		s.start(c)
	}
}

// reuse is where a worker goes that has lost its core: it waits for another a while, and reports whether it got one.
func (w *Worker) reuse() bool {
	s := w.core.sched
	s.spares.Add(-1)
	w.cur = nil
	t := time.NewTimer(spareKeep)
	defer t.Stop()
	select {
	case c := <-s.hand:
		w.bind(c)
		return true
	case <-s.stop:
		return false
	case <-t.C:
		return false
	}
}

// replace goes on with w on a new goroutine after a task has called runtime.Goexit on the old one.
func (s *Scheduler) replace(w *Worker) {
	s.running.Add(1)
	s.alive.Add(1)
	go func() {
		w.crashed(nil, nil)
		w.run()
	}()
}

// evacuate hands on everything that waits on a core that is no longer to be used.
func (w *Worker) evacuate() {
	c := w.core
	for {
		t := c.next()
		if t == nil {
			t = local{&c.ring}.pop()
		} else {
			t.Publish(w)
		}
		if t == nil {
			return
		}
		c.sched.push(t)
	}
}

// sleepRetired waits on a core that is not in use, for its timers or for its return.
func (w *Worker) sleepRetired() {
	w.evacuate()
	w.core.dozing.Store(true)
	w.sleep()
	w.core.dozing.Store(false)
}
