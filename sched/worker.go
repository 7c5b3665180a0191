package sched

import (
	"runtime/debug"
	"time"
)

// Worker is a goroutine that runs turns on the core it holds. Tasks get it in Run; its methods may be called from there
// only, and say when they need the core to be held.
type Worker struct {
	_    pad // a neighbour in memory may belong to another worker
	core *Core
	lease

	// Local is the embedder's own state for this worker, as Config.NewWorker made it.
	Local any

	// Used is where a task adds the reductions of its turn before Run returns; the scheduler takes them from there.
	Used int32

	between bool // no turn is on
	cur     Task // what runs; read by whoever has taken the core
	_       pad
}

// Core returns the core the worker began with. A task whose worker has lost its core must not touch it.
func (w *Worker) Core() *Core { return w.core }

// Sched returns the worker's scheduler.
func (w *Worker) Sched() *Scheduler { return w.core.sched }

// Schedule queues a task that has become ready, to run on this worker soon. The core must be held.
func (w *Worker) Schedule(t Task, p Priority) { w.core.schedule(t, p) }

// Next queues t of Normal to run next, if nothing else is to; else it does nothing and reports false. It is the frequent case of
// Schedule. The core must be held.
func (w *Worker) Next(t Task) bool {
	c := w.core
	if c.lifo != nil || Shuffled && c.chance(2) {
		return false
	}
	c.lifo = t
	return true
}

// Begin is Schedule for a task that has never run: new tasks run newest first.
func (w *Worker) Begin(t Task, p Priority) { w.core.birth(t, p) }

// Ready queues t from inside a Func, or any other stretch of foreign code.
func (w *Worker) Ready(t Task) {
	if w.Enter() {
		w.core.schedule(t, t.Priority())
		w.Leave()
		return
	}
	w.Leave()
	w.core.sched.push(t)
}

// Shuffle reports true once in n times when the choices are shuffled, in builds with the tag shuffle: then a task should take the
// rarer of two ways that are both right. The core must be held.
func (w *Worker) Shuffle(n uint32) bool { return Shuffled && w.core.chance(n) }

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

// run is a worker goroutine's life: it holds one core after the other until the scheduler stops.
func (w *Worker) run() {
	defer w.core.sched.exited()
	for !w.protected() {
	}
}

// protected runs turns until the worker is done, and returns false after a task has panicked. One deferred call covers
// them all, so a turn costs nothing for its protection.
func (w *Worker) protected() (done bool) {
	normal := false
	defer func() {
		if normal {
			return
		}
		v := recover()
		if v == nil {
			// runtime.Goexit: this goroutine cannot be kept, another one goes on in its place.
			w.core.sched.replace(w)
			return
		}
		w.crashed(v, debug.Stack())
	}()
	done = w.turns()
	normal = true
	return done
}

// crashed settles what a panic or a Goexit left: the task is the embedder's to end, whether it ran with the core or without.
func (w *Worker) crashed(v any, stack []byte) {
	t := w.cur
	s := w.core.sched
	if t == nil {
		panic(v) // not in a task: our own fault, and nothing here to be saved
	}
	kept := !w.lost && w.Resume()
	next := Done
	if s.cfg.Crashed != nil {
		next = s.cfg.Crashed(w, t, v, stack, kept)
	} else {
		s.logger().Error("sched: a task panicked", "panic", v, "stack", string(stack))
	}
	if kept && next != Done {
		w.again(t, next)
	}
	w.Used = 0
}

// turns runs tasks. It returns true when the goroutine has nothing more to do, and false never: a panic leaves it otherwise.
func (w *Worker) turns() bool {
	for {
		if w.lost && !w.reuse() {
			return true
		}
		c := w.core
		t := c.lifo
		if t != nil && c.mask == 0 {
			c.lifo = nil
		} else if t = c.next(); t == nil {
			if t = w.find(); t == nil {
				return true
			}
		}
		c.begun = 0
		w.cur = t
		next := t.Run(w)
		if w.lost {
			continue
		}
		c.count.turns++
		used := w.Used + 1
		w.Used = 0
		if c.credit -= used; c.isSpent {
			c.isSpent = false
			c.credit = TurnReductions
		}
		c.count.reductions += uint64(used)
		if next != Done {
			w.again(t, next)
		}
		c.fuel--
		if c.fuel < 0 || c.ticks.Load() != c.tick {
			if w.check(true); c.sched.stopping.Load() {
				return true
			}
		}
	}
}

// again queues a task that wants to run on.
func (w *Worker) again(t Task, next Next) {
	switch c := w.core; {
	case next != Spent:
		c.pushFresh(t, t.Priority())
	case c.begun < 0:
		c.pushCut(t, t.Priority())
	default:
		c.pushSpent(t, t.Priority())
	}
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
