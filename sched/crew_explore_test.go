//go:build explore

package sched

import (
	"sync/atomic"
	"unsafe"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
)

// crew is what an exploration of idle needs around it: workers that search, park and are woken as Worker.seek has them do, and
// shared queues that are mere counters.
//
// An execution is over when all work is done and everybody else has ended: then a worker that sleeps ends, too. If work is left, none
// does, and the explorer reports a deadlock: the lost wake-up. Tasks may be endless and keep their worker for ever, so that work
// must find each worker that sleeps, not just any.
type crew struct {
	crewConfig
	x        *explore.Exec
	idle     idle
	queues   [2]atomics.Uint32 // tasks
	ops      [maxCrew]atomics.Uint32
	retire   [maxCrew]atomics.Bool
	tokens   [maxCrew]atomic.Uint32 // what is in the channel of each worker; not instrumented, Wait looks at it
	sleeping [maxCrew]bool

	done    atomic.Int32 // tasks and operations
	active  atomic.Int32 // threads that have not ended and do not sleep
	timers  atomic.Int32 // that may still fire before a signal
	signals atomic.Int32 // by wake
	outs    atomic.Int32 // workers that have stopped searching, or are about to
}

// crewConfig says what there is. Words of what is not there are not looked at, which keeps executions short.
type crewConfig struct {
	workers    int
	asleep     int  // the first ones have parked before anything begins
	tasks      int  // each published by a thread of its own
	queues2    bool // publishers use two queues in turn
	endless    bool // tasks keep their worker for ever
	fires      int  // how many sleeps a timer may end
	operations int  // for one worker, each from a thread of its own
	retires    bool // the last worker retires
	back       bool // and comes back
	variant    variant
}

const maxCrew = 3

// variant is a mistake in what surrounds idle.
type variant uint8

const (
	right       variant = iota
	trustSignal         // the worker does not look at its bit when a signal ends its sleep
	skipOps             // the worker does not look at its operations after it has parked
	leaveOut            // an operation does not signal a worker that is retired
)

// crewOf explores a crew.
func crewOf(cfg crewConfig) func(*explore.Exec) {
	return func(x *explore.Exec) {
		c := &crew{crewConfig: cfg, x: x}
		c.idle.words = 1
		c.idle.pending = c.pending
		c.idle.signal = c.woken
		c.timers.Store(int32(cfg.fires))
		x.Name(&c.idle.searching, "searching")
		x.Name(&c.idle.parked[0], "parked")
		for i := range c.queues {
			x.Name(&c.queues[i], "queue "+string(rune('0'+i)))
		}
		for i := range maxCrew {
			x.Name(&c.ops[i], "operations "+string(rune('0'+i)))
			x.Name(&c.retire[i], "retire "+string(rune('0'+i)))
			x.Name(&c.tokens[i], "channel "+string(rune('0'+i)))
		}
		for i := range cfg.workers {
			c.worker(i, i < cfg.asleep)
		}
		for i := range cfg.tasks {
			q := &c.queues[0]
			if cfg.queues2 && i%2 == 1 {
				q = &c.queues[1]
			}
			c.party("publisher", func() { c.publish(q) })
		}
		for range cfg.operations {
			c.party("operator", func() { c.onCore(c.target()) })
		}
		if cfg.retires {
			c.party("monitor", c.resize)
		}
		x.After(c.settle)
	}
}

// target is the worker that operations are for.
func (c *crew) target() int {
	if c.retires {
		return c.workers - 1
	}
	return 0
}

// resize follows Scheduler.resize: the last worker's core is taken out of use, and put to use again if asked for.
func (c *crew) resize() {
	last := c.workers - 1
	c.retire[last].Store(true)
	c.signal(last)
	if c.back {
		c.retire[last].Store(false)
		c.signal(last)
	}
}

// woken is called by wake for a worker whose bit it has cleared. A burst of work must not wake everybody: wake may signal again only
// when somebody has stopped searching since.
func (c *crew) woken(i int) {
	if n := c.signals.Add(1); n > 1+c.outs.Load() {
		c.x.Failf("over-waking: signal %d, and only %d workers have stopped searching", n, c.outs.Load())
	}
	c.signal(i)
}

// settle checks the books when all is done: who sleeps has its bit set, and nobody counts as searching.
func (c *crew) settle() {
	parked := c.idle.parked[0].Load()
	for i := range c.workers {
		if bit := parked>>i&1 != 0; bit != c.sleeping[i] {
			c.x.Failf("worker %d sleeps: %t, its bit is set: %t", i, c.sleeping[i], bit)
		}
		if c.tokens[i].Load() != 0 {
			c.x.Failf("worker %d has a signal left", i)
		}
	}
	if n := c.idle.searching.Load(); n != 0 {
		c.x.Failf("searching is %d with nobody there", n)
	}
}

func (c *crew) pending() bool {
	return c.queues[0].Load() != 0 || c.queues2 && c.queues[1].Load() != 0
}

func (c *crew) over() bool {
	return c.active.Load() == 0 && int(c.done.Load()) == c.tasks+c.operations
}

func (c *crew) retired(i int) bool { return c.retires && c.retire[i].Load() }

func (c *crew) hasOps(i int) bool {
	return c.operations > 0 && i == c.target() && c.ops[i].Load() != 0
}

// signal is Core.signal.
func (c *crew) signal(i int) {
	explore.Point(explore.Swap, uintptr(unsafe.Pointer(&c.tokens[i])))
	c.tokens[i].Store(1)
}

// receive waits for the worker's signal, or for the end, of which it returns false.
func (c *crew) receive(i int) bool {
	c.active.Add(-1)
	explore.Wait(func() bool { return c.tokens[i].Load() != 0 || c.over() })
	if c.tokens[i].Swap(0) == 0 {
		return false
	}
	c.active.Add(1)
	return true
}

// sleep follows Worker.sleep: a signal or a timer ends it. over says that the worker is to end.
func (c *crew) sleep(i int) (signalled, over bool) {
	if c.fires > 0 && c.timers.Load() > 0 && explore.Choose(2) == 1 {
		c.timers.Add(-1)
		return false, false
	}
	c.sleeping[i] = true
	if !c.receive(i) {
		return false, true
	}
	c.sleeping[i] = false
	return true, false
}

// take takes a task out of a shared queue.
func take(queue *atomics.Uint32) bool {
	for {
		n := queue.Load()
		if n == 0 {
			return false
		}
		if queue.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// poll follows Worker.poll: it does the worker's operations and looks once for a task.
func (c *crew) poll(i int) (found bool) {
	if c.hasOps(i) {
		c.done.Add(int32(c.ops[i].Swap(0)))
	}
	if c.retired(i) {
		return false
	}
	return take(&c.queues[0]) || c.queues2 && take(&c.queues[1])
}

// work is a worker's life. asleep says that it begins where it sleeps, with its bit set.
func (c *crew) work(i int, asleep bool) {
	for c.seek(i, asleep) {
		asleep = false
		c.done.Add(1)
		if c.endless {
			c.active.Add(-1)
			return
		}
	}
}

// seek follows Worker.seek. It returns false at the end of the execution.
func (c *crew) seek(i int, asleep bool) bool {
	d := &c.idle
	searching := false
	if !asleep {
		searching = !c.retired(i) && d.search(c.workers)
	}
	for {
		if !asleep {
			if c.poll(i) {
				if searching {
					c.outs.Add(1)
					d.found()
				}
				return true
			}
			if c.retired(i) {
				if searching {
					c.outs.Add(1)
					d.found()
					searching = false
				}
				if !c.receive(i) {
					return false
				}
				continue
			}
			if searching {
				c.outs.Add(1)
			}
			if !d.park(i, searching) {
				searching = true
				continue
			}
			if c.variant != skipOps && c.hasOps(i) && d.clear(i) {
				d.searching.Add(1)
				searching = true
				continue
			}
		}
		asleep = false
		signalled, over := c.sleep(i)
		if over {
			return false
		}
		if !(c.variant == trustSignal && signalled) {
			if d.clear(i) {
				d.searching.Add(1)
			} else if !signalled && !c.receive(i) {
				c.x.Failf("worker %d: its bit is gone and no signal comes", i)
			}
		}
		searching = true
	}
}

// party adds a thread.
func (c *crew) party(name string, f func()) {
	c.active.Add(1)
	c.x.Go(name, func() {
		f()
		c.active.Add(-1)
	})
}

// worker adds a worker.
func (c *crew) worker(i int, asleep bool) {
	if asleep && !c.idle.park(i, false) {
		c.x.Failf("worker %d has work before the beginning", i)
	}
	c.active.Add(1)
	c.x.Go("worker "+string(rune('0'+i)), func() { c.work(i, asleep) })
}

// publish follows Scheduler.push.
func (c *crew) publish(queue *atomics.Uint32) {
	queue.Add(1)
	c.idle.wake()
}

// onCore follows Scheduler.OnCore.
func (c *crew) onCore(i int) {
	c.ops[i].Add(1)
	if c.idle.clear(i) {
		c.idle.searching.Add(1)
		c.signal(i)
	} else if c.variant != leaveOut && c.retired(i) {
		c.signal(i)
	}
}
