package proc

import (
	"context"
	"errors"
	"time"
)

// Client is somebody who can wait for others: a goroutine with its context, by Runtime.Client, or a process in direct style with a timeout, by
// Self.Client. Functions of the behaviours (package sys, supervise and others) take one, so that they serve both.
type Client interface {
	// Call sends req to the process to as a call and waits for the reply; see Runtime.Call and Self.Call.
	Call(to PID, req any) (any, error)
	// Start spawns a process and waits until it has done its Init; see Runtime.Start and Self.Start.
	Start(f Factory, opts ...SpawnOption) (PID, error)
	// Runtime returns the runtime of the processes that it calls.
	Runtime() *Runtime
}

// Client returns the Client of a goroutine, which waits until ctx is done. Any goroutine may use it, but a handler.
func (rt *Runtime) Client(ctx context.Context) Client { return outsideClient{rt, ctx} }

// Client returns the Client of this process, which waits for timeout, or Forever, each time.
func (s *Self) Client(timeout time.Duration) Client { return selfClient{s, timeout} }

type outsideClient struct {
	rt  *Runtime
	ctx context.Context
}

func (k outsideClient) Call(to PID, req any) (any, error) { return k.rt.Call(k.ctx, to, req) }

func (k outsideClient) Start(f Factory, opts ...SpawnOption) (PID, error) {
	return k.rt.Start(k.ctx, f, opts...)
}

func (k outsideClient) Runtime() *Runtime { return k.rt }

type selfClient struct {
	s       *Self
	timeout time.Duration
}

func (k selfClient) Call(to PID, req any) (any, error) { return k.s.Call(to, req, k.timeout) }

func (k selfClient) Start(f Factory, opts ...SpawnOption) (PID, error) {
	return k.s.Start(f, k.timeout, opts...)
}

func (k selfClient) Runtime() *Runtime { return k.s.Runtime() }

// Reason returns the exit reason that a *CallError or *StartError holds, and whether it does: false for an error that says nothing about how
// a process has ended, such as ErrTimeout.
func Reason(err error) (reason error, ok bool) {
	var call *CallError
	var start *StartError
	switch {
	case errors.As(err, &call):
		reason = call.Err
	case errors.As(err, &start):
		reason = start.Err
	default:
		return nil, false
	}
	for _, not := range []error{ErrTimeout, ErrNoProc, ErrCallingSelf, ErrMailboxFull, ErrShutdown, context.Canceled} {
		if errors.Is(reason, not) {
			return nil, false
		}
	}
	return reason, true
}
