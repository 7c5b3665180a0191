package proc

import "time"

// alarm is the timer of awaited calls. Most calls are over long before their timeout, so it is not stopped with the call: the next one takes
// it over, and when it rings it is set again for what is left of the wait that there is then. A process that makes one call after the
// other so starts a timer every few seconds.
type alarm struct {
	timer ownTimer
	due   time.Duration // when it rings; like end in the scheduler's time
	end   time.Duration // of the wait; 0 when there is none, or it has a timer of its own
	spare time.Duration // what end has beyond the timeout, while it is not known how old the time was from which that counts
}

const (
	// alarmWord is the word of the timer of the awaited call's alarm, requestsWord that of the requests'. No call has them: none has the
	// number 0.
	alarmWord    = 0
	requestsWord = 1 << tokenShift
	// Only for calls of this timeout and more is it taken over, because it rings up to a part of it too late: Worker.Now may be some
	// milliseconds old, and no call must time out early. When it was older, that is found out when the alarm rings.
	alarmMin  = time.Second
	alarmPart = 256
)

// set sets it for a wait that begins now. The core must be held.
func (a *alarm) set(c *Ctx, timeout, now time.Duration) {
	if a.timer.t != nil {
		if end := now + timeout + timeout/alarmPart; timeout >= alarmMin && a.due <= end {
			a.end, a.spare = end, timeout/alarmPart
			return
		}
		a.timer.stop(c)
	}
	a.start(c, c.self, timeout, now, alarmWord)
	a.end, a.spare = a.due, 0
}

// reckon makes up, at the end of a wait, for a time of its beginning that was older than the spare time. The machine must have stood still for
// that, or have had more to do than processors.
func (a *alarm) reckon(stale func(at int64) time.Duration) {
	if a.spare > 0 {
		begun := a.end - a.spare - a.spare*alarmPart
		a.end += max(stale(int64(begun))-a.spare, 0)
		a.spare = 0
	}
}

func (a *alarm) start(c *Ctx, to PID, d, now time.Duration, word uint64) {
	a.timer.start(c, to, d, word)
	a.due = now + d
}

// rang is what the alarm does.
func (c *Ctx) rang(p *process) (left Message, ok bool) {
	t := p.talk()
	if t == nil {
		return left, false
	}
	a := &t.await.alarm
	a.timer.stop(c) // another one runs if this one came too late to be stopped
	if t.await.id == 0 || a.end == 0 {
		return left, false
	}
	now := c.rt.since()
	if now >= a.end {
		a.reckon(c.rt.sched.Stale)
	}
	if now < a.end {
		a.start(c, p.pid, a.end-now, now, alarmWord)
		return left, false
	}
	return c.callOver(p, t.await.id, 0, nil, ErrTimeout)
}
