package proc

import (
	"time"

	"github.com/thrum-go/thrum/sched"
)

// Counters are what one worker has done, or all of them together, since the runtime began.
type Counters struct {
	Turns       uint64        // stays of a process on the worker
	Messages    uint64        // messages handled
	Reductions  uint64        // reductions used
	Steals      uint64        // times it took processes from another worker
	Parks       uint64        // times it went to sleep
	BusyTime    time.Duration // time with work
	QueueLen    int           // processes that wait for their turn
	Spawned     uint64        // processes begun
	Exited      uint64        // processes ended
	DeadLetters uint64        // messages that nobody will handle
	Rejected    uint64        // messages refused by bounded mailboxes with Reject
	Dropped     uint64        // messages dropped by bounded mailboxes
}

func (c *Counters) add(o Counters) {
	c.Turns += o.Turns
	c.Messages += o.Messages
	c.Reductions += o.Reductions
	c.Steals += o.Steals
	c.Parks += o.Parks
	c.BusyTime += o.BusyTime
	c.QueueLen += o.QueueLen
	c.Spawned += o.Spawned
	c.Exited += o.Exited
	c.DeadLetters += o.DeadLetters
	c.Rejected += o.Rejected
	c.Dropped += o.Dropped
}

// Stats is a runtime's statistics. The totals include what goroutines outside the workers have done.
type Stats struct {
	Counters
	Processes    int    // alive
	Wakes        uint64 // parked workers woken
	SpareWorkers int    // handlers that have lost their worker and go on without
	StuckTotal   uint64 // handlers that were found stuck, since the runtime began
	Active       int    // workers in use
	Workers      []Counters

	sched sched.Stats
}

// ReadStats fills dst, reusing its memory. It costs the workers nothing: they publish their counters by themselves, about every 20 µs
// of busy time and before they sleep. Any goroutine may call it.
func (rt *Runtime) ReadStats(dst *Stats) {
	s := Stats{Workers: dst.Workers[:0], sched: dst.sched}
	rt.sched.ReadStats(&s.sched)
	locals := *rt.locals.Load()
	for i, c := range s.sched.Cores {
		w := Counters{
			Turns: c.Turns, Reductions: c.Reductions, Steals: c.Steals, Parks: c.Parks, BusyTime: c.Busy, QueueLen: c.Queued,
		}
		if i < len(locals) {
			p := &locals[i].public
			// Ends are read before beginnings, so that a process is never counted as ended only.
			w.Exited = p.exited.Load()
			w.Messages = p.messages.Load()
			w.DeadLetters = p.dead.Load()
			w.Rejected = p.rejected.Load()
			w.Dropped = p.dropped.Load()
		}
		s.Workers = append(s.Workers, w)
	}
	for i := range s.Workers {
		if i < len(locals) {
			s.Workers[i].Spawned = locals[i].public.spawned.Load()
		}
		s.add(s.Workers[i])
	}
	o := &rt.outside
	s.Spawned += o.spawned.Load()
	s.DeadLetters += o.dead.Load()
	s.Rejected += o.rejected.Load()
	s.Dropped += o.dropped.Load()
	s.Messages += o.messages.Load()
	s.Processes = int(s.Spawned - s.Exited)
	s.Wakes = s.sched.Wakes
	s.SpareWorkers = s.sched.Spares
	s.StuckTotal = rt.stuck.Load()
	s.Active = s.sched.Workers
	*dst = s
}

// count returns how many processes live. It is exact when the workers are parked.
func (rt *Runtime) count() int {
	var begun, ended uint64
	for _, l := range *rt.locals.Load() {
		ended += l.public.exited.Load()
	}
	for _, l := range *rt.locals.Load() {
		begun += l.public.spawned.Load()
	}
	return int(begun + rt.outside.spawned.Load() - ended)
}
