package supervise

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// begin starts a child. Unless done is true, that takes time, and settle is called later. err is proc.Normal when there was nothing to start.
func (s *supervisor) begin(c *proc.Ctx, ch *child) (done bool, err error) {
	again, old := ch.again, ch.pid
	s.forget(ch)
	if ch.again = again; again && s.dynamic() {
		ch.told = old
	}
	var pid proc.PID
	if ch.spec.Start != nil {
		if pid, err = s.beginOwn(c, ch); err != nil {
			return true, err
		}
		ch.state = running
	} else {
		opts := ch.spec.opts
		if pl := ch.named(); pl != nil {
			opts = append(slices.Clip(opts), proc.WithName(pl.name))
		}
		if pid, _, err = c.RequestStart(ch.newMachine, ch.spec.timeout, opts...); err != nil {
			return true, err
		}
		ch.state = starting
	}
	ch.pid = pid
	s.byPID.Put(pid, ch)
	return ch.state == running, nil
}

// beginOwn calls the child's Start function.
func (s *supervisor) beginOwn(c *proc.Ctx, ch *child) (proc.PID, error) {
	pid, err := callStart(c, ch)
	switch {
	case err != nil:
		return 0, err
	case pid == 0:
		return 0, proc.Normal
	case pid == c.Self():
		return 0, errors.New("supervise: Start returned the supervisor's own PID; it must be that of the child")
	case !c.Runtime().Owns(pid):
		return 0, proc.ErrWrongRuntime
	case s.of(pid) != nil:
		return 0, fmt.Errorf("supervise: Start returned %v, which is another child already", pid)
	}
	return pid, c.Link(pid) // one that has ended will be told by an Exit
}

func callStart(c *proc.Ctx, ch *child) (pid proc.PID, err error) {
	defer func() {
		if v := recover(); v != nil {
			pid, err = 0, &proc.Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return ch.spec.Start(c, ch.arg)
}

// replied takes the message that a child's Init is done, or that it has failed.
func (s *supervisor) replied(c *proc.Ctx, from proc.PID, r proc.Reply) error {
	var why error
	if r.Err != nil {
		var call *proc.CallError
		if why = r.Err; errors.As(why, &call) {
			from, why = call.To, call.Err
		}
	}
	ch := s.of(from)
	if ch == nil || ch.state != starting {
		return nil // it is being stopped
	}
	switch {
	case errors.Is(why, proc.ErrTimeout): // also of one that has sent us an exit signal, and lives
		return s.late(c, ch, why)
	case why != nil:
		return s.settle(c, ch, why)
	}
	ch.state = running
	return s.settle(c, ch, nil)
}

// late ends a child whose start takes too long, if it has not ended for that reason.
func (s *supervisor) late(c *proc.Ctx, ch *child, why error) error {
	ch.extra().failed = why
	s.signal(c, ch, true)
	return nil
}

// settle goes on after a start, with its result: nil, proc.Normal when there was nothing to start, or why it has failed.
func (s *supervisor) settle(c *proc.Ctx, ch *child, err error) error {
	if err != nil {
		again := ch.again
		s.forget(ch)
		ch.again = again
	} else {
		s.started(c, ch)
	}
	if s.dynamic() {
		return s.settleDynamic(c, ch, err)
	}
	s.settleStatic(c, ch, err)
	return s.step(c)
}

// started notes that a child runs.
func (s *supervisor) started(c *proc.Ctx, ch *child) {
	if ch.spec.placed != nil {
		ch.spec.placed(ch.pid)
	}
	if s.flags.Backoff != nil {
		ch.extra().since = s.now()
	}
	s.reportProgress(c, ch)
	if ch.died != nil { // it has sent us an exit signal in its Init
		s.queue.push(kept{m: proc.Message{From: ch.pid, Body: proc.Exit{From: ch.pid, Reason: ch.died}}})
	}
}
