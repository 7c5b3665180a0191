package proc

import "github.com/thrum-go/thrum/mpsc"

// signal is everything that is neither a message nor a reply. Signals travel in the same queue as messages, so that whatever
// one process sends to another takes effect in the order in which it was sent; but they take effect when they arrive at the
// process (Erlang: are received), while messages wait until it comes to them. What a signal leaves as a message, an Exit
// or a Down, goes to the end of the queue at that moment.
//
// The end of a linked process has no signal: the Exit that a process which traps exits gets travels itself, and is made once for all links.
type signal struct {
	kind   signalKind
	reason error
	answer chan Info // of sigInfo from outside
}

type signalKind uint8

const (
	sigExit        signalKind = iota // Ctx.Exit: end for reason
	sigAsk                           // Runtime.Shutdown: likewise, but for those whose parent is to end them
	sigLink                          // see link.go
	sigUnlink                        // Word is the unlink's number
	sigUnlinkAck                     // likewise
	sigMonitor                       // Word is the watcher's reference
	sigDemonitor                     // likewise
	sigDown                          // likewise
	sigCallDown                      // the callee has ended; Word is the caller's token
	sigCallDone                      // the caller waits no longer; likewise
	sigCallTimeout                   // likewise; from the runtime
	sigIdle                          // a receive timeout is over; Word says which
	sigYield                         // nothing: a process that has more to do has put it behind its messages
	sigGate                          // something waits in the gate
	sigInfo                          // answer with Info; Word is the asker's token
	sigAlive                         // answer that there is a process; likewise
	sigHole                          // the place of a signal that is being acted upon, in a gate
	sigEnd                           // nothing: what comes behind it has arrived at a process that ends already
)

// The signals that say all by their kind.
var (
	linkSignal      = &signal{kind: sigLink}
	unlinkSignal    = &signal{kind: sigUnlink}
	unlinkAckSignal = &signal{kind: sigUnlinkAck}
	monitorSignal   = &signal{kind: sigMonitor}
	demonitorSignal = &signal{kind: sigDemonitor}
	callDoneSignal  = &signal{kind: sigCallDone}
	timeoutSignal   = &signal{kind: sigCallTimeout}
	idleSignal      = &signal{kind: sigIdle}
	yieldSignal     = &signal{kind: sigYield}
	gateSignal      = &signal{kind: sigGate}
	infoSignal      = &signal{kind: sigInfo}
	endSignal       = &signal{kind: sigEnd}
	killSignal      = because(sigExit, Kill)
	aliveSignal     = &signal{kind: sigAlive}
	noLinkSignal    = because(sigDown, NoProc)
	noCallSignal    = because(sigCallDown, NoProc)
	fullSignal      = &signal{kind: sigCallDown, reason: ErrMailboxFull}
)

// plainReasons are those with a meaning of their own, and made are the signals with them: most processes end for one of these.
var (
	plainReasons = [...]error{Normal, Shutdown, Killed, Kill, NoProc}
	made         = [...][len(plainReasons)]*signal{sigExit: withReasons(sigExit), sigDown: withReasons(sigDown), sigCallDown: withReasons(sigCallDown)}
)

func withReasons(kind signalKind) (all [len(plainReasons)]*signal) {
	for i, r := range plainReasons {
		all[i] = &signal{kind: kind, reason: r}
	}
	return all
}

// because returns the signal of a kind with a reason; the kind is sigExit, sigDown or sigCallDown.
func because(kind signalKind, reason error) *signal {
	if _, ok := reason.(exitReason); ok {
		for i, r := range plainReasons {
			if r == reason {
				return made[kind][i]
			}
		}
	}
	return &signal{kind: kind, reason: reason}
}

// emit sends a signal or a reply, whose From says from whom, from a core that is held. It reports whether the receiver
// lives; when it does not, the sender has been told as far as it wants to know.
func (c *Ctx) emit(to PID, m Message) bool {
	p := c.rt.table.find(to)
	if p == nil {
		if c.rt.atPort(to, m) {
			c.lc.woke = true
			return true
		}
		return c.bounce(to, m)
	}
	r := p.mb.Signal(c.cache, uint64(to), 0, m)
	switch r {
	case mpsc.Direct:
		c.act(p, m)
	case mpsc.Schedule:
		c.act(p, m)
		c.settleOwned(p)
	case mpsc.Inject:
		c.rt.resubmit(p)
	case mpsc.Gone:
		return c.bounce(to, m)
	case mpsc.Gate:
		return c.emitGated(p, to, m)
	}
	return true
}

// settleOwned schedules an idle process that this core has just taken if it has something to do now, else lets it go.
func (c *Ctx) settleOwned(p *process) {
	if !bugVisit && (p.mb.HasNext() || p.mb.User&wakeFlags != 0) || !p.mb.Release(p.pid.gen(), c.tag) {
		c.schedule(p, p.Priority())
	}
}

// act acts on a signal that has arrived at p, which this core owns.
func (c *Ctx) act(p *process, m Message) {
	if left, ok := c.acted(p, m); ok {
		*p.mb.Put(c.cache) = left
	}
}

// onSignal is act for what the core takes out of an inbox. A process that has ended answers like one that never was.
func (c *Ctx) onSignal(p *process, m Message) {
	if p.mb.User&flagDead != 0 {
		c.bounce(p.pid, m)
		return
	}
	c.act(p, m)
}

// acted is act for a process whose messages lie elsewhere: it returns the message that the signal leaves, if it does.
func (c *Ctx) acted(p *process, m Message) (left Message, ok bool) {
	from := m.From.plain()
	if m.From&markMask == markReply {
		return c.replied(p, from, m)
	}
	s, ok := m.Body.(*signal)
	if !ok {
		return p.linkExit(from, m.Body)
	}
	if p.doomed() && s.asks() && !bugCallAlive {
		p.cold.after = append(p.cold.after, m)
		return left, false
	}
	switch s.kind {
	case sigAsk:
		if r := p.cold; r != nil && (r.asked || r.bound && c.rt.lives(r.parent)) {
			break
		}
		if p.mb.User&flagTrap != 0 {
			p.rare().asked = true
		}
		return p.exitSignal(from, s.reason)
	case sigExit:
		return p.exitSignal(from, s.reason)
	case sigLink:
		p.linked(from)
	case sigUnlink:
		p.unlinked(from)
		c.emit(from, Message{From: p.pid | markSignal, Body: unlinkAckSignal, Word: m.Word})
	case sigUnlinkAck:
		p.unlinkAcked(from, m.Word)
	case sigMonitor:
		p.tied().watchers.put(watching{from, m.Word}, struct{}{})
	case sigDemonitor:
		if r := p.cold; r != nil && r.ties != nil {
			r.ties.watchers.del(watching{from, m.Word})
		}
	case sigDown:
		return p.down(from, MonitorRef(m.Word), s.reason)
	case sigCallDown:
		return c.callOver(p, RequestID(m.Word), from, nil, s.reason)
	case sigCallTimeout:
		switch m.Word {
		case alarmWord:
			return c.rang(p)
		case requestsWord:
			c.requestsRang(p)
			return left, false
		}
		return c.callOver(p, RequestID(m.Word), 0, nil, ErrTimeout)
	case sigCallDone:
		c.gaveUp(p, Caller{from, m.Word})
	case sigIdle:
		return p.idled(m)
	case sigYield:
		return m, true
	case sigGate:
		p.mb.User |= flagGate
		c.gateSignals(p)
	case sigInfo, sigAlive:
		if s.kind == sigInfo {
			c.answerInfo(p, s, m)
			break
		}
		c.emit(from, Message{From: p.pid | markReply, Word: m.Word})
	}
	return left, false
}

// doomed reports whether p ends, be it that an exit signal has come for which it has had no turn yet, or that it is at its Terminate. For
// what comes now it does not live any more; but nobody is told before all that others can see of it, such as its name, is gone
// (Erlang: is_process_alive/1).
func (p *process) doomed() bool { return p.mb.User&flagExit != 0 }

// asks reports whether s makes a process that does not live answer.
func (s *signal) asks() bool {
	switch s.kind {
	case sigLink, sigMonitor, sigAlive:
		return true
	case sigInfo:
		return s.answer == nil
	}
	return false
}

// bounce answers a signal to a process that does not live. It returns false.
func (c *Ctx) bounce(to PID, m Message) bool {
	if back, ok := answerOf(to, m); ok {
		c.emit(m.From.plain(), back)
	}
	return false
}

// answerOf returns what the sender of m gets when to does not live.
func answerOf(to PID, m Message) (back Message, ok bool) {
	back = Message{From: to | markSignal, Word: m.Word}
	if m.From&markMask != markSignal || m.From.plain() == 0 {
		return back, false
	}
	s, ok := m.Body.(*signal)
	if !ok {
		return back, false
	}
	switch s.kind {
	case sigLink:
		back.Body = Exit{to, NoProc}
	case sigUnlink:
		back.Body = unlinkAckSignal
	case sigMonitor:
		back.Body = noLinkSignal
	case sigInfo, sigAlive:
		back.Body = noCallSignal
	default:
		return back, false
	}
	return back, true
}

// signal is emit from inside a handler, whether it still has its core or not.
func (c *Ctx) signal(to PID, m Message) bool {
	if !c.w.Enter() {
		c.w.Leave()
		return c.rt.signal(to, m)
	}
	ok := c.emit(to, m)
	c.w.Leave()
	return ok
}

// signal is emit for whoever has no core.
func (rt *Runtime) signal(to PID, m Message) bool {
	p := rt.table.find(to)
	switch {
	case p == nil:
		if rt.atPort(to, m) {
			return true
		}
	case p.mb.State().Gated():
		return rt.signalGated(p, to, m)
	default:
		switch rt.postSignal(p, to, 0, m) {
		case mpsc.Queued:
			return true
		case mpsc.Gate:
			return rt.signalGated(p, to, m)
		}
	}
	if back, ok := answerOf(to, m); ok {
		rt.signal(m.From.plain(), back)
	}
	return false
}

// postSignal puts a signal into p's inbox.
func (rt *Runtime) postSignal(p *process, to PID, gate mpsc.State, m Message) mpsc.Sent {
	o := rt.outside.lock()
	ch := o.cache.PrepareSignal(m)
	o.unlock()
	r := p.mb.Post(ch, uint64(to), gate)
	switch r {
	case mpsc.Inject:
		rt.resubmit(p)
		return mpsc.Queued
	case mpsc.Gone, mpsc.Gate:
		o := rt.outside.lock()
		o.cache.Discard(ch)
		o.unlock()
	}
	return r
}
