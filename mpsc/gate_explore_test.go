//go:build explore

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// gatedLate is a world whose receiver, owned by core 0, is gated while others send to it.
func gatedLate(x *explore.Exec, cores int) (w *world, r *actor) {
	w = signalWorld(x, cores, 1)
	r = w.actors[0]
	r.gatedLate = true
	w.cores[0].own(&sender{w: w, id: 0}, r)
	return w, r
}

// gateAgainst: core 0 gates its receiver while core 1, with an open block or without, and a goroutine send to it.
func gateAgainst(open, outside bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w, r := gatedLate(x, 2)
		k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
		if open {
			behind(x, k1, s, r)
		}
		x.Go("owner", func() {
			k0.seal(r)
			k0.drain()
			k0.poll()
		})
		x.Go("core 1", func() {
			k1.sendAll(s, r, things...)
			k1.poll()
		})
		if outside {
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, message) })
		}
	}
}

// gateByPlainSends: the sender on core 1 sends by Send alone at first, which knows the gate, and then as processes do.
func gateByPlainSends(x *explore.Exec) {
	w, r := gatedLate(x, 2)
	k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
	x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, message) })
	behind(x, k1, s, r)
	x.Go("owner", func() {
		k0.seal(r)
		k0.drain()
		k0.poll()
	})
	x.Go("core 1", func() {
		s.plain = true
		k1.send(s, r, 1)
		s.plain = false
		k1.send(s, r, 1)
		k1.poll()
	})
}

// gateOfTheOwner: core 0 sends to its receiver before and after it has gated it, and has a block open in its inbox.
func gateOfTheOwner(things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w, r := gatedLate(x, 2)
		k0, k1, own := w.cores[0], w.cores[1], &sender{w: w, id: 0}
		x.Go("owner", func() {
			k0.sendAll(own, r, message, message)
			k0.seal(r)
			k0.sendAll(own, r, things...)
			k0.drain()
			k0.poll()
		})
		x.Go("core 1", func() {
			k1.sendAll(&sender{w: w, id: 1}, r, message, note)
			k1.poll()
		})
	}
}

// gateAndMove: core 0 gates its receiver and gives it away.
func gateAndMove(open bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w, r := gatedLate(x, 2)
		k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
		if open {
			behind(x, k1, s, r)
		}
		x.Go("owner", func() {
			k0.seal(r)
			k0.expose()
			k0.poll()
		})
		x.Go("core 1", func() {
			k1.sendAll(s, r, things...)
			k1.poll()
		})
	}
}

// gateOfTheLoose: the handler of a receiver gates it while its core is taken from it: the core's owner cuts the receiver loose.
func gateOfTheLoose(x *explore.Exec) {
	w, r := gatedLate(x, 2)
	k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
	k0.receive(r)
	k0.queue = nil
	r.pass(0, stuck)
	r.gated = true
	gated := explore.NewSemaphore(1)
	x.Go("taker", func() {
		r.mb.Detach()
		w.look(r)
		gated.Acquire()
		r.pass(stuck, inQueue)
		r.mb.Leave()
		w.share(r)
		k0.poll()
	})
	x.Go("handler", func() {
		r.mb.Gate()
		w.look(r)
		gated.Release()
	})
	x.Go("core 1", func() {
		k1.sendAll(s, r, message, note)
		k1.poll()
	})
}

// gatePrograms is what is explored of receivers that are gated while they live.
var gatePrograms = []program{
	{"gated against letters", gateAgainst(false, false, message, message), preempted(4), sampled(30)},
	{"gated against signals", gateAgainst(false, false, left, note), reduced(), preempted(4)},
	{"gated against a signal and a letter", gateAgainst(false, false, note, message), reduced(), preempted(4)},
	{"gated against appends", gateAgainst(true, false, message, message), preempted(4), sampled(31)},
	{"gated against a signal with a block open", gateAgainst(true, false, note, message), preempted(4), sampled(32)},
	{"gated against a goroutine", gateAgainst(false, true, message), preempted(3), sampled(33)},
	{"gated against a goroutine and an append", gateAgainst(true, true, message), preempted(3), sampled(34)},
	{"gated against a goroutine and a signal with a block open", gateAgainst(true, true, note, message), preempted(2), sampled(40)},
	{"gated against sends of both kinds", gateByPlainSends, preempted(2), sampled(35)},
	{"gated, and the owner's core sends", gateOfTheOwner(message, note, message), preempted(3), sampled(36)},
	{"gated and given away", gateAndMove(false, note, message), preempted(3), sampled(37)},
	{"gated and given away with a block open", gateAndMove(true, message, left), preempted(3), sampled(38)},
	{"gated while it is cut loose", gateOfTheLoose, preempted(3), sampled(39)},
}

// TestGateLetsNothingPastInAnyInterleaving explores a receiver that is gated while others send to it. What they had sent is
// in its private queue after the fetch that follows; nothing comes in afterwards but through the gate; and the order of each
// sender holds across both.
func TestGateLetsNothingPastInAnyInterleaving(t *testing.T) {
	exploreAll(t, gatePrograms, 250_000)
}
