package sched

import "runtime/debug"

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
		if !c.isSpent {
			c.credit -= used
		} else if c.isSpent = false; c.begun >= 0 { // a turn that was cut earns the woken ones nothing: it is not over
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
