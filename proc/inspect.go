package proc

import (
	"time"
	"unsafe"

	"github.com/thrum-go/thrum/sched"
)

// RequestInfo asks the process to for its Info: a Reply with it comes, as to a Request. It takes its turn behind what this process has
// sent to it before, and is answered as soon as that is not inside a handler. (Erlang: process_info/1, as a signal.)
//
// Errors: those of Request.
func (c *Ctx) RequestInfo(to PID, timeout time.Duration) (RequestID, error) {
	return c.ask(to, infoSignal, timeout, false)
}

// ask makes a request of a signal.
func (c *Ctx) ask(to PID, s *signal, timeout time.Duration, await bool) (RequestID, error) {
	if err := checkTimeout("RequestInfo", timeout); err != nil {
		return 0, err
	}
	if to == c.self {
		return 0, &CallError{to, ErrCallingSelf}
	}
	if err := c.rt.own(to); err != nil {
		return 0, err
	}
	t := c.p.talking()
	id := c.newRequest(t, timeout, c.rt.coarse(c), await)
	c.expect(t, id, to, timeout, await)
	c.signal(to, Message{From: c.self | markSignal, Body: s, Word: uint64(id)})
	return id, nil
}

// answerInfo answers a question for Info.
func (c *Ctx) answerInfo(p *process, s *signal, m Message) {
	i := c.describe(p)
	// It is inside no handler, and but for the question it would wait if it has no message.
	if i.Status = Runnable; i.Messages == 0 {
		i.Status = Waiting
	}
	if s.answer != nil {
		s.answer <- i
		return
	}
	c.emit(m.From.plain(), Message{From: p.pid | markReply, Body: i, Word: m.Word})
}

func (p *process) stateName() (name string) {
	n, ok := p.machine.(StateNamer)
	if !ok {
		return ""
	}
	defer func() {
		if recover() != nil {
			name = "StateName panicked"
		}
	}()
	return n.StateName()
}

// nameOf returns the registered name of pid, or "".
func (rt *Runtime) nameOf(pid PID) string {
	if word, bit := rt.table.namedBit(pid); word.Load()&bit == 0 {
		return ""
	}
	rt.names.mu.Lock()
	defer rt.names.mu.Unlock()
	return rt.names.byPID[pid]
}

// tiesOf fills in what the cold part of a process knows.
func (c *Ctx) tiesOf(p *process, i *Info) {
	now := c.stamp()
	if at, ok := p.mb.Oldest(); ok {
		i.Oldest = age(now, at)
	}
	i.Memory = int(unsafe.Sizeof(*p)) + i.Messages*int(unsafe.Sizeof(Message{}))
	r := p.cold
	if r == nil {
		return
	}
	i.Parent = r.parent
	i.Memory += int(unsafe.Sizeof(*r))
	if s := r.stash; s != nil {
		i.Messages += s.n
		if s.head != nil {
			i.Oldest = max(i.Oldest, age(now, s.head.at))
		}
		i.Memory += (s.n + s.spares) * int(unsafe.Sizeof(held{}))
	}
	if t := r.ties; t != nil {
		for pid, state := range t.links.all() {
			if state == 0 {
				i.Links = append(i.Links, pid)
			}
		}
		for w := range t.watchers.all() {
			i.MonitoredBy = append(i.MonitoredBy, w.by)
		}
		for _, m := range t.monitors.all() {
			i.Monitors = append(i.Monitors, m.pid)
		}
		i.Memory += int(unsafe.Sizeof(*t)) + 24*t.links.len() + 24*t.watchers.len() + 40*t.monitors.len()
	}
	if t := r.talk; t != nil {
		i.Calls, i.Requests = t.open.len(), t.calls.len()
		if t.await.id != 0 {
			i.Requests++
			i.Awaits, i.Await = t.await.to, t.await.id
		}
		i.Memory += int(unsafe.Sizeof(*t)) + 24*(t.open.len()+t.late.len()) + t.calls.memory()
	}
}

// stampBits make a millisecond, nearly, of nanoseconds.
const stampBits = 20

// stampOf returns the time by which Oldest is reckoned, without reading the clock. The core must be held. The monitor's ticks would not do:
// they rest while nobody works, and then a message that waits is not handled either.
func stampOf(w *sched.Worker) uint32 { return uint32(w.Now() >> stampBits) }

// age is the time between two stamps, up to 26 days. A stamp may come from a core whose clock is a little ahead.
func age(now, then uint32) time.Duration { return time.Duration(max(0, int32(now-then))) << stampBits }
