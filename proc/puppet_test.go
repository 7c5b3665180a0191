package proc

import "testing"

// ops is what a process can do, in whichever style it is written.
type ops interface {
	Send(to PID, body any) error
	SendWord(to PID, body any, word uint64) error
	SendName(name string, body any) error
	SendAlias(a Alias, body any) error
	Alias(kind AliasKind) Alias
	Unalias(a Alias) bool
	Exit(to PID, reason error) error
	Link(to PID) error
	Unlink(to PID) error
	Monitor(to PID) (MonitorRef, error)
	MonitorName(name string) (MonitorRef, error)
	Demonitor(ref MonitorRef) bool
	DemonitorFlush(ref MonitorRef) bool
	TrapExit(on bool) bool
	SetPriority(p Priority) (Priority, error)
	SetMailboxBound(n int, policy Overflow) error
	Spawn(f Factory, opts ...SpawnOption) (PID, error)
	SpawnLink(f Factory, opts ...SpawnOption) (PID, error)
	SpawnMonitor(f Factory, opts ...SpawnOption) (PID, MonitorRef, error)
	Register(name string, pid PID) error
	Unregister(name string) error
	Whereis(name string) (PID, bool)
	Blocking(f func())
	Consume(n int)
	Info() Info
	Runtime() *Runtime
}

// style is a way in which a process may be written and be at the moment.
type style struct {
	name   string
	direct bool
	detach bool // it has lost its core when it does something
	opts   []SpawnOption
}

// styles are those that make a difference to signals.
var styles = []style{
	{name: "machine"},
	{name: "machine, detached", detach: true},
	{name: "machine, bounded", opts: []SpawnOption{WithMailboxBound(100000, Reject)}},
	{name: "machine, bounded and detached", detach: true, opts: []SpawnOption{WithMailboxBound(100000, Reject)}},
	{name: "direct", direct: true},
	{name: "direct, detached", direct: true, detach: true},
	{name: "direct, bounded", direct: true, opts: []SpawnOption{WithMailboxBound(100000, Reject)}},
	{name: "high priority", opts: []SpawnOption{WithPriority(PriorityHigh)}},
}

// puppet is a process that does what it is told and keeps what else it gets.
type puppet struct {
	t   testing.TB
	rt  *Runtime
	pid PID
	got chan Message
}

type order struct {
	f    func(ops)
	done chan struct{}
}

// fault makes a puppet end for a reason, by returning it.
type fault struct{ reason error }

func newPuppet(t testing.TB, rt *Runtime, s style, opts ...SpawnOption) *puppet {
	t.Helper()
	p := &puppet{t: t, rt: rt, got: make(chan Message, 100)}
	opts = append(opts, s.opts...)
	if s.direct {
		p.pid = direct(t, rt, func(self *Self) error {
			for {
				if err := p.took(self, self.Receive(), s.detach); err != nil {
					return err
				}
			}
		}, opts...)
		return p
	}
	p.pid = handler(t, rt, func(c *Ctx, m Message) error { return p.took(c, m, s.detach) }, opts...)
	return p
}

// took handles a message in the process.
func (p *puppet) took(o ops, m Message, detach bool) error {
	switch b := m.Body.(type) {
	case order:
		if detach {
			o.Blocking(func() {})
		}
		defer close(b.done)
		b.f(o)
		return nil
	case fault:
		if detach {
			o.Blocking(func() {})
		}
		return b.reason
	case Exit:
		if b.From == 0 && p.rt.closed.Load() {
			return Shutdown // it is the runtime that ends
		}
	}
	p.got <- m
	return nil
}

// do has the process do f and waits until it has, or has ended by it.
func (p *puppet) do(f func(o ops)) {
	p.t.Helper()
	o := order{f, make(chan struct{})}
	send(p.t, p.rt, p.pid, o)
	await(p.t, "what "+p.pid.String()+" was told to do", o.done)
}

// end has the process end for the reason.
func (p *puppet) end(reason error) {
	p.t.Helper()
	send(p.t, p.rt, p.pid, fault{reason})
}

// next returns what the process gets next.
func (p *puppet) next(when string) Message {
	p.t.Helper()
	return await(p.t, when+": a message to "+p.pid.String(), p.got)
}

// nothing checks that the process, which lives, has got nothing else that was sent before this call.
func (p *puppet) nothing(when string) {
	p.t.Helper()
	p.do(func(ops) {})
	select {
	case m := <-p.got:
		p.t.Errorf("%s: got %+v", when, m)
	default:
	}
}

// watches has the process monitor another and returns the reference.
func (p *puppet) watches(pid PID) (ref MonitorRef) {
	p.t.Helper()
	p.do(func(o ops) {
		var err error
		if ref, err = o.Monitor(pid); err != nil {
			p.t.Errorf("Monitor: %v", err)
		}
	})
	return ref
}

// hears checks that the next message is the Down of a monitor, with the reason.
func (p *puppet) hears(when string, ref MonitorRef, pid PID, reason error) {
	p.t.Helper()
	m := p.next(when)
	if want := (Down{Monitor: ref, PID: pid, Reason: reason}); m.Body != want || m.From != pid {
		p.t.Errorf("%s: got %+v, want %+v from %v", when, m, want, pid)
	}
}

// hasExit checks that the next message is an Exit.
func (p *puppet) hasExit(when string, from PID, reason error) {
	p.t.Helper()
	if m := p.next(when); m.Body != (Exit{from, reason}) || m.From != from {
		p.t.Errorf("%s: got %+v, want %+v", when, m, Exit{from, reason})
	}
}

// cork keeps the process inside a handler, without its core if blocking, until what it returns is called.
func (p *puppet) cork(blocking bool) (let func()) {
	p.t.Helper()
	in, out := make(chan struct{}), make(chan struct{})
	wait := func() { close(in); <-out }
	send(p.t, p.rt, p.pid, order{done: make(chan struct{}), f: func(o ops) {
		if blocking {
			o.Blocking(wait)
		} else {
			wait()
		}
	}})
	await(p.t, p.pid.String()+" is in its handler", in)
	return func() { close(out) }
}

// tiesOf returns the links and monitors of the process that calls it; Info does not tell those of one without its core.
func tiesOf(o ops) *ties {
	var p *process
	switch o := o.(type) {
	case *Ctx:
		p = o.p
	case *Self:
		p = o.c.p
	}
	if p.cold == nil || p.cold.ties == nil {
		return &ties{}
	}
	return p.cold.ties
}

// links returns whom the process is linked to, and how many unlinks it still waits to have acknowledged.
func links(o ops) (active []PID, unlinking int) {
	for pid, state := range tiesOf(o).links.all() {
		if state == 0 {
			active = append(active, pid)
		} else {
			unlinking++
		}
	}
	return active, unlinking
}
