package supervise

import "github.com/thrum-go/thrum/proc"

// batch is a StartDynamicMany.
type batch struct {
	caller  proc.Caller
	args    []any
	next    int // of args
	open    int // started, and not settled
	results []Result
	jobs    []job // for the next children
}

// job returns the one for args[i]. They are made some at a time.
func (b *batch) job(i int) *job {
	if len(b.jobs) == 0 {
		b.jobs = make([]job, min(256, len(b.args)-i))
	}
	j := &b.jobs[0]
	b.jobs = b.jobs[1:]
	j.batch, j.at = b, i
	return j
}

// settleFor tells a job the result of a start.
func (s *supervisor) settleFor(c *proc.Ctx, j *job, pid proc.PID, err error) {
	if j == nil { // those who wait at a place have been told
		return
	}
	switch b := j.batch; {
	case b != nil:
		b.results[j.at] = Result{pid, err}
		if b.open--; b.open == 0 && b.next == len(b.args) {
			reply(c, b.caller, b.results)
		}
	case err != nil:
		reply(c, j.caller, err)
	default:
		reply(c, j.caller, pid)
	}
}

// startDynamic starts a child.
func (s *supervisor) startDynamic(c *proc.Ctx, arg any, j *job) error {
	ch := newChild(s.template, arg)
	ch.job = j
	s.add(ch)
	done, err := s.begin(c, ch)
	if !done {
		return nil
	}
	return s.settle(c, ch, err)
}

// settleDynamic goes on after the start of a child of a SimpleOneForOne.
func (s *supervisor) settleDynamic(c *proc.Ctx, ch *child, err error) error {
	j, pl := ch.job, ch.named()
	ch.job = nil
	switch {
	case err == nil:
		if pl != nil {
			pl.found(c, ch.pid)
		}
		if ch.again {
			ch.again = false
			return nil
		}
		s.settleFor(c, j, ch.pid, nil)
		return nil
	case err == proc.Normal:
		again := ch.again
		if pl != nil && !again {
			pl.found(c, proc.PID(0))
		}
		s.drop(ch)
		if !again {
			s.settleFor(c, j, 0, nil)
		}
		return nil
	}
	if pl != nil && !ch.again && pl.taken(c, err) {
		s.drop(ch)
		return nil
	}
	s.reportStart(c, ch, err)
	if ch.again {
		s.retry(c, ch, err)
		return nil
	}
	if pl != nil {
		pl.found(c, error(&StartError{ch.spec.ID, err}))
	}
	s.drop(ch)
	s.settleFor(c, j, 0, &StartError{ch.spec.ID, err})
	return nil
}

// goOn goes on with what is too long for one turn.
func (s *supervisor) goOn(c *proc.Ctx) error {
	if s.sweep != nil {
		return s.sweepOn(c)
	}
	for len(s.batches) > 0 {
		b := s.batches[0]
		for b.next < len(b.args) {
			if c.ShouldYield() {
				s.ask(c)
				return nil
			}
			i := b.next
			b.next++
			b.open++
			if err := s.startDynamic(c, b.args[i], b.job(i)); err != nil {
				return err
			}
		}
		s.batches[0] = nil
		s.batches = s.batches[1:]
	}
	s.batches = nil
	return nil
}

// terminateDynamic stops a child for a caller.
func (s *supervisor) terminateDynamic(c *proc.Ctx, k proc.Caller, pid proc.PID) {
	ch := s.of(pid)
	if ch == nil || ch.state == starting || ch.state == stopping && ch.rare != nil && ch.failed != nil { // nobody has been told of one that begins
		reply(c, k, ErrNotFound)
		return
	}
	if ch.state == stopping {
		ch.job = &job{caller: k, stop: true, next: ch.job}
		return
	}
	if s.halt(c, ch) {
		s.drop(ch)
		reply(c, k, nil)
		return
	}
	ch.job = &job{caller: k, stop: true}
}

// stoppedDynamic goes on when a child of a SimpleOneForOne that was to end has ended.
func (s *supervisor) stoppedDynamic(c *proc.Ctx, ch *child) error {
	for j := ch.job; j != nil; j = j.next {
		if j.stop {
			reply(c, j.caller, nil)
		}
	}
	s.drop(ch)
	if s.sweep != nil && len(s.children) == 0 {
		return s.reason
	}
	return nil
}

// sweep is the end of all children of a SimpleOneForOne, some in each turn, with one deadline for all.
type sweep struct {
	at   int // children before this index have not been seen to
	kill bool
	over bool // the children that have been killed are given up
}

// sweepDue is the message that the deadline has passed.
type sweepDue struct{ kill bool }

// endDynamic asks all children to end.
func (s *supervisor) endDynamic(c *proc.Ctx) error {
	s.batches = nil
	s.sweep = &sweep{at: len(s.children), kill: s.template.shutdown == BrutalKill}
	wait := s.template.shutdown
	if s.sweep.kill {
		wait = s.flags.KillGrace
	}
	if wait != Infinity {
		_, _ = c.SendAfter(wait, c.Self(), &sweepDue{s.sweep.kill}) // to ourselves, with a positive time
	}
	return s.sweepOn(c)
}

// sweepOn asks or kills as many children as fit into a turn. Those that end meanwhile leave their place to the last one, which was seen to before.
func (s *supervisor) sweepOn(c *proc.Ctx) error {
	w := s.sweep
	for w.at = min(w.at, len(s.children)); w.at > 0; {
		if c.ShouldYield() {
			s.ask(c)
			return nil
		}
		w.at--
		ch := s.children[w.at]
		switch {
		case w.over:
			s.halted(c, ch, ErrStuck)
			s.drop(ch)
		case ch.state == stopping:
			if w.kill && !ch.killed {
				ch.killed = true
				_ = c.Exit(ch.pid, proc.Kill) // of this runtime
			}
		case ch.state == starting || ch.state == running:
			s.signal(c, ch, w.kill)
		default:
			s.halt(c, ch)
			s.drop(ch)
		}
		w.at = min(w.at, len(s.children))
	}
	if len(s.children) == 0 {
		return s.reason
	}
	return nil
}

// sweepExpired kills the children that have not ended in time, and gives up those that do not end by it.
func (s *supervisor) sweepExpired(c *proc.Ctx, d *sweepDue) error {
	if d.kill {
		s.sweep.over = true
	} else {
		s.sweep.kill = true
		_, _ = c.SendAfter(s.flags.KillGrace, c.Self(), &sweepDue{true}) // to ourselves, with a positive time
	}
	s.sweep.at = len(s.children)
	return s.sweepOn(c)
}
