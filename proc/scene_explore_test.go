//go:build explore

package proc

import (
	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// scene is a runtime without workers for explored threads: cores that run processes as workers do, and a shared queue for
// those that any of them may run. It sees to it that nobody is queued twice, or run by two.
type scene struct {
	x      *explore.Exec
	rt     *Runtime
	cores  []*stage
	procs  []*player
	ports  []*port
	by     [8]*stage      // who sends the message of that number; nil for a goroutine
	shared atomics.Uint64 // set of the processes in the shared queue, by number
}

// stage is a core.
type stage struct {
	s     *scene
	c     *Ctx
	queue []*player
}

// player is a process. Its machine counts what it handles; the count is its runner's.
type player struct {
	s      *scene
	n      int
	p      *process
	pid    PID
	where  *stage // in whose queue it is, or who runs it; the owner's
	got    [8]uint8
	then   uint8 // results that it has awaited
	ended  bool
	reason error
}

// Handle counts. What one sender sends comes in order.
func (a *player) Handle(c *Ctx, m Message) error {
	i := m.Body.(int)
	a.got[i]++
	for later := i + 1; later < len(a.got); later++ {
		if a.got[later] > 0 && a.s.by[later] == a.s.by[i] {
			a.s.x.Failf("order: message %d came after message %d of the same sender", i, later)
		}
	}
	if i == bindingMessage {
		return c.SetMailboxBound(1, Reject)
	}
	return nil
}

// bindingMessage makes the process that handles it bound its mailbox.
const bindingMessage = 3

// What all scenes use, of which there is one at a time.
var (
	sceneSlab    = new(slab)
	sceneSched   = new(sched.Scheduler)
	sceneWorkers = [...]*sched.Worker{sched.Bare(sceneSched, 0), sched.Bare(sceneSched, 1)}
)

// newScene makes a scene; without mail, nothing can be sent in it.
func newScene(x *explore.Exec, cores, procs, ports int, mail bool) *scene {
	s := &scene{x: x, rt: &Runtime{sched: sceneSched}}
	rt := s.rt
	rt.table.init(1, slabLen)
	rt.table.batch = slotBatch
	rt.table.dir.Store(&[]*slab{sceneSlab})
	sceneSlab.named[0].Store(0)
	rt.names.init()
	rt.outside.stripes = make([]stripe, 1)
	if mail {
		rt.pool = mpsc.NewPool[Message]()
		rt.outside.stripes[0].cache = rt.pool.NewOutside()
		warm(rt.outside.stripes[0].cache)
	}
	rt.model.scheduled = s.scheduled
	rt.model.submitted = s.submitted
	for i := range cores {
		l := &local{cache: &mpsc.Cache[Message]{}}
		if mail {
			l.cache = rt.pool.NewCache(i)
			warm(l.cache)
		}
		c := &Ctx{w: sceneWorkers[i], rt: rt, base: rt.table.base, lc: l, cache: l.cache, tag: mpsc.TagOf(i)}
		c.w.Local = c
		l.cache.OnSignal = func(m *mpsc.Mailbox[Message], v Message) { c.onSignal(s.of(m), v) }
		s.cores = append(s.cores, &stage{s: s, c: c})
	}
	for i := range procs {
		a := &player{s: s, n: i, p: &sceneSlab.procs[i], pid: PID(uint64(1)<<mpsc.GenShift | uint64(i) ^ rt.table.base)}
		*a.p = process{}
		a.p.begin(a.pid, nil, spawnOptions{priority: PriorityHigh})
		a.p.machine = a
		a.p.mb.User &^= flagStart
		a.p.mb.Leave()
		a.p.mb.Open(a.pid.gen(), mpsc.Idle, false)
		s.procs = append(s.procs, a)
		x.Name(&a.p.mb.Inbox, string(rune('P'+i)))
	}
	for range ports {
		t := rt.ports.some(nil)[0]
		rt.outside.stripes[0].ports = append(rt.outside.stripes[0].ports, t)
		s.ports = append(s.ports, t)
		x.Name(&t.state, "port "+string(rune('0'+t.index)))
	}
	x.Name(&s.shared, "shared queue")
	x.Name(&rt.table.dir, "directory")
	x.Name(&rt.ports.list, "ports")
	x.Name(&rt.outside.stripes[0].busy, "stripe")
	return s
}

// warm gives a cache chunks and blocks, so that nobody meets the pool's lock.
func warm(c *mpsc.Cache[Message]) {
	c.Discard(c.PrepareSignal(Message{}))
	var m mpsc.Mailbox[Message]
	*m.Put(c) = Message{}
	*m.Put(c) = Message{}
	m.Next(c)
	m.Next(c)
}

func (s *scene) of(m *mpsc.Mailbox[Message]) *process {
	for _, a := range s.procs {
		if &a.p.mb == m {
			return a.p
		}
	}
	panic("a mailbox of nobody")
}

func (s *scene) player(p *process) *player {
	for _, a := range s.procs {
		if a.p == p {
			return a
		}
	}
	panic("a process of nobody")
}

// scheduled and submitted stand in the scheduler's place.
func (s *scene) scheduled(c *Ctx, t sched.Task) {
	a := s.player(t.(*process))
	for _, k := range s.cores {
		if k.c != c {
			continue
		}
		if owned, _ := a.p.mb.Owns(c.cache, a.pid.gen()); !owned {
			s.x.Failf("scheduled: process %d by core %d, which does not own it", a.n, c.tag>>3)
		}
		if a.where != nil {
			s.x.Failf("scheduled: process %d, which is scheduled already", a.n)
		}
		a.where = k
		k.queue = append(k.queue, a)
	}
}

func (s *scene) submitted(p *process) {
	a := s.player(p)
	for old := s.shared.Load(); ; old = s.shared.Load() {
		if old>>a.n&1 != 0 {
			s.x.Failf("submitted: process %d, which is in the shared queue already", a.n)
		}
		if s.shared.CompareAndSwap(old, old|1<<a.n) {
			return
		}
	}
}

// drain runs what the core has queued.
func (k *stage) drain() {
	for len(k.queue) > 0 {
		a := k.queue[0]
		k.queue = k.queue[1:]
		k.turn(a)
	}
}

// poll runs what it finds in the shared queue, and drains.
func (k *stage) poll() {
	k.drain()
	for n := k.s.shared.Load(); n != 0; n = k.s.shared.Load() {
		i := 0
		for n>>i&1 == 0 {
			i++
		}
		if k.s.shared.CompareAndSwap(n, n&^(1<<i)) {
			a := k.s.procs[i]
			if a.where != nil {
				k.s.x.Failf("claimed: process %d, which is scheduled elsewhere", a.n)
			}
			a.where = k
			k.turn(a)
		}
		k.drain()
	}
}

// turn is process.Run, with slowLoop, without the clock and the lease.
func (k *stage) turn(a *player) {
	c, p := k.c, a.p
	c.p, c.self = p, a.pid
	c.board(p)
	for {
		f := p.mb.User
		switch {
		case f&flagExit != 0:
			a.ended, a.reason, a.where = true, p.cold.reason, nil
			c.remove(p, a.reason)
			return
		case f&(flagAwait|flagReady) == flagAwait && !p.mb.HasNext():
			if k.rest(a) {
				return
			}
		case f&loopFlags != 0 && p.mb.State().Urgent():
			p.mb.Fetch(c.cache, a.pid.gen())
		case f&(flagAwait|flagReady) == flagAwait|flagReady:
			_ = c.awaited(p)
		case f&loopFlags != 0:
			if m, ok := c.pick(p); ok {
				a.take(c, m)
			} else if k.rest(a) {
				return
			}
		case p.mb.HasNext():
			a.take(c, p.mb.Next(c.cache))
		default:
			a.where = nil
			if p.mb.Release(a.pid.gen(), c.tag) {
				return
			}
			a.where = k
			p.mb.Fetch(c.cache, a.pid.gen())
		}
	}
}

// take is Ctx.called without calls.
func (a *player) take(c *Ctx, m Message) {
	if !isNote(m) {
		_ = a.p.machine.Handle(c, m)
	}
}

// rest lets a process go idle, and reports whether it has.
func (k *stage) rest(a *player) bool {
	a.where = nil
	if _, over, _ := k.c.rest(a.p); over {
		return true
	}
	a.where = k
	return false
}

// settle is what happens when all threads have ended: nobody may have been forgotten.
func (s *scene) settle() {
	for s.shared.Load() != 0 {
		s.cores[0].poll()
	}
	for _, a := range s.procs {
		st := a.p.mb.State()
		if st.Gen() != a.pid.gen() || st.Kind() == mpsc.Closed {
			continue
		}
		waits := a.p.mb.User&wakeFlags != 0
		if st.Kind() != mpsc.Idle || !st.Empty() || a.p.mb.HasNext() || a.where != nil || waits {
			s.x.Failf("lost wake-up: process %d is in no queue with word %#x, %d messages, flags %#x", a.n, uint64(st), a.p.mb.Len(), a.p.mb.User)
		}
		if g := a.p.gate.Load(); g != nil && g.n > 0 {
			s.x.Failf("lost wake-up: process %d is idle with %d entries in its gate", a.n, g.n)
		}
	}
}
