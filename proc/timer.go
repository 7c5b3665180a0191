package proc

import (
	"time"

	"github.com/thrum-go/thrum/sched"
)

// Timer is a message under way in time; see SendAfter. The zero Timer is one that has fired.
type Timer struct{ t *timer }

type timer struct {
	sched.Timer
	rt *Runtime
	to PID
	m  Message
}

// SendAfter sends body to the process to when d has passed: never earlier, and as a rule within a fraction of a millisecond
// after (the resolution is 131 µs). From is this process. A negative d counts as zero. The message is dropped, and no dead
// letter, when the receiver has ended by then. As in Erlang a timer keeps no order with messages sent directly.
//
// Errors: ErrWrongRuntime.
func (c *Ctx) SendAfter(d time.Duration, to PID, body any) (Timer, error) {
	t, err := c.rt.newTimer(to, Message{From: c.self, Body: body})
	if err != nil {
		return Timer{}, err
	}
	c.reds--
	if c.w.Enter() {
		c.w.StartTimer(&t.Timer, d, t)
		c.w.Leave()
		return Timer{t}, nil
	}
	c.w.Leave()
	c.rt.sched.StartTimer(&t.Timer, d, t)
	return Timer{t}, nil
}

// SendAfter is Ctx.SendAfter for any goroutine. Errors: ErrShutdown, ErrWrongRuntime.
func (rt *Runtime) SendAfter(d time.Duration, to PID, body any) (Timer, error) {
	if rt.closed.Load() {
		return Timer{}, ErrShutdown
	}
	t, err := rt.newTimer(to, Message{Body: body})
	if err != nil {
		return Timer{}, err
	}
	rt.sched.StartTimer(&t.Timer, d, t)
	return Timer{t}, nil
}

func (rt *Runtime) newTimer(to PID, m Message) (*timer, error) {
	if uint64(to)&(addressMask&^maxIndex) != rt.table.base {
		return nil, ErrWrongRuntime
	}
	return &timer{rt: rt, to: to, m: m}, nil
}

// Expire delivers the message, on a worker that holds its core.
func (t *timer) Expire(w *sched.Worker) {
	c := w.Local.(*Ctx)
	p := t.rt.table.find(t.to)
	if p == nil || p.mb.State().Gen() != t.to.gen() {
		return
	}
	turn := c.p
	c.p = nil // nobody is to be held back for it: who was on the worker last may be another core's by now
	_ = c.deliver(p, t.to, 0, unordered, t.m)
	c.p = turn
}

// Cancel stops the timer and reports whether it was in time: after true the message will not come, after false it has been
// sent, or had been cancelled before. Any goroutine may cancel. Its memory is given back when it would have fired; Ctx.Cancel gives
// it back at once.
func (t Timer) Cancel() bool { return t.t != nil && t.t.Cancel() }

// Cancel is t.Cancel for a process: a timer that was started on the same worker leaves its wheel at once.
func (c *Ctx) Cancel(t Timer) bool {
	if t.t == nil {
		return false
	}
	if !c.w.Enter() {
		c.w.Leave()
		return t.t.Cancel()
	}
	ok := c.w.StopTimer(&t.t.Timer)
	c.w.Leave()
	return ok
}

// Remaining returns how long the timer has still to run; 0 when it has fired or was cancelled.
func (t Timer) Remaining() time.Duration {
	if t.t == nil {
		return 0
	}
	return t.t.Remaining()
}
