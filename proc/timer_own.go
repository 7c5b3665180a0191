package proc

import "time"

// ownTimer is a timer that a process has for itself: for the timeout of a receive or of a call. It is a value to keep wherever the
// wait is noted. The zero value does not run.
//
// It belongs to the process, like its machine: only what runs on the process's behalf starts and stops it. When it expires,
// Runtime.ownExpired is called, on a worker that holds the core on which it was started and not necessarily the process; it
// decides what the process gets. The word tells a late expiry from one that is still waited for: stop may come too late.
//
//	c.wait++                                  // a number of this wait
//	w.timer.start(c, c.self, d, c.wait)       // the core is held
//	...                                       // the reply is here
//	w.timer.stop(c)                           // false: ownExpired has been called, or is being called, with this number
type ownTimer struct{ Timer }

// start starts it. The core must be held, and o must not run. When d has passed, rt.ownExpired is called with to and word, unless the
// process to has ended; never from inside start.
func (o *ownTimer) start(c *Ctx, to PID, d time.Duration, word uint64) {
	t, life := c.w.StartTimer(d, uint64(to))
	t.Word, t.Kind = word, timerOwn
	*o = ownTimer{Timer{t, life}}
}

// startOutside is start without a core.
func (o *ownTimer) startOutside(rt *Runtime, to PID, d time.Duration, word uint64) {
	*o = ownTimer{rt.startTimer(d, to, PID(word), timerOwn, nil)}
}

// stop stops it and reports whether that was in time: after true ownExpired is not called. After false it has been called, or is being
// called, or o did not run. A core must be held, not necessarily the one on which it was started.
func (o *ownTimer) stop(c *Ctx) bool {
	t := o.Timer
	*o = ownTimer{}
	if t.t == nil {
		return false
	}
	_, ok := c.w.StopTimer(t.t, t.life)
	return ok
}

// stopOutside is stop without a core.
func (o *ownTimer) stopOutside() bool {
	t := o.Timer
	*o = ownTimer{}
	if t.t == nil {
		return false
	}
	_, ok := t.t.Cancel(t.life)
	return ok
}
