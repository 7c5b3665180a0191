//go:build explore

package mpsc

import (
	"math/bits"

	"github.com/thrum-go/thrum/internal/atomics"
)

// kind is what a letter is: a message, or a signal that has one of these effects when it is acted upon.
type kind uint8

const (
	message  kind = iota
	note          // nothing further
	left          // it leaves a message at its place
	told          // the receiver sends a message to its target
	passedOn      // the receiver sends a signal, told, to its target
	wake          // something waits in the receiver's gate; not among the sender's items
)

func (k kind) String() string {
	if k == message {
		return "letter"
	}
	return "signal"
}

// mail is what an actor has to do with signals.
type mail struct {
	voice  *sender // its own, if it sends
	target *actor
	once   [maxSenders]uint16 // of each sender, the signals that left a message; owner

	gatedLate, hasty bool // it is gated while it lives; without fetching

	gate   atomics.Uint64 // what waits in the gate, a bit each by sender and number: anyone adds, the owner takes all
	peek   bool           // it has been told of the gate; owner
	sealed bool           // it has been gated while it lived, and has fetched; owner
	within bitmap         // what was in the private queue then; owner

	pending int  // signals in the inbox
	taking  bool // they are being taken out
}

// bitmap holds items: by sender, bit n for the n-th.
type bitmap [maxSenders]uint16

func (b *bitmap) has(l letter) bool { return b[l.from]>>l.n&1 != 0 }

// What the inbox holds is counted in the same step in which it is pushed, by whoever pushes, and so beside what orders the
// accesses to the other books.

//go:norace
func (m *mail) pushed() { m.pending++ }

//go:norace
func (m *mail) arrived() { m.pending-- }

//go:norace
func (m *mail) take(on bool) { m.taking = on }

//go:norace
func (m *mail) in() (signals int, taking bool) { return m.pending, m.taking }

// look loads the receiver's word, as anyone may at any time: it must be urgent when a signal waits in the inbox, and only then.
func (w *world) look(a *actor) State {
	s := a.mb.State()
	if n, taking := a.in(); !taking && s.Kind() != Closed && s.Urgent() != (n > 0) {
		w.x.Failf("urgent: the word of receiver %d is %#x with %d signals in its inbox", a.number, uint64(s), n)
	}
	return s
}

// fetch takes the receiver's inbox.
func (k *core) fetch(a *actor) {
	a.take(true)
	a.mb.Fetch(k.cache, a.gen)
	a.take(false)
}

// signal sends a signal from this core.
func (k *core) signal(s *sender, a *actor, life uint8, what kind) Sent {
	l := s.next(a, life, what)
	r := a.mb.Signal(k.cache, a.address(life), s.gate, l)
	k.signalled(s, a, l, r)
	return r
}

func (k *core) signalled(s *sender, a *actor, l letter, r Sent) {
	switch r {
	case Direct:
		k.act(a, l)
	case Schedule:
		a.pass(nobody, k.id)
		k.act(a, l)
		k.settleOwned(a)
	case Inject:
		a.pushed()
		a.pass(nobody, inQueue)
		k.w.share(a)
	case Queued:
		a.pushed()
	case Gone, Gate:
		k.turnedAway(s, a, l, r)
	default:
		k.w.x.Failf("Signal returned %d", r)
	}
}

// settleOwned lets an idle receiver that the core has just taken go, if it has nothing to do, or else schedules it.
func (k *core) settleOwned(a *actor) {
	if !a.mb.HasNext() && !a.peek {
		a.pass(k.id, nobody)
		if a.mb.Release(a.gen, k.cache.tag) || k.w.lax {
			return
		}
		a.pass(nobody, k.id)
	}
	k.queue = append(k.queue, a)
}

// postSignal sends a signal from outside.
func (w *world) postSignal(s *sender, a *actor, life uint8, what kind) Sent {
	l := s.next(a, life, what)
	r := w.postAs(s, a, l)
	if r == Gone || r == Gate {
		w.turnedAway(s, a, l, r)
	}
	return r
}

func (w *world) postAs(s *sender, a *actor, l letter) Sent {
	ch := w.outside.PrepareSignal(l)
	r := a.mb.Post(ch, a.address(l.life), s.gate)
	switch r {
	case Inject:
		a.pushed()
		a.pass(nobody, inQueue)
		w.share(a)
	case Queued:
		a.pushed()
	case Gone, Gate:
		w.outside.Discard(ch)
	default:
		w.x.Failf("Post returned %d", r)
	}
	return r
}

// onSignal is called by the cache for a signal that comes out of an inbox.
func (k *core) onSignal(m *Mailbox[letter], l letter) {
	for _, a := range k.w.actors {
		if &a.mb == m {
			a.arrived()
			k.act(a, l)
		}
	}
}

// act acts on a signal that has arrived at the receiver, which the core owns.
func (k *core) act(a *actor, l letter) {
	if a.holder != k.id {
		k.w.x.Failf("two parties: core %d acts on a signal for receiver %d, which is scheduled by %d", k.id, a.number, a.holder)
	}
	if l.kind == wake {
		a.peek = true
		return
	}
	if a.sealed {
		k.w.x.Failf("past the gate: signal %d of sender %d", l.n, l.from)
	}
	a.checkAct(l)
	switch l.kind {
	case left:
		if a.once[l.from]>>l.n&1 != 0 {
			k.w.x.Failf("doubled: signal %d of sender %d is acted upon twice", l.n, l.from)
		}
		a.once[l.from] |= 1 << l.n
		*a.mb.Put(k.cache) = l
		return
	case told:
		k.send(a.voice, a.target, a.target.life)
	case passedOn:
		k.signal(a.voice, a.target, a.target.life, told)
	}
	k.w.settleFate(l, acted)
}

// checkAct checks that the signal comes at its place: what its sender sent before it is in the private queue or has met its
// fate, and nothing that it sent after it has got there.
func (a *actor) checkAct(l letter) {
	w := a.w
	if l.life != a.life {
		w.x.Failf("wrong life: signal %d of sender %d is for life %d and came to life %d", l.n, l.from, l.life, a.life)
	}
	waits := a.waiting()
	for n := uint8(1); n < l.n; n++ {
		i := w.items[l.from][n-1]
		if int(i.to) == a.number && i.life == l.life && w.fates[l.from][n-1] == 0 && waits[l.from]>>n&1 == 0 {
			w.x.Failf("order: signal %d of sender %d is acted upon before its %s %d has come", l.n, l.from, i.kind, n)
		}
	}
	if last := max(int(a.last[l.from]), bits.Len16(waits[l.from])-1); last > int(l.n) {
		w.x.Failf("order: signal %d of sender %d is acted upon after its letter %d has come", l.n, l.from, last)
	}
}

// waiting returns what is in the private queue. Owner only.
func (a *actor) waiting() (b bitmap) {
	a.mb.Each(func(l *letter) bool {
		b[l.from] |= 1 << l.n
		return true
	})
	return b
}
