//go:build explore

package proc

// The rules are what must hold whatever a program does. Each process has books of what it did and what it got, from which they say what
// may and what must come.

type actorBooks struct {
	links [most]linkBook // by the other process
	mons  []monBook
	reqs  []reqBook
	names []aliasBook
}

// rules checks what the step has done.
func (w *wire) rules(s move) {
	var after linkView
	w.look(&after)
	w.linkRules(s, &w.before, &after)
}

// arrives notes what is about to arrive.
func (w *wire) arrives(from int, to *actor, m Message) {
	if m.From&markMask != markSignal {
		w.answered(to, m)
		return
	}
	s, _ := signalOf(m)
	switch s.kind {
	case sigLink:
		to.linkArrives(w.actors[from])
	case sigUnlink:
		to.unlinkArrives(w.actors[from], m.Word)
	case sigLinkExit:
		to.exitArrives(w.actors[from], s.reason)
	case sigMonitor:
		to.monitorArrives(w.actors[from], m.Word)
	case sigCallDone:
		to.doneArrives(w.actors[from], m.Word)
	}
}

// mourn notes what is to be told of the end of a process.
func (w *wire) mourn(n *actor) {
	for _, o := range w.actors {
		if o != n && !o.dead {
			o.links[n.i].told = n.linkedTo(o)
			o.links[n.i].owed = n.linkedTo(o) && o.linkedTo(n)
		}
	}
}

// atRest checks what must hold when nothing can happen any more.
func (w *wire) atRest() {
	for _, n := range w.actors {
		if n.dead {
			continue
		}
		if n.p.mb.User&flagExit != 0 {
			w.failf("rest: %c is to end and does not", n.name())
		}
		for _, o := range w.actors {
			if o != n {
				w.linksAtRest(n, o)
			}
		}
		w.monitorsAtRest(n)
		w.callsAtRest(n)
		w.aliasesAtRest(n)
	}
	if n := w.rt.pending.Load(); n != 0 {
		w.failf("rest: %d criers are left", n)
	}
	if w.program.rest != nil {
		w.program.rest(w)
	}
}

func (n *actor) name() rune { return rune('A' + n.i) }

// each calls f with each message that has come and is no call.
func (n *actor) each(f func(m *Message)) {
	for i := range n.log {
		f(&n.log[i])
	}
	n.p.mb.Each(func(m *Message) bool { f(m); return true })
}

func (n *actor) encodeBooks(b []byte) []byte {
	for _, l := range &n.links {
		b = append(b, bit8(l.off)|bit8(l.heard)<<1|bit8(l.told)<<2|bit8(l.owed)<<3|bit8(l.linked)<<4, l.stale, byte(l.id))
	}
	for _, m := range n.mons {
		b = append(b, byte(m.ref), byte(m.of), bit8(m.came)|bit8(m.off)<<1|bit8(m.flushed)<<2)
	}
	b = append(b, 246)
	for _, r := range n.reqs {
		b = append(b, byte(r.id), byte(r.to), bit8(r.off)|bit8(r.done)<<2|bit8(r.replied)<<3|bit8(r.ask)<<4|bit8(r.killed)<<5, r.got, reasonCode(r.why))
	}
	b = append(b, 247, n.killed, bit8(n.ready), byte(n.keep.pid), byte(n.keep.token))
	for _, a := range n.names {
		b = append(b, byte(a.a.ref), bit8(a.over), a.due, a.got)
	}
	return append(b, 248)
}
