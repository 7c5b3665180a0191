package mpsc

import (
	"github.com/thrum-go/thrum/internal/atomics"
)

// State is the value of an inbox's word. One word is both the queue and the scheduling state, so that one atomic write
// both enqueues a message and tells its sender whether it must schedule the receiver: there is no second word to
// disagree with the first, and with it the whole class of lost wake-ups disappears.
//
//	bits 0..1    kind: idle, owned, public, closed
//	bit  2       gated: messages take another way in (a bounded mailbox)
//	bits 3..10   owner: which core owns it, when owned
//	bit  11      urgent: a signal is among what the inbox holds
//	bits 12..39  index of the newest chunk in the inbox, 0 when the inbox is empty
//	bits 40..63  generation: which of the slot's successive lives this is
//
// The generation stands in the same bits as in the address that a sender holds. A compare-and-swap therefore fails by
// itself when the slot has been given to another receiver meanwhile: no message can reach the wrong life.
type State uint64

// The kinds. An idle inbox is always empty; only its owner turns an owned one into anything else.
const (
	Idle   State = 0 // nothing queued, not scheduled
	Owned  State = 1 // a core runs it or has it queued
	Public State = 2 // whoever finds it in a shared queue may claim it; or a detached handler holds it
	Closed State = 3 // nobody lives here
)

const (
	kindMask   State = 3
	gatedBit   State = 1 << 2
	urgentBit  State = 1 << 11
	ownerMask  State = urgentBit - 1<<ownerShift
	ownerShift       = 3
	indexShift       = 12
	genShift         = 40
	indexMask  State = (1<<(genShift-indexShift) - 1) << indexShift
	tagMask    State = 1<<indexShift - 1

	// GenMask selects the generation, in a State and in an address alike.
	GenMask State = ^State(0) >> genShift << genShift
	// GenShift is the lowest bit of the generation.
	GenShift = genShift
	// MaxGen is the last generation a slot can have; a slot that has reached it must not be used again.
	MaxGen = 1<<(64-genShift) - 1
	// MaxCores is how many cores can own inboxes.
	MaxCores = 255
)

// TagOf returns the low bits of a State owned by the given core.
func TagOf(core int) State { return State(core)<<ownerShift | Owned }

// Kind returns Idle, Owned, Public or Closed.
func (s State) Kind() State { return s & kindMask }

// Owner returns the owning core; it has a meaning only while the kind is Owned.
func (s State) Owner() int { return int(s & ownerMask >> ownerShift) }

// Gen returns the generation in place, unshifted.
func (s State) Gen() State { return s & GenMask }

// Gated reports whether messages take another way in.
func (s State) Gated() bool { return s&gatedBit != 0 }

// Urgent reports whether the inbox holds a signal, which its owner should fetch without waiting for the end of what it has.
func (s State) Urgent() bool { return s&urgentBit != 0 }

// Empty reports whether the inbox holds no chunk.
func (s State) Empty() bool { return s&indexMask == 0 }

func (s State) index() uint32 { return uint32(s & indexMask >> indexShift) }

// Inbox is the shared word of a mailbox. Everybody may load it. Who may write it:
//
//  1. Anyone: idle to owned by the writer's own core (TryOwn), or push a chunk (push), which keeps kind and owner;
//     a push onto an idle inbox makes it public and obliges the pusher to put the receiver into a shared queue.
//     A push of a signal sets the urgent bit with the same write.
//  2. The owner: owned and empty to idle (Release) or to public (Publish); owned to owned and empty (take), which clears
//     the urgent bit; the urgent bit, while it acts on signals (hold, letGo); and the gated bit, once in a life (Gate).
//  3. Whoever took the receiver out of a shared queue: public to owned (Claim).
//  4. Whoever holds the core of a stuck handler: owned to public, chunks kept (Detach).
//  5. Whoever owns it: to closed with the next generation (Close); and closed to owned or public for a new life (open).
//
// Only core w ever installs w's tag, and only w, or a pusher on top of it, replaces it: a core that sees its own tag
// may trust it.
type Inbox struct {
	word atomics.Uint64
}

// State returns the present value.
func (b *Inbox) State() State { return State(b.word.Load()) }

// tryOwn takes an inbox that was seen idle, as the state says, for the core with the given tag. It is the first sender's step: the
// winner schedules.
func (b *Inbox) tryOwn(idle, tag State) bool {
	return b.word.CompareAndSwap(uint64(idle), uint64(idle|tag))
}

// push puts the chunk with the given index on top and reports the state it was put on. It fails when the receiver of
// that generation is gone, and when it is gated and gate, which is Gated or 0, does not pass. urgent is urgentBit for a signal. below is
// the chunk's own link, written before the chunk can be seen.
func (b *Inbox) push(gen, gate, urgent State, index uint32, below *uint32) (before State, ok bool) {
	closed := gatedBit &^ gate
	for {
		s := b.State()
		if s.Gen() != gen && !bugStale || s.Kind() == Closed || s&closed != 0 && !bugGate {
			return s, false
		}
		*below = s.index()
		n := s&^indexMask | State(index)<<indexShift | urgent
		if s.Kind() == Idle {
			n |= Public
		}
		if bugKeep && urgent == 0 {
			n &^= urgentBit
		}
		if b.word.CompareAndSwap(uint64(s), uint64(n)) {
			return s, true
		}
		if bugLate {
			closed = 0
		}
	}
}

// Release ends the core's ownership: owned and empty to idle. It fails when a chunk has come in meanwhile, which
// the owner must then take. Pairs with push: either the pusher sees idle and schedules, or the owner sees the chunk.
func (b *Inbox) Release(gen, tag State) bool {
	if bugRelease {
		b.word.Store(uint64(gen))
		return true
	}
	return b.word.CompareAndSwap(uint64(gen|tag), uint64(gen)) ||
		b.word.CompareAndSwap(uint64(gen|tag|gatedBit), uint64(gen|gatedBit))
}

// Publish ends the core's ownership before the receiver goes into a shared queue: owned and empty to public. It fails
// when a chunk has come in, which the owner must take first, so that order survives the migration.
func (b *Inbox) Publish(gen, tag State) bool {
	s := b.State()
	if !s.Empty() {
		return false
	}
	g := s & gatedBit
	return b.word.CompareAndSwap(uint64(gen|tag|g), uint64(gen|Public|g))
}

// claim makes the core that took the receiver out of a shared queue its owner and returns what had come in.
func (b *Inbox) claim(gen, tag State) uint32 {
	s := b.State()
	n := uint64(gen | tag | s&gatedBit)
	if bugTake {
		b.word.Store(n)
		return s.index()
	}
	return State(b.word.Swap(n)).index()
}

// take empties the inbox for its owner.
func (b *Inbox) take(gen, tag State) uint32 { return b.claim(gen, tag) }

// Gate sets the gated bit: from now on nothing is pushed that does not pass the gate. Blocks that are open in the inbox still take
// appends, until they are closed by the Fetch that must follow before the owner relies on the gate; then all that has come in
// beside the gate is in the private queue, and nothing comes there any more. Once in a life. Owner only.
func (b *Inbox) Gate() {
	for {
		s := b.State()
		if s.Gated() || b.word.CompareAndSwap(uint64(s), uint64(s|gatedBit)) {
			return
		}
	}
}

// Detach makes an owned receiver public without emptying it: its handler is stuck on a goroutine that has lost its core.
func (b *Inbox) Detach() {
	kept := gatedBit | urgentBit
	if bugDetach {
		kept = gatedBit
	}
	for {
		s := b.State()
		if s.Kind() != Owned || b.word.CompareAndSwap(uint64(s), uint64(s&^tagMask|Public|s&kept)) {
			return
		}
	}
}

// close ends this life and returns what was still in the inbox. The word carries the next generation from now on, so every
// address of this life is stale at once.
func (b *Inbox) close() uint32 {
	s := b.State()
	return State(b.word.Swap(uint64(s.Gen() + 1<<genShift | Closed))).index()
}

// Open begins a life: closed to kind, for the one who holds the free slot. gated marks a bounded mailbox.
func (b *Inbox) Open(gen, tag State, gated bool) {
	if gated {
		tag |= gatedBit
	}
	b.word.Store(uint64(gen | tag))
}
