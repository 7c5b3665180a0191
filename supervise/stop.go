package supervise

import (
	"errors"

	"github.com/thrum-go/thrum/proc"
)

// halt stops a child and reports whether that is all; otherwise halted is called when it has ended.
func (s *supervisor) halt(c *proc.Ctx, ch *child) (done bool) {
	switch ch.state {
	case idle:
		return true
	case restarting:
		ch.stopTimer(c)
		s.forget(ch)
		return true
	case stopping:
		return false
	}
	s.signal(c, ch, ch.spec.shutdown == BrutalKill)
	return false
}

// signal has a child end. It is monitored, so that it cannot hide its end by taking away its link.
func (s *supervisor) signal(c *proc.Ctx, ch *child, kill bool) {
	ch.stopTimer(c)
	ch.state, ch.killed = stopping, kill
	ch.mon, _ = c.Monitor(ch.pid) // of this runtime, as for Exit
	wait := ch.spec.shutdown
	if kill {
		_ = c.Exit(ch.pid, proc.Kill)
		wait = s.flags.KillGrace
	} else {
		_ = c.Exit(ch.pid, proc.Shutdown)
	}
	if wait != Infinity && s.sweep == nil {
		ch.extra().timer, _ = c.SendAfter(wait, c.Self(), &due{ch, ch.pid})
	}
}

// expired takes the message of a child's timer.
func (s *supervisor) expired(c *proc.Ctx, d *due) error {
	ch := d.child
	switch {
	case ch.pid != d.pid:
	case ch.state != stopping:
	case !ch.killed:
		ch.killed = true
		_ = c.Exit(ch.pid, proc.Kill)
		ch.extra().timer, _ = c.SendAfter(s.flags.KillGrace, c.Self(), d)
	default:
		return s.stopped(c, ch, ErrStuck)
	}
	return nil
}

// down takes the message that a child which was to stop has ended.
func (s *supervisor) down(c *proc.Ctx, d proc.Down) error {
	ch := s.of(d.PID)
	if ch == nil || ch.state != stopping || ch.mon != d.Monitor {
		return nil // one that a child's own options have asked for, or that was given up
	}
	reason := d.Reason
	if reason == proc.NoProc && ch.died != nil {
		reason = ch.died // it had ended before the monitor came to it
	}
	return s.stopped(c, ch, reason)
}

// stopped goes on when a child has ended that was to.
func (s *supervisor) stopped(c *proc.Ctx, ch *child, reason error) error {
	ch.stopTimer(c)
	if ch.rare != nil && ch.failed != nil {
		why := ch.failed
		ch.failed = nil
		if s.reason == nil {
			if reason == ErrStuck {
				why = ErrStuck
			}
			return s.settle(c, ch, why)
		}
	}
	s.halted(c, ch, reason)
	if s.dynamic() {
		return s.stoppedDynamic(c, ch)
	}
	return s.step(c)
}

// halted reports the end of a child that was to end, if it is not as it should be, and forgets the process.
func (s *supervisor) halted(c *proc.Ctx, ch *child, reason error) {
	if !s.asAsked(ch, reason) {
		s.reportShutdown(c, ch, reason)
	}
	s.forget(ch)
}

// asAsked reports whether a child that was stopped has ended as it should.
func (s *supervisor) asAsked(ch *child, reason error) bool {
	if ch.spec.shutdown == BrutalKill && reason == proc.Killed {
		return true
	}
	if ch.spec.Restart == Permanent {
		return reason == proc.Shutdown && ch.spec.shutdown != BrutalKill
	}
	return reason == proc.Normal || errors.Is(reason, proc.Shutdown)
}
