package proc

import (
	"errors"
	"log/slog"

	"github.com/thrum-go/thrum/sched"
)

// finish ends the process for reason: report, Terminate, then everything it has is given up. The turn is over with it.
func (c *Ctx) finish(p *process, reason error) sched.Next {
	if p.mb.User&flagTold == 0 {
		p.mb.User |= flagTold
		t, ok := p.machine.(Terminator)
		ok = ok && p.mb.User&flagUnfit == 0 && reason != Killed
		if ok || reason != Normal {
			p.end(reason) // a panic or the loss of the core would interrupt us
			c.w.Leave()
			c.rt.report(p, reason)
			if ok {
				t.Terminate(c, reason)
			}
			if !c.w.Resume() {
				return c.detached(p, nil)
			}
		}
	}
	c.remove(p)
	return sched.Done
}

// remove takes the process out of the table; what was left in its mailbox becomes dead letters. From the moment its word is
// closed every holder of its PID finds nobody.
func (c *Ctx) remove(p *process) {
	pid := p.pid
	if g := p.gate.Load(); g != nil {
		g.close(func(m Message) { c.dropped(pid, m) })
		p.gate.Store(nil)
	}
	p.machine = nil
	p.cold = nil
	p.mb.User = 0
	c.lc.exited++
	c.p = nil
	p.mb.Close(c.cache, func(m Message) { c.dropped(pid, m) })
	c.lc.freeSlot(c.rt, pid)
}

func (c *Ctx) dropped(to PID, m Message) {
	if _, internal := m.Body.(*signal); internal {
		return
	}
	c.lc.dead++
	c.rt.watchers.tell(DeadLetter{To: to, Message: m})
}

// report logs the end of a process that did not end as it should: an error other than Normal, Shutdown and Killed.
func (rt *Runtime) report(p *process, reason error) {
	if errors.Is(reason, Normal) || errors.Is(reason, Shutdown) || reason == Killed || reason == Kill {
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
	rt.logger().Error("proc: process crashed", attrs...)
}
