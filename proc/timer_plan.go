package proc

import (
	"errors"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// plan is what a timer has that does more than send one message to a PID. It is constant while the timer runs.
type plan struct {
	name    string        // of the receiver, looked up at expiry; empty when the timer's tag is its PID
	every   time.Duration // 0 when it does not repeat
	timeout bool          // sends a Timeout
	body    any
}

// SendEvery sends body to the process to again and again: when every has passed for the first time, and then at multiples of
// it. It does not drift, and messages whose time has gone by already, because the worker was busy, are left out, not sent in a
// burst. All else is as with SendAfter. It ends by Cancel, and with its receiver; a message that is being sent when Cancel returns
// true still comes.
//
// Errors: an every of less than sched.Tick, the resolution of timers; ErrWrongRuntime.
func (c *Ctx) SendEvery(every time.Duration, to PID, body any) (Timer, error) {
	if every < sched.Tick {
		return Timer{}, badEvery("SendEvery", every)
	}
	if !c.rt.targets(to) {
		return Timer{}, c.rt.badTimer("SendEvery", 0, to)
	}
	return c.startPlan(every, to, &plan{every: every, body: body}), nil
}

// SendAfterName is SendAfter to the process that is registered as name when d has passed; if none is, nothing is sent, and nobody is
// told. The timer does not die with any process.
//
// Errors: a negative d, an empty name.
func (c *Ctx) SendAfterName(d time.Duration, name string, body any) (Timer, error) {
	if d < 0 || name == "" {
		return Timer{}, badNameTimer("SendAfterName", d)
	}
	return c.startPlan(d, 0, &plan{name: name, body: body}), nil
}

// StartTimerName is StartTimer for a name: see SendAfterName.
func (c *Ctx) StartTimerName(d time.Duration, name string, body any) (Timer, error) {
	if d < 0 || name == "" {
		return Timer{}, badNameTimer("StartTimerName", d)
	}
	return c.startPlan(d, 0, &plan{name: name, timeout: true, body: body}), nil
}

// SendAtName is SendAt for a name: see SendAfterName.
func (c *Ctx) SendAtName(at time.Time, name string, body any) (Timer, error) {
	if name == "" {
		return Timer{}, badNameTimer("SendAtName", 0)
	}
	return c.startPlan(max(time.Until(at), 0), 0, &plan{name: name, body: body}), nil
}

// SendEveryName is SendEvery for a name, which is looked up for each message: see SendAfterName. It ends only by Cancel.
func (c *Ctx) SendEveryName(every time.Duration, name string, body any) (Timer, error) {
	if every < sched.Tick {
		return Timer{}, badEvery("SendEveryName", every)
	}
	if name == "" {
		return Timer{}, badNameTimer("SendEveryName", 0)
	}
	return c.startPlan(every, 0, &plan{name: name, every: every, body: body}), nil
}

// SendEvery is Ctx.SendEvery for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) SendEvery(every time.Duration, to PID, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if every < sched.Tick {
		return Timer{}, badEvery("SendEvery", every)
	}
	if !rt.targets(to) {
		return Timer{}, rt.badTimer("SendEvery", 0, to)
	}
	return rt.startPlan(every, to, 0, &plan{every: every, body: body}), nil
}

// SendAfterName is Ctx.SendAfterName for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) SendAfterName(d time.Duration, name string, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if d < 0 || name == "" {
		return Timer{}, badNameTimer("SendAfterName", d)
	}
	return rt.startPlan(d, 0, 0, &plan{name: name, body: body}), nil
}

// StartTimerName is Ctx.StartTimerName for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) StartTimerName(d time.Duration, name string, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if d < 0 || name == "" {
		return Timer{}, badNameTimer("StartTimerName", d)
	}
	return rt.startPlan(d, 0, 0, &plan{name: name, timeout: true, body: body}), nil
}

// SendAtName is Ctx.SendAtName for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) SendAtName(at time.Time, name string, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if name == "" {
		return Timer{}, badNameTimer("SendAtName", 0)
	}
	return rt.startPlan(max(time.Until(at), 0), 0, 0, &plan{name: name, body: body}), nil
}

// SendEveryName is Ctx.SendEveryName for any goroutine. Errors: also ErrShutdown.
func (rt *Runtime) SendEveryName(every time.Duration, name string, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	if every < sched.Tick {
		return Timer{}, badEvery("SendEveryName", every)
	}
	if name == "" {
		return Timer{}, badNameTimer("SendEveryName", 0)
	}
	return rt.startPlan(every, 0, 0, &plan{name: name, every: every, body: body}), nil
}

func badEvery(what string, every time.Duration) error {
	return fmt.Errorf("proc: %s: every is %v; it must be at least %v, the resolution of timers", what, every, sched.Tick)
}

func badNameTimer(what string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("proc: %s: d is %v; it must not be negative", what, d)
	}
	return errors.New("proc: " + what + ": name is empty; give the name that the receiver is registered under")
}

func (c *Ctx) startPlan(d time.Duration, to PID, p *plan) Timer {
	c.reds--
	if !c.w.Enter() {
		c.w.Leave()
		return c.rt.startPlan(d, to, c.self, p)
	}
	start := c.w.StartTimer
	if p.every > 0 {
		start = c.w.RepeatTimer
	}
	t, life := start(d, uint64(to))
	t.Data, t.Word, t.Kind = p, uint64(c.self), timerPlan
	c.w.Leave()
	return Timer{t, life}
}

func (rt *Runtime) startPlan(d time.Duration, to, from PID, p *plan) Timer {
	t := rt.sched.NewTimer()
	t.Data, t.Word, t.Kind = p, uint64(from), timerPlan
	start := rt.sched.StartTimer
	if p.every > 0 {
		start = rt.sched.RepeatTimer
	}
	return Timer{t, start(t, d, uint64(to))}
}

// planExpired is Expire for a timer with a plan.
func (c *Ctx) planExpired(t *sched.Timer, to PID, life sched.Life) {
	p := t.Data.(*plan)
	m := Message{From: PID(t.Word), Body: p.body}
	if p.timeout {
		m.Body = Timeout{Timer{t, life}, p.body}
	}
	if p.name == "" {
		if !c.expired(to, m) {
			return
		}
	} else if pid, ok := c.rt.Whereis(p.name); ok {
		c.expired(pid, m)
	}
	if p.every > 0 {
		c.w.Again(p.every)
	}
}
