package proc

import "time"

// since returns how long the runtime has run.
func (rt *Runtime) since() time.Duration { return time.Duration(rt.sched.Clock()) }

// coarse is since to within a millisecond or two, and cheaper, from inside a handler.
func (rt *Runtime) coarse(c *Ctx) time.Duration {
	if !c.w.Enter() {
		c.w.Leave()
		return rt.since()
	}
	now := c.w.Now()
	c.w.Leave()
	return time.Duration(now)
}
