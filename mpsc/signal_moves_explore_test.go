//go:build explore

package mpsc

import "github.com/thrum-go/thrum/internal/explore"

// What is explored of signals while receivers and senders change hands.

// signalsMigrate: core 0 gives its receiver away, while core 1 sends to it and claims it.
func signalsMigrate(things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 1)
		r := w.actors[0]
		k0, k1, own := w.cores[0], w.cores[1], &sender{w: w, id: 0}
		k0.own(own, r)
		k0.send(own, r, 1)
		x.Go("owner", func() {
			k0.turn(r, 1)
			k0.expose()
			k0.sendAll(own, r, note, message)
			k0.drain()
			k0.poll()
		})
		x.Go("thief", func() {
			k1.sendAll(&sender{w: w, id: 1}, r, things...)
			k1.poll()
		})
	}
}

// signalsDetached: the core has been taken from the worker inside the receiver's handler. The taker cuts the receiver loose and
// sends to it; the handler returns; another core sends.
func signalsDetached(handlerFirst bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 1)
		r := w.actors[0]
		k0, k1, own := w.cores[0], w.cores[1], &sender{w: w, id: 0}
		k0.own(own, r)
		k0.send(own, r, 1)
		k0.queue = nil
		k0.receive(r) // what the handler is stuck with
		r.pass(0, stuck)
		loose := explore.NewSemaphore(1)
		x.Go("taker", func() {
			r.mb.Detach()
			loose.Release()
			w.look(r)
			k0.sendAll(own, r, note)
			k0.poll()
		})
		x.Go("handler", func() {
			if !handlerFirst {
				loose.Acquire()
			}
			w.look(r)
			r.mb.Leave()
			r.pass(stuck, inQueue)
			w.share(r)
		})
		x.Go("core 1", func() {
			k1.sendAll(&sender{w: w, id: 1}, r, things...)
			k1.poll()
		})
	}
}

// signallerStuck: the sender's core is taken, it sends from outside, hands itself over, and comes back to the same core, where it
// had a block open.
func signallerStuck(outside, after []thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 2)
		r := w.actors[0]
		w.cores[0].own(&sender{w: w, id: 0}, r)
		k1 := w.cores[1]
		s := w.mover(1, w.actors[1], k1)
		behind(x, k1, s, r)
		back := explore.NewSemaphore(1)
		x.Go("receiver", w.cores[0].drain)
		x.Go("core 1", func() {
			s.on.pass(1, stuck)
			s.on.mb.Detach()
			back.Acquire()
			k1.arrive(s)
			k1.sendAll(s, r, after...)
			k1.rest(s)
			k1.poll()
		})
		x.Go("handler", func() {
			explore.Wait(func() bool { return s.on.mb.State().Kind() == Public })
			w.postAll(s, r, outside...)
			s.on.pass(stuck, inQueue)
			s.on.mb.Leave()
			back.Release()
		})
	}
}

// signalsClosing: core 0 ends the receiver's life, with a letter unread and signals and letters on their way, and begins the
// slot's next one; a sender holds the addresses of both. A signal that had come in is acted upon in the end.
func signalsClosing(reopen, outside bool, things ...thing) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 1)
		r := w.actors[0]
		k0, k1, own := w.cores[0], w.cores[1], &sender{w: w, id: 0}
		k0.own(own, r)
		k0.send(own, r, 1)
		k1.signal(&sender{w: w, id: 2}, r, 1, note)
		x.Go("owner", func() {
			k0.queue = nil
			k0.receive(r)
			k0.close(r)
			if reopen {
				k0.open(r)
				k0.drain()
			}
		})
		x.Go("core 1", func() {
			s := &sender{w: w, id: 1}
			k1.sendAll(s, r, things...)
			if reopen {
				k1.signal(s, r, 2, left)
				k1.send(s, r, 2)
			}
			k1.poll()
		})
		if outside {
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, things...) })
		}
		x.After(func() {
			if w.fates[2][0] != acted {
				x.Failf("lost: the signal in the inbox met fate %d", w.fates[2][0])
			}
		})
	}
}

// watched: core 0 has a receiver and does something with it, core 1 sends a signal and a letter to it, and somebody else looks at
// its word all the time.
func watched(owner func(k *core, r *actor)) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := signalWorld(x, 2, 1)
		r := w.actors[0]
		r.gatedLate = true
		k0, k1, own := w.cores[0], w.cores[1], &sender{w: w, id: 0}
		k0.own(own, r)
		x.Go("owner", func() {
			owner(k0, r)
			k0.poll()
		})
		x.Go("core 1", func() {
			k1.sendAll(&sender{w: w, id: 1}, r, note, message)
			k1.poll()
		})
		x.Go("observer", func() {
			for range 2 {
				w.look(r)
			}
		})
	}
}

func runs(k *core, _ *actor) { k.drain() }

func isExposed(k *core, _ *actor) { k.expose() }

func isGated(k *core, r *actor) {
	k.seal(r)
	k.drain()
}

func isFetched(k *core, r *actor) {
	k.fetch(r)
	k.drain()
}

func isCutLoose(k *core, r *actor) {
	k.queue = nil
	r.pass(k.id, stuck)
	r.mb.Detach()
	r.mb.Leave()
	r.pass(stuck, inQueue)
	k.w.share(r)
}

// signalMoves is what is explored of them.
var signalMoves = []program{
	{"signal against publish and claim", signalsMigrate(left), preempted(4), sampled(40)},
	{"signal and letter against publish and claim", signalsMigrate(message, left), preempted(3), sampled(41)},
	{"letter, signal, letter against publish and claim", signalsMigrate(message, note, message), preempted(3), sampled(42)},
	{"signal against detach", signalsDetached(false, note), preempted(4), sampled(43)},
	{"letter and signal against detach while the handler returns", signalsDetached(true, message, left), preempted(3), sampled(44)},
	{"sender of a signal loses its core", signallerStuck([]thing{note}, []thing{message}), preempted(3), sampled(45)},
	{"sender loses its core and signals when it is back", signallerStuck([]thing{message}, []thing{left, message}), preempted(2), sampled(46)},
	{"close against a signal", signalsClosing(false, false, left), all(), reduced()},
	{"close and the next life against signals", signalsClosing(true, false, message, left), preempted(4), sampled(47)},
	{"close and the next life against signals from outside", signalsClosing(true, true, note), preempted(3), sampled(48)},
	{"watched while it runs", watched(runs), preempted(4), sampled(49)},
	{"watched while it fetches", watched(isFetched), preempted(3), sampled(50)},
	{"watched while it is given away", watched(isExposed), preempted(3), sampled(51)},
	{"watched while it is cut loose", watched(isCutLoose), preempted(3), sampled(52)},
	{"watched while it is gated", watched(isGated), preempted(3), sampled(53)},
}
