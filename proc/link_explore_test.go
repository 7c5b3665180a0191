//go:build explore

package proc

// linkBook is what a process knows of its link to another.
type linkBook struct {
	off    bool   // it has unlinked: from then on it must not be linked by what the other had sent before it heard of it
	id     uint64 // of that unlink
	heard  bool   // the other has
	stale  uint8  // links of the other's that are under way and were sent before it heard
	told   bool   // the other has ended and said so with its reason
	owed   bool   // the other has ended, and the link was active on both sides: an exit signal must come
	linked bool   // it has linked itself at some time
}

// linkView is what can be seen of links between two steps.
type linkView struct {
	active  [most][most]bool
	exits   [most][most]int // Exit messages in the mailbox, by the one who ended
	exiting [most]bool
}

func (n *actor) linkedTo(o *actor) bool {
	if n.dead || n.p.cold == nil || n.p.cold.ties == nil {
		return false
	}
	s, ok := n.p.cold.ties.links.get(o.pid)
	return ok && s == 0
}

func (w *wire) look(v *linkView) {
	*v = linkView{}
	for i, n := range w.actors {
		if n.dead {
			continue
		}
		v.exiting[i] = n.p.mb.User&flagExit != 0
		for j, o := range w.actors {
			v.active[i][j] = n.linkedTo(o)
		}
		n.each(func(m *Message) {
			if e, ok := m.Body.(Exit); ok {
				v.exits[i][w.actorAt(e.From).i]++
			}
		})
	}
}

func (n *actor) linkArrives(from *actor) {
	l := &n.links[from.i]
	switch {
	case n.dead || !l.off || !l.heard:
	case l.stale > 0:
		l.stale--
	default:
		l.off = false
	}
}

func (n *actor) unlinkArrives(from *actor, id uint64) {
	l := &from.links[n.i]
	if !l.off || l.id != id {
		return
	}
	l.heard = true
	for _, m := range n.w.way[n.i][from.i] {
		if s, ok := m.Body.(*signal); ok && s.kind == sigLink {
			l.stale++
		}
	}
}

func (n *actor) exitArrives(from *actor, reason error) {
	l := &n.links[from.i]
	if n.dead || !n.linkedTo(from) {
		return
	}
	switch {
	case l.off:
		n.w.failf("exit: %c gets the exit signal of a link to %c that it has removed", n.name(), from.name())
	case reason == NoProc && !(l.told && from.reason == NoProc):
		if !l.linked {
			n.w.failf("exit: %c is told that there is no %c, and has not linked to it", n.name(), from.name())
		}
	case reason != from.reason || !l.told:
		n.w.failf("exit: %c is told that %c ended for %v, which ended for %v; told %t", n.name(), from.name(), reason, from.reason, l.told)
	default:
		l.told = false
	}
	l.owed = false
}

// linkRules: who is linked changes by what was asked for only; an exit signal over a link has its effect once.
func (w *wire) linkRules(s move, before, after *linkView) {
	for i, n := range w.actors {
		for j, o := range w.actors {
			if i == j || n.dead {
				continue
			}
			cause := signalKind(sigNone)
			if s.kind == moveDeliver && s.a == j && s.b == i {
				cause = w.arrived
			}
			own := s.kind == moveOp && s.a == i
			on, off := after.active[i][j] && !before.active[i][j], before.active[i][j] && !after.active[i][j]
			came := after.exits[i][j] - before.exits[i][j]
			told := off && cause == sigLinkExit
			traps := n.p.mb.User&flagTrap != 0
			switch {
			case after.active[i][j] && n.links[j].off:
				w.failf("linked: %c has unlinked from %c and is linked by what that had sent before", n.name(), o.name())
			case on && !own && cause != sigLink, off && !own && cause != sigUnlink && cause != sigLinkExit:
				w.failf("linked: %c to %c: %t, by step %v", n.name(), o.name(), on, s)
			case told && traps && came != 1:
				w.failf("exit: %d Exit messages of %c came to %c at once", came, o.name(), n.name())
			case told && !traps && o.reason != Normal && !after.exiting[i]:
				w.failf("exit: %c lives on without the linked %c", n.name(), o.name())
			case came > 0 && !told && cause != sigExit:
				w.failf("exit: an Exit message of %c came to %c, which was not linked to it", o.name(), n.name())
			}
		}
	}
}

const sigNone = 255

func (w *wire) linksAtRest(n, o *actor) {
	s, has := linkState(0), false
	if r := n.p.cold; r != nil && r.ties != nil {
		s, has = r.ties.links.get(o.pid)
	}
	switch {
	case n.links[o.i].owed:
		w.failf("rest: %c has not been told of the end of %c, to which it was linked", n.name(), o.name())
	case has && o.dead:
		w.failf("rest: %c has state %d of its link to %c, which has ended", n.name(), s, o.name())
	case has && s != 0:
		w.failf("rest: %c waits for an acknowledgement of %c", n.name(), o.name())
	case !o.dead && has != o.linkedTo(n):
		w.failf("rest: %c is linked to %c: %t, and the other way round: %t", n.name(), o.name(), has, !has)
	}
}

func doLink(to int) wireOp {
	return wireOp{name: "link to " + string(rune('A'+to)), do: func(n *actor) {
		o := n.w.actors[to]
		n.links[to].linked = true
		err := n.c.Link(o.pid)
		if err == nil {
			n.links[to].off = false
		}
		if o.dead && n.p.mb.User&flagTrap == 0 {
			if err == nil && !n.linkedTo(o) || err != nil && err != ErrNoProc {
				n.w.failf("link to %c, which has ended: %v", o.name(), err)
			}
		} else if err != nil {
			n.w.failf("link to %c: %v", o.name(), err)
		}
	}}
}

func doUnlink(to int) wireOp {
	return wireOp{name: "unlink from " + string(rune('A'+to)), do: func(n *actor) {
		o := n.w.actors[to]
		was := n.linkedTo(o)
		if err := n.c.Unlink(o.pid); err != nil {
			n.w.failf("unlink from %c: %v", o.name(), err)
		}
		if was {
			l := &n.links[to]
			*l = linkBook{off: true, id: n.p.cold.refs, heard: o.dead, told: l.told, linked: l.linked}
		}
	}}
}

func doEnd(reason error) wireOp {
	return wireOp{name: "end: " + reason.Error(), do: func(n *actor) { n.w.remove(n, reason) }}
}

func doExit(to int, reason error) wireOp {
	return wireOp{name: "exit signal to " + string(rune('A'+to)), do: func(n *actor) { _ = n.c.Exit(n.w.actors[to].pid, reason) }}
}

func doTrap(on bool) wireOp {
	name := "trap exits"
	if !on {
		name = "trap no exits"
	}
	return wireOp{name: name, do: func(n *actor) { n.c.TrapExit(on) }}
}
