//go:build explore

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// behind sends two letters from core k to a receiver that core 0 owns. The second one lies in an open block.
func behind(x *explore.Exec, k *core, s *sender, r *actor) {
	for range 2 {
		if res := k.send(s, r, 1); res != Queued {
			x.Failf("behind: letter to receiver %d: %d", r.number, res)
		}
	}
	e := &k.cache.open[slotOf(r.address(1))]
	if e.to != r.address(1) || e.b == nil || e.b.word.Load() != e.word || e.word&blockCount != 1 {
		x.Failf("behind: no open block: %+v", e)
	}
}

// extending: a sender on core 1 appends to its published block while the receiver, on core 0, takes and closes it.
func extending(letters int, plain, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		s := &sender{w: w, id: 1, plain: plain}
		w.cores[0].own(&sender{w: w, id: 0}, r)
		behind(x, w.cores[1], s, r)
		x.Go("receiver", w.cores[0].drain)
		x.Go("sender", func() {
			for range letters {
				w.cores[1].send(s, r, 1)
			}
			w.cores[1].poll()
		})
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// twoSenders: senders on two cores have a block open each.
func twoSenders(letters int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 3, 1)
		r := w.actors[0]
		w.cores[0].own(&sender{w: w, id: 0}, r)
		x.Go("receiver", w.cores[0].drain)
		for i, k := range w.cores[1:] {
			s := &sender{w: w, id: uint8(i + 1)}
			behind(x, k, s, r)
			x.Go("sender", func() {
				for range letters {
					k.send(s, r, 1)
				}
				k.poll()
			})
		}
	}
}

// senderMoves: the sender goes from core 1 to core 2 and back, and sends on each, while the receiver is behind. Back on core
// 1 it finds the block that it had open there, which now lies below what it sent from core 2.
func senderMoves(before, between, after int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 3, 2)
		r := w.actors[0]
		w.cores[0].own(&sender{w: w, id: 0}, r)
		k1, k2 := w.cores[1], w.cores[2]
		s := w.mover(1, w.actors[1], k1)
		behind(x, k1, s, r)
		there, back := explore.NewSemaphore(1), explore.NewSemaphore(1)
		send := func(k *core, n int) {
			for range n {
				k.send(s, r, 1)
			}
		}
		x.Go("receiver", w.cores[0].drain)
		x.Go("core 1", func() {
			send(k1, before)
			k1.depart(s)
			there.Release()
			back.Acquire()
			k1.arrive(s)
			send(k1, after)
			k1.rest(s)
			k1.poll()
		})
		x.Go("core 2", func() {
			there.Acquire()
			k2.arrive(s)
			send(k2, between)
			k2.depart(s)
			back.Release()
			k2.poll()
		})
	}
}

// senderStuck: the sender's core is taken, it sends from outside, hands itself over, and comes back to the same core.
func senderStuck(x *explore.Exec) {
	w := newWorld(x, 2, 2)
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
		k1.send(s, r, 1)
		k1.rest(s)
		k1.poll()
	})
	x.Go("handler", func() {
		explore.Wait(func() bool { return s.on.mb.State().Kind() == Public })
		w.post(s, r, 1)
		s.on.pass(stuck, inQueue)
		s.on.mb.Leave()
		back.Release()
	})
}

// receiverMoves: the receiver goes to core 2, or to the sender's own core 1, while the sender extends.
func receiverMoves(to, letters int, outside bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, to+1, 1)
		r := w.actors[0]
		own := &sender{w: w, id: 0}
		w.cores[0].own(own, r)
		w.cores[0].send(own, r, 1)
		s := &sender{w: w, id: 1}
		k0, k1 := w.cores[0], w.cores[1]
		behind(x, k1, s, r)
		x.Go("core 0", func() {
			k0.turn(r, 1)
			k0.expose()
			k0.send(own, r, 1)
			k0.drain()
		})
		x.Go("core 1", func() {
			for range letters {
				k1.send(s, r, 1)
			}
			k1.poll()
			if to == 1 {
				k1.send(s, r, 1)
				k1.drain()
			}
		})
		if to == 2 {
			x.Go("core 2", w.cores[2].poll)
		}
		if outside {
			x.Go("outside", func() { w.post(&sender{w: w, id: 3}, r, 1) })
		}
	}
}

// ownerSends: a sender on the receiver's own core finds letters of others in the inbox, and has to queue behind them.
func ownerSends(letters int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		own := &sender{w: w, id: 0}
		k0, k1 := w.cores[0], w.cores[1]
		k0.own(own, r)
		x.Go("owner", func() {
			for range letters {
				k0.send(own, r, 1)
			}
			k0.turn(r, 2)
			k0.send(own, r, 1)
			k0.drain()
		})
		x.Go("core 1", func() {
			s := &sender{w: w, id: 1}
			for range letters {
				k1.send(s, r, 1)
			}
			k1.poll()
		})
	}
}

// blockPrograms is what is explored of blocks that grow while they are published.
var blockPrograms = []program{
	{"one append against close", extending(1, false, false), all(), reduced()},
	{"two appends against close", extending(2, false, false), reduced(), preempted(4)},
	{"three appends against close", extending(3, false, false), reduced(), preempted(4)},
	{"one append by Send against close", extending(1, true, false), reduced(), preempted(4)},
	{"three appends by Send against close", extending(3, true, false), reduced(), preempted(4)},
	{"append against close and a goroutine", extending(1, false, true), preempted(4), random(12)},
	{"two appends against close and a goroutine", extending(2, false, true), preempted(3), random(4)},
	{"senders on two cores", twoSenders(1), preempted(3), random(13)},
	{"senders on two cores with two letters", twoSenders(2), preempted(2), random(5)},
	{"sender moves there and back", senderMoves(0, 1, 1), reduced(), preempted(3)},
	{"sender moves and sends everywhere", senderMoves(1, 1, 2), preempted(3), random(6)},
	{"sender loses its core and comes back", senderStuck, reduced(), preempted(3)},
	{"receiver moves to the sender", receiverMoves(1, 1, false), reduced(), preempted(4)},
	{"receiver moves to the sender of two", receiverMoves(1, 2, false), preempted(4), random(7)},
	{"receiver moves to a third core", receiverMoves(2, 1, false), preempted(3), random(8)},
	{"receiver moves to a third core, two letters", receiverMoves(2, 2, false), preempted(3), random(9)},
	{"receiver moves, and a goroutine sends", receiverMoves(2, 2, true), preempted(2), random(10)},
	{"owner sends behind others", ownerSends(2), reduced(), preempted(4)},
	{"owner sends behind a block of others", ownerSends(3), preempted(4), random(11)},
	{"block comes home and is used again", comesHome, reduced(), preempted(4)},
	{"block read elsewhere is not used there", staysAway, reduced(), preempted(4)},
	{"block taken is not appended to", notAppended, reduced(), preempted(4)},
	{"gate against two letters", gatedBlock(2), reduced(), preempted(4)},
	{"gate against three letters", gatedBlock(3), preempted(4), random(15)},
	{"close against an append", closingOpen(false, 1), all(), reduced()},
	{"close against two appends", closingOpen(false, 2), all(), reduced()},
	{"close and the next life against an append", closingOpen(true, 1), reduced(), preempted(4)},
	{"close and the next life against two appends", closingOpen(true, 2), reduced(), preempted(4)},
}

// TestBlocksKeepOrderInAnyInterleaving explores blocks that grow while they are published: nothing is lost or doubled, nor
// overtaken by a later message of its sender, wherever sender and receiver go meanwhile; every block comes home.
func TestBlocksKeepOrderInAnyInterleaving(t *testing.T) {
	exploreAll(t, blockPrograms, 1_000_000)
}
