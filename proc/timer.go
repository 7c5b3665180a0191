package proc

import (
	"fmt"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// Timer is a message under way in time: see SendAfter. It names one start of a timer, so one that has fired or was cancelled stays
// so for ever. Timers can be compared. The zero Timer is one that has fired.
type Timer struct {
	t    *sched.Timer
	life sched.Life
}

// Timeout is the body of the message that StartTimer sends.
type Timeout struct {
	Timer Timer // as StartTimer returned it
	Body  any
}

// What a sched.Timer carries here: its tag is the PID of the receiver, 0 when it has a plan with a name; its Data the body, or the
// plan; its Word the PID of the sender, or the word of a timer of a process's own; its Kind one of these.
const (
	timerMessage uint8 = iota // sends the body
	timerTimeout              // sends a Timeout
	timerOwn                  // calls ownExpired
	timerPlan                 // has a plan
)

// SendAfter sends body to the process to when d has passed: never earlier, and as a rule within a fraction of a millisecond
// after (the resolution is 33 µs). The time counts from the worker's next look at the clock, some 20 µs later or when a long
// handler has returned. From is this process. A d of more than 73 years is cut.
//
// The timer dies with its receiver: when that has ended nothing is sent, there is no dead letter, and the Timer is one that does not
// run. It does not die with the process that started it. As in Erlang a timer keeps no order with messages sent directly.
//
// Errors: a negative d, ErrWrongRuntime.
func (c *Ctx) SendAfter(d time.Duration, to PID, body any) (Timer, error) {
	if d < 0 || !c.rt.targets(to) {
		return Timer{}, c.rt.badTimer("SendAfter", d, to)
	}
	return c.startTimer(d, to, timerMessage, body), nil
}

// StartTimer is SendAfter with a Timeout as the message's body, which holds body and tells this timer from others.
func (c *Ctx) StartTimer(d time.Duration, to PID, body any) (Timer, error) {
	if d < 0 || !c.rt.targets(to) {
		return Timer{}, c.rt.badTimer("StartTimer", d, to)
	}
	return c.startTimer(d, to, timerTimeout, body), nil
}

// SendAt is SendAfter with a point in time: it sends body when at has come, at once when that is now or in the past. at's
// monotonic clock reading counts if it has one; later changes of the system's clock have no influence.
func (c *Ctx) SendAt(at time.Time, to PID, body any) (Timer, error) {
	if !c.rt.targets(to) {
		return Timer{}, c.rt.badTimer("SendAt", 0, to)
	}
	return c.startTimer(max(time.Until(at), 0), to, timerMessage, body), nil
}

// SendAfter is Ctx.SendAfter for any goroutine. The time counts from now. Errors: also ErrShutdown.
func (rt *Runtime) SendAfter(d time.Duration, to PID, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if d < 0 || !rt.targets(to) {
		return Timer{}, rt.badTimer("SendAfter", d, to)
	}
	return rt.startTimer(d, to, 0, timerMessage, body), nil
}

// StartTimer is Ctx.StartTimer for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) StartTimer(d time.Duration, to PID, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if d < 0 || !rt.targets(to) {
		return Timer{}, rt.badTimer("StartTimer", d, to)
	}
	return rt.startTimer(d, to, 0, timerTimeout, body), nil
}

// SendAt is Ctx.SendAt for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) SendAt(at time.Time, to PID, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if !rt.targets(to) {
		return Timer{}, rt.badTimer("SendAt", 0, to)
	}
	return rt.startTimer(max(time.Until(at), 0), to, 0, timerMessage, body), nil
}

// targets reports whether a timer may aim at pid: a process of this runtime, be it that it has ended.
func (rt *Runtime) targets(pid PID) bool { return uint64(pid)&(addressMask&^maxIndex) == rt.table.base }

// badTimer says why a timer was not started.
func (rt *Runtime) badTimer(what string, d time.Duration, to PID) error {
	switch {
	case d < 0:
		return fmt.Errorf("proc: %s: d is %v; it must not be negative", what, d)
	case to == 0:
		return fmt.Errorf("proc: %s: to is the zero PID; it must be that of a process", what)
	}
	return rt.own(to)
}

// startTimer starts a timer of this process.
func (c *Ctx) startTimer(d time.Duration, to PID, kind uint8, body any) Timer {
	c.reds--
	if !c.w.Enter() {
		c.w.Leave()
		return c.rt.startTimer(d, to, c.self, kind, body)
	}
	t, life := c.w.StartTimer(d, uint64(to))
	t.Data, t.Word, t.Kind = body, uint64(c.self), kind
	c.w.Leave()
	return Timer{t, life}
}

// startTimer starts a timer without a core.
func (rt *Runtime) startTimer(d time.Duration, to, from PID, kind uint8, body any) Timer {
	t := rt.sched.NewTimer()
	t.Data, t.Word, t.Kind = body, uint64(from), kind
	return Timer{t, rt.sched.StartTimer(t, d, uint64(to))}
}

// Cancel stops the timer and reports whether it was in time: after true the message will not come (but see SendEvery), after false
// it has been sent, or the timer was cancelled before, or its receiver has ended. Any goroutine may cancel; for a process Ctx.Cancel
// is cheaper.
func (t Timer) Cancel() bool {
	if t.t == nil {
		return false
	}
	to, ok := t.t.Cancel(t.life)
	return ok && t.aimed(PID(to))
}

// Cancel is t.Cancel for a process.
func (c *Ctx) Cancel(t Timer) bool {
	if t.t == nil {
		return false
	}
	if !c.w.Enter() {
		c.w.Leave()
		return t.Cancel()
	}
	to, ok := c.w.StopTimer(t.t, t.life)
	c.w.Leave()
	return ok && (PID(to) == c.self || t.aimed(PID(to)))
}

// aimed reports whether the timer's receiver has not ended, or is whoever has a name.
func (t Timer) aimed(to PID) bool { return to == 0 || (*Runtime)(t.t.Owner().(*alarms)).lives(to) }

// Remaining returns how long the timer has still to run; 0 when it has fired or was cancelled, or its receiver has ended. For one that
// repeats it is the time to its next message. Any goroutine may ask.
func (t Timer) Remaining() time.Duration {
	if t.t == nil {
		return 0
	}
	if to, runs := t.t.Tag(t.life); !runs || !t.aimed(PID(to)) {
		return 0
	}
	return t.t.Remaining(t.life)
}
