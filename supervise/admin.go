package supervise

import (
	"github.com/thrum-go/thrum/proc"
)

// answer serves a request.
func (s *supervisor) answer(c *proc.Ctx, k proc.Caller, body any) error {
	switch r := body.(type) {
	case StartDynamicRequest:
		if !s.dynamic() {
			reply(c, k, ErrNotSimpleOneForOne)
			return nil
		}
		return s.startDynamic(c, r.Arg, &job{caller: k})
	case FindOrStartRequest:
		return s.findOrStart(c, k, r)
	case StartDynamicManyRequest:
		if !s.dynamic() {
			reply(c, k, ErrNotSimpleOneForOne)
			return nil
		}
		if len(r.Args) == 0 {
			reply(c, k, []Result{})
			return nil
		}
		s.batches = append(s.batches, &batch{caller: k, args: r.Args, results: make([]Result, len(r.Args))})
		if len(s.batches) == 1 {
			return s.goOn(c)
		}
	case TerminateDynamicRequest:
		if !s.dynamic() {
			reply(c, k, ErrNotSimpleOneForOne)
			return nil
		}
		s.terminateDynamic(c, k, r.PID)
	case StartChildRequest:
		return s.startChild(c, k, r.Spec)
	case TerminateChildRequest:
		ch, err := s.find(r.ID)
		if err != nil {
			reply(c, k, err)
			return nil
		}
		s.single(opTerminate, ch, k)
		return s.step(c)
	case RestartChildRequest:
		ch, err := s.findIdle(r.ID)
		if err != nil {
			reply(c, k, err)
			return nil
		}
		s.single(opAgain, ch, k)
		return s.step(c)
	case DeleteChildRequest:
		ch, err := s.findIdle(r.ID)
		if err == nil {
			s.drop(ch)
			reply(c, k, nil)
			return nil
		}
		reply(c, k, err)
	case WhichChildrenRequest:
		reply(c, k, s.which())
	case CountChildrenRequest:
		reply(c, k, s.count())
	case GetSpecRequest:
		reply(c, k, s.specOf(r))
	default:
		s.reportUnknown(c, proc.Message{From: k.PID(), Body: body})
		reply(c, k, ErrUnknownRequest)
	}
	return nil
}

// startChild adds a child, or says why not.
func (s *supervisor) startChild(c *proc.Ctx, k proc.Caller, sp Spec) error {
	if s.dynamic() {
		reply(c, k, ErrSimpleOneForOne)
		return nil
	}
	if err := sp.check(&s.flags); err != nil {
		reply(c, k, err)
		return nil
	}
	if ch := s.byID[sp.ID]; ch != nil {
		switch ch.state {
		case idle:
			reply(c, k, ErrAlreadyPresent)
		case restarting:
			reply(c, k, &AlreadyStartedError{sp.ID, 0})
		default:
			reply(c, k, &AlreadyStartedError{sp.ID, ch.pid})
		}
		return nil
	}
	ch := newChild(sp.prepare(), nil)
	s.add(ch)
	s.single(opAdd, ch, k)
	return s.step(c)
}

func (s *supervisor) find(id string) (*child, error) {
	if s.dynamic() {
		return nil, ErrSimpleOneForOne
	}
	if ch := s.byID[id]; ch != nil {
		return ch, nil
	}
	return nil, ErrNotFound
}

// findIdle finds a child that does not run.
func (s *supervisor) findIdle(id string) (*child, error) {
	ch, err := s.find(id)
	if err != nil {
		return nil, err
	}
	switch ch.state {
	case idle:
		return ch, nil
	case restarting:
		return nil, ErrRestarting
	}
	return nil, ErrRunning
}

func (s *supervisor) which() []ChildInfo {
	list := make([]ChildInfo, 0, len(s.children))
	for i := len(s.children) - 1; i >= 0; i-- {
		ch := s.children[i]
		info := ChildInfo{ID: ch.spec.ID, Type: ch.spec.Type, Restarting: ch.again}
		if s.dynamic() {
			info.ID = ""
			if ch.state == starting && !ch.again {
				continue // nobody has been told of it
			}
		}
		switch ch.state {
		case running, stopping:
			info.PID = ch.pid
		case restarting:
			info.Restarting = true
		}
		list = append(list, info)
	}
	return list
}

func (s *supervisor) count() Count {
	n := Count{Specs: len(s.children)}
	if s.dynamic() {
		n.Specs = 1
	}
	for _, ch := range s.children {
		if ch.state == running || ch.state == stopping {
			n.Active++
		}
		if ch.spec.Type == Supervisor {
			n.Supervisors++
		} else {
			n.Workers++
		}
	}
	return n
}

func (s *supervisor) specOf(r GetSpecRequest) any {
	var ch *child
	switch {
	case r.PID != 0:
		ch = s.of(r.PID)
	case s.dynamic() && r.ID == s.template.ID:
		return s.template.Spec
	default:
		ch = s.byID[r.ID]
	}
	if ch == nil {
		return ErrNotFound
	}
	return ch.spec.Spec
}
