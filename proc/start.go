package proc

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// StartError is why a process that was started did not begin its work. The process has ended, or was killed.
type StartError struct {
	PID PID
	// Err is the exit reason of the process: what its Init returned, *Panic, ErrFactory, Killed and so on. Normal means that Init has
	// found that there is nothing to do (OTP's ignore). ErrTimeout, or the error of a context, when Init took too long.
	Err error
}

// Error says which process did not begin and why.
func (e *StartError) Error() string { return fmt.Sprintf("proc: start of %v: %v", e.PID, e.Err) }

// Unwrap returns Err.
func (e *StartError) Unwrap() error { return e.Err }

// Start is Spawn, and waits until the new process has done its Init; one in direct style has then begun (OTP: proc_lib:start/3). When
// Init fails the process has ended, and its name is free, before Start returns. When ctx is done before, the process is killed, which
// takes effect when its Init returns. Any goroutine may call it; inside a process use Self.Start or Ctx.RequestStart.
//
// Errors: a *StartError; those of Spawn, and then there has been no process.
func (rt *Runtime) Start(ctx context.Context, f Factory, opts ...SpawnOption) (PID, error) {
	o, err := rt.outsideOptions("Start", f, opts)
	if err != nil {
		return 0, err
	}
	if err := over(ctx); err != nil {
		return 0, &StartError{0, err}
	}
	t, err := rt.openPort()
	if err != nil {
		return 0, err
	}
	defer rt.closePort(t)
	o.starter = Caller{t.pid, 1}
	pid, err := rt.spawn(nil, f, o)
	if err != nil {
		t.state.Store(t.state.Load() &^ 1)
		return 0, err
	}
	a, err := rt.wait(ctx, t)
	if err != nil {
		rt.signal(pid, Message{From: markSignal, Body: killSignal})
		return 0, &StartError{pid, err}
	}
	if a.err != nil {
		return 0, &StartError{pid, a.err}
	}
	return pid, nil
}

// RequestStart is Spawn, and one Reply message will come, as to a Request, when the new process has done its Init; one in direct style
// has then begun. Its Value is nil; when the process has ended before, its Err is a *CallError with the exit reason: Normal when Init
// has found that there is nothing to do. However soon the process ends, that is its own reason. After ErrTimeout the process still
// lives: who asked decides what becomes of it. (OTP: proc_lib:start_link/3, without waiting.)
//
// With WithLink and WithMonitor an Exit or a Down comes besides, before the Reply.
//
// Errors, after which there is no process and no Reply comes: those of Spawn, a timeout that is not positive nor Forever.
func (c *Ctx) RequestStart(f Factory, timeout time.Duration, opts ...SpawnOption) (PID, RequestID, error) {
	return c.requestStart(f, timeout, opts, false)
}

func (c *Ctx) requestStart(f Factory, timeout time.Duration, opts []SpawnOption, await bool) (PID, RequestID, error) {
	o, err := options(f, opts)
	if err != nil {
		return 0, 0, err
	}
	if err := checkTimeout("Start", timeout); err != nil {
		return 0, 0, err
	}
	t := c.p.talking()
	id := c.newRequest(t, timeout, c.rt.coarse(c), await)
	o.starter = Caller{c.self, uint64(id)}
	pid, err := c.spawn(f, o, false)
	if err != nil {
		return 0, 0, err
	}
	c.expect(t, id, pid, timeout, await)
	return pid, id, nil
}

// Start is Spawn, and waits until the new process has done its Init; see Runtime.Start. After an error nothing is left of the process:
// with WithLink and WithMonitor no Exit and no Down of it will come. But as with any link, a process that does not trap exits ends with one that
// it is linked to and that ends for a reason other than Normal (OTP: proc_lib:start_link/3).
//
// Errors: a *StartError; those of Spawn, and then there has been no process; a timeout that is not positive nor Forever.
func (s *Self) Start(f Factory, timeout time.Duration, opts ...SpawnOption) (PID, error) {
	c := s.waits()
	pid, _, err := c.requestStart(f, timeout, opts, true)
	if err != nil {
		return 0, err
	}
	if _, err = s.reply(c); err == nil {
		return pid, nil
	}
	c = s.must()
	_ = c.Unlink(pid) // its PID is of this runtime
	if errors.Is(err, ErrTimeout) {
		_ = c.Exit(pid, Kill)
	}
	for ref, m := range c.p.tied().monitors.all() {
		if m.pid == pid {
			c.Demonitor(ref)
		}
	}
	c.Flush(func(m Message) bool {
		switch b := m.Body.(type) {
		case Exit:
			return b.From == pid
		case Down:
			return b.PID == pid
		}
		return false
	})
	var call *CallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return 0, &StartError{pid, err}
}

// begun tells whoever has started the process that its Init is done.
func (c *Ctx) begun(p *process) {
	r := p.cold
	if r == nil || r.holds || r.starter.pid == 0 {
		return
	}
	k := r.starter
	r.starter = Caller{}
	c.signal(k.pid, Message{From: c.self | markReply, Word: k.token})
}

// HoldStart, called in Init, has whoever started the process wait beyond its Init, until Started (OTP: proc_lib:init_ack/1). When the process ends
// before, the starter is told its exit reason as if Init had failed.
func (c *Ctx) HoldStart() { c.p.rare().holds = true }

// Started ends HoldStart: the process has begun its work.
func (c *Ctx) Started() {
	if r := c.p.cold; r != nil {
		r.holds = false
		c.begun(c.p)
	}
}

// Parent returns the process that has spawned this one with WithLink, or started it so; zero when none has.
func (c *Ctx) Parent() PID {
	if r := c.p.cold; r != nil && r.bound {
		return r.parent
	}
	return 0
}

// Parent returns the process that has spawned this one with WithLink; see Ctx.Parent.
func (s *Self) Parent() PID { return s.must().Parent() }
