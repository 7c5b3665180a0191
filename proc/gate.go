package proc

import (
	"fmt"
	"math"

	"github.com/thrum-go/thrum/internal/atomics"
)

// Overflow says what happens to a message for a full mailbox. All of them count what they turn away.
type Overflow uint8

const (
	// Reject refuses the message: its sender gets ErrMailboxFull.
	Reject Overflow = iota
	// DropNewest drops the message; its sender is not told.
	DropNewest
	// DropOldest drops the message that has waited longest and takes the new one.
	DropOldest
)

// String returns the constant's name.
func (o Overflow) String() string {
	switch o {
	case Reject:
		return "Reject"
	case DropNewest:
		return "DropNewest"
	case DropOldest:
		return "DropOldest"
	}
	return fmt.Sprintf("Overflow(%d)", uint8(o))
}

// gate is the mailbox of a process with a bound. To be exact about the bound, and to drop the oldest, sender and
// receiver must see the same queue, so it is a plain one under a lock that is held for some nanoseconds; a signal in the
// ordinary mailbox says that there is something in it. Everything for the process goes this way, signals too, so that
// the order is kept; only messages and calls of others count, and not what signals leave as messages. What a process sends to itself, its
// timers and the results of its Offload among that, is never turned away: it would wait for that for ever.
type gate struct {
	mu      mutex
	pid     PID
	bound   int
	policy  Overflow
	buf     []gated // a ring; grows up to what is needed
	head    int
	n       int
	msgs    int  // of the n, those that count
	lent    int  // messages that count though the process has taken them out: it has passed over them
	owed    int  // likewise, but they had to make room: the process is to drop as many, the oldest first
	signals int  // of the n, those that have not taken effect
	seen    int  // of the n, how many at the head are known not to be such
	empty   int  // of the n, about how many mean nothing any more
	told    bool // the process has been told, or is at work on the queue
	urged   bool // it has been told that there are signals
	closed  bool
	turned  atomics.Uint64 // messages rejected or dropped
}

type gated struct {
	m      Message
	counts bool
}

func (g *gate) at(i int) *gated { return &g.buf[(g.head+i)%len(g.buf)] }

// admission is what becomes of a message at a gate.
type admission struct {
	tell    bool    // the process must be told that there is something
	dropped bool    // a message was dropped: this one, or the oldest
	evicted Message // the oldest, when it was a call; its caller must be told
	err     error
}

// put queues m, if there is room.
func (g *gate) put(to PID, m Message) (a admission) {
	// A message to an alias is one for the process, and takes up room; the reply to a call has room.
	alias := m.From&markMask == markReply && m.Word&aliasWord != 0
	e := gated{m, (!m.From.isSignal() || alias) && m.From != to}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.pid != to {
		return admission{err: ErrNoProc}
	}
	if e.counts && g.msgs+g.lent >= g.bound {
		switch {
		case g.policy == Reject || g.policy == DropNewest && m.From&markMask == markCall:
			g.turned.Add(1)
			return admission{err: ErrMailboxFull}
		case g.policy == DropNewest:
			g.turned.Add(1)
			return admission{dropped: true}
		case g.lent > 0: // the oldest are with the process
			g.lent--
			g.owed++
		default:
			g.turned.Add(1)
			a.dropped = true
			if old := g.dropOldest(); old.From&markMask == markCall {
				a.evicted = old
			}
		}
	}
	if g.n == len(g.buf) {
		buf := make([]gated, max(4, 2*len(g.buf)))
		for i := range g.n {
			buf[i] = *g.at(i)
		}
		g.buf, g.head = buf, 0
	}
	g.n++
	*g.at(g.n - 1) = e
	a.tell = !g.told
	if e.counts {
		g.msgs++
	}
	if e.unread() {
		g.signals++
		a.tell = a.tell || !g.urged && !bugGateUrged
		g.urged = true
	}
	g.told = true
	return a
}

// unread reports whether e is a signal that has not taken effect.
func (e *gated) unread() bool { return e.m.From.isSignal() && !isNote(e.m) }

// dropOldest removes the oldest message that counts, and returns it; signals, and what they have left, keep their place.
func (g *gate) dropOldest() Message {
	i := 0
	for !g.at(i).counts {
		i++
	}
	m := g.at(i).m
	g.removeAt(i)
	return m
}

func (g *gate) removeAt(i int) {
	if e := g.at(i); e.counts {
		g.msgs--
	}
	if g.at(i).unread() {
		g.signals--
		g.urged = g.urged && g.signals > 0
	}
	if i < g.seen {
		g.seen--
	}
	for ; i > 0; i-- {
		*g.at(i) = *g.at(i - 1)
	}
	*g.at(0) = gated{}
	g.head = (g.head + 1) % len(g.buf)
	g.n--
}

// get takes the oldest entry; without one, the next put tells the process again. With lend a message goes on counting until it is
// repaid: a process in direct style may pass over it. counts says whether it does.
func (g *gate) get(lend bool) (m Message, counts, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == 0 {
		g.told = bugGateTold
		return m, false, false
	}
	e := *g.at(0)
	for g.removeAt(0); e.m.From == markSignal && e.m.Body == any(yieldSignal); g.removeAt(0) {
		g.empty = max(g.empty-1, 0)
		if g.n == 0 {
			g.told = bugGateTold
			return m, false, false
		}
		e = *g.at(0)
	}
	if e.counts && lend {
		g.lent++
	}
	return e.m, e.counts, true
}

// repay ends the counting of a message that was lent: it has made room, for one that was to be dropped if there is such a one.
func (g *gate) repay() {
	g.mu.Lock()
	if g.owed > 0 {
		g.owed--
	} else {
		g.lent--
	}
	g.mu.Unlock()
}

// debt returns how many lent messages the process is to drop.
func (g *gate) debt() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.owed
}

// nextSignal takes the oldest signal out and leaves a hole in its place. Signals take effect in order, so all before the last one
// have done so: seen says how far, and the next look begins there.
func (g *gate) nextSignal() (m Message, hole *signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.urged = g.signals > 0
	for g.urged {
		e := g.at(g.seen)
		if g.seen++; e.unread() {
			m, hole = e.m, &signal{kind: sigHole}
			e.m = Message{From: markSignal, Body: hole}
			g.signals--
			return m, hole
		}
	}
	return m, nil
}

// fill puts what a signal has left into its hole. A hole that stays empty becomes a note that means nothing; when there are many of
// these they are taken out together, since each removal moves all that lies before it.
func (g *gate) fill(hole *signal, m Message, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := min(g.seen, g.n) - 1; i >= 0; i-- {
		e := g.at(i)
		if s, is := e.m.Body.(*signal); !is || s != hole {
			continue
		}
		if ok {
			e.m = m
			return
		}
		e.m.Body = yieldSignal
		if e.counts {
			e.counts = false
			g.msgs--
		}
		if g.empty++; g.empty > 64 && 2*g.empty > g.n {
			g.compact()
		}
		return
	}
}

// compact takes out the notes that mean nothing.
func (g *gate) compact() {
	n, seen := 0, 0
	for i := range g.n {
		e := *g.at(i)
		if e.m.From == markSignal && e.m.Body == any(yieldSignal) {
			continue
		}
		if i < g.seen {
			seen++
		}
		*g.at(n) = e
		n++
	}
	for i := n; i < g.n; i++ {
		*g.at(i) = gated{}
	}
	g.n, g.seen, g.empty = n, seen, 0
}

// isNote reports whether m is an entry that means something only to the process that has it in its queue.
func isNote(m Message) bool {
	s, ok := m.Body.(*signal)
	return ok && m.From&markMask == markSignal && (s.kind == sigYield || s.kind == sigHole || s.kind == sigEnd)
}

// each calls f with each message until it returns false. f may change what does not count.
func (g *gate) each(f func(*Message) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.n {
		if !f(&g.at(i).m) {
			return
		}
	}
}

// state returns how many messages there are, and the bound, 0 for none.
func (g *gate) state() (n, bound int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if bound = g.bound; bound == math.MaxInt {
		bound = 0
	}
	for i := range g.n {
		if !g.at(i).m.From.isSignal() {
			n++
		}
	}
	return n, bound
}

func (g *gate) close(drop func(Message)) {
	g.mu.Lock()
	g.closed = !bugGateClosed
	left := make([]Message, 0, g.n)
	for i := range g.n {
		left = append(left, g.at(i).m)
	}
	g.buf, g.n, g.msgs, g.signals, g.seen = nil, 0, 0, 0, 0
	g.mu.Unlock()
	for _, m := range left {
		drop(m)
	}
}
