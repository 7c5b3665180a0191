//go:build explore

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// What those who use a mailbox must do is part of the protocol. TestMistakesAroundSignalsAreFound explores what happens if they do not.
func TestMistakesAroundSignalsAreFound(t *testing.T) {
	t.Run("gated without the fetch that must follow", func(t *testing.T) {
		mustFail(t, "hasty", preempted(2), func(x *explore.Exec) {
			w, r := gatedLate(x, 2)
			r.hasty = true
			k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
			behind(x, k1, s, r)
			x.Go("owner", func() {
				k0.seal(r)
				k0.drain()
			})
			x.Go("core 1", func() { k1.sendAll(s, r, message) })
		}, "past the gate: letter")
	})
	t.Run("taken for a signal and not scheduled though Release fails", func(t *testing.T) {
		mustFail(t, "lax", preempted(2), func(x *explore.Exec) {
			w := signalWorld(x, 1, 1)
			w.lax = true
			r, k := w.actors[0], w.cores[0]
			x.Go("core", func() { k.signal(&sender{w: w, id: 0}, r, 1, note) })
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, message) })
		}, "lost wake-up:")
	})
	t.Run("signal from a core by Post", func(t *testing.T) {
		mustFail(t, "posted", preempted(2), func(x *explore.Exec) {
			w := signalWorld(x, 2, 1)
			r := w.actors[0]
			k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
			k0.own(&sender{w: w, id: 0}, r)
			behind(x, k1, s, r)
			x.Go("receiver", k0.drain)
			x.Go("core 1", func() {
				w.postAll(s, r, note)
				k1.send(s, r, 1)
				k1.poll()
			})
		}, "order: signal")
	})
	t.Run("gate believed by a look at the word", func(t *testing.T) {
		mustFail(t, "looked", preempted(3), func(x *explore.Exec) {
			w, r := gatedLate(x, 2)
			k0, k1, s := w.cores[0], w.cores[1], &sender{w: w, id: 1}
			behind(x, k1, s, r)
			x.Go("owner", func() {
				k0.seal(r)
				k0.drain()
				k0.poll()
			})
			x.Go("outside", func() { w.postAll(&sender{w: w, id: 3}, r, message) })
			x.Go("core 1", func() {
				if r.mb.State().Gated() {
					k1.turnedAway(s, r, s.next(r, 1, note), Gate)
				}
				k1.sendAll(s, r, message)
				k1.poll()
			})
		}, "order: signal")
	})
}
