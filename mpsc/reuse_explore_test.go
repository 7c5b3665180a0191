//go:build explore

package mpsc

import "github.com/thrum-go/thrum/internal/explore"

// What is explored of the memory of blocks: where they are used again, by whom they are written after they were closed, and
// what becomes of those that are open when a life ends.

// comesHome: core 1 has one block, which is open for receiver R. It goes home when R has read it, and is used again for receiver S,
// while core 1 still believes it open for R.
func comesHome(x *explore.Exec) {
	w := newWorld(x, 2, 2)
	r, other := w.actors[0], w.actors[1]
	k0, k1 := w.cores[0], w.cores[1]
	own, s := &sender{w: w, id: 0}, &sender{w: w, id: 1}
	k0.own(own, other)
	k0.own(own, r)
	k1.send(s, other, 1)
	behind(x, k1, s, r)
	w.keepBlocks(k1)
	x.Go("receiver", func() {
		k0.queue = []*actor{r}
		k0.drain()
		k0.queue = append(k0.queue, other)
		k0.drain()
	})
	x.Go("sender", func() {
		explore.Wait(func() bool { return k1.cache.returned.Load() != 0 })
		k1.send(s, other, 1)
		k1.send(s, other, 1)
		k1.send(s, r, 1)
		k1.poll()
	})
}

// staysAway: core 0 has read a block of core 1 and goes on to use blocks for receivers of its own, while a late append of core
// 1 writes into the block it believed open.
func staysAway(x *explore.Exec) {
	w := newWorld(x, 2, 2)
	r, other := w.actors[0], w.actors[1]
	k0, k1 := w.cores[0], w.cores[1]
	own, s := &sender{w: w, id: 0}, &sender{w: w, id: 1}
	k0.own(own, r)
	k0.own(own, other)
	behind(x, k1, s, r)
	x.Go("receiver", func() {
		k0.queue = []*actor{r}
		k0.drain()
		for range 2 {
			k0.send(own, other, 1)
		}
		k0.queue = append(k0.queue, other)
		k0.drain()
	})
	x.Go("sender", func() {
		k1.send(s, r, 1)
		k1.poll()
	})
}

// notAppended: core 0 has taken a block of core 1 into the private queue of its receiver, and queues further letters
// behind it, while a late append of core 1 writes into the block.
func notAppended(x *explore.Exec) {
	w := newWorld(x, 2, 1)
	r := w.actors[0]
	k0, k1 := w.cores[0], w.cores[1]
	own, s := &sender{w: w, id: 0}, &sender{w: w, id: 1}
	k0.own(own, r)
	behind(x, k1, s, r)
	x.Go("receiver", func() {
		k0.turn(r, 1)
		k0.send(own, r, 1)
		k0.drain()
	})
	x.Go("sender", func() {
		k1.send(s, r, 1)
		k1.poll()
	})
}

// gatedBlock: core 1 sends several letters that pass the gate to a bounded mailbox that is behind, and then one that must not
// pass it in their company.
func gatedBlock(letters int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		r.gated = true
		r.mb.Open(r.gen, Idle, true)
		w.cores[0].own(&sender{w: w, id: 0, gate: Gated, plain: true}, r)
		x.Go("receiver", w.cores[0].drain)
		x.Go("sender", func() {
			k := w.cores[1]
			s := &sender{w: w, id: 1, gate: Gated, plain: true}
			for range letters {
				k.send(s, r, 1)
			}
			if res := k.send(&sender{w: w, id: 2}, r, 1); res != Gate {
				x.Failf("a letter without the gate's mark was let in: %d", res)
			}
			k.poll()
		})
	}
}

// closingOpen: the receiver's life ends while core 1 appends to the block it has open there.
func closingOpen(reopen bool, letters int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		w := newWorld(x, 2, 1)
		r := w.actors[0]
		k0, k1 := w.cores[0], w.cores[1]
		s := &sender{w: w, id: 1}
		k0.own(&sender{w: w, id: 0}, r)
		behind(x, k1, s, r)
		x.Go("owner", func() {
			k0.queue = nil
			k0.receive(r)
			k0.close(r)
			if reopen {
				k0.open(r)
				k0.drain()
			}
		})
		x.Go("sender", func() {
			for range letters {
				k1.send(s, r, 1)
			}
			if reopen {
				k1.send(s, r, 2)
				k1.poll()
			}
		})
	}
}
