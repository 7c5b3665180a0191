package supervise

import (
	"errors"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// restart restarts a child that has ended, now or after a delay.
func (s *supervisor) restart(c *proc.Ctx, ch *child) error {
	ch.note(ch.died)
	if s.flags.Backoff != nil {
		s.delay(c, ch)
		return nil
	}
	return s.attempt(c, ch)
}

// delay has a restart tried when the delay of the Backoff has passed.
func (s *supervisor) delay(c *proc.Ctx, ch *child) {
	b, x := s.flags.Backoff, ch.extra()
	if ch.state == running && s.now()-x.since >= b.resetAfter() {
		x.tries = 0
	}
	ch.state, ch.died = restarting, nil
	x.life++
	x.timer, _ = c.SendAfter(b.delay(x.tries), c.Self(), &again{ch, x.life}) // to ourselves, with a positive time
	x.tries++
}

// retry has a restart that has failed tried again, behind the messages that wait.
func (s *supervisor) retry(c *proc.Ctx, ch *child, err error) {
	ch.note(err)
	ch.state, ch.again = restarting, true
	if s.dynamic() { // it can still be stopped
		ch.pid = ch.told
		s.byPID.Put(ch.pid, ch)
	}
	switch {
	case errors.Is(err, proc.ErrShutdown): // the runtime starts nothing any more and will tell us to end
	case s.flags.Backoff != nil:
		s.delay(c, ch)
	default:
		x := ch.extra()
		x.life++
		_ = c.Send(c.Self(), &again{ch, x.life}) // to ourselves
	}
}

// tryAgain takes the message to try a restart again, unless the child has been stopped or deleted meanwhile.
func (s *supervisor) tryAgain(c *proc.Ctx, a *again) error {
	ch := a.child
	if ch.state != restarting || ch.life != a.life {
		return nil
	}
	return s.attempt(c, ch)
}

// attempt restarts a child as the strategy says, unless there have been too many restarts.
func (s *supervisor) attempt(c *proc.Ctx, ch *child) error {
	if s.restarts.add(s.now(), s.flags.Period, s.flags.Intensity) {
		s.reportIntensity(c, ch)
		s.forget(ch)
		return s.end(c, proc.Shutdown)
	}
	ch.again = true
	ch.began++
	switch s.flags.Strategy {
	case OneForOne:
		s.single(opRestart, ch, proc.Caller{})
	case SimpleOneForOne:
		done, err := s.begin(c, ch)
		if !done {
			return nil
		}
		return s.settle(c, ch, err)
	case OneForAll:
		s.group(ch, 0)
	case RestForOne:
		s.group(ch, slices.Index(s.children, ch))
	}
	return s.step(c)
}

// group begins the restart of all children from index from on, of which ch has ended.
func (s *supervisor) group(ch *child, from int) {
	s.forget(ch)
	s.op = op{kind: opRestart, stops: true, group: true, from: from, list: s.children[from:], at: len(s.children) - from}
}
