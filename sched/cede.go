package sched

import "time"

// Workers are threads that never sleep, so any other thread of the program waits for a processor until the system takes one away
// from a worker: on Linux at a tick of 1 to 4 ms, when the worker's time slice is over. That was the tail of an HTTP
// server beside saturated workers: p99 5 to 9 ms. So a busy worker offers its processor (sched_yield) every cedeOften: p99 0.3 to
// 0.5 ms, at some 0.1 % of the throughput.
//
// Offering has a price when the thread that takes it is another program's, busy as well: Linux takes all that is left of the slice for
// given away, and a worker that offers every 200 µs has 3 ms between two offers taken; two such programs left the workers a
// fifteenth of their share. So what matters is how long the processor was gone. A thread that answers somebody is done soon; after
// one that was not, the worker offers four times less often, and twice as often again after each offer that cost
// little: beside busy programs it loses 2 to 3 %.
const (
	cedeOften  = int64(200 * time.Microsecond)
	cedeRarely = int64(200 * time.Millisecond)
	cedeLong   = int64(time.Millisecond) // an offer that cost more was not worth it
)

// cede offers the processor to other threads, if it is time to, and returns the time after it. What it takes does not count as the
// turn's. The core must be held; while the processor is gone the core looks as it does when the system takes it unasked.
func (c *Core) cede(now int64) int64 {
	if now-c.ceded < c.cedeEvery || c.sched.osYield == nil {
		return now
	}
	c.sched.osYield()
	after := c.sched.clock()
	c.ceded, c.now = after, after
	gone := after - now
	c.begun += gone
	if gone > cedeLong {
		c.cedeEvery = min(4*c.cedeEvery, cedeRarely)
	} else {
		c.cedeEvery = max(c.cedeEvery/2, cedeOften)
	}
	return after
}
