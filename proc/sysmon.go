package proc

import (
	"fmt"
	"time"
)

// SystemMonitor says what a runtime watches its processes for, and who is told (Erlang: erlang:system_monitor/2).
type SystemMonitor struct {
	// LongTurn reports a handler that has run for longer, once it returns or its worker goes on without it; at least 1 ms, 0 for
	// none. It is measured to some 20 µs, and to a millisecond while the processor is shared with other programs. Where the runtime's own
	// clock gets no processor meanwhile either, as may be with GOMAXPROCS=1, those who run next may be reported in its place.
	LongTurn time.Duration

	// LongQueue reports a process with more messages in its mailbox, 0 for none; again only after it has been down to LowQueue, by
	// default half of it. It is looked at while the process runs, a thousand times a second at the least.
	LongQueue, LowQueue int

	// Stuck reports a handler whose worker's other processes have been given to a spare worker.
	Stuck bool

	// To gets each SystemEvent as the body of a message from nobody.
	To PID

	// Func is called with each SystemEvent, if it is not nil, on a worker or the runtime's monitor: it must be quick, must not block
	// and must not panic.
	Func func(SystemEvent)
}

// SystemEvent is what a SystemMonitor reports.
type SystemEvent struct {
	Kind     SystemEventKind
	PID      PID
	Type     string
	For      time.Duration // how long, of LongTurn and Stuck
	Messages int           // in the mailbox, of LongQueue and ShortQueue
}

// SystemEventKind says what has been noticed.
type SystemEventKind uint8

const (
	// LongTurn: a handler has run for long.
	LongTurn SystemEventKind = iota
	// LongQueue: a mailbox has become long.
	LongQueue
	// ShortQueue: a mailbox that was long is no more.
	ShortQueue
	// StuckHandler: a handler has lost its worker.
	StuckHandler
)

// String returns the kind in lower case.
func (k SystemEventKind) String() string {
	switch k {
	case LongTurn:
		return "long turn"
	case LongQueue:
		return "long queue"
	case ShortQueue:
		return "short queue"
	case StuckHandler:
		return "stuck handler"
	}
	return fmt.Sprintf("SystemEventKind(%d)", uint8(k))
}

// SetSystemMonitor makes m the runtime's system monitor, nil for none, and returns the one it had. Any goroutine may call it. m
// must not be changed afterwards.
//
// Errors, and no change: a LongTurn below 1 ms, a negative LongQueue, a LowQueue that is not below it, neither To nor Func, a
// To of another runtime.
func (rt *Runtime) SetSystemMonitor(m *SystemMonitor) (old *SystemMonitor, err error) {
	if m != nil {
		if err := rt.checkMonitor(m); err != nil {
			return nil, err
		}
		copied := *m
		if copied.LowQueue == 0 {
			copied.LowQueue = m.LongQueue / 2
		}
		m = &copied
	}
	return rt.sysmon.Swap(m), nil
}

func (rt *Runtime) checkMonitor(m *SystemMonitor) error {
	const where = "proc: SetSystemMonitor: "
	switch {
	case m.LongTurn != 0 && m.LongTurn < time.Millisecond:
		return fmt.Errorf(where+"LongTurn is %v; it must be at least 1ms, or 0 for none", m.LongTurn)
	case m.LongQueue < 0:
		return fmt.Errorf(where+"LongQueue is %d; it must be at least 1, or 0 for none", m.LongQueue)
	case m.LowQueue < 0 || m.LowQueue > 0 && m.LowQueue >= m.LongQueue:
		return fmt.Errorf(where+"LowQueue is %d; it must be from 1 to %d, or 0 for half of LongQueue", m.LowQueue, m.LongQueue-1)
	case m.To == 0 && m.Func == nil:
		return fmt.Errorf(where + "nobody is told; set To or Func")
	}
	return rt.own(m.To)
}

// watched is called about every 20 µs of a worker's busy time, and before and after it parks.
func (c *Ctx) watched() {
	now := c.w.Clock()
	since := time.Duration(now - c.lc.watched)
	c.lc.watched = now
	m := c.rt.sysmon.Load()
	if m == nil {
		return
	}
	if m.LongTurn > 0 && since > m.LongTurn && c.self != 0 {
		if p := c.rt.table.find(c.self); p != nil {
			c.tellMonitor(m, SystemEvent{Kind: LongTurn, PID: c.self, Type: p.typeName(), For: since})
		}
	}
	if p := c.p; m.LongQueue > 0 && p != nil {
		if owned, _ := p.mb.Owns(c.cache, c.self.gen()); owned {
			c.watchQueue(m, p)
		}
	}
}

// watchQueue compares the length of p's mailbox with the marks. p is owned.
func (c *Ctx) watchQueue(m *SystemMonitor, p *process) {
	was := p.cold != nil && p.cold.long
	if !was && !p.mb.HasNext() && p.gate.Load() == nil && (p.cold == nil || p.cold.stash == nil) {
		return
	}
	n := p.length()
	switch {
	case !was && n > m.LongQueue:
		p.rare().long = true
		c.tellMonitor(m, SystemEvent{Kind: LongQueue, PID: c.self, Type: p.typeName(), Messages: n})
	case was && n <= m.LowQueue:
		p.cold.long = false
		c.tellMonitor(m, SystemEvent{Kind: ShortQueue, PID: c.self, Type: p.typeName(), Messages: n})
	}
}

// length returns how many messages have arrived at p, which is owned.
func (p *process) length() int {
	n := p.mb.Len()
	if g := p.gate.Load(); g != nil {
		in, _ := g.state()
		n += in
	}
	if p.cold != nil && p.cold.stash != nil {
		n += p.cold.stash.n
	}
	return n
}

// tellMonitor reports an event from a core that is held.
func (c *Ctx) tellMonitor(m *SystemMonitor, e SystemEvent) {
	if m.Func != nil {
		m.Func(e)
	}
	if p := c.rt.table.find(m.To); m.To != 0 && p != nil {
		turn := c.p
		c.p = nil // nobody is held back for it
		_ = c.deliver(p, m.To, 0, unordered, Message{Body: e})
		c.p = turn
	}
}

// tellStuck reports a stuck handler, from the monitor.
func (rt *Runtime) tellStuck(pid PID, name string, since time.Duration) {
	m := rt.sysmon.Load()
	if m == nil || !m.Stuck {
		return
	}
	e := SystemEvent{Kind: StuckHandler, PID: pid, Type: name, For: since}
	if m.Func != nil {
		m.Func(e)
	}
	if m.To != 0 {
		_ = rt.post(m.To, Message{Body: e})
	}
}
