package proc

// linkState is one side of a link. Each side has its own, and they agree by the protocol that Erlang uses since OTP 23.3
// (erts/doc, "Link Protocol"): without the acknowledgement, a link and an unlink that cross would leave one side linked and the other
// not.
//
//	0  active
//	n  this side has unlinked, and the acknowledgement of unlink n is under way
type linkState uint64

// Exit is the body of the message that a process which traps exits gets in place of an exit signal: because a linked
// process has ended, or by Ctx.Exit. Its sender is that process; nobody when a goroutine sent it, or Runtime.Shutdown.
type Exit struct {
	From   PID
	Reason error
}

// Link links this process and the process to: when one ends, the other gets an exit signal with the reason, which ends it
// too unless the reason is Normal; one that traps exits gets an Exit message instead. A link has no direction, and
// there is at most one between two processes: to link again, or to oneself, does nothing.
//
// Errors: ErrNoProc when to has ended, unless this process traps exits: then it gets an Exit message with the reason NoProc
// (Erlang reference manual, "Processes", "Links"). ErrWrongRuntime.
func (c *Ctx) Link(to PID) error {
	if to == c.self {
		return nil
	}
	if err := c.rt.own(to); err != nil {
		return err
	}
	t := c.p.tied()
	if s, ok := t.links.get(to); ok && s == 0 {
		return nil
	}
	if c.p.mb.User&flagTrap == 0 && !c.rt.lives(to) {
		if bugLinkDead {
			t.links.del(to)
		}
		return ErrNoProc // an unlink that is under way stays so: what to sent before it heard of that still means nothing
	}
	t.links.put(to, 0)
	c.signal(to, Message{From: c.self | markSignal, Body: linkSignal})
	return nil
}

// Unlink removes the link between this process and to, if there is one. After it, no Exit message because of the link
// will be queued, but one may have been before (Erlang: unlink/1).
//
// Errors: ErrWrongRuntime.
func (c *Ctx) Unlink(to PID) error {
	if err := c.rt.own(to); err != nil {
		return err
	}
	r := c.p.cold
	if r == nil || r.ties == nil {
		return nil
	}
	if s, ok := r.ties.links.get(to); !ok || s != 0 {
		return nil
	}
	id := r.ref()
	r.ties.links.put(to, linkState(id))
	if bugLinkAck {
		r.ties.links.del(to)
	}
	c.signal(to, Message{From: c.self | markSignal, Body: unlinkSignal, Word: id})
	return nil
}

// linked is what a link signal does.
func (p *process) linked(from PID) {
	t := p.tied()
	if _, ok := t.links.get(from); !ok || bugLinkCross {
		t.links.put(from, 0) // with an unlink of ours under way, theirs was sent before it arrived: the unlink wins
	}
}

// unlinked is what an unlink signal does, before it is acknowledged.
func (p *process) unlinked(from PID) {
	if r := p.cold; r != nil && r.ties != nil {
		if s, ok := r.ties.links.get(from); ok && s == 0 {
			r.ties.links.del(from)
		}
	}
}

// unlinkAcked ends an unlink of ours, unless we have linked again since.
func (p *process) unlinkAcked(from PID, id uint64) {
	if r := p.cold; r != nil && r.ties != nil {
		if s, ok := r.ties.links.get(from); ok && s != 0 && (s == linkState(id) || bugLinkID) {
			r.ties.links.del(from)
		}
	}
}

// linkExit is what the end of a linked process does, of which its Exit tells. A link that is no more makes it mean nothing.
func (p *process) linkExit(from PID, exit any) (left Message, ok bool) {
	r := p.cold
	if r == nil || r.ties == nil {
		return left, false
	}
	if state, ok := r.ties.links.get(from); !ok || state != 0 && !bugLinkExit {
		return left, false
	}
	r.ties.links.del(from)
	switch {
	case p.mb.User&flagTrap != 0:
		return Message{From: from, Body: exit}, true
	case exit.(Exit).Reason != Normal:
		return p.endBy(exit.(Exit).Reason)
	}
	return left, false
}
