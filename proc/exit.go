package proc

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"runtime"

	"github.com/thrum-go/thrum/sched"
)

// Exit sends the process to an exit signal (Erlang: exit/2). What it does there:
//
//	reason   to does not trap exits     to traps exits
//	Normal   nothing                    an Exit message
//	Kill     it ends with Killed        it ends with Killed
//	other    it ends with that reason   an Exit message
//
// To itself, a process that does not trap exits ends by any reason, Normal too, and one that traps them by Kill. Then
// Exit does not return: deferred functions run, and no recover stops it.
//
// Nothing happens when to has ended. Errors: ErrWrongRuntime, a nil reason.
func (c *Ctx) Exit(to PID, reason error) error {
	if err := c.rt.checkExit(to, reason); err != nil {
		return err
	}
	if to == c.self && (c.p.mb.User&flagTrap == 0 || reason == Kill) {
		if reason == Kill {
			reason = Killed
			c.p.mb.User |= flagUnfit
		}
		if c.p.mb.User&flagTold != 0 { // in Terminate: as any other end of it, this one replaces the reason
			c.p.cold.reason = reason
		}
		c.p.end(reason)
		c.p.mb.User |= flagQuits
		runtime.Goexit()
	}
	c.signal(to, Message{From: c.self | markSignal, Body: because(sigExit, reason)})
	return nil
}

// Exit sends the process to an exit signal from any goroutine, as nobody; see Ctx.Exit.
func (rt *Runtime) Exit(to PID, reason error) error {
	if err := rt.checkExit(to, reason); err != nil {
		return err
	}
	rt.signal(to, Message{From: markSignal, Body: because(sigExit, reason)})
	return nil
}

func (rt *Runtime) checkExit(to PID, reason error) error {
	if reason == nil {
		return errors.New("proc: Exit: reason is nil; a normal end is the reason Normal")
	}
	return rt.own(to)
}

// TrapExit says whether exit signals come as Exit messages from now on, and returns how it was.
func (c *Ctx) TrapExit(on bool) (old bool) {
	old = c.p.mb.User&flagTrap != 0
	c.p.mb.User &^= flagTrap
	if on {
		c.p.mb.User |= flagTrap
	}
	return old
}

// exitSignal is what an explicit exit signal does.
func (p *process) exitSignal(from PID, reason error) (left Message, ok bool) {
	switch {
	case reason == Kill:
		if p.mb.User&flagExit == 0 {
			p.mb.User |= flagUnfit // a killed process is not asked
		}
		return p.endBy(Killed)
	case p.mb.User&flagTrap != 0:
		return Message{From: from, Body: Exit{from, reason}}, true
	case reason != Normal:
		return p.endBy(reason)
	}
	return left, false
}

// endBy is end by a signal. It leaves a mark in the queue: calls behind it have arrived at a process that does not live.
func (p *process) endBy(reason error) (left Message, ok bool) {
	p.end(reason) // if nothing else has ended it already
	return Message{From: markSignal, Body: endSignal}, true
}

// end notes why the process ends. The first reason counts.
func (p *process) end(reason error) {
	if p.mb.User&flagExit == 0 {
		p.mb.User |= flagExit
		p.rare().reason = reason
	}
}

// passed notes that m, taken out of the queue of a process that ends, is the mark that endBy has left: all that is still in the queue is behind it.
func (p *process) passed(m Message) {
	if m.Body == any(endSignal) {
		p.cold.past = true
	}
}

// closable is a machine that must be told of every end, also by Kill.
type closable interface{ close(c *Ctx) }

// finish ends the process for reason: report, Terminate, then everything it has is given up. The turn is over with it.
func (c *Ctx) finish(p *process, reason error) sched.Next {
	if p.mb.User&flagTold == 0 {
		p.mb.User |= flagTold
		t, terminates := p.machine.(Terminator)
		terminates = terminates && p.mb.User&flagUnfit == 0
		cl, closes := p.machine.(closable)
		if terminates || closes || reason != Normal {
			p.end(reason) // a panic or the loss of the core would interrupt us
			c.w.Leave()
			c.rt.report(p, reason)
			if terminates {
				t.Terminate(c, reason)
			}
			if closes {
				cl.close(c)
			}
			if !c.w.Resume() {
				return c.detached(p, nil)
			}
			reason = p.cold.reason
		}
	}
	c.remove(p, reason)
	return sched.Done
}

// remove takes the process out of the table, in the order of Erlang's erts_continue_exit_process: its timers stop, its name
// is free, from then on every holder of its PID finds nobody; links are told, then monitors and callers; and what is left in
// its mailbox is answered as if it had never been.
func (c *Ctx) remove(p *process, reason error) {
	pid := p.pid
	r := p.cold
	if r != nil {
		r.idle.stop(c)
		if r.talk != nil {
			r.talk.calls.stop(c)
			r.talk.await.timer.stop(c)
			r.talk.await.alarm.timer.stop(c)
		}
	}
	c.rt.freeName(pid)
	if c.sample.on && r != nil && r.parent != 0 {
		c.sample.ended, c.sample.parent = pid, r.parent
		c.rt.runs.born(pid, r.parent)
	}
	p.machine = nil
	p.cold = nil
	p.mb.User = flagDead
	c.lc.exited++
	c.p = nil
	rest := p.mb.Shut()
	if !bugNameFree {
		c.rt.freeName(pid) // one that was given to it just now
	}
	if r != nil {
		c.tell(pid, reason, r)
		for _, m := range r.after {
			c.bounce(pid, m)
		}
	}
	dropGated := func(m Message) {
		if m.Body == any(endSignal) {
			reason = NoProc
			return
		}
		if _, ok := m.Body.(gatedReply); ok {
			m = boxed(outOfGate(m))
		}
		c.dropped(pid, reason, m)
	}
	drop := func(m Message) { dropGated(boxed(m)) }
	if r != nil && r.stash != nil {
		r.stash.each(func(m *Message) bool { drop(*m); return true })
	}
	if r != nil && r.past {
		reason = NoProc
	}
	if g := p.gate.Load(); g != nil {
		g.close(dropGated)
		p.gate.Store(nil)
	}
	p.mb.Drain(c.cache, 0, drop)
	reason = NoProc // for those whose call had not arrived
	p.mb.Drain(c.cache, rest, drop)
	p.mb.User = 0
	c.lc.freeSlot(c.rt, pid)
}

// dropped settles what a process has left unhandled.
func (c *Ctx) dropped(to PID, reason error, m Message) {
	switch m.From & markMask {
	case 0:
		c.lc.dead++
		c.rt.watchers.tell(DeadLetter{To: to, Message: m})
	case markCall:
		if bugCallDrop {
			break
		}
		c.emit(m.From.plain(), Message{From: to | markSignal, Body: because(sigCallDown, reason), Word: m.Word})
	case markSignal:
		c.bounce(to, m)
	}
}

// obituaries calls yield, until it returns false, with the signals that tell others of the end of a process: links, watchers, callers; those that it
// watched and called need not answer any more. It allocates no more than the signals themselves.
func obituaries(pid PID, reason error, r *cold, yield func(PID, Message) bool) {
	from := pid | markSignal
	if t := r.ties; t != nil {
		if t.links.len() > 0 {
			var s any = Exit{pid, reason}
			if !t.links.each(func(to PID, state linkState) bool {
				return state != 0 || yield(to, Message{From: from, Body: s})
			}) {
				return
			}
		}
		if t.watchers.len() > 0 {
			s := because(sigDown, reason)
			if !t.watchers.each(func(w watching, _ struct{}) bool {
				return yield(w.by, Message{From: from, Body: s, Word: w.ref})
			}) {
				return
			}
		}
		if !t.monitors.each(func(ref MonitorRef, m monitored) bool {
			return yield(m.pid, Message{From: from, Body: demonitorSignal, Word: uint64(ref)})
		}) {
			return
		}
	}
	if k := r.starter; k.pid != 0 && !yield(k.pid, Message{From: from, Body: because(sigCallDown, reason), Word: k.token}) {
		return
	}
	t := r.talk
	if t == nil {
		return
	}
	if t.open.len() > 0 {
		s := because(sigCallDown, reason)
		if !t.open.each(func(k Caller, _ struct{}) bool {
			return yield(k.pid, Message{From: from, Body: s, Word: k.token})
		}) {
			return
		}
	}
	if !t.calls.each(func(q *request) bool {
		return yield(q.to, Message{From: from, Body: callDoneSignal, Word: uint64(q.id)})
	}) {
		return
	}
	if a := &t.await; a.id != 0 {
		yield(a.to, Message{From: from, Body: callDoneSignal, Word: uint64(a.id)})
	}
}

// tell sends the obituaries.
func (c *Ctx) tell(pid PID, reason error, r *cold) {
	n := 0
	if r.starter.pid != 0 {
		n++
	}
	if t := r.ties; t != nil {
		n += t.links.len() + t.watchers.len() + t.monitors.len()
	}
	if t := r.talk; t != nil {
		n += t.open.len() + t.calls.len()
	}
	if n <= tellAtOnce {
		obituaries(pid, reason, r, func(to PID, m Message) bool {
			c.emit(to, m)
			return true
		})
		return
	}
	next, stop := iter.Pull2(func(yield func(PID, Message) bool) { obituaries(pid, reason, r, yield) })
	c.rt.pending.Add(1)
	c.schedule(&crier{c.rt, next, stop}, sched.Normal)
}

// crier is a task that sends the obituaries of a process which had very many links or monitors, some in each turn.
type crier struct {
	rt   *Runtime
	next func() (PID, Message, bool)
	stop func()
}

// Run sends some.
func (t *crier) Run(w *sched.Worker) sched.Next {
	c := w.Local.(*Ctx)
	for range tellAtOnce {
		to, m, ok := t.next()
		if !ok {
			t.stop()
			t.rt.pending.Add(-1)
			return sched.Done
		}
		c.emit(to, m)
	}
	w.Used += sched.TurnReductions
	return sched.Spent
}

// Publish does nothing: the task belongs to no worker.
func (t *crier) Publish(*sched.Worker) {}

// Detach does nothing: the task calls no foreign code.
func (t *crier) Detach() {}

// Priority returns Normal.
func (t *crier) Priority() sched.Priority { return sched.Normal }

// report logs the end of a process that did not end as it should: an error other than Normal, Shutdown and Killed.
func (rt *Runtime) report(p *process, reason error) {
	if errors.Is(reason, Normal) || errors.Is(reason, Shutdown) || reason == Killed || reason == Kill {
		return
	}
	log := rt.logger()
	if !log.Enabled(context.Background(), slog.LevelError) {
		return
	}
	attrs := []any{
		slog.String("type", p.ownType()),
		slog.Any("pid", p.pid),
		slog.Any("reason", reason),
	}
	var crash *Panic
	if errors.As(reason, &crash) {
		attrs = append(attrs, slog.String("stack", string(crash.Stack)))
	}
	defer func() { log.Error("proc: process crashed", attrs...) }() // also when the machine does not return
	for _, a := range p.ownReport(reason) {
		attrs = append(attrs, a)
	}
}

// ownReport is what the machine has to say to a report of its crash.
func (p *process) ownReport(reason error) (attrs []slog.Attr) {
	r, ok := p.machine.(Reporter)
	if !ok {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			attrs = []slog.Attr{slog.Any("report_panicked", v)}
		}
	}()
	return r.CrashReport(reason)
}
