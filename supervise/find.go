package supervise

import (
	"errors"

	"github.com/thrum-go/thrum/proc"
)

// ErrNoName says that FindOrStart was asked for a child without a name.
var ErrNoName = errors.New("supervise: FindOrStart: the name is empty; give the one that the child is to be registered under")

// ErrOwnStart says that FindOrStart cannot name the children of a supervisor whose Spec has a Start function.
var ErrOwnStart = errors.New("supervise: FindOrStart: the Spec has a Start function, which names its processes itself; use Factory or New")

// FindOrStartRequest is FindOrStart's. The reply is a proc.PID or an error.
type FindOrStartRequest struct {
	Name string
	Arg  any
}

// FindOrStart returns the child of a SimpleOneForOne supervisor that is registered under name, and starts it with arg for New when there is none: the
// process of a user, a device or an account, made when somebody first asks for it. However many ask at a time there is one such child, registered
// from its birth on, and all are told its PID when its Init is done, or why that has failed; the next to ask then has it tried again.
//
// A child that was started so is registered again at each restart. Who asks while it is being restarted or stopped waits for the process that
// comes after it: one that had ended when FindOrStart was called is never returned. The one that is returned may end at any time, as any process: who
// then finds nobody there asks again. A process that is no child of sup but has the name is returned as it is. The PID is zero when Init has found
// that there is nothing to do.
//
// Each call goes through the supervisor. Who asks often looks first, with Whereis, which takes no lock and also finds one whose Init is not
// done: what is sent to that one waits. A child must keep its name: for one that gives it away, FindOrStart waits until it ends. (OTP:
// supervisor:start_child/2 of a child that registers itself, with the answer already_started.)
//
// Errors: ErrNoName; ErrOwnStart; a *StartError; ErrNotSimpleOneForOne; those of a call.
func FindOrStart(k proc.Client, sup proc.PID, name string, arg any) (proc.PID, error) {
	return result[proc.PID](k.Call(sup, FindOrStartRequest{name, arg}))
}

// place is what belongs to a name that FindOrStart was asked for, as long as there is a child of that name.
type place struct {
	name    string
	child   *child
	waiting []seeker
}

// seeker is somebody who waits for the child of a place.
type seeker struct {
	caller proc.Caller
	arg    any
}

// findOrStart answers with the child of the name, or has the caller wait for it.
func (s *supervisor) findOrStart(c *proc.Ctx, k proc.Caller, r FindOrStartRequest) error {
	var wrong error
	switch {
	case !s.dynamic():
		wrong = ErrNotSimpleOneForOne
	case s.template.Start != nil:
		wrong = ErrOwnStart
	case r.Name == "":
		wrong = ErrNoName
	}
	if wrong != nil {
		reply(c, k, wrong)
		return nil
	}
	pl := s.places[r.Name]
	if pl == nil {
		if pid, ok := c.Whereis(r.Name); ok {
			reply(c, k, pid)
			return nil
		}
		if s.places == nil {
			s.places = map[string]*place{}
		}
		pl = &place{name: r.Name}
		s.places[r.Name] = pl
		pl.waiting = append(pl.waiting, seeker{k, r.Arg})
		return s.fill(c, pl)
	}
	if ch := pl.child; ch != nil && ch.state == running && ch.died == nil {
		if pid, ok := c.Whereis(r.Name); ok && pid == ch.pid { // else it has ended, and its Exit is under way
			reply(c, k, pid)
			return nil
		}
	}
	pl.waiting = append(pl.waiting, seeker{k, r.Arg})
	return nil
}

// fill starts the child of a place, for the first who waits.
func (s *supervisor) fill(c *proc.Ctx, pl *place) error {
	ch := newChild(s.template, pl.waiting[0].arg)
	ch.extra().place = pl
	pl.child = ch
	s.add(ch)
	done, err := s.begin(c, ch)
	if !done {
		return nil
	}
	return s.settle(c, ch, err)
}

// found tells all who wait for the child of a place.
func (pl *place) found(c *proc.Ctx, v any) {
	for _, w := range pl.waiting {
		reply(c, w.caller, v)
	}
	pl.waiting = nil
}

// taken reports whether a child could not be started because somebody else has taken the name, and tells those who wait for it who that
// is. When it is nobody any more they wait on, for another start.
func (pl *place) taken(c *proc.Ctx, err error) bool {
	if !errors.Is(err, proc.ErrNameTaken) {
		return false
	}
	if pid, ok := c.Whereis(pl.name); ok {
		pl.found(c, pid)
	}
	return true
}

// leave has the child that is being dropped leave its place: to another one, if somebody waits.
func (s *supervisor) leave(pl *place) {
	pl.child = nil
	if len(pl.waiting) > 0 && s.reason == nil {
		s.vacant = append(s.vacant, pl)
		return
	}
	delete(s.places, pl.name)
}

// refill starts children for those who wait for one that has been dropped; those whose name was taken for a moment in a later turn.
func (s *supervisor) refill(c *proc.Ctx) error {
	for n := len(s.vacant); n > 0 && s.reason == nil; n-- {
		pl := s.vacant[0]
		s.vacant = s.vacant[1:]
		if err := s.fill(c, pl); err != nil {
			return err
		}
	}
	if len(s.vacant) > 0 && s.reason == nil {
		s.ask(c)
		return nil
	}
	s.vacant = nil
	return nil
}
