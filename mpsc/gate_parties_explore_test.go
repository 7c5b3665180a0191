//go:build explore

package mpsc

import "math/bits"

// turnedAway enters what becomes of something that a receiver has not taken: the end for those of a life that is over; from
// a receiver that is gated while it lives they go into the gate, and the receiver is told.
func (k *core) turnedAway(s *sender, a *actor, l letter, r Sent) {
	if !k.w.intoGate(a, l, r) {
		return
	}
	w := letter{s.id, 0, l.life, wake}
	k.signalled(s, a, w, a.mb.Signal(k.cache, a.address(l.life), Gated, w))
}

// turnedAway is the same without a core.
func (w *world) turnedAway(s *sender, a *actor, l letter, r Sent) {
	if w.intoGate(a, l, r) {
		w.postAs(&sender{w: w, id: s.id, gate: Gated}, a, letter{s.id, 0, l.life, wake})
	}
}

// intoGate puts it into the gate if the receiver has one, which is one step, and reports whether the receiver must be told: not
// when there is something in the gate that it has not seen.
func (w *world) intoGate(a *actor, l letter, r Sent) (tell bool) {
	if r == Gone || !a.gatedLate {
		w.settleFate(l, refused)
		return false
	}
	b := uint64(1) << (uint(l.from)*16 + uint(l.n))
	return a.gate.Add(b) == b
}

// seal gates the receiver, which the core runs: from now on everything comes through the gate.
func (k *core) seal(a *actor) {
	a.gated = true
	a.mb.Gate()
	if !a.hasty {
		k.fetch(a)
	}
	a.sealed = true
	a.within = a.waiting()
}

// checkSeal checks a letter that has come out of the private queue: the receiver must have had it when it was sealed.
func (a *actor) checkSeal(l letter, f fate) {
	if a.sealed && f == received && l.kind == message && !a.within.has(l) {
		a.w.x.Failf("past the gate: letter %d of sender %d", l.n, l.from)
	}
}

// readGate takes what is in the receiver's gate. It has nothing else: what came in before it was sealed is older.
func (k *core) readGate(a *actor) {
	a.peek = false
	for m := a.gate.Swap(0); m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		i := k.w.items[b/16][b%16-1]
		l := letter{uint8(b / 16), uint8(b % 16), i.life, i.kind}
		if l.kind == message {
			a.within[l.from] |= 1 << l.n
			a.accept(l, received)
			continue
		}
		a.checkAct(l)
		k.w.settleFate(l, acted)
	}
}
