//go:build explore

package proc

import (
	"encoding/binary"
	"fmt"
)

// move is something that can happen next.
type move struct {
	kind moveKind
	a, b int
}

type moveKind uint8

const (
	moveOp      moveKind = iota // process a goes on with its wireScript
	moveFinish                  // process a, which has been told to end, does
	moveHandle                  // process a handles a message
	moveAwaited                 // process a goes on with the reply that it awaits
	moveDeliver                 // what is under way from a to b arrives
	moveTimer                   // the timer b of process a fires
	moveCry                     // crier a tells some
)

// moves lists what can happen next.
func (w *wire) moves() []move {
	l := w.list[:0]
	for i, n := range w.actors {
		if n.dead {
			continue
		}
		awaits := n.p.mb.User&flagAwait != 0
		if ops := w.program.scripts[i].ops; n.pc < len(ops) && !awaits && (ops[n.pc].ready == nil || ops[n.pc].ready(n)) {
			l = append(l, move{moveOp, i, 0})
		}
		switch {
		case n.p.mb.User&flagExit != 0:
			l = append(l, move{moveFinish, i, 0})
		case awaits:
			if n.p.mb.User&flagReady != 0 {
				l = append(l, move{moveAwaited, i, 0})
			}
		case w.program.scripts[i].handles != nil && (n.p.mb.HasNext() || n.p.mb.User&flagRetry != 0):
			l = append(l, move{moveHandle, i, 0})
		}
		for k := range n.timers {
			l = append(l, move{moveTimer, i, k})
		}
	}
	for i := range w.way {
		for j := range w.way[i] {
			if len(w.way[i][j]) > 0 {
				l = append(l, move{moveDeliver, i, j})
			}
		}
	}
	for k := range w.criers {
		if w.criers[k].ran != gone8 {
			l = append(l, move{moveCry, k, 0})
		}
	}
	w.list = l
	return l
}

const gone8 = 255 // of a crier that is done

// do carries out a step.
func (w *wire) do(s move) {
	w.look(&w.before)
	switch s.kind {
	case moveOp:
		n := w.actors[s.a]
		n.pc++
		w.program.scripts[s.a].ops[n.pc-1].do(n)
	case moveFinish:
		w.remove(w.actors[s.a], w.actors[s.a].p.cold.reason)
	case moveHandle:
		w.actors[s.a].handle()
	case moveAwaited:
		w.actors[s.a].over(w.actors[s.a].c.awaited(w.actors[s.a].p))
	case moveDeliver:
		w.deliver(s.a, s.b)
	case moveTimer:
		n := w.actors[s.a]
		word := n.timers[s.b]
		n.timers = append(n.timers[:s.b], n.timers[s.b+1:]...)
		w.rt.ownExpired(w.crier, n.pid, word)
	case moveCry:
		cr := w.criers[s.a]
		cr.ran++
		before := w.rt.pending.Load()
		cr.c.Run(w.crier.w)
		if w.rt.pending.Load() < before {
			cr.ran = gone8
		}
	}
	w.tap()
	w.rules(s)
}

// handle is one message of a turn.
func (n *actor) handle() {
	if n.p.mb.User&flagRetry != 0 {
		m, ok := n.p.cold.stash.next()
		if !ok {
			n.p.mb.User &^= flagRetry
			return
		}
		n.handled(m)
		return
	}
	n.handled(n.p.mb.Next(n.c.cache))
}

func (n *actor) handled(m Message) {
	if m.From&markMask != 0 {
		n.over(n.c.called(n.p, m))
		return
	}
	n.over(n.Handle(n.c, m))
}

func (n *actor) over(err error) {
	if err != nil {
		n.w.remove(n, err)
	}
}

func (w *wire) describe(s move) string {
	switch s.kind {
	case moveOp:
		n := w.actors[s.a]
		return fmt.Sprintf("%c: %s", 'A'+s.a, w.program.scripts[s.a].ops[n.pc].name)
	case moveFinish:
		return fmt.Sprintf("%c ends: %v", 'A'+s.a, w.actors[s.a].p.cold.reason)
	case moveHandle:
		return fmt.Sprintf("%c handles a message", 'A'+s.a)
	case moveAwaited:
		return fmt.Sprintf("%c has its reply", 'A'+s.a)
	case moveTimer:
		return fmt.Sprintf("%c: timer of request %d", 'A'+s.a, w.actors[s.a].timers[s.b])
	case moveCry:
		return fmt.Sprintf("%c, which has ended, goes on telling", 'A'+w.criers[s.a].of)
	}
	return fmt.Sprintf("from %c to %c: %s", 'A'+s.a, 'A'+s.b, describeMessage(w.way[s.a][s.b][0]))
}

func describeMessage(m Message) string {
	s, ok := signalOf(m)
	switch {
	case ok && m.From&markMask == markSignal:
		names := map[signalKind]string{sigExit: "exit", sigLinkExit: "link exit", sigLink: "link", sigUnlink: "unlink",
			sigUnlinkAck: "unlink ack", sigMonitor: "monitor", sigDemonitor: "demonitor", sigDown: "down", sigCallDown: "call down",
			sigCallDone: "call done", sigCallTimeout: "timeout", sigAlive: "alive?"}
		if s.reason != nil {
			return fmt.Sprintf("%s %d, %v", names[s.kind], m.Word, s.reason)
		}
		return fmt.Sprintf("%s %d", names[s.kind], m.Word)
	case m.From&markMask == markReply:
		return fmt.Sprintf("reply %d: %v", m.Word, m.Body)
	case m.From&markMask == markCall:
		return fmt.Sprintf("call %d: %v", m.Word, m.Body)
	}
	return fmt.Sprintf("message %v", m.Body)
}

// encode appends all that makes a difference for what can happen, or for what is right.
func (w *wire) encode(b []byte) []byte {
	for _, n := range w.actors {
		b = append(b, byte(n.pc), bit8(n.dead), reasonCode(n.reason))
		b = n.encodeBooks(b)
		for _, t := range n.timers {
			b = binary.AppendUvarint(b, t)
		}
		b = append(b, 250)
		for i := range n.log {
			b = w.encodeMessage(b, &n.log[i])
		}
		if n.dead {
			continue
		}
		b = binary.LittleEndian.AppendUint16(b, n.p.mb.User)
		if r := n.p.cold; r != nil {
			b = w.encodeCold(b, r)
		}
		b = append(b, 251)
		n.p.mb.Each(func(m *Message) bool { b = w.encodeMessage(b, m); return true })
		b = append(b, 252)
	}
	for i := range w.way {
		for j := range w.way[i] {
			for k := range w.way[i][j] {
				b = w.encodeMessage(b, &w.way[i][j][k])
			}
			b = append(b, 253)
		}
	}
	for _, cr := range w.criers {
		b = append(b, byte(cr.of), cr.ran)
		b = append(b, cr.what...)
	}
	return b
}

func (w *wire) encodeCold(b []byte, r *cold) []byte {
	b = append(b, reasonCode(r.reason), byte(r.refs))
	if t := r.ties; t != nil {
		for pid, s := range t.links.all() {
			b = append(b, 'l', byte(pid), byte(s))
		}
		for k := range t.watchers.all() {
			b = append(b, 'w', byte(k.by), byte(k.ref))
		}
		for ref, m := range t.monitors.all() {
			b = append(b, 'm', byte(ref), byte(m.pid))
		}
	}
	if t := r.talk; t != nil {
		for k := range t.open.all() {
			b = append(b, 'o', byte(k.pid), byte(k.token))
		}
		for k := range t.late.all() {
			b = append(b, 't', byte(k.pid), byte(k.token))
		}
		for q := range t.calls.all() {
			b = append(b, 'c', byte(q.id), byte(q.to))
		}
		for ref, kind := range t.aliases.all() {
			b = append(b, 'a', byte(ref), byte(kind))
		}
		a := &t.await
		b = append(b, byte(a.id), byte(a.to), bit8(a.then != nil), byte(a.call.pid), byte(a.call.token), reasonCode(a.err))
	}
	for i := range r.after {
		b = w.encodeMessage(b, &r.after[i])
	}
	if s := r.stash; s != nil {
		b = append(b, 's')
		for h := s.head; h != nil; h = h.next {
			b = append(b, bit8(h == s.cursor))
			b = w.encodeMessage(b, &h.m)
		}
	}
	return append(b, 254)
}

func (w *wire) encodeMessage(b []byte, m *Message) []byte {
	b = append(b, byte(m.From), byte(m.From>>markShift&3), byte(m.Word), byte(m.Word>>56))
	switch v := m.Body.(type) {
	case *signal:
		return append(b, byte(v.kind), reasonCode(v.reason))
	case Exit:
		return append(b, 'E', reasonCode(v.Reason))
	case Down:
		return append(b, 'D', byte(v.Monitor), reasonCode(v.Reason))
	case Reply:
		b = append(b, 'R', byte(v.Request), reasonCode(v.Err))
		if i, ok := v.Value.(int); ok {
			b = append(b, byte(i))
		}
		return b
	case int:
		return append(b, 'I', byte(v))
	case nil:
		return append(b, 'N')
	}
	panic(fmt.Sprintf("a body that is not encoded: %T", m.Body))
}

func bit8(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// code numbers the reasons that programs use.
func reasonCode(err error) byte {
	if call, ok := err.(*CallError); ok {
		return 100 + reasonCode(call.Err)
	}
	for i, e := range []error{nil, Normal, Kill, Killed, Shutdown, NoProc, ErrTimeout, ErrNoProc, errBoom} {
		if e == err {
			return byte(i)
		}
	}
	panic(fmt.Sprintf("a reason that is not encoded: %v", err))
}
