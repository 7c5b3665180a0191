//go:build explore

package proc

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// wire is a world of processes without a scheduler, in which nothing happens but what a search asks for. The processes and what
// they do to each other are the real code. Each has a core of its own; but the mailboxes belong to the wire, which takes out what
// was sent and keeps it under way, in one queue for each ordered pair, until the search has it delivered. That is more than
// can happen in a runtime, where what is sent arrives at once and only waits to be taken out.
type wire struct {
	rt      *Runtime
	program *wireProgram
	hub     *Ctx // owns the mailboxes
	crier   *Ctx // tells of those who had many ties
	actors  []*actor
	way     [most + 1][most][]Message // from, to; the last is nobody: timers
	criers  []*crying
	list    []move
	kept    []Message
	before  linkView
	arrived signalKind // what the step delivers
}

const most = 3 // processes in a program

// wireProgram is what is searched.
type wireProgram struct {
	name    string
	scripts []wireScript
	start   func(w *wire) // from a state without ties
	rest    func(w *wire) // what must hold at the end, beyond the rules
}

// wireScript is what one process does: ops in order, each at any time.
type wireScript struct {
	ops     []wireOp
	trap    bool
	handles func(n *actor, c *Ctx, m Message) error // nil: messages stay in the mailbox
}

type wireOp struct {
	name  string
	do    func(n *actor)
	ready func(n *actor) bool // nil: at once
}

// actor is a process of a wire.
type actor struct {
	w      *wire
	i      int
	p      *process
	c      *Ctx
	pid    PID
	pc     int
	dead   bool
	reason error
	timers []uint64  // of requests, that run
	keep   Caller    // whom it has not replied to yet
	killed uint8     // to whom it has sent Kill
	ready  bool      // to handle what it postpones
	log    []Message // what it has handled but for calls
	actorBooks
}

type crying struct {
	c    *crier
	of   int
	what []byte // everything the process had, for the state
	ran  byte
}

var errBoom = errors.New("boom")

func newWire(p *wireProgram) *wire {
	w := &wire{program: p, rt: &Runtime{pool: mpsc.NewPool[Message](), sched: &sched.Scheduler{}}}
	rt := w.rt
	rt.table.init(1, slabLen)
	rt.table.batch = slotBatch // a wire gives no slots back
	rt.names.init()
	rt.outside.init(rt.pool)
	rt.table.refill(nil)
	rt.model.scheduled = w.scheduled
	w.hub, w.crier = w.ctx(most), w.ctx(most+1)
	w.hub.cache.OnSignal = func(m *mpsc.Mailbox[Message], v Message) {
		n := w.actorAt((*process)(unsafe.Pointer(m)).pid)
		w.depart(n)
		w.travel(n, v)
	}
	for i := range p.scripts {
		w.actors = append(w.actors, &actor{w: w, i: i, c: w.ctx(i)})
	}
	return w
}

func (w *wire) ctx(core int) *Ctx {
	l := &local{cache: w.rt.pool.NewCache(core)}
	c := &Ctx{w: sched.Bare(w.rt.sched, core), rt: w.rt, base: w.rt.table.base, lc: l, cache: l.cache, tag: mpsc.TagOf(core)}
	c.w.Local = c
	return c
}

// begin makes everything new.
func (w *wire) begin() {
	for _, cr := range w.criers {
		cr.c.stop()
	}
	w.criers = w.criers[:0]
	for i := range w.way {
		for j := range w.way[i] {
			w.way[i][j] = w.way[i][j][:0]
		}
	}
	w.rt.pending.Store(0)
	for i, n := range w.actors {
		p := &(*w.rt.table.dir.Load())[0].procs[i+1] // so that nobody's PID has an index of its own
		for p.mb.HasNext() {
			p.mb.Next(n.c.cache)
		}
		*p = process{}
		*n = actor{w: w, i: i, p: p, c: n.c, pid: PID(uint64(1)<<mpsc.GenShift | uint64(i+1) ^ w.rt.table.base), timers: n.timers[:0], log: n.log[:0]}
		s := &w.program.scripts[i]
		p.begin(n.pid, nil, spawnOptions{trap: s.trap})
		p.machine = n
		p.mb.User &^= flagStart
		p.mb.Open(n.pid.gen(), w.hub.tag, false)
		n.c.lc.slots = n.c.lc.slots[:0]
		n.c.p, n.c.self, n.c.call, n.c.owes = p, n.pid, Caller{}, false
	}
	if w.program.start != nil {
		w.program.start(w)
		w.tap()
	}
}

func (w *wire) failf(format string, args ...any) { panic(broken{fmt.Sprintf(format, args...)}) }

// actorAt returns the process with that PID, nil for nobody.
func (w *wire) actorAt(pid PID) *actor {
	if pid == 0 {
		return nil
	}
	return w.actors[uint64(pid)&maxIndex-1]
}

// tap takes out of the inboxes what has been sent.
func (w *wire) tap() {
	for _, n := range w.actors {
		if n.dead || n.p.mb.State().Empty() {
			continue
		}
		w.kept = w.kept[:0]
		for n.p.mb.HasNext() {
			w.kept = append(w.kept, n.p.mb.Next(n.c.cache))
		}
		n.p.mb.Fetch(w.hub.cache, n.pid.gen())
		w.depart(n)
		for _, m := range w.kept {
			*n.p.mb.Put(n.c.cache) = m
		}
	}
}

// depart puts on their way the messages that are in the mailbox while it is being emptied.
func (w *wire) depart(n *actor) {
	for n.p.mb.HasNext() {
		w.travel(n, n.p.mb.Next(n.c.cache))
	}
}

func (w *wire) travel(to *actor, m Message) {
	from := most
	if n := w.actorAt(m.From.plain()); n != nil {
		from = n.i
	}
	w.way[from][to.i] = append(w.way[from][to.i], m)
}

// scheduled stands in the scheduler's place: nobody is ever idle here, so only obituaries are left.
func (w *wire) scheduled(_ *Ctx, t sched.Task) {
	c, ok := t.(*crier)
	if !ok {
		w.failf("a process was scheduled that was not idle")
	}
	w.criers = append(w.criers, &crying{c: c})
}

// remove ends a process.
func (w *wire) remove(n *actor, reason error) {
	var had []byte
	if r := n.p.cold; r != nil {
		had = w.encodeCold(nil, r)
	}
	cries := len(w.criers)
	w.mourn(n)
	n.dead, n.reason = true, reason
	n.c.remove(n.p, reason)
	for _, cr := range w.criers[cries:] {
		cr.of, cr.what = n.i, had
	}
}

// sigLinkExit is the kind, in these tests, of an Exit on its way.
const sigLinkExit signalKind = 200

// signalOf returns the signal that m is.
func signalOf(m Message) (*signal, bool) {
	if e, ok := m.Body.(Exit); ok && m.From&markMask == markSignal {
		return &signal{kind: sigLinkExit, reason: e.Reason}, true
	}
	s, ok := m.Body.(*signal)
	return s, ok
}

// deliver lets the oldest of what is under way between two arrive.
func (w *wire) deliver(from, to int) {
	q := &w.way[from][to]
	m := (*q)[0]
	*q = append((*q)[:0], (*q)[1:]...)
	n := w.actors[to]
	w.arrived = sigNone
	if s, ok := signalOf(m); ok && m.From&markMask == markSignal {
		w.arrived = s.kind
	}
	w.arrives(from, n, m)
	switch {
	case n.dead:
		n.c.dropped(n.pid, NoProc, m) // as what had not been taken out of the inbox
	case m.From.isSignal():
		n.c.onSignal(n.p, m)
	default:
		*n.p.mb.Put(n.c.cache) = m
	}
}
