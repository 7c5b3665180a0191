package proc

import (
	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// Ctx is a process's view of itself and of the runtime, handed to Handle, Init and Terminate. It is valid until they
// return and only on their goroutine; do not keep it.
type Ctx struct {
	_      pad // a neighbour in memory may belong to another worker
	w      *sched.Worker
	tag    mpsc.State // of the core
	reds   int32      // left in this turn
	from   int32      // what reds was when the turn's use was last settled
	msgs   uint64     // handled since then
	mark   int32      // when reds falls below, it is time to look at the clock
	cache  *mpsc.Cache[Message]
	lc     *local
	p      *process
	self   PID
	rt     *Runtime
	base   uint64       // the table's
	dir    []*slab      // the table's directory, as of the last time something was not found in it
	tick   uint32       // the monitor's, with the highest bit set, when this turn first asked ShouldYield; 0 before
	kind   *processType // met last
	call   Caller       // of the message being handled, when it is a call
	owes   bool         // nobody has replied to call yet
	paid   bool         // somebody has; not known after an Await
	labels bool         // turns are labelled, see label.go
	label  *processType // that the goroutine has the label of; nil: none
	budget labelBudget  // for labels
	sample runSample    // of who runs

	spawnEvery int   // one spawn in so many is sampled, 0 for none; see spawnmeter.go
	spawnLeft  int64 // spawns until the next sample
	lent       bool  // the message that was taken last still counts in its gate; only for processes in direct style
	_          pad
}

// Self returns the PID of the process.
func (c *Ctx) Self() PID { return c.self }

// Runtime returns the runtime the process lives in.
func (c *Ctx) Runtime() *Runtime { return c.rt }

// Send sends body to the process to. It does not wait: the message is in the receiver's mailbox, or on its way there in
// order with everything else this process has sent to it, when Send returns.
//
// A send costs eight reductions. When the receiver is some thousand messages behind, the sender's turn ends with this message,
// so that the receiver can catch up.
//
// Errors: ErrNoProc (and the message is a dead letter), ErrMailboxFull, ErrWrongRuntime. As in Erlang it is no fault to
// send to a process that has ended, so the error may be ignored.
func (c *Ctx) Send(to PID, body any) error { return c.SendWord(to, body, 0) }

// SendWord is Send with a scalar beside the body, which never allocates. body may be nil.
func (c *Ctx) SendWord(to PID, body any, word uint64) error {
	w := c.w
	if !w.Enter() {
		return c.sendSlow(to, c.self, body, word)
	}
	i := uint64(to)&addressMask ^ c.base
	if i>>slabShift >= uint64(len(c.dir)) {
		return c.sendSlow(to, c.self, body, word)
	}
	p := &c.dir[i>>slabShift].procs[i&(slabLen-1)]
	var room *Message
	switch p.mb.Reach(to.gen(), c.tag) {
	case mpsc.Schedule:
		p.mb.Arrive(c.cache)
		c.reds -= sendCost
		room = p.mb.PutFirst()
		room.From, room.Body, room.Word = c.self, body, word
		if prio := p.Priority(); prio != sched.Normal || !w.Next(p) {
			w.Schedule(p, prio)
		}
		w.Leave()
		return nil
	case mpsc.Queued:
		if room = p.mb.Room(); room == nil {
			return c.sendSlow(to, c.self, body, word)
		}
	default:
		return c.sendSlow(to, c.self, body, word)
	}
	room.From, room.Body, room.Word = c.self, body, word
	c.reds -= sendCost
	w.Leave()
	return nil
}

// sendSlow is SendWord for everything but its two frequent cases. It leaves the core, if it is not lost, at the end.
func (c *Ctx) sendSlow(to, from PID, body any, word uint64) error {
	if !c.w.Enter() {
		c.w.Leave()
		return c.rt.post(to, Message{From: from, Body: body, Word: word})
	}
	c.reds -= sendCost
	if room := c.cache.Open(uint64(to), c.p.mb.Stamp); room != nil {
		room.From, room.Body, room.Word = from, body, word
		if c.cache.Commit(uint64(to)) {
			c.w.Leave()
			return nil
		}
	}
	m := Message{From: from, Body: body, Word: word}
	c.dir = *c.rt.table.dir.Load()
	var err error
	if p := c.rt.table.find(to); p != nil {
		err = c.deliver(p, to, 0, c.p.mb.Stamp, m)
	} else {
		err = c.nobody(to, m)
	}
	c.w.Leave()
	return err
}

// sendCost is what a send costs in reductions. It bounds how many messages a turn can queue before their receiver runs: 16
// KiB of them, which stay in the first-level cache.
const sendCost = 8

// Consume charges n reductions, for work that messages do not show: a turn has 4,000. A negative n charges nothing.
func (c *Ctx) Consume(n int) {
	c.reds -= int32(min(max(n, 0), sched.TurnReductions))
}

// ShouldYield reports whether the turn is used up, by reductions or by time: a handler with long work should send itself the
// rest as a message and return.
func (c *Ctx) ShouldYield() bool {
	if c.reds <= 0 {
		return true
	}
	now := c.rt.sched.Ticks() | 1<<31
	if c.tick == 0 {
		c.tick = now
	}
	return now-c.tick > 1
}
