//go:build explore

package mpsc

import (
	"slices"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// signalWorld is a world in which signals are sent.
func signalWorld(x *explore.Exec, cores, receivers int) *world {
	w := newWorld(x, cores, receivers)
	w.signals = true
	return w
}

// thing is what a sender of a program sends: a letter or a signal.
type thing = kind

// sendAll sends things from a core to a receiver's first life.
func (k *core) sendAll(s *sender, a *actor, things ...thing) {
	for _, t := range things {
		if t == message {
			k.send(s, a, 1)
		} else {
			k.signal(s, a, 1, t)
		}
	}
}

// postAll is the same from outside.
func (w *world) postAll(s *sender, a *actor, things ...thing) {
	for _, t := range things {
		if t == message {
			w.post(s, a, 1)
		} else {
			w.postSignal(s, a, 1, t)
		}
	}
}

// signalsToIdle: cores and, if asked for, a goroutine send to an idle receiver. Whoever takes it acts, and lets it go or schedules it.
func signalsToIdle(cores int, outside bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, cores, 1)
		r := w.actors[0]
		for i, k := range w.cores {
			x.Go("core", func() {
				k.sendAll(&sender{w: w, id: uint8(i)}, r, things...)
				k.drain()
				k.poll()
			})
		}
		if outside {
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, things...) })
		}
	}
}

// signalsToOwner: core 0 runs a receiver with several letters, and sends to it itself, while others send letters and signals.
func signalsToOwner(cores int, outside bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, cores, 1)
		r := w.actors[0]
		k0, own := w.cores[0], &sender{w: w, id: 0}
		k0.own(own, r)
		k0.send(own, r, 1)
		x.Go("owner", k0.drain)
		for i, k := range w.cores[1:] {
			x.Go("sender", func() {
				k.sendAll(&sender{w: w, id: uint8(i + 1)}, r, things...)
				k.poll()
			})
		}
		if outside {
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, things...) })
		}
	}
}

// ownerSignals: a sender on the receiver's own core finds letters of others, and its own behind them, in the inbox.
func ownerSignals(things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 1)
		r := w.actors[0]
		k0, k1, own := w.cores[0], w.cores[1], &sender{w: w, id: 0}
		k0.own(own, r)
		x.Go("owner", func() {
			k0.sendAll(own, r, things...)
			k0.drain()
		})
		x.Go("core 1", func() {
			k1.sendAll(&sender{w: w, id: 1}, r, message)
			k1.poll()
		})
	}
}

// openBlock: a sender on core 1 has a block open in the receiver's inbox; others on that core go on with it.
func openBlock(both bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 1)
		r := w.actors[0]
		k0, k1 := w.cores[0], w.cores[1]
		k0.own(&sender{w: w, id: 0}, r)
		s, other := &sender{w: w, id: 1}, &sender{w: w, id: 2}
		behind(x, k1, s, r)
		x.Go("receiver", k0.drain)
		x.Go("senders", func() {
			for _, t := range things {
				k1.sendAll(s, r, t)
				if both {
					k1.sendAll(other, r, message)
				}
			}
			k1.poll()
		})
	}
}

// signallerMoves: the sender goes from core 1 to core 2 and back, and sends on each, while the receiver is behind.
func signallerMoves(before, between, after []thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 3, 2)
		r := w.actors[0]
		w.cores[0].own(&sender{w: w, id: 0}, r)
		k1, k2 := w.cores[1], w.cores[2]
		s := w.mover(1, w.actors[1], k1)
		behind(x, k1, s, r)
		there, back := explore.NewSemaphore(1), explore.NewSemaphore(1)
		x.Go("receiver", w.cores[0].drain)
		x.Go("core 1", func() {
			k1.sendAll(s, r, before...)
			k1.depart(s)
			there.Release()
			back.Acquire()
			k1.arrive(s)
			k1.sendAll(s, r, after...)
			k1.rest(s)
			k1.poll()
		})
		x.Go("core 2", func() {
			there.Acquire()
			k2.arrive(s)
			k2.sendAll(s, r, between...)
			k2.depart(s)
			back.Release()
			k2.poll()
		})
	}
}

// receiverVisited: the receiver of a signal is idle, and last ran on core 1, where it has a block open for another process,
// the target. Core 2 takes it for the signal, on which it sends; back on core 1 it sends again.
func receiverVisited(x *explore.Exec) {
	w := signalWorld(x, 3, 2)
	target, r := w.actors[0], w.actors[1]
	k0, k1, k2 := w.cores[0], w.cores[1], w.cores[2]
	k0.own(&sender{w: w, id: 0}, target)
	voice := w.mover(1, r, k1)
	r.voice, r.target = voice, target
	behind(x, k1, voice, target)
	k1.rest(voice)
	visited := explore.NewSemaphore(1)
	x.Go("target", k0.drain)
	x.Go("core 2", func() {
		k2.signal(&sender{w: w, id: 2}, r, 1, told)
		visited.Release()
		k2.poll()
	})
	x.Go("core 1", func() {
		visited.Acquire()
		k1.signal(&sender{w: w, id: 3}, r, 1, told)
		k1.poll()
	})
}

// actionSends: a signal waits in the receiver's inbox, and above it what the receiver, or a second one on its core, has sent to
// it. Acting on the signal, the receiver sends to itself, or to the second one, which then sends to it.
func actionSends(what kind, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 2)
		r, second := w.actors[0], w.actors[1]
		k0, k1 := w.cores[0], w.cores[1]
		own := w.mover(0, r, k0)
		r.voice, r.target = own, r
		from := own
		if what == passedOn {
			from = w.mover(2, second, k0)
			second.voice, second.target = from, r
			r.target = second
		}
		k0.queue = []*actor{r}
		x.Go("owner", func() {
			k0.sendAll(from, r, message, message)
			if what == passedOn {
				k0.queue = append(k0.queue, second)
			}
			k0.drain()
		})
		x.Go("core 1", func() {
			k1.sendAll(&sender{w: w, id: 1}, r, what, message, what)
			k1.poll()
		})
		if outside {
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, note) })
		}
	}
}

// signalPrograms is what is explored of signals.
var signalPrograms = []program{
	{"signals of two cores to an idle receiver", signalsToIdle(2, false, note), all(), reduced()},
	{"signals that leave messages, to an idle receiver", signalsToIdle(2, false, left), all(), reduced()},
	{"signals of a core and a goroutine to an idle receiver", signalsToIdle(1, true, note, left), reduced(), preempted(4)},
	{"signals and letters to an idle receiver", signalsToIdle(2, false, note, message), preempted(4), sampled(28)},
	{"signals of two cores and a goroutine to an idle receiver", signalsToIdle(2, true, left), preempted(3), sampled(21)},
	{"signal to the owner", signalsToOwner(2, false, note), all(), reduced()},
	{"letter, signal, letter to the owner", signalsToOwner(2, false, message, left, message), reduced(), preempted(4)},
	{"signals and letters of a goroutine to the owner", signalsToOwner(1, true, message, left, message), reduced(), preempted(4)},
	{"signals and letters of a core and a goroutine", signalsToOwner(2, true, left, message), preempted(3), sampled(22)},
	{"owner's own signal behind others", ownerSignals(message, note, message), reduced(), preempted(4)},
	{"signal after an append", openBlock(false, message, note, message), preempted(4), sampled(29)},
	{"signal before an append", openBlock(false, left, message), reduced(), preempted(4)},
	{"signals of two senders on one core", openBlock(true, note, message), preempted(3), sampled(27)},
	{"sender of signals moves", signallerMoves(nil, []thing{note}, []thing{message}), preempted(2), sampled(23)},
	{"sender of signals moves and comes back", signallerMoves([]thing{message}, []thing{left}, []thing{note, message}), preempted(2), sampled(24)},
	{"receiver is visited", receiverVisited, preempted(3), sampled(25)},
	{"action sends to its own receiver", actionSends(told, false), preempted(3), sampled(54)},
	{"action makes another send to its receiver", actionSends(passedOn, false), preempted(3), sampled(55)},
	{"action sends, and a goroutine signals", actionSends(told, true), preempted(2), sampled(26)},
}

// TestSignalsKeepTheirPlaceInAnyInterleaving explores signals among messages: each is acted upon once, after what its sender sent
// before it has come to the private queue or been handled, and before anything comes there that was sent after it; and the word
// of a receiver is urgent from the push of a signal until it is taken out.
func TestSignalsKeepTheirPlaceInAnyInterleaving(t *testing.T) {
	exploreAll(t, slices.Concat(signalPrograms, signalMoves), 500_000)
}
