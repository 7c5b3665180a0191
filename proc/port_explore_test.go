//go:build explore

package proc

import (
	"context"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// callers is an exploration of goroutines that wait at ports, one after the other at the same one. Who answers knows each port by
// its PID only.
type callers struct {
	x     *explore.Exec
	s     *scene
	pids  [3]PID
	asked [3]*explore.Semaphore // the PID of that round is known
}

func newCallers(x *explore.Exec, ports int) *callers {
	k := &callers{x: x, s: newScene(x, 0, 0, ports, false)}
	for i := range k.asked {
		k.asked[i] = explore.NewSemaphore(4)
	}
	x.After(func() {
		rt := k.s.rt
		if n := len(rt.outside.stripes[0].ports); n != ports {
			x.Failf("port: %d of %d ports have been given back", n, ports)
		}
		for _, t := range k.s.ports {
			if len(t.ch) > 0 || t.state.Load()&1 != 0 {
				x.Failf("port: %d is free with %d answers and state %d", t.index, len(t.ch), t.state.Load())
			}
		}
	})
	return k
}

// call is one round of a goroutine that waits: its answer, or why there is none.
func (k *callers) call(round int, answerers int, mayGiveUp bool) (a answer, err error) {
	rt := k.s.rt
	t, err := rt.openPort()
	if err != nil {
		k.x.Failf("openPort: %v", err)
	}
	k.pids[round] = t.pid
	for range answerers {
		k.asked[round].Release()
	}
	if mayGiveUp && explore.Choose(2) == 1 {
		a, err = rt.giveUp(t, ErrTimeout)
	} else {
		a, err = rt.wait(context.Background(), t)
	}
	if len(t.ch) > 0 {
		k.x.Failf("port: an answer is left after round %d", round)
	}
	rt.closePort(t)
	return a, err
}

// reply answers a round, down says that the callee has ended.
func (k *callers) reply(round int) {
	k.asked[round].Acquire()
	k.s.rt.atPort(k.pids[round], Message{From: markReply, Body: round})
}

func (k *callers) down(round int) {
	k.asked[round].Acquire()
	k.s.rt.atPort(k.pids[round], Message{From: markSignal, Body: &signal{kind: sigCallDown, reason: errBoom}})
}

// check fails when what round has got is not its own.
func (k *callers) check(round int, a answer, err error, down, mayGiveUp, closed bool) {
	switch {
	case err == nil && a.err == nil && a.value == round:
	case down && err == nil && a.err == errBoom && a.value == nil:
	case mayGiveUp && err == ErrTimeout:
	case closed && err == ErrShutdown:
	default:
		k.x.Failf("port: round %d has got %v, %v, %v", round, a.value, a.err, err)
	}
}

// again: a goroutine calls, may give up, and calls again while the first call may still be answered, in more than one way.
func callsAgain(rounds int, down bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		k := newCallers(x, 1)
		answerers := 1
		if down {
			answerers = 2
		}
		x.Go("caller", func() {
			for i := range rounds {
				last := i == rounds-1
				a, err := k.call(i, answerers, !last)
				k.check(i, a, err, down, !last, false)
			}
		})
		for i := range rounds {
			x.Go("callee", func() { k.reply(i) })
			if down {
				x.Go("end of the callee", func() { k.down(i) })
			}
		}
	}
}

// twoCallers share a stripe; each gets its own answer.
func twoCallers(x *explore.Exec) {
	k := newCallers(x, 2)
	for i := range 2 {
		x.Go("caller", func() {
			a, err := k.call(i, 1, true)
			k.check(i, a, err, false, true, false)
		})
		x.Go("callee", func() { k.reply(i) })
	}
}

// shutdown ends the waits that nobody will answer.
func shutdownAgainst(answered, mayGiveUp bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		k := newCallers(x, 1)
		x.Go("caller", func() {
			for i := range 2 {
				a, err := k.call(i, 1, mayGiveUp)
				k.check(i, a, err, false, mayGiveUp, true)
			}
		})
		if answered {
			x.Go("callee", func() { k.reply(0) })
		}
		x.Go("shutdown", func() {
			k.s.rt.closing.over.Store(true)
			k.s.rt.ports.closeAll()
		})
	}
}

var portPrograms = []threadProgram{
	{"one call", callsAgain(1, true), allOrders(), reduced()},
	{"a call again", callsAgain(2, false), allOrders(), preempted(4)},
	{"a call again, with ends", callsAgain(2, true), preempted(2), randomly(1)},
	{"three calls", callsAgain(3, false), preempted(3), randomly(2)},
	{"two callers", twoCallers, preempted(2), randomly(3)},
	{"shutdown", shutdownAgainst(false, false), allOrders(), preempted(4)},
	{"shutdown against an answer", shutdownAgainst(true, false), preempted(3), randomly(4)},
	{"shutdown against an answer and giving up", shutdownAgainst(true, true), preempted(2), randomly(5)},
}

// TestExploreEveryWaitHasItsOwnAnswer: whether a goroutine gives up while it is answered, and whatever comes later, each wait ends
// once, with its own answer or none.
func TestExploreEveryWaitHasItsOwnAnswer(t *testing.T) { exploreAll(t, portPrograms) }
