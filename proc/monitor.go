package proc

import "math"

// MonitorRef names one monitor of a process; it means nothing to another process.
type MonitorRef uint64

// Down is the body of the message that a monitor ends with. Its sender is the process that has ended.
type Down struct {
	Monitor MonitorRef
	PID     PID    // zero when nobody had the name
	Name    string // with MonitorName
	Reason  error  // NoProc when the process had ended before the monitor came to it
}

// watching is a monitor from the other side.
type watching struct {
	by  PID
	ref uint64
}

type monitored struct {
	pid  PID
	name string
}

// Monitor has this process told, by one Down message, when the process to ends, whatever the reason; at once, with the reason NoProc, when
// it has ended or never was. Every call makes a monitor of its own. To monitor oneself is allowed and says nothing
// (Erlang: monitor/2).
//
// Errors: ErrWrongRuntime.
func (c *Ctx) Monitor(to PID) (MonitorRef, error) {
	if err := c.rt.own(to); err != nil {
		return 0, err
	}
	return c.monitor(to, ""), nil
}

// MonitorName is Monitor for the process that has the name now. When nobody has it, the Down message comes at once.
//
// Errors: the empty name.
func (c *Ctx) MonitorName(name string) (MonitorRef, error) {
	if err := checkName(name); err != nil {
		return 0, err
	}
	to, _ := c.rt.Whereis(name)
	return c.monitor(to, name), nil
}

func (c *Ctx) monitor(to PID, name string) MonitorRef {
	ref := c.p.rare().ref()
	if to == c.self {
		return MonitorRef(ref)
	}
	c.p.tied().monitors.put(MonitorRef(ref), monitored{to, name})
	c.signal(to, Message{From: c.self | markSignal, Body: monitorSignal, Word: ref})
	return MonitorRef(ref)
}

// Demonitor ends a monitor of this process and reports whether that was in time: after true no Down message of it
// will come; after false it has come, and may still be in the mailbox, or the monitor is not known (Erlang: demonitor/2 with info).
func (c *Ctx) Demonitor(ref MonitorRef) bool {
	r := c.p.cold
	if r == nil || r.ties == nil {
		return false
	}
	m, ok := r.ties.monitors.del(ref)
	if ok && !bugMonTell {
		c.signal(m.pid, Message{From: c.self | markSignal, Body: demonitorSignal, Word: uint64(ref)})
	}
	return ok
}

// DemonitorFlush is Demonitor, and removes the Down message when that has come already. It takes time with the length of the
// mailbox if so.
func (c *Ctx) DemonitorFlush(ref MonitorRef) bool {
	if c.Demonitor(ref) {
		return true
	}
	c.flush(1, func(m *Message) bool {
		d, ok := m.Body.(Down)
		return ok && d.Monitor == ref
	})
	return false
}

// Flush removes the messages that match accepts from those that have arrived at this process, and returns how many there were. The
// message being handled is not among them, nor are calls. match must not use the process. It takes time with the length
// of the mailbox. (Erlang: a receive with "after 0", in a loop.)
func (c *Ctx) Flush(match func(Message) bool) (n int) {
	if match == nil {
		return 0
	}
	c.fetch()
	return c.flush(math.MaxInt, func(m *Message) bool { return match(*m) })
}

// fetch has what has come to this process arrive.
func (c *Ctx) fetch() {
	if c.w.Enter() {
		if p := c.p; p.mb.State()^p.pid.gen() != c.tag {
			p.mb.Fetch(c.cache, p.pid.gen())
		}
	}
	c.w.Leave()
}

// down is what the end of a monitored process does.
func (p *process) down(from PID, ref MonitorRef, reason error) (left Message, ok bool) {
	r := p.cold
	if r == nil || r.ties == nil {
		return left, false
	}
	m, ok := r.ties.monitors.del(ref)
	if !ok && !bugMonDown {
		return left, false
	}
	return Message{From: from, Body: Down{Monitor: ref, PID: from, Name: m.name, Reason: reason}}, true
}

// flush removes the first messages that are wanted, at most max, from what has arrived, and returns how many there were.
func (c *Ctx) flush(max int, is func(*Message) bool) (n int) {
	p := c.p
	drop := func(m *Message) bool {
		if m.From&markMask == 0 && is(m) {
			n++
			*m = Message{From: markSignal, Body: yieldSignal} // means nothing when its turn comes
		}
		return n < max
	}
	arrived := func(m *Message) bool {
		b, before := boxed(*m), n
		if more := drop(&b); n == before {
			return more
		}
		*m = b
		return n < max
	}
	if r := p.cold; r != nil && r.stash != nil {
		r.stash.each(arrived)
	}
	if n < max {
		p.mb.Each(arrived)
	}
	if g := p.gate.Load(); g != nil && n < max {
		g.each(func(m *Message) bool {
			if _, ok := m.Body.(gatedReply); ok {
				*m = outOfGate(*m)
				more := arrived(m)
				*m = gatedForm(*m)
				return more
			}
			return drop(m)
		})
	}
	return n
}
