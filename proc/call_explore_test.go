//go:build explore

package proc

// reqBook is what a process knows of one of its calls.
type reqBook struct {
	id      RequestID
	to      int
	off     bool // Abandon was in time
	done    bool // the callee has heard that it is over
	replied bool // somebody has replied
	ask     bool // it is a question whether the other lives
	killed  bool // before that, the other was sent what must end it
	got     uint8
	why     error // of what came
}

func (n *actor) request(token uint64) *reqBook {
	for i := range n.reqs {
		if n.reqs[i].id == RequestID(token) {
			return &n.reqs[i]
		}
	}
	return nil
}

func (n *actor) doneArrives(from *actor, token uint64) {
	if r := from.request(token); !n.dead && r != nil {
		r.done = true
	}
}

// replies returns how many replies a call has had, and the last one.
func (n *actor) replies(id RequestID) (count int, last Reply) {
	n.each(func(m *Message) {
		if r, ok := m.Body.(Reply); ok && r.Request == id {
			count++
			last = r
		}
	})
	return count, last
}

// pending reports whether a call is in the caller's book.
func (n *actor) pending(id RequestID) bool {
	if n.p.cold == nil || n.p.cold.talk == nil {
		return false
	}
	return n.p.cold.talk.calls.find(id) != nil || n.p.cold.talk.await.id == id
}

// holds reports whether a call is in the callee's book, or waits to be handled.
func (n *actor) holds(k Caller) bool {
	ok := false
	see := func(m *Message) bool {
		ok = ok || m.From == k.pid|markCall && m.Word == k.token
		return !ok
	}
	n.p.mb.Each(see)
	if r := n.p.cold; r != nil && !ok {
		if r.stash != nil {
			r.stash.each(see)
		}
		if r.talk != nil && !ok {
			_, ok = r.talk.open.get(k)
		}
	}
	return ok
}

// callsAtRest: every call has had exactly one result, or none when it was abandoned in time, or is pending on both sides; and nobody
// has a book of calls that nobody waits for.
func (w *wire) callsAtRest(n *actor) {
	for i := range n.reqs {
		r := &n.reqs[i]
		o := w.actors[r.to]
		count, last := n.replies(r.id)
		count += int(r.got)
		pending := n.pending(r.id)
		if r.got > 0 {
			last.Err = r.why
		}
		if count+int(bit8(pending))+int(bit8(r.off)) != 1 {
			w.failf("call: %c has %d results of call %d to %c: pending %t, abandoned %t", n.name(), count, r.id, o.name(), pending, r.off)
		}
		if pending && (o.dead || r.ask || !o.holds(Caller{n.pid, uint64(r.id)})) {
			w.failf("call: %c waits for ever for the result of call %d to %c", n.name(), r.id, o.name())
		}
		if count == 0 {
			continue
		}
		switch err := last.Err.(type) {
		case nil:
			if r.ask && r.killed {
				w.failf("alive: %c has sent %c an exit signal before it asked, and is told that it lives", n.name(), o.name())
			} else if !r.ask && !r.replied {
				w.failf("call: %c has a reply to call %d that nobody has given", n.name(), r.id)
			}
		case *CallError:
			if !o.dead && err.Err != ErrTimeout || o.dead && err.Err != o.reason && err.Err != NoProc && err.Err != ErrTimeout {
				w.failf("call: the result of call %d is %v, and %c has ended: %t, %v", r.id, err, o.name(), o.dead, o.reason)
			}
		}
	}
	if n.p.cold == nil || n.p.cold.talk == nil {
		return
	}
	t := n.p.cold.talk
	for k := range t.open.all() {
		if o := w.actorAt(k.pid); o.dead || !o.pending(RequestID(k.token)) {
			w.failf("rest: %c has an open call of %c, who does not wait", n.name(), o.name())
		}
	}
	if t.calls.len() > 0 || t.await.id != 0 {
		for q := range t.calls.all() {
			if n.request(uint64(q.id)) == nil {
				w.failf("rest: %c waits for request %d, which it has not made", n.name(), q.id)
			}
		}
	}
}

// Handle is the wireScript's, for a call with a look at whether the caller is known to wait.
func (n *actor) Handle(c *Ctx, m Message) error {
	k, call := c.Caller()
	if !call {
		n.log = append(n.log, m)
		return nil
	}
	if done := n.w.actorAt(k.pid).request(k.token).done; done == c.owes {
		n.w.failf("call: %c handles call %d; it has heard that it is over: %t, and would reply: %t", n.name(), k.token, done, c.owes)
	}
	return n.w.program.scripts[n.i].handles(n, c, m)
}

// request makes a call. With timer, it may time out at any time, also too late.
func doRequest(to int, timer bool) wireOp {
	return wireOp{name: "request to " + string(rune('A'+to)), do: func(n *actor) {
		o := n.w.actors[to]
		id, err := n.c.Request(o.pid, to, Forever)
		n.called(o, id, err, timer)
	}}
}

func (n *actor) called(o *actor, id RequestID, err error, timer bool) {
	switch {
	case err == nil:
		n.reqs = append(n.reqs, reqBook{id: id, to: o.i})
		if timer {
			n.timers = append(n.timers, uint64(id))
		}
	case !o.dead || err.(*CallError).Err != ErrNoProc:
		n.w.failf("request to %c: %v", o.name(), err)
	}
}

// awaits is request by Await. What then gets, counts; the process goes on.
func doAwait(to int, timer bool) wireOp {
	return wireOp{name: "await " + string(rune('A'+to)), do: func(n *actor) {
		o := n.w.actors[to]
		id := RequestID(n.p.rare().refs + 1)
		err := n.c.Await(o.pid, to, Forever, func(c *Ctx, v any, err error) error {
			r := n.request(uint64(id))
			r.got++
			r.why = err
			return nil
		})
		n.called(o, id, err, timer)
	}}
}

// alive asks whether a process lives.
func doAlive(to int) wireOp {
	return wireOp{name: "alive: " + string(rune('A'+to)), do: func(n *actor) {
		id, err := n.c.ask(n.w.actors[to].pid, aliveSignal, Forever, false)
		if err != nil {
			n.w.failf("alive: %v", err)
		}
		n.reqs = append(n.reqs, reqBook{id: id, to: to, ask: true, killed: n.killed&(1<<to) != 0})
	}}
}

// kill sends an exit signal that cannot be trapped.
func doKill(to int) wireOp {
	return wireOp{name: "kill " + string(rune('A'+to)), do: func(n *actor) {
		n.killed |= 1 << to
		_ = n.c.Exit(n.w.actors[to].pid, Kill)
	}}
}

// abandon gives up the k-th call of the process, if it has made one.
func doAbandon(k int) wireOp {
	return wireOp{name: "abandon", do: func(n *actor) {
		if k >= len(n.reqs) {
			return
		}
		r := &n.reqs[k]
		count, _ := n.replies(r.id)
		inTime := n.c.Abandon(r.id)
		if inTime != (count+int(r.got) == 0 && !r.off) {
			n.w.failf("abandon: in time: %t, with %d replies", inTime, count)
		}
		r.off = r.off || inTime
	}}
}

// reply replies to the call that the process was left with, or that another was, which it has passed on.
func doReply(of int) wireOp {
	return wireOp{name: "reply to a call that came to " + string(rune('A'+of)),
		ready: func(n *actor) bool { return n.w.actors[of].keep.pid != 0 },
		do: func(n *actor) {
			k := n.w.actors[of].keep
			n.w.actorAt(k.pid).request(k.token).replied = true
			if err := n.c.ReplyTo(k, 7); err != nil {
				n.w.failf("ReplyTo: %v", err)
			}
		}}
}

// What callees do.

func calleeReplies(n *actor, c *Ctx, m Message) error {
	k, _ := c.Caller()
	r := n.w.actorAt(k.pid).request(k.token)
	owes := c.owes
	err := c.Reply(7)
	if err != nil || owes == r.done || c.owes {
		n.w.failf("Reply: %v, sent: %t; the caller is known not to wait: %t", err, owes, r.done)
	}
	r.replied = r.replied || err == nil
	return nil
}

func calleeKeeps(n *actor, c *Ctx, m Message) error {
	n.keep, _ = c.Caller()
	return nil
}

func repliesAndEnds(n *actor, c *Ctx, m Message) error {
	_ = calleeReplies(n, c, m)
	return Normal
}

// calleePostpones what comes before it is ready; see doBecome.
func calleePostpones(n *actor, c *Ctx, m Message) error {
	if n.ready {
		return calleeReplies(n, c, m)
	}
	return c.Postpone(m)
}

func doBecome() wireOp {
	return wireOp{name: "become", do: func(n *actor) {
		n.ready = true
		if err := n.c.Become(n); err != nil {
			n.w.failf("Become: %v", err)
		}
	}}
}

func endsInstead(*actor, *Ctx, Message) error { return errBoom }
