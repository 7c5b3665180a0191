package proc

import (
	"errors"
	"runtime/debug"
)

// Blocking calls f, which may block for long, and returns when f does. The worker's other processes go on meanwhile on another
// goroutine. After it, this process is without a worker of its own until the handler returns, so its operations are a
// little dearer. A panic in f ends the process as any panic does.
//
// Use it where a result is needed before the handler can go on; Offload does not hold up the process itself.
func (c *Ctx) Blocking(f func()) {
	if c.w.Enter() {
		c.rt.away.add(c.self)
		c.w.GiveUp()
	}
	c.w.Leave()
	c.ranAway(c.p) // what f takes is not run time
	f()
}

// OffloadResult is the body of the message that Offload ends with.
type OffloadResult struct {
	Value any
	Err   error // what f returned; *Panic when it panicked, ErrGoexit when it called runtime.Goexit
}

// Offload runs f on a goroutine of its own and sends its result to this process, as a message from itself with an
// OffloadResult as body. The handler goes on at once. f must not use c. When the process has ended by then, the result
// is a dead letter. A nil f is refused with an error.
//
// Results come in the order in which the functions end. A process that has several under way returns from each a value of a type of its own, which also
// holds the function's error: then Value tells which one it was. Err is left for panics.
func (c *Ctx) Offload(f func() (any, error)) error {
	if f == nil {
		return errors.New("proc: Offload: f is nil")
	}
	rt, self := c.rt, c.self
	rt.offloads.Add(1)
	go func() {
		r := OffloadResult{Err: ErrGoexit}
		defer func() {
			if v := recover(); v != nil {
				r = OffloadResult{Err: &Panic{Value: v, Stack: debug.Stack()}}
			}
			_ = rt.post(self, Message{From: self, Body: r})
			rt.offloads.Add(-1)
		}()
		v, err := f()
		r = OffloadResult{Value: v, Err: err}
	}()
	return nil
}
