package proc

import (
	"log/slog"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// process is a slot of the process table: two cache lines, of which a message touches the first.
//
// Everything but the inbox word and gate belongs to the owner of the mailbox: the core whose tag the word carries, or
// whoever has taken the process out of a shared queue, or the goroutine of a detached handler.
type process struct {
	mb         mpsc.Mailbox[Message] // with the owner's flags in mb.User
	pid        PID
	machine    Machine
	reductions uint64
	gate       atomics.Pointer[gate]        // set before the process begins, when its mailbox is bounded
	kind       atomics.Pointer[processType] // written by the process when it starts and by Become; anyone may load it
	cold       *cold                        // what few processes need at any moment; nil until then
}

// Flags in mb.User. With one of slowFlags a turn looks twice before it takes a message.
const (
	flagStart  uint16    = 1 << iota // machine is still a pending factory
	flagExit                         // ends for reason at its next turn
	flagTold                         // crash report and Terminate are done
	flagHeld                         // lets the receiver behind catch up
	flagGate                         // something waits in the gate
	flagUnfit                        // no Terminate: Init has not succeeded, or it was killed
	flagTrap                         // exit signals become messages
	flagAwait                        // handles nothing until talk.await is ready
	flagReady                        // which it is
	flagRetry                        // messages in the stash are to be handled again
	flagIdle                         // a receive timeout is set
	flagQuits                        // its goroutine ends on purpose, by Goexit
	flagDirect                       // machine is a *Self
	flagDead                         // its mailbox is being emptied for good
	flagPrio   = 1 << 14             // two bits of priority, the highest ones

	slowFlags = flagStart | flagExit | flagHeld | flagGate | flagAwait | flagRetry | flagIdle
	wakeFlags = flagExit | flagGate | flagReady | flagRetry
	prioShift = 14
)

// holdTicks is how many of the monitor's ticks, milliseconds, a sender is held back at the most.
const holdTicks = 1

// Priority tells the scheduler where the process waits.
func (p *process) Priority() sched.Priority { return sched.Priority(p.mb.User >> prioShift) }

// Publish makes the process one that any worker may claim.
func (p *process) Publish(w *sched.Worker) {
	c := w.Local.(*Ctx)
	gen := p.pid.gen()
	for !p.mb.Publish(gen, c.tag) {
		if owned, _ := p.mb.Owns(c.cache, gen); !owned {
			return // it was stolen but never run here: it is public still
		}
		p.mb.Fetch(c.cache, gen)
	}
}

// Detach cuts the process, whose handler is stuck, loose from the core: from now on senders reach it through its inbox
// only, and its handler hands it over when it returns.
func (p *process) Detach() { p.mb.Detach() }

// Run is one turn: messages are handled until there are none, or the turn's reductions or time are used up.
func (p *process) Run(w *sched.Worker) sched.Next {
	c := w.Local.(*Ctx)
	gen := p.pid.gen()
	c.p = p
	c.self = p.pid
	c.reds, c.from = sched.TurnReductions, sched.TurnReductions
	c.tick = 0
	c.mark = sched.TurnReductions - 32
	if p.mb.State()^gen != c.tag {
		c.board(p)
	}
	if c.labels && c.label != p.kind.Load() {
		c.relabel(p)
	}
	if p.mb.User&slowFlags != 0 {
		if next, over := c.slowTurn(p); over {
			return next
		}
	}
	for {
		var m Message
		if first := p.mb.First(); first != nil {
			m = *first
			first.Body = nil // what is left of it keeps nothing alive
		} else if p.mb.HasNext() {
			m = p.mb.Next(c.cache)
		} else {
			c.settle(p) // once released, the process is not ours to write
			if p.mb.Release(gen, c.tag) {
				return sched.Done
			}
			p.mb.Fetch(c.cache, gen)
			if p.mb.User&slowFlags == 0 {
				continue
			}
			if next, over := c.slowTurn(p); over {
				return next
			}
			continue
		}
		c.reds--
		c.msgs++
		w.Leave()
		var err error
		if m.From&markMask == 0 {
			err = p.machine.Handle(c, m)
		} else {
			err = c.called(p, m)
		}
		if !w.Resume() {
			return c.detached(p, err)
		}
		if err != nil {
			c.settle(p)
			return c.finish(p, err)
		}
		if p.mb.HasNext() && (c.reds < c.mark || w.Ticked() || w.Shuffle(8)) && (c.look(p) || w.Shuffle(2)) {
			c.settle(p)
			return sched.Spent
		}
		if p.mb.User&slowFlags != 0 {
			if next, over := c.slowTurn(p); over {
				return next
			}
		}
	}
}

// board makes this core the process's owner, or lets signals take effect that have come to a process of this core.
func (c *Ctx) board(p *process) {
	gen := p.pid.gen()
	if owned, _ := p.mb.Owns(c.cache, gen); !owned {
		p.mb.Claim(c.cache, gen)
	} else if p.mb.State().Urgent() {
		p.mb.Fetch(c.cache, gen)
	}
}

// look decides, now and then, whether the turn is over: its reductions are used up, or its time. Signals that have come
// take effect.
func (c *Ctx) look(p *process) (over bool) {
	if c.reds <= 0 || c.w.Look() {
		return true
	}
	if p.mb.State().Urgent() {
		p.mb.Fetch(c.cache, p.pid.gen())
	}
	c.mark = max(0, c.reds-c.w.Core().Batch())
	return false
}

// settle writes what the turn has used since it was last called to the process and the worker.
func (c *Ctx) settle(p *process) {
	used := c.from - c.reds
	c.from = c.reds
	p.reductions += uint64(used)
	c.w.Used += used
	c.lc.messages += c.msgs
	c.msgs = 0
}

// slowTurn does what comes before the next message in the rare cases: start, end, being held back, and what slowLoop is for.
// over says that the turn ends here.
func (c *Ctx) slowTurn(p *process) (next sched.Next, over bool) {
	if p.mb.User&flagExit != 0 {
		return c.finish(p, p.cold.reason), true
	}
	if p.mb.User&flagHeld != 0 {
		if c.held(p.cold) {
			return sched.Spent, true
		}
		p.mb.User &^= flagHeld
	}
	if p.mb.User&flagStart != 0 {
		if next, over := c.start(p); over {
			return next, true
		}
		if p.mb.User&flagExit != 0 { // Init has let a signal take effect
			return c.finish(p, p.cold.reason), true
		}
	}
	if p.mb.User&loopFlags != 0 {
		return c.slowLoop(p)
	}
	return 0, false
}

// start makes the machine and runs its Init, in the new process itself.
func (c *Ctx) start(p *process) (next sched.Next, over bool) {
	f := p.machine.(pending)
	p.mb.User = p.mb.User&^flagStart | flagUnfit
	c.w.Leave()
	m := f()
	err := error(nil)
	if m == nil {
		err = ErrFactory
	} else {
		p.setMachine(c, m)
		if _, ok := m.(*Self); ok {
			p.mb.User |= flagDirect
			c.begun(p)
		}
		if i, ok := m.(Initializer); ok {
			err = i.Init(c)
		}
	}
	if err == nil {
		p.mb.User &^= flagUnfit
		c.begun(p)
	}
	if !c.w.Resume() {
		return c.detached(p, err), true
	}
	if err != nil {
		return c.finish(p, err), true
	}
	return 0, false
}

// detached hands over a process whose handler has come back to find its core gone: any worker goes on with it.
func (c *Ctx) detached(p *process, err error) sched.Next {
	if err != nil {
		p.end(err)
	}
	p.reductions += uint64(c.from - c.reds)
	c.from = c.reds
	c.rt.away.remove(p.pid)
	c.ranAway(p)
	c.rt.outside.messages.Add(c.msgs)
	c.msgs = 0
	p.mb.Leave()
	c.rt.resubmit(p)
	return sched.Done
}

// crashed is what the scheduler calls when user code has panicked, or called runtime.Goexit: v is nil then.
func (rt *Runtime) crashed(w *sched.Worker, t sched.Task, v any, stack []byte, kept bool) sched.Next {
	p, ok := t.(*process)
	if !ok {
		rt.logger().Error("proc: internal task panicked", "panic", v, "stack", string(stack))
		return sched.Done
	}
	c := w.Local.(*Ctx)
	c.settleCall(p)
	if p.mb.User&flagQuits != 0 && v == nil {
		p.mb.User &^= flagQuits
		if s, ok := p.machine.(*Self); ok && s.crash != nil {
			p.cold.reason = s.crash // in one of the functions that were deferred
			rt.report(p, s.crash)
		}
		return c.crashed(p, kept)
	}
	reason := ErrGoexit
	if v != nil {
		reason = &Panic{Value: v, Stack: stack}
	}
	if p.mb.User&flagTold != 0 {
		// A crash in Terminate replaces the reason, as in OTP. It is reported here because Terminate was the last
		// thing to run.
		p.rare().reason = reason
		p.mb.User &^= flagTold
		p.machine = terminated{p.machine}
	}
	p.end(reason)
	return c.crashed(p, kept)
}

// crashed ends the turn of a process whose code did not return.
func (c *Ctx) crashed(p *process, kept bool) sched.Next {
	if !kept {
		return c.detached(p, nil)
	}
	c.settle(p)
	return sched.Yield // the end needs a turn of its own: it runs user code, which must not happen inside a panic
}

// terminated is a machine whose Terminate must not be called again.
type terminated struct{ Machine }

// CrashReport is that of the machine.
func (t terminated) CrashReport(reason error) []slog.Attr {
	if r, ok := t.Machine.(Reporter); ok {
		return r.CrashReport(reason)
	}
	return nil
}
