//go:build explore

package mpsc

import "math/bits"

// sender is where the letters of one sender come from: something that stays on its core, or outside, all the time, or a
// process that moves.
type sender struct {
	w     *world
	id    uint8
	gate  State
	plain bool   // it sends by Send alone
	on    *actor // the process that sends, if it moves
}

func (s *sender) stamp() uint64 {
	if s.on == nil {
		return 0 // on its core before everybody else
	}
	return s.on.mb.Stamp
}

// next returns what the sender sends next.
func (s *sender) next(a *actor, life uint8, k kind) letter {
	w := s.w
	w.items[s.id][w.sent[s.id]] = item{to: uint8(a.number), life: life, kind: k}
	w.sent[s.id]++
	return letter{s.id, w.sent[s.id], life, k}
}

// Who has a receiver scheduled, besides the number of a core.
const (
	nobody  = -1
	inQueue = -2 // the shared queue
	stuck   = -3 // a handler without a core
)

// actor is a receiver.
type actor struct {
	mb     Mailbox[letter]
	w      *world
	number int
	gated  bool
	life   uint8
	gen    State
	holder int               // who has it scheduled
	last   [maxSenders]uint8 // of each sender, the last letter received in this life

	mail
}

// address returns the address of the receiver's life. As the table's do, it has the number in its low bits.
func (a *actor) address(life uint8) uint64 { return uint64(life)<<GenShift | uint64(a.number) }

// pass hands the receiver from one party to another.
func (a *actor) pass(from, to int) {
	if a.holder != from {
		a.w.x.Failf("two parties: receiver %d is scheduled by %d where it should be by %d, before it goes to %d", a.number, a.holder, from, to)
	}
	a.holder = to
}

// accept checks a letter that has been received or dropped.
func (a *actor) accept(l letter, f fate) {
	a.w.settleFate(l, f)
	if l.life != a.life {
		a.w.x.Failf("wrong life: letter %d of sender %d is for life %d and came to life %d", l.n, l.from, l.life, a.life)
	}
	if l.n <= a.last[l.from] {
		a.w.x.Failf("order: letter %d of sender %d comes after its letter %d", l.n, l.from, a.last[l.from])
	}
	a.last[l.from] = l.n
	a.checkSeal(l, f)
}

// share puts a receiver that is public into the shared queue, which is one step.
func (w *world) share(a *actor) {
	b := uint64(1) << a.number
	if (w.shared.Add(b)-b)&b != 0 {
		w.x.Failf("two parties: receiver %d is in the shared queue already", a.number)
	}
}

// post sends from outside.
func (w *world) post(s *sender, a *actor, life uint8) Sent {
	l := s.next(a, life, message)
	ch := w.outside.Prepare(l)
	r := a.mb.Post(ch, a.address(life), s.gate)
	switch r {
	case Inject:
		a.pass(nobody, inQueue)
		w.share(a)
	case Gone, Gate:
		w.outside.Discard(ch)
		w.turnedAway(s, a, l, r)
	case Queued:
	default:
		w.x.Failf("Post returned %d", r)
	}
	return r
}

// core is a core and the worker that holds it.
type core struct {
	w     *world
	id    int
	cache *Cache[letter]
	queue []*actor
}

// send sends from this core. It follows Ctx.SendWord of package proc, unless the sender is one that only uses Send.
func (k *core) send(s *sender, a *actor, life uint8) Sent {
	l := s.next(a, life, message)
	r := k.reach(s, a, a.address(life), l)
	switch r {
	case Schedule:
		a.pass(nobody, k.id)
		k.queue = append(k.queue, a)
	case Inject:
		a.pass(nobody, inQueue)
		k.w.share(a)
	case Gone, Gate:
		k.turnedAway(s, a, l, r)
	case Queued:
	default:
		k.w.x.Failf("Send returned %d", r)
	}
	return r
}

func (k *core) reach(s *sender, a *actor, to uint64, l letter) Sent {
	if !s.plain {
		switch a.mb.Reach(State(to)&GenMask, k.cache.tag) {
		case Schedule:
			a.mb.Arrive(k.cache)
			*a.mb.PutFirst() = l
			return Schedule
		case Queued:
			if room := a.mb.Room(); room != nil {
				*room = l
				return Queued
			}
		}
		if room := k.cache.Open(to, s.stamp()); room != nil {
			*room = l
			if k.cache.Commit(to) {
				return Queued
			}
		}
	}
	return a.mb.Send(k.cache, to, s.gate, s.stamp(), l)
}

// own makes the core the owner of an idle receiver, with a letter of the sender's in its private queue.
func (k *core) own(s *sender, a *actor) {
	if r := k.send(s, a, a.life); r != Schedule {
		k.w.x.Failf("own: receiver %d was not idle: %d", a.number, r)
	}
}

// turn runs a receiver until it has nothing more, or has handled so many letters and has another; it reports whether that is so.
// It follows process.Run of package proc.
func (k *core) turn(a *actor, letters int) (again bool) {
	if owned, _ := a.mb.Owns(k.cache, a.gen); !owned {
		a.take(true)
		a.mb.Claim(k.cache, a.gen)
		a.take(false)
	}
	a.pass(k.id, k.id)
	for {
		if k.w.signals && k.w.look(a).Urgent() {
			k.fetch(a)
		}
		switch {
		case a.mb.HasNext():
			k.receive(a)
			if letters--; letters <= 0 && a.mb.HasNext() {
				return true
			}
		case a.peek:
			k.readGate(a)
		default:
			a.pass(k.id, nobody)
			if a.mb.Release(a.gen, k.cache.tag) {
				return false
			}
			a.pass(nobody, k.id)
			k.fetch(a)
		}
	}
}

// receive handles one letter.
func (k *core) receive(a *actor) {
	var l letter
	if first := a.mb.First(); first != nil {
		l = *first
		*first = letter{}
	} else {
		l = a.mb.Next(k.cache)
	}
	if a.holder != k.id {
		k.w.x.Failf("two parties: core %d runs receiver %d, which is scheduled by %d", k.id, a.number, a.holder)
	}
	a.accept(l, received)
}

// drain runs what the core has queued until it has nothing more.
func (k *core) drain() {
	for len(k.queue) > 0 {
		a := k.queue[0]
		k.queue = k.queue[1:]
		if k.turn(a, 2) {
			k.queue = append(k.queue, a)
		}
	}
}

// take moves what is in the shared queue to the core's own, without running it.
func (k *core) take() {
	for m := k.w.shared.Swap(0); m != 0; m &= m - 1 {
		a := k.w.actors[bits.TrailingZeros64(m)]
		a.pass(inQueue, k.id)
		k.queue = append(k.queue, a)
	}
}

// poll runs what is in the shared queue.
func (k *core) poll() {
	k.take()
	k.drain()
}

// expose gives the receivers that the core has queued away, through the shared queue. It follows process.Publish.
func (k *core) expose() {
	for _, a := range k.queue {
		for !a.mb.Publish(a.gen, k.cache.tag) {
			if owned, _ := a.mb.Owns(k.cache, a.gen); !owned {
				break // it was taken but never run here: it is public still
			}
			k.fetch(a)
		}
		a.pass(k.id, inQueue)
		k.w.share(a)
	}
	k.queue = nil
}

// close ends the receiver's life, which the core owns and has taken out of its queue.
func (k *core) close(a *actor) {
	a.pass(k.id, k.id)
	a.take(true)
	a.mb.Drain(k.cache, a.mb.Shut(), func(l letter) { a.accept(l, dropped) })
	a.take(false)
	a.pass(k.id, nobody)
	a.life++
	a.gen += 1 << GenShift
	a.last = [maxSenders]uint8{}
}

// open begins the receiver's next life on this core.
func (k *core) open(a *actor) {
	if g := a.mb.State().Gen(); g != a.gen {
		k.w.x.Failf("generation is %#x, want %#x", g, a.gen)
	}
	a.pass(nobody, k.id)
	a.mb.OpenFor(k.cache, a.gen, a.gated)
	k.queue = append(k.queue, a)
}

// mover makes a sender of the idle actor a, which core k owns from now on.
func (w *world) mover(id uint8, a *actor, k *core) *sender {
	a.pass(nobody, k.id)
	a.mb.OpenFor(k.cache, a.gen, false)
	return &sender{w: w, id: id, on: a}
}

// depart makes a process that sends public, and so ready for another core; arrive takes it from there; rest ends its turn.
func (k *core) depart(s *sender) {
	a := s.on
	a.pass(k.id, inQueue)
	if !a.mb.Publish(a.gen, k.cache.tag) {
		k.w.x.Failf("Publish of a receiver without letters fails")
	}
}

func (k *core) arrive(s *sender) {
	s.on.mb.Claim(k.cache, s.on.gen)
	s.on.pass(inQueue, k.id)
}

func (k *core) rest(s *sender) {
	s.on.pass(k.id, nobody)
	if !s.on.mb.Release(s.on.gen, k.cache.tag) {
		k.w.x.Failf("Release of a receiver without letters fails")
	}
}
