package supervise

import (
	"errors"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// opKind says what an operation is for.
type opKind uint8

const (
	opNone      opKind = iota
	opFirst            // to start the first children
	opAdd              // to start a new child, for StartChild
	opAgain            // to start one that does not run, for RestartChild
	opRestart          // to start one that has ended, and what its strategy says
	opTerminate        // to stop one, for TerminateChild
	opEnd              // to stop all and end
)

// op is what the supervisor is doing: stop the children of list, from the last to the first, if stops is true; then start those of
// list from the first to the last, if the kind has that.
type op struct {
	kind   opKind
	stops  bool
	group  bool // after the stops, list is what is left of the children from index from on
	at     int  // stops: how many of list are left; else how many have been seen to
	from   int
	list   []*child
	one    [1]*child // what list is made of when it is a single child
	caller proc.Caller
}

// single begins an operation on one child.
func (s *supervisor) single(kind opKind, ch *child, k proc.Caller) {
	s.op = op{kind: kind, caller: k}
	s.op.one[0] = ch
	s.op.list = s.op.one[:]
	if kind == opTerminate {
		s.op.stops, s.op.at = true, 1
	}
}

// step takes the operation as far as it goes without waiting.
func (s *supervisor) step(c *proc.Ctx) error {
	for s.op.kind != opNone && !s.dynamic() {
		o := &s.op
		if o.stops {
			if o.at > 0 {
				if !s.halt(c, o.list[o.at-1]) {
					return nil
				}
				o.at--
				continue
			}
			if o.kind == opEnd {
				return s.reason
			}
			if o.kind == opTerminate {
				s.finish(c)
				continue
			}
			o.stops = false
			if o.group {
				s.dropTemporary(o.from)
				o.list = slices.Clone(s.children[o.from:])
			}
			continue
		}
		if o.at == len(o.list) {
			s.finish(c)
			continue
		}
		ch := o.list[o.at]
		o.at++
		done, err := s.begin(c, ch)
		if !done {
			return nil
		}
		if err == nil {
			s.started(c, ch)
		}
		s.settleStatic(c, ch, err)
	}
	return nil
}

// settleStatic goes on with the operation after the start of ch, unless it is done or becomes another.
func (s *supervisor) settleStatic(c *proc.Ctx, ch *child, err error) {
	kind, caller := s.op.kind, s.op.caller
	switch {
	case err == nil:
		ch.again = false
		if kind == opAdd || kind == opAgain {
			s.op = op{}
			reply(c, caller, ch.pid)
		}
		return
	case err == proc.Normal:
		ch.again = false
		if ch.spec.Restart == Temporary {
			s.drop(ch)
		}
		if kind == opAdd || kind == opAgain {
			s.op = op{}
			reply(c, caller, proc.PID(0))
		}
		return
	}
	s.reportStart(c, ch, err)
	switch kind {
	case opFirst:
		s.reason = &FailedError{ch.spec.ID, err}
		s.op = op{kind: opEnd, list: s.children, at: len(s.children), stops: true}
	case opAdd:
		s.op = op{}
		s.drop(ch)
		reply(c, caller, &StartError{ch.spec.ID, err})
	case opAgain:
		s.op = op{}
		reply(c, caller, &StartError{ch.spec.ID, err})
	case opRestart:
		s.op = op{}
		s.retry(c, ch, err)
	}
}

// finish ends an operation that has come to its end.
func (s *supervisor) finish(c *proc.Ctx) {
	kind, caller, one := s.op.kind, s.op.caller, s.op.one[0]
	s.op = op{}
	switch kind {
	case opFirst:
		if s.held {
			c.Started()
		}
		c.Hibernate()
	case opTerminate:
		if one.spec.Restart == Temporary {
			s.drop(one)
		}
		reply(c, caller, nil)
	}
}

// dropTemporary drops the Temporary children from index from on, which have been stopped: a restart of a group does not start them again.
func (s *supervisor) dropTemporary(from int) {
	kept := slices.DeleteFunc(s.children[from:], func(ch *child) bool {
		if ch.spec.Restart != Temporary {
			return false
		}
		delete(s.byID, ch.spec.ID)
		return true
	})
	s.children = s.children[:from+len(kept)]
}

// ended decides what becomes of a child that has ended by itself.
func (s *supervisor) ended(c *proc.Ctx, ch *child) error {
	reason := ch.died
	regular := reason == proc.Normal || errors.Is(reason, proc.Shutdown)
	if ch.spec.Restart == Permanent || !regular {
		s.reportTerminated(c, ch, reason)
	}
	if ch.spec.Restart == Permanent || ch.spec.Restart == Transient && !regular {
		return s.restart(c, ch)
	}
	s.forget(ch)
	if s.dynamic() || ch.spec.Restart == Temporary {
		s.drop(ch)
	}
	return s.autoShutdown(c, ch)
}

// autoShutdown ends the supervisor if the end of ch, by itself and for good, is a reason to.
func (s *supervisor) autoShutdown(c *proc.Ctx, ch *child) error {
	if !ch.spec.Significant || s.flags.AutoShutdown == Never {
		return nil
	}
	if s.flags.AutoShutdown == AllSignificant && slices.ContainsFunc(s.children, func(o *child) bool {
		return o.spec.Significant && o.state != idle
	}) {
		return nil
	}
	return s.end(c, proc.Shutdown)
}
