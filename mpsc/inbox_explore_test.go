//go:build explore

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// sendersToIdle: cores and, if asked for, a goroutine without core all send first letters to one idle receiver. One of
// them must schedule it, and no letter may stay in an idle inbox.
func sendersToIdle(cores, letters int, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, cores, 1)
		r := w.actors[0]
		for i, k := range w.cores {
			x.Go("core", func() {
				s := &sender{w: w, id: uint8(i)}
				for range letters {
					k.send(s, r, 1)
				}
				k.drain()
			})
		}
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// releaseAgainstPush: core 0 runs a receiver to its end while others send to it.
func releaseAgainstPush(cores, letters int, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, cores, 1)
		r := w.actors[0]
		w.cores[0].own(&sender{w: w, id: 2}, r)
		x.Go("owner", w.cores[0].drain)
		for i, k := range w.cores[1:] {
			x.Go("sender", func() {
				s := &sender{w: w, id: uint8(i)}
				for range letters {
					k.send(s, r, 1)
				}
				k.poll()
			})
		}
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// migration: core 0 gives its receiver away, core 1 sends to it and claims it, while more letters come from outside.
func migration(letters int, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		own := &sender{w: w, id: 0}
		w.cores[0].own(own, r)
		w.cores[0].send(own, r, 1)
		x.Go("owner", func() {
			k := w.cores[0]
			k.turn(r, 1)
			k.expose()
			k.send(own, r, 1)
			k.drain()
		})
		x.Go("thief", func() {
			k := w.cores[1]
			s := &sender{w: w, id: 1}
			for range letters {
				k.send(s, r, 1)
			}
			k.poll()
		})
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// migrationTwice: core 1 takes the receiver and gives it away again without having run it, core 2 takes it from there.
func migrationTwice(outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 3, 1)
		r := w.actors[0]
		own := &sender{w: w, id: 0}
		w.cores[0].own(own, r)
		w.cores[0].send(own, r, 1)
		w.cores[0].expose()
		x.Go("first thief", func() {
			k := w.cores[1]
			k.take()
			k.send(&sender{w: w, id: 1}, r, 1)
			k.expose()
		})
		x.Go("second thief", func() {
			k := w.cores[2]
			k.send(&sender{w: w, id: 2}, r, 1)
			k.poll()
		})
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// detached: the core has been taken from the worker inside the receiver's handler. The taker cuts the receiver loose and goes
// on with the core, which sends to it; the handler returns as soon as it sees that the core is lost, which may be before the receiver is cut
// loose; another core sends, and finds the receiver in the shared queue.
func detached(handlerFirst, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		own := &sender{w: w, id: 0}
		k0 := w.cores[0]
		k0.own(own, r)
		k0.send(own, r, 1)
		k0.queue = nil
		k0.receive(r) // what the handler is stuck with
		r.pass(0, stuck)
		loose := explore.NewSemaphore(1)
		x.Go("taker", func() {
			r.mb.Detach()
			loose.Release()
			k0.send(own, r, 1)
			k0.poll()
		})
		x.Go("handler", func() {
			if !handlerFirst {
				loose.Acquire()
			}
			r.mb.Leave()
			r.pass(stuck, inQueue)
			w.share(r)
		})
		x.Go("core 1", func() {
			k := w.cores[1]
			k.send(&sender{w: w, id: 1}, r, 1)
			k.poll()
		})
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// closing: core 0 ends the receiver's life, with a letter unread and others on their way, and begins the slot's next one;
// senders hold the address of the first life, one of them that of the second too.
func closing(reopen, second, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		own := &sender{w: w, id: 0}
		k0 := w.cores[0]
		k0.own(own, r)
		k0.send(own, r, 1)
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
			k := w.cores[1]
			s := &sender{w: w, id: 1}
			k.send(s, r, 1)
			if second {
				k.send(s, r, 1)
			}
			if reopen {
				k.send(s, r, 2)
			}
			k.poll()
		})
		if outside {
			x.Go("outside", func() {
				s := &sender{w: w, id: 3}
				w.post(s, r, 1)
			})
		}
		x.After(func() {
			if w.fates[0][0] != received || w.fates[0][1] != dropped {
				x.Failf("lost: what was in the queue met fates %v", w.fates[0][:2])
			}
		})
	}
}

// gatedReceiver: a bounded mailbox lets in only those that pass the gate, and keeps the mark of it through all that happens to its word.
func gatedReceiver(outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		r.gated = true
		r.mb.Open(r.gen, Idle, true)
		own := &sender{w: w, id: 0, gate: Gated, plain: true}
		w.cores[0].own(own, r)
		w.cores[0].send(own, r, 1)
		x.Go("owner", func() {
			k := w.cores[0]
			k.turn(r, 1)
			k.expose()
			k.poll()
		})
		x.Go("core 1", func() {
			k := w.cores[1]
			if r := k.send(&sender{w: w, id: 2}, r, 1); r != Gate {
				x.Failf("a letter without the gate's mark was let in: %d", r)
			}
			if r := k.send(&sender{w: w, id: 1, gate: Gated, plain: true}, r, 1); r == Gate {
				x.Failf("a letter with the gate's mark was not let in")
			}
			k.poll()
		})
		if outside {
			x.Go("outside", func() {
				if r := w.post(&sender{w: w, id: 3}, r, 1); r != Gate {
					x.Failf("a letter without the gate's mark was let in from outside: %d", r)
				}
			})
		}
	}
}

// inboxPrograms is what is explored of an inbox and its owners.
var inboxPrograms = []program{
	{"two cores wake an idle receiver", sendersToIdle(2, 1, false), all(), reduced()},
	{"two cores wake an idle receiver twice", sendersToIdle(2, 2, false), reduced(), preempted(4)},
	{"two cores and a goroutine wake an idle receiver", sendersToIdle(2, 1, true), reduced(), preempted(3)},
	{"three cores wake an idle receiver", sendersToIdle(3, 1, false), preempted(4), random(14)},
	{"release against one push", releaseAgainstPush(2, 1, false), all(), reduced()},
	{"release against two pushes of a core", releaseAgainstPush(2, 2, false), reduced(), preempted(4)},
	{"release against three pushes of a core", releaseAgainstPush(2, 3, false), reduced(), preempted(4)},
	{"release against a core and a goroutine", releaseAgainstPush(2, 1, true), reduced(), preempted(3)},
	{"release against two cores", releaseAgainstPush(3, 1, false), reduced(), preempted(3)},
	{"publish and claim against a push", migration(1, false), reduced(), preempted(4)},
	{"publish and claim against two pushes", migration(2, false), reduced(), preempted(4)},
	{"publish and claim against pushes from outside", migration(1, true), preempted(4), random(1)},
	{"publish without a run", migrationTwice(false), all(), reduced()},
	{"publish without a run against pushes from outside", migrationTwice(true), preempted(4), random(2)},
	{"detach before the handler returns", detached(false, false), reduced(), preempted(4)},
	{"detach while the handler returns", detached(true, false), reduced(), preempted(4)},
	{"detach against pushes from outside", detached(true, true), preempted(3), random(3)},
	{"close against a push", closing(false, false, false), all(), reduced()},
	{"close and the next life", closing(true, false, false), all(), reduced()},
	{"close and the next life against two pushes", closing(true, true, false), reduced(), preempted(4)},
	{"close and the next life against pushes from outside", closing(true, false, true), reduced(), preempted(3)},
	{"gate", gatedReceiver(false), reduced(), preempted(4)},
	{"gate against pushes from outside", gatedReceiver(true), reduced(), preempted(3)},
}

// TestMailboxLosesNothingInAnyInterleaving explores an inbox and its owners: every message is received once, in its sender's order, or
// refused, or dropped by the close of its life; one party has the receiver scheduled; none is left in an idle inbox.
func TestMailboxLosesNothingInAnyInterleaving(t *testing.T) {
	exploreAll(t, inboxPrograms, 500_000)
}
