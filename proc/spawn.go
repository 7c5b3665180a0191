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
type SpawnOption interface{ apply(*spawnOptions) error }

type spawnOptions struct {
	priority Priority
	bound    int
	policy   Overflow
}

type withPriority Priority

func (p withPriority) apply(o *spawnOptions) error {
	if !Priority(p).Valid() {
		return fmt.Errorf("proc: WithPriority: %d is not a priority; use PriorityLow, PriorityNormal, PriorityHigh or PriorityMax", uint8(p))
	}
	o.priority = Priority(p)
	return nil
}

// WithPriority sets the process's priority.
func WithPriority(p Priority) SpawnOption { return withPriority(p) }

type withBound struct {
	n      int
	policy Overflow
}

func (b withBound) apply(o *spawnOptions) error {
	if b.n <= 0 {
		return fmt.Errorf("proc: WithMailboxBound: n is %d; a bound must be at least 1 (leave the option out for no bound)", b.n)
	}
	if b.policy > DropOldest {
		return fmt.Errorf("proc: WithMailboxBound: policy is %v; use Reject, DropNewest or DropOldest", b.policy)
	}
	o.bound, o.policy = b.n, b.policy
	return nil
}

// WithMailboxBound limits the process's mailbox to n messages, n at least 1; policy says what happens to one too many. The
// message being handled does not count. A bounded mailbox costs a short lock a message, on both sides.
func WithMailboxBound(n int, policy Overflow) SpawnOption { return withBound{n, policy} }

// Spawn starts a process whose machine f makes, and returns its PID. f and the machine's Init run in the new process, so
// Spawn does not wait for them and what goes wrong there is the process's exit reason. Any goroutine may call it; inside a
// handler use Ctx.Spawn.
//
// Errors: a nil factory, a bad option, ErrTooMany, ErrShutdown.
func (rt *Runtime) Spawn(f Factory, opts ...SpawnOption) (PID, error) {
	o, err := options(f, opts)
	if err != nil {
		return 0, err
	}
	if rt.closed.Load() {
		return 0, ErrShutdown
	}
	s := rt.outside.lock()
	if len(s.slots) == 0 {
		if s.slots = rt.table.refill(s.slots); len(s.slots) == 0 {
			s.unlock()
			return 0, ErrTooMany
		}
	}
	i := s.slots[len(s.slots)-1]
	s.slots = s.slots[:len(s.slots)-1]
	s.unlock()
	p, pid := rt.table.slot(i)
	gated := p.begin(pid, f, o)
	rt.outside.spawned.Add(1)
	p.mb.Leave()
	p.mb.Open(pid.gen(), mpsc.Public, gated)
	_ = rt.sched.Begin(p)
	if rt.noSpawn.Load() {
		rt.tooLate(p, pid)
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
	if c.rt.noSpawn.Load() {
		return 0, ErrShutdown
	}
	if !c.w.Enter() {
		c.w.Leave()
		return c.rt.Spawn(f, opts...)
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
	lc.spawned++
	c.reds -= spawnCost
	p.mb.OpenFor(c.cache, pid.gen(), gated)
	c.w.Begin(p, o.priority)
	c.w.Leave()
	if c.rt.noSpawn.Load() {
		c.rt.tooLate(p, pid)
	}
	return pid, nil
}

// tooLate asks a process to end that began while Shutdown was asking all of them. Pairs with Shutdown, which sets noSpawn before
// it looks for processes: either it sees the new one, or its spawner sees noSpawn.
func (rt *Runtime) tooLate(p *process, pid PID) {
	_ = rt.postSignal(p, pid, &signal{kind: sigExit, reason: Shutdown})
}

const spawnCost = 10 // reductions

// begin fills the slot of a new process, before anyone can see it.
func (p *process) begin(pid PID, f Factory, o spawnOptions) (gated bool) {
	p.pid = pid
	p.machine = pending(f)
	p.mb.User = flagStart | uint16(o.priority)<<prioShift
	p.reductions = 0
	if o.bound > 0 {
		p.gate.Store(&gate{pid: pid, bound: o.bound, policy: o.policy})
		return true
	}
	return false
}

func options(f Factory, opts []SpawnOption) (o spawnOptions, err error) {
	if f == nil {
		return o, errors.New("proc: Spawn: factory is nil; give a function that returns a new Machine")
	}
	for i, opt := range opts {
		if opt == nil {
			return o, fmt.Errorf("proc: Spawn: option %d is nil", i)
		}
		if err := opt.apply(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}
