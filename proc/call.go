package proc

import (
	"fmt"
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// RequestID names a request of a process; see Ctx.Request. It means nothing to another process.
type RequestID uint64

// Reply is the body of the message that a Request ends with. Its sender is the process that has replied, or ended; a ReplyHandler gets it by itself.
type Reply struct {
	Request RequestID
	Value   any
	// Err is nil when there is a reply. Else it is a *CallError.
	Err error
}

// Caller is whoever waits for the reply to a call. It may be kept, and passed on: anybody can reply to it.
type Caller struct {
	pid   PID
	token uint64
}

// PID returns the calling process, or the port of a calling goroutine.
func (k Caller) PID() PID { return k.pid }

// CallError is why a call has no reply.
type CallError struct {
	To PID
	// Err is ErrTimeout, ErrNoProc, ErrCallingSelf, ErrMailboxFull, ErrShutdown, or the exit reason of the process that was called,
	// which may be Normal. After which of them a call may be repeated is in docs/semantics.md, "Calls".
	Err error
}

// Error says whom the call was for and what went wrong.
func (e *CallError) Error() string { return fmt.Sprintf("proc: call to %v: %v", e.To, e.Err) }

// Unwrap returns Err.
func (e *CallError) Unwrap() error { return e.Err }

// The token of a call is its RequestID: the number of the request in the low half, above it the caller's deadline, in
// milliseconds since the runtime began modulo 2^31, 0 for none. So the callee can see it, and it costs no memory.
const (
	tokenTime  = 1<<31 - 1
	tokenShift = 32
	tokenLate  = time.Duration(tokenTime/2) * time.Millisecond // a deadline further away is not shown
)

// token makes a token of a number and a deadline in ns since the runtime began.
func token(n uint32, deadline time.Duration) uint64 {
	ms := uint64(deadline+time.Millisecond-1)/uint64(time.Millisecond) + 1
	if ms &= tokenTime; ms == 0 {
		ms = 1
	}
	return ms<<tokenShift | uint64(n)
}

// left returns how long the caller still waits, at the time now.
func left(token uint64, now time.Duration) (left time.Duration, ok bool) {
	ms := token >> tokenShift & tokenTime
	if ms == 0 {
		return 0, false
	}
	d := (ms - uint64(now/time.Millisecond)) & tokenTime
	if d > tokenTime/2 {
		return -time.Duration(tokenTime+1-d) * time.Millisecond, true
	}
	return time.Duration(d) * time.Millisecond, true
}

// Forever as the timeout of a call means that there is none.
const Forever = time.Duration(-1)

// Request sends req to the process to as a call, and returns at once. Exactly one Reply message will come: with the
// reply, or with why there is none. A reply that comes after that is dropped, however late. The receiver replies with
// Ctx.Reply. (Erlang: a monitor with an alias, as gen_server:send_request uses it.)
//
// timeout is how long to wait; Forever for as long as the receiver lives. The receiver can see the deadline.
//
// Errors, after which no Reply comes: ErrNoProc, ErrMailboxFull, ErrWrongRuntime, ErrCallingSelf, a timeout that is
// not positive.
func (c *Ctx) Request(to PID, req any, timeout time.Duration) (RequestID, error) {
	return c.request(to, req, timeout, false)
}

func checkTimeout(where string, d time.Duration) error {
	if d <= 0 && d != Forever {
		return fmt.Errorf("proc: %s: timeout is %v; it must be positive, or Forever", where, d)
	}
	return nil
}

func (c *Ctx) request(to PID, req any, timeout time.Duration, await bool) (RequestID, error) {
	if timeout <= 0 && timeout != Forever {
		return 0, checkTimeout("Request", timeout)
	}
	if to == c.self {
		return 0, &CallError{to, ErrCallingSelf}
	}
	t := c.p.talking()
	if id, ok := c.requestIdle(t, to, req, timeout, await); ok {
		return id, nil
	}
	id := c.newRequest(t, timeout, c.rt.coarse(c), await)
	if err := c.sendSlow(to, c.self|markCall, req, uint64(id)); err != nil {
		return 0, &CallError{to, err}
	}
	c.expect(t, id, to, timeout, await)
	return id, nil
}

// requestIdle is the frequent case of a request: its receiver is idle, or waits for its turn on this core.
func (c *Ctx) requestIdle(t *talk, to PID, req any, timeout time.Duration, await bool) (RequestID, bool) {
	w := c.w
	if !w.Enter() {
		w.Leave()
		return 0, false
	}
	i := uint64(to)&addressMask ^ c.base
	if i>>slabShift >= uint64(len(c.dir)) {
		w.Leave()
		return 0, false
	}
	p := &c.dir[i>>slabShift].procs[i&(slabLen-1)]
	var room *Message
	reached := p.mb.Reach(to.gen(), c.tag)
	switch reached {
	case mpsc.Schedule:
		p.mb.Arrive(c.cache)
		room = p.mb.PutFirst()
	case mpsc.Queued:
		room = p.mb.Room()
	}
	if room == nil {
		w.Leave()
		return 0, false
	}
	c.reds -= sendCost
	now := time.Duration(w.Now())
	id := c.newRequest(t, timeout, now, await)
	room.From, room.Body, room.Word = c.self|markCall, req, uint64(id)
	if reached == mpsc.Schedule {
		if prio := p.Priority(); prio != sched.Normal || !w.Next(p) {
			w.Schedule(p, prio)
		}
	}
	if !await {
		if r := t.calls.put(id, to); timeout != Forever {
			t.calls.limit(c, r, timeout, now)
		}
		w.Leave()
		return id, true
	}
	if timeout != Forever {
		t.await.alarm.set(c, timeout, now)
	}
	w.Leave()
	c.waitFor(t, id, to, ownTimer{})
	return id, true
}

// expect notes that an answer is to come.
func (c *Ctx) expect(t *talk, id RequestID, to PID, timeout time.Duration, await bool) {
	if await {
		var timer ownTimer
		if timeout != Forever {
			timer = c.startOwn(timeout, uint64(id))
		}
		c.waitFor(t, id, to, timer)
		return
	}
	s := t.requests()
	r := s.put(id, to)
	if timeout == Forever {
		return
	}
	held := c.w.Enter()
	if held {
		s.limit(c, r, timeout, time.Duration(c.w.Now()))
	}
	c.w.Leave()
	if !held {
		s.ownTimer(r).startOutside(c.rt, c.self, timeout, uint64(id))
	}
}

// waitFor notes the request that the process waits for.
func (c *Ctx) waitFor(t *talk, id RequestID, to PID, timer ownTimer) {
	a := &t.await
	a.id, a.to, a.timer, a.call = id, to, timer, c.call
	c.p.mb.User |= flagAwait
}

// newRequest returns an id that none of the process's open requests has. now is the time, roughly.
func (c *Ctx) newRequest(t *talk, timeout, now time.Duration, await bool) RequestID {
	r := c.p.cold
	n := uint32(r.ref())
	if await {
		for n == 0 || t.calls.find(RequestID(n)) != nil { // after 2^32 of them
			n = uint32(r.ref())
		}
	} else {
		for s := t.requests(); n == 0 || !s.free(n) || t.await.id == RequestID(n); {
			n = uint32(r.ref())
		}
	}
	if timeout == Forever || timeout > tokenLate {
		return RequestID(n)
	}
	return RequestID(token(n, now+timeout))
}

// Abandon gives a request up and reports whether that was in time: after true no Reply will come, after false it has
// come, and may still be in the mailbox.
func (c *Ctx) Abandon(id RequestID) bool {
	if c.p.cold == nil || c.p.cold.talk == nil {
		return false
	}
	s := c.p.cold.talk.calls
	r := s.find(id)
	if r == nil {
		return false
	}
	to := r.to
	if timer := s.remove(r); timer.t != nil {
		c.stopOwn(&timer)
	}
	c.signal(to, Message{From: c.self | markSignal, Body: callDoneSignal, Word: uint64(id)})
	return true
}

// replied is what a reply does, or another message to an alias.
func (c *Ctx) replied(p *process, from PID, m Message) (left Message, ok bool) {
	r := p.cold
	if r == nil || r.talk == nil {
		return left, false
	}
	if left, ok, known := c.over(p, RequestID(m.Word), from, m.Body, nil); known {
		return left, ok
	}
	kind, ok := r.talk.aliases.get(m.Word)
	if !ok {
		return left, false
	}
	if kind == AliasReply && !bugAliasOnce {
		r.talk.aliases.del(m.Word)
	}
	return Message{From: from, Body: m.Body}, true
}

// callOver is what the end of a call without a reply does.
func (c *Ctx) callOver(p *process, id RequestID, from PID, v any, why error) (left Message, ok bool) {
	if p.cold == nil || p.cold.talk == nil {
		return left, false
	}
	left, ok, _ = c.over(p, id, from, v, why)
	return left, ok
}

// over ends the request id of p, if it is open.
func (c *Ctx) over(p *process, id RequestID, from PID, v any, why error) (left Message, ok, known bool) {
	t := p.cold.talk
	a := &t.await
	var to PID
	var timer ownTimer
	awaited := a.id == id && id != 0
	if awaited {
		to, timer = a.to, a.timer
		a.id, a.timer, a.alarm.end = 0, ownTimer{}, 0
	} else {
		r := t.calls.find(id)
		if r == nil {
			return left, false, false
		}
		to = r.to
		if !bugCallTwice {
			timer = t.calls.remove(r)
		}
	}
	if why != ErrTimeout && timer.t != nil {
		timer.stop(c)
	}
	if from != to && !bugCallDone {
		// The callee does not know that the call is over: it has timed out, or somebody else has replied.
		c.emit(to, Message{From: p.pid | markSignal, Body: callDoneSignal, Word: uint64(id)})
	}
	if why != nil {
		why = &CallError{to, why}
	}
	if awaited {
		a.value, a.err = v, why
		p.mb.User |= flagReady
		return left, false, true
	}
	return p.replyMessage(from, Reply{id, v, why}), true, true
}

// called handles a message that is marked: a call, as a rule.
func (c *Ctx) called(p *process, m Message) error {
	if m.From&markMask != markCall {
		if m.From&markMask == markReply {
			return c.handleReply(p, m)
		}
		p.passed(m)
		if s, ok := p.machine.(*Self); ok {
			return s.noted(c, m)
		}
		return nil
	}
	if p.mb.User&flagDirect != 0 {
		return p.machine.Handle(c, m)
	}
	c.call = Caller{m.From.plain(), m.Word}
	c.owes, c.paid = !p.isLate(c.call), false
	err := p.machine.Handle(c, Message{From: c.call.pid, Body: m.Body})
	c.settleCall(p)
	return err
}

// isLate reports whether the caller has given up before the process came to its call.
func (p *process) isLate(k Caller) (late bool) {
	if p.cold != nil && p.cold.talk != nil {
		_, late = p.cold.talk.late.del(k)
	}
	return late
}

// settleCall ends the handling of a call. One that nobody has replied to is written down, so that its caller is told when the process
// ends.
func (c *Ctx) settleCall(p *process) {
	if c.owes {
		c.owes = false
		p.talking().open.put(c.call, struct{}{})
	}
	c.call = Caller{}
}

// gaveUp is what the end of a call does at the callee, when it has not replied itself. The call may still be in the
// mailbox: then it is remembered that nobody waits for it.
func (c *Ctx) gaveUp(p *process, k Caller) {
	if p == c.p && k == c.call { // inside its handler, which has let signals take effect
		c.owes = false
		return
	}
	if s, ok := p.machine.(*Self); ok && k == s.call && s.owes {
		s.owes = false
		return
	}
	p.gaveUp(k)
}

func (p *process) gaveUp(k Caller) {
	if r := p.cold; r != nil && r.starter == k {
		r.starter = Caller{}
		return
	}
	t := p.talking()
	if _, ok := t.open.del(k); ok || !p.mb.HasNext() && p.gate.Load() == nil && (p.cold.stash == nil || p.cold.stash.n == 0) {
		return
	}
	if !bugCallLate {
		t.late.put(k, struct{}{})
	}
	if t.late.len() <= max(t.lateMax, 64) {
		return
	}
	// Some of them may have crossed with our reply, and nothing will ever take those out. Now and then, so that it costs
	// little for each, the mailbox is looked through for the others.
	var still small[Caller, struct{}]
	keep := func(m *Message) bool {
		if k := (Caller{m.From.plain(), m.Word}); m.From&markMask == markCall {
			if _, ok := t.late.get(k); ok {
				still.put(k, struct{}{})
			}
		}
		return true
	}
	p.mb.Each(keep)
	if p.cold.stash != nil {
		p.cold.stash.each(keep)
	}
	if g := p.gate.Load(); g != nil {
		g.each(keep)
	}
	t.late = still
	t.lateMax = 2 * still.len()
}
