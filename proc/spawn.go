package proc

import (
	"errors"
	"fmt"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// Priority is a process's level of urgency; see the constants. It is strict on each worker: a process that is ready
// at a higher level runs before those of lower ones.
type Priority = sched.Priority

// The levels of priority, as Erlang has them. PriorityNormal is the default; PriorityLow gets one turn for eight of
// PriorityNormal; a busy process at PriorityHigh or PriorityMax starves those below it on its worker.
const (
	PriorityLow    = sched.Low
	PriorityNormal = sched.Normal
	PriorityHigh   = sched.High
	PriorityMax    = sched.Max
)

// SpawnOption changes how a process begins.
type SpawnOption interface {
	apply(spawnOptions) (spawnOptions, error)
}

type spawnOptions struct {
	priority Priority
	bound    int
	policy   Overflow
	trap     bool
	link     bool
	monitor  *MonitorRef
	name     string
	starter  Caller // who is told when Init is done
}

type withPriority Priority

func (p withPriority) apply(o spawnOptions) (spawnOptions, error) {
	if !Priority(p).Valid() {
		return o, fmt.Errorf("proc: WithPriority: %d is not a priority; use PriorityLow, PriorityNormal, PriorityHigh or PriorityMax", uint8(p))
	}
	o.priority = Priority(p)
	return o, nil
}

// WithPriority sets the process's priority.
func WithPriority(p Priority) SpawnOption { return withPriority(p) }

type withBound struct {
	n      int
	policy Overflow
}

func (b withBound) apply(o spawnOptions) (spawnOptions, error) {
	if b.n <= 0 {
		return o, fmt.Errorf("proc: WithMailboxBound: n is %d; a bound must be at least 1 (leave the option out for no bound)", b.n)
	}
	if b.policy > DropOldest {
		return o, fmt.Errorf("proc: WithMailboxBound: policy is %v; use Reject, DropNewest or DropOldest", b.policy)
	}
	o.bound, o.policy = b.n, b.policy
	return o, nil
}

// WithMailboxBound limits the process's mailbox to n messages, n at least 1; policy says what happens to one too many. The
// message being handled does not count, nor does what the process sends to itself: messages, timers, results of Offload. A bounded mailbox
// costs a short lock a message, on both sides.
func WithMailboxBound(n int, policy Overflow) SpawnOption { return withBound{n, policy} }

type withTrapExit struct{}

func (withTrapExit) apply(o spawnOptions) (spawnOptions, error) {
	o.trap = true
	return o, nil
}

// WithTrapExit makes the process trap exits from its beginning; see Ctx.TrapExit.
func WithTrapExit() SpawnOption { return withTrapExit{} }

type withLink struct{}

func (withLink) apply(o spawnOptions) (spawnOptions, error) {
	o.link = true
	return o, nil
}

// WithLink links the new process and the process that spawns it, at once with its creation: however soon the new one ends, the other is
// told its real reason. For Ctx.Spawn only.
func WithLink() SpawnOption { return withLink{} }

type withMonitor struct{ ref *MonitorRef }

func (m withMonitor) apply(o spawnOptions) (spawnOptions, error) {
	if m.ref == nil {
		return o, errors.New("proc: WithMonitor: ref is nil; give the variable for the reference")
	}
	o.monitor = m.ref
	return o, nil
}

// WithMonitor makes the process that spawns monitor the new one, at once with its creation, and sets *ref. For Ctx.Spawn only.
func WithMonitor(ref *MonitorRef) SpawnOption { return withMonitor{ref} }

type withName string

func (n withName) apply(o spawnOptions) (spawnOptions, error) {
	o.name = string(n)
	return o, checkName(o.name)
}

// WithName registers the new process under name, at once with its creation: when the name is taken, Spawn fails with ErrNameTaken and
// there is no new process.
func WithName(name string) SpawnOption { return withName(name) }

// Spawn starts a process whose machine f makes, and returns its PID. f and the machine's Init run in the new process, so
// Spawn does not wait for them and what goes wrong there is the process's exit reason. Any goroutine may call it; inside a
// handler use Ctx.Spawn.
//
// Errors: a nil factory, a bad option, ErrNameTaken, ErrTooMany, ErrShutdown.
func (rt *Runtime) Spawn(f Factory, opts ...SpawnOption) (PID, error) {
	o, err := rt.outsideOptions("Spawn", f, opts)
	if err != nil {
		return 0, err
	}
	return rt.spawn(nil, f, o)
}

// outsideOptions is options for who is no process.
func (rt *Runtime) outsideOptions(where string, f Factory, opts []SpawnOption) (o spawnOptions, err error) {
	if o, err = options(f, opts); err != nil {
		return o, err
	}
	if o.link || o.monitor != nil {
		return o, fmt.Errorf("proc: %s: WithLink and WithMonitor need a process that is linked or monitors; use Ctx.%s, or Runtime.Wait", where, map[string]string{"Spawn": "Spawn", "Start": "RequestStart"}[where])
	}
	if rt.closed.Load() {
		return o, ErrShutdown
	}
	return o, nil
}

// spawn starts a process without a core, on behalf of parent if that is not nil.
func (rt *Runtime) spawn(parent *process, f Factory, o spawnOptions) (pid PID, err error) {
	// It is counted before closed is looked at. Pairs with Shutdown, which sets closed and then waits until none is counted: either it waits
	// for this one, or there will be none.
	rt.outside.spawned.Add(1)
	if parent == nil && rt.closed.Load() {
		rt.outside.spawned.Add(^uint64(0))
		return 0, ErrShutdown
	}
	s := rt.outside.lock()
	if len(s.slots) == 0 {
		if s.slots = rt.table.refill(s.slots); len(s.slots) == 0 {
			s.unlock()
			rt.outside.spawned.Add(^uint64(0))
			return 0, ErrTooMany
		}
	}
	i := s.slots[len(s.slots)-1]
	s.slots = s.slots[:len(s.slots)-1]
	s.unlock()
	p, pid := rt.table.slot(i)
	gated := p.begin(pid, f, o)
	p.mb.Leave()
	err = rt.open(p, o, func() {
		p.bear(parent, o)
		p.mb.Open(pid.gen(), mpsc.Public, gated)
	})
	if err != nil {
		p.unborn()
		s := rt.outside.lock()
		s.slots = append(s.slots, i)
		s.unlock()
		rt.outside.spawned.Add(^uint64(0))
		return 0, err
	}
	if rt.spawns.every.Load() > 0 {
		rt.sampleSpawn(pid)
	}
	_ = rt.sched.Begin(p)
	if rt.noSpawn.Load() {
		rt.tooLate(pid)
	}
	return pid, nil
}

// Spawn starts a process from inside another; see Runtime.Spawn. It costs the caller ten reductions.
func (c *Ctx) Spawn(f Factory, opts ...SpawnOption) (PID, error) {
	var o spawnOptions
	if f == nil || len(opts) > 0 {
		var err error
		if o, err = options(f, opts); err != nil {
			return 0, err
		}
	}
	return c.spawn(f, o, len(opts) == 0)
}

// spawn is Spawn with options that have been looked at; plain says that there are none.
func (c *Ctx) spawn(f Factory, o spawnOptions, plain bool) (PID, error) {
	if c.rt.noSpawn.Load() {
		return 0, ErrShutdown
	}
	if !c.w.Enter() {
		c.w.Leave()
		return c.rt.spawn(c.p, f, o)
	}
	lc := c.lc
	if len(lc.slots) == 0 {
		if lc.slots = c.rt.table.refill(lc.slots); len(lc.slots) == 0 {
			c.w.Leave()
			return 0, ErrTooMany
		}
	}
	i := lc.slots[len(lc.slots)-1]
	lc.slots = lc.slots[:len(lc.slots)-1]
	p, pid := c.rt.table.slot(i)
	gated := p.begin(pid, f, o)
	if plain {
		lc.spawned++
		p.mb.OpenFor(c.cache, pid.gen(), false)
	} else if err := c.rt.open(p, o, func() {
		p.bear(c.p, o)
		lc.spawned++
		p.mb.OpenFor(c.cache, pid.gen(), gated)
	}); err != nil {
		p.unborn()
		lc.slots = append(lc.slots, i)
		c.w.Leave()
		return 0, err
	}
	c.reds -= spawnCost
	if c.spawnEvery != 0 {
		c.sampleSpawn(pid)
	}
	c.w.Begin(p, o.priority)
	c.w.Leave()
	if c.rt.noSpawn.Load() {
		c.rt.tooLate(pid)
	}
	return pid, nil
}

// SpawnLink is Spawn with WithLink (Erlang: spawn_link/1).
func (c *Ctx) SpawnLink(f Factory, opts ...SpawnOption) (PID, error) {
	return c.Spawn(f, append(opts[:len(opts):len(opts)], WithLink())...)
}

// SpawnMonitor is Spawn with WithMonitor (Erlang: spawn_monitor/1).
func (c *Ctx) SpawnMonitor(f Factory, opts ...SpawnOption) (PID, MonitorRef, error) {
	var ref MonitorRef
	pid, err := c.Spawn(f, append(opts[:len(opts):len(opts)], WithMonitor(&ref))...)
	return pid, ref, err
}

// open lets a new process be seen, which then does, under the name that it is to have. A process whose inbox is open but that
// has not begun keeps what is sent to it.
func (rt *Runtime) open(p *process, o spawnOptions, then func()) error {
	if o.name == "" {
		then()
		return nil
	}
	n := &rt.names
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.give(rt, o.name, p.pid); err != nil {
		return err
	}
	then()
	return nil
}

// tooLate asks a process to end that began while Shutdown was asking all of them. Pairs with Shutdown, which sets noSpawn before
// it looks for processes: either it sees the new one, or its spawner sees noSpawn.
func (rt *Runtime) tooLate(pid PID) {
	rt.signal(pid, Message{From: markSignal, Body: because(sigExit, Shutdown)})
}

const spawnCost = 10 // reductions

// begin fills the slot of a new process, before anyone can see it.
func (p *process) begin(pid PID, f Factory, o spawnOptions) (gated bool) {
	p.pid = pid
	p.machine = pending(f)
	p.mb.User = flagStart | uint16(o.priority)<<prioShift
	if o.trap {
		p.mb.User |= flagTrap
	}
	p.reductions = 0
	if o.bound > 0 {
		p.gate.Store(&gate{pid: pid, bound: o.bound, policy: o.policy})
		return true
	}
	return false
}

// bear ties a new process, which nobody can see yet, to the one that spawns it.
func (p *process) bear(parent *process, o spawnOptions) {
	if o.link && p.cold == nil {
		p.cold = newTied()
	}
	if o.starter.pid != 0 {
		p.rare().starter = o.starter
	}
	if parent == nil {
		return
	}
	if o.link || o.monitor != nil || o.name != "" {
		p.rare().parent = parent.pid
	}
	if o.link {
		p.cold.bound = true
		p.tied().links.put(parent.pid, 0)
		parent.tied().links.put(p.pid, 0)
	}
	if o.monitor != nil {
		ref := parent.rare().ref()
		*o.monitor = MonitorRef(ref)
		p.tied().watchers.put(watching{parent.pid, ref}, struct{}{})
		parent.tied().monitors.put(MonitorRef(ref), monitored{pid: p.pid})
	}
}

// unborn empties the slot of a process that does not begin after all.
func (p *process) unborn() {
	p.machine, p.cold = nil, nil
	p.mb.User = 0
	p.gate.Store(nil)
}

func options(f Factory, opts []SpawnOption) (o spawnOptions, err error) {
	if f == nil {
		return o, errors.New("proc: Spawn: factory is nil; give a function that returns a new Machine")
	}
	for i, opt := range opts {
		if opt == nil {
			return o, fmt.Errorf("proc: Spawn: option %d is nil", i)
		}
		if o, err = opt.apply(o); err != nil {
			return o, err
		}
	}
	return o, nil
}
