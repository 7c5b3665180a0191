package proc

import (
	"time"

	"github.com/thrum-go/thrum/sched"
)

// ownTimer is a timer of a process's own: of a receive timeout or a request. The zero value does not run.
type ownTimer struct{ t *expiry }

type expiry struct {
	sched.Timer
	rt   *Runtime
	to   PID
	word uint64
}

// Expire tells the process.
func (e *expiry) Expire(w *sched.Worker) {
	c := w.Local.(*Ctx)
	turn := c.p
	c.p = nil
	e.rt.ownExpired(c, e.to, e.word)
	c.p = turn
}

func (o *ownTimer) start(c *Ctx, to PID, d time.Duration, word uint64) {
	o.t = &expiry{rt: c.rt, to: to, word: word}
	c.w.StartTimer(&o.t.Timer, d, o.t)
}

func (o *ownTimer) startOutside(rt *Runtime, to PID, d time.Duration, word uint64) {
	o.t = &expiry{rt: rt, to: to, word: word}
	rt.sched.StartTimer(&o.t.Timer, d, o.t)
}

func (o *ownTimer) stop(c *Ctx) (ok bool) {
	if o.t != nil {
		ok = c.w.StopTimer(&o.t.Timer)
		o.t = nil
	}
	return ok
}

func (o *ownTimer) stopOutside() (ok bool) {
	if o.t != nil {
		ok = o.t.Cancel()
		o.t = nil
	}
	return ok
}
