package sched

import (
	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

// Core is the state that one worker at a time owns: its queues, its timers, its clock. Core and worker are separate so
// that a core can move to another goroutine when its worker is stuck in a handler. Except where a field says otherwise
// only the goroutine that holds the core touches it.
type Core struct {
	_     pad
	id    int
	sched *Scheduler

	// Local is the embedder's own state for this core, as Config.NewCore made it.
	Local any

	fuel    int32           // messages until the clock is read again
	batch   int32           // what fuel was set to then
	ticks   *atomics.Uint32 // the monitor's
	tick    uint32          // the monitor's tick as last seen
	lifoRun uint8           // how many in a row came from the LIFO slot
	isSpent bool            // what runs came from a spent queue
	lowWait uint8           // turns of Normal since the last of Low
	mask    uint16          // which of the queues below hold tasks
	youth   int32           // turns that new tasks may still have before one of the others runs
	credit  int32           // reductions that woken tasks may still use before one of the spent ones runs
	now     int64           // the clock when it was read last, ns since the scheduler began
	begun   int64           // the clock at the first look of this turn, 0 before; below 0 once the turn is cut: minus what it has had of its slice
	lifo    Task            // the task woken last: its message is still in the cache

	cut      Task  // the task whose turn was cut last, until it goes on
	cutHad   int64 // ns that it had of its slice
	cutSpent bool  // it had used up turns before

	ceded     int64   // when the processor was last offered to other threads
	cedeEvery int64   // how often that is done
	looks     uint32  // at the clock with new tasks waiting
	born      fifo    // of Normal, never run yet: taken newest first
	fresh     [4]fifo // by priority: woken from idle
	spent     [4]fifo // by priority: used up their last turn
	lastSpent int64   // when the last one of them ran

	left     int   // tasks in the public ring at the last look, 0 when they were exposed after it
	urgent   bool  // the ring has had tasks above Normal since they were exposed
	leftAt   int64 // when they were first seen to be so many
	sharedAt int64 // when tasks were exposed last
	patience int64 // how long others must have been without work before the next time
	hungryAt int64 // when others were first seen without work; 0 when they were not at the last look

	//lint:ignore U1000 in builds with the tag shuffle it is used
	luck uint64 // of chance

	wheel  wheel
	stolen [ringLen / 2]Task
	rand   uint64

	count  counters
	public published // read by anyone

	_    [64]byte
	ring ring // pushed by the holder of the core, stolen from by anyone
	// offers says whether the tasks in the ring are spent ones. Written by the holder before it fills the ring; a thief that reads
	// it a batch too late only queues its loot less well.
	offers atomics.Bool

	// ops are functions to be called by the holder of the core. Anyone pushes.
	ops mpsc.Queue[func(*Worker)]
	// give is an order of balance: core<<32 | tasks, 0 when there is none. Written by the monitor, taken by the holder.
	give atomics.Uint64
	// progress is the time of the last sign of life, or asleep. Written by the holder, read by the monitor.
	progress atomics.Int64
	// retire tells the worker to give up the core. Written by the monitor.
	retire  atomics.Bool
	takenAt int64 // when the core was last taken from a stuck task; the monitor's own
	// dozing says that the worker of a core that is not in use sleeps. Written by it.
	dozing atomics.Bool
	// worker is who holds the core. Written at a change of hands.
	worker atomics.Pointer[Worker]
	sem    chan struct{} // of one: a signal for a parked worker
	_      [64]byte
}

const asleep = -1

// pad keeps what one worker writes all the time out of the cache lines of others: without it two workers on independent
// work were slower than one. Two lines, because processors fetch them in pairs.
type pad [128]byte

const (
	urgentMask = 1<<High | 1<<Max | 1<<(4+High) | 1<<(4+Max)
	normalMask = 1<<Normal | 1<<(4+Normal) | bornMask
	bornMask   = 1 << 8
	spentMask  = 16<<Max | 16<<High | 16<<Normal | 16<<Low
	lowMask    = 1<<Low | 1<<(4+Low)
)

// ID returns the core's number, from 0 on.
func (c *Core) ID() int { return c.id }

// Batch returns how many reductions take about 20 µs at present. The core must be held.
func (c *Core) Batch() int32 { return c.batch }

func (c *Core) pushFresh(t Task, p Priority) {
	c.fresh[p&3].push(t)
	c.mask |= 1 << (p & 3)
}

func (c *Core) pushSpent(t Task, p Priority) {
	c.spent[p&3].push(t)
	c.mask |= 16 << (p & 3)
}

// pushCut queues a task whose turn was cut so that it goes on, with what is left of its slice, once those are done for whom it gave way.
func (c *Core) pushCut(t Task, p Priority) {
	c.cut, c.cutHad = t, -c.begun
	if c.cutSpent {
		c.spent[p&3].pushFront(t)
		c.mask |= 16 << (p & 3)
	} else {
		c.fresh[p&3].pushFront(t)
		c.mask |= 1 << (p & 3)
	}
}

// awaited reports whether others wait for the turn of cur that should not: those of a higher priority, and if cur has used up turns before,
// those that have just woken, as long as they have credit: without it they owe the spent ones a turn.
func (c *Core) awaited(cur Task) bool {
	p := cur.Priority()
	if m := c.mask & urgentMask; m != 0 && p < Max && (p != High || m&(1<<Max|16<<Max) != 0) {
		return true
	}
	return c.isSpent && c.credit > 0 && p != Low && (c.fresh[p&3].n > 0 || p == Normal && c.lifo != nil)
}

// schedule queues a task that has just become ready.
func (c *Core) schedule(t Task, p Priority) {
	if p != Normal || Shuffled && c.chance(2) {
		c.pushFresh(t, p)
		return
	}
	old := c.lifo
	c.lifo = t
	if old != nil {
		c.pushFresh(old, Normal)
	}
}

// birth queues a task that has never run. New tasks of Normal run newest first: a tree of tasks then unfolds depth first, in the
// cache and with few alive at a time, where oldest first would have all of one level alive before the next. So that nobody
// starves they have youthMax turns before one of the others, and age moves the oldest on to the ordinary queue.
func (c *Core) birth(t Task, p Priority) {
	if p != Normal || Shuffled && c.chance(2) {
		c.pushFresh(t, p)
		return
	}
	c.born.push(t)
	c.mask |= bornMask
}

// age moves a part of the new tasks, the oldest ones, behind the spent ones: nobody waits for an answer of theirs yet.
func (c *Core) age() {
	k := c.born.n / 16
	if c.looks++; k == 0 && c.looks%64 == 0 {
		k = 1 // few at a time, but not for ever
	}
	for ; k > 0; k-- {
		c.pushSpent(c.born.pop(), Normal)
	}
	if c.born.n == 0 {
		c.mask &^= bornMask
	}
	c.youth = 0
}

// next takes the task to run, nil when the core has none.
func (c *Core) next() Task {
	t := c.lifo
	if c.mask == 0 {
		if t != nil {
			c.lifo = nil
		}
		return t
	}
	if t != nil {
		if c.mask&^normalMask == 0 && c.credit <= 0 && c.mask&(16<<Normal) != 0 {
			return c.pop(Normal) // a spent task's turn; the one in the slot is next
		}
		c.lifo = nil
		if c.lifoRun < lifoMax && c.mask&^normalMask == 0 {
			c.lifoRun++
			return t
		}
		c.pushFresh(t, Normal)
	}
	c.lifoRun = 0
	switch m := c.mask; {
	case m&urgentMask != 0:
		if m&(1<<Max|16<<Max) != 0 {
			return c.pop(Max)
		}
		return c.pop(High)
	case m&normalMask == 0:
		c.lowWait = 0
		return c.pop(Low)
	case m&lowMask != 0:
		if c.lowWait >= lowEvery {
			c.lowWait = 0
			return c.pop(Low)
		}
		c.lowWait++
	}
	return c.pop(Normal)
}

// pop takes from one level: woken tasks before spent ones, until they have used their credit. So one that wakes to
// answer a message does not wait behind a thousand that compute, and a thousand that wake all the time do not
// starve one that computes.
func (c *Core) pop(p Priority) Task {
	f, s := &c.fresh[p], &c.spent[p]
	if p == Normal && c.born.n > 0 {
		if c.youth > 0 && (s.n == 0 || c.credit > 0) || f.n+s.n == 0 {
			c.youth--
			t := c.born.popNewest()
			if c.born.n == 0 {
				c.mask &^= bornMask
			}
			return t
		}
		c.youth = youthMax
	}
	if f.n > 0 && (s.n == 0 || c.credit > 0) {
		t := f.pop()
		if f.n == 0 {
			c.mask &^= 1 << p
		}
		return t
	}
	t := s.pop()
	if s.n == 0 {
		c.mask &^= 16 << p
	}
	c.isSpent = true
	c.lastSpent = c.now
	return t
}

// waiting is the number of tasks in the private queues, without the LIFO slot.
func (c *Core) waiting() int {
	n := c.born.n
	for p := range c.fresh {
		n += c.fresh[p].n + c.spent[p].n
	}
	return int(n)
}

// surplus reports whether tasks wait that this core will not come to at once. The LIFO slot does not count: what is in it
// has just been woken and is best run here.
func (c *Core) surplus(between bool) bool {
	n := c.waiting()
	return n > 1 || n == 1 && (!between || c.lifo != nil)
}

// share exposes tasks when others have been without work for long enough. Sharing costs a wake-up of 50 to 90 µs, and
// splits processes that talk to each other. When it was no use, because the others are without work again at once, the next
// time is put off twice as long; when it was, the patience is short again.
func (c *Core) share(w *Worker) {
	if Shuffled && c.chance(2) {
		c.expose(w)
		return
	}
	if c.hungryAt == 0 {
		c.hungryAt = c.now
		if c.now-c.sharedAt > shareUse {
			c.patience = sharePatience
		} else {
			c.patience = min(2*c.patience, shareLongest)
		}
	}
	if c.now-c.hungryAt >= c.patience {
		c.hungryAt = 0
		c.sharedAt = c.now
		c.expose(w)
	}
}

// reclaim takes tasks back that were offered to others and that nobody takes: they would wait for ever while this core has other
// work. Not before offerLasts: a worker that was woken for them must find them when it comes, and one that has taken half and
// is done with it the other half. But an urgent one among them is to wait for nobody: here it would be next.
func (c *Core) reclaim() {
	if n := c.ring.len(); n != c.left {
		c.left, c.leftAt = n, c.now
		return
	}
	if c.now-c.leftAt < offerLasts && !c.urgent && !(Shuffled && c.chance(2)) {
		return
	}
	c.regain(ringLen)
	c.left = 0
}

// regain takes up to n tasks back from the ring.
func (c *Core) regain(n int) {
	for range n {
		t := local{&c.ring}.pop()
		if t == nil {
			return
		}
		c.adopt(t, c)
	}
}

// expose moves half of the private tasks, at least one, to the public ring, where others can steal them: of those that
// wait for nothing but time if there are any, else of those that have been woken. The ring is empty before.
func (c *Core) expose(w *Worker) {
	for c.born.n > 0 {
		c.pushSpent(c.born.pop(), Normal)
	}
	c.mask &^= bornMask
	spent := c.mask&(spentMask) != 0
	c.offers.Store(spent)
	from, bit := &c.fresh, uint16(1)
	if spent {
		from, bit = &c.spent, 16
	}
	c.left = 0
	c.urgent = false
	l := local{&c.ring}
	for p := range from {
		f := &from[p]
		for k := min((f.n+1)/2, ringLen/2); k > 0; k-- {
			t := f.pop()
			t.Publish(w)
			if !l.push(t) { // a slow thief still holds slots
				c.adopt(t, c)
				break
			}
			c.urgent = c.urgent || Priority(p) > Low
		}
		if f.n == 0 {
			c.mask &^= bit << p
		}
	}
	c.sched.idle.wake()
}

// adopt queues a task from the ring of core v, which may be this one, among its like.
func (c *Core) adopt(t Task, v *Core) {
	if v.offers.Load() {
		c.pushSpent(t, t.Priority())
	} else {
		c.pushFresh(t, t.Priority())
	}
}
