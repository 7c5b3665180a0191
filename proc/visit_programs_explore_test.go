//go:build explore

package proc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// do is what a thread does, on a core or without.
type visitAct func(v *visits, k *stage)

func aMonitor(port int) visitAct       { return func(v *visits, k *stage) { v.watch(k, port) } }
func aQuestion(port int) visitAct      { return func(v *visits, k *stage) { v.ask(k, port) } }
func aMessage(i int) visitAct          { return func(v *visits, k *stage) { v.message(k, 0, i) } }
func anExit(reason error) visitAct     { return func(v *visits, k *stage) { v.exit(k, 0, reason) } }
func aPoll(v *visits, k *stage)        { k.poll() }
func does(list ...visitAct) []visitAct { return list }

// visited lets cores, and a goroutine if there is something for it, do what they do to process 0, and run what they have to.
func visited(setup func(v *visits), outside []visitAct, cores ...[]visitAct) func(*explore.Exec) {
	return func(x *explore.Exec) {
		v := newVisits(x, len(cores), 2, 3)
		if setup != nil {
			setup(v)
		}
		for i, list := range cores {
			k := v.cores[i]
			x.Go("core", func() {
				for _, f := range list {
					f(v, k)
				}
				k.drain()
			})
		}
		if outside != nil {
			x.Go("goroutine", func() {
				for _, f := range outside {
					f(v, nil)
				}
			})
		}
	}
}

// bounded gives process 0 a gate.
func bounded(n int, policy Overflow) func(v *visits) {
	return func(v *visits) {
		p := v.procs[0].p
		p.gate.Store(&gate{pid: p.pid, bound: n, policy: policy})
		p.mb.Gate()
		v.x.Name(&p.gate, "gate")
	}
}

// awaitsReply makes process 0 one that waits for the reply of process 1 to its call.
func awaitsReply(v *visits) {
	p := v.procs[0].p
	a := &p.talking().await
	a.id, a.to = 5, v.procs[1].pid
	a.then = func(*Ctx, any, error) error { v.results++; return nil }
	p.mb.User |= flagAwait
	v.x.After(func() {
		if v.results != 1 && !v.procs[0].ended {
			v.x.Failf("call: %d results have come", v.results)
		}
	})
}

func aReply(v *visits, k *stage) {
	v.signal(k, 0, Message{From: v.procs[1].pid | markReply, Body: 1, Word: 5})
}
func aTimeout(v *visits, k *stage) {
	v.signal(k, 0, Message{From: markSignal, Body: timeoutSignal, Word: 5})
}
func aCallDown(v *visits, k *stage) {
	v.signal(k, 0, Message{From: v.procs[1].pid | markSignal, Body: &signal{kind: sigCallDown, reason: errBoom}, Word: 5})
}

// bothUnlink leaves two processes that have unlinked from each other, whose unlinks are still to arrive.
func bothUnlink(v *visits) {
	for i, a := range v.procs {
		a.p.tied().links.put(v.procs[1-i].pid, 1)
	}
	v.x.After(func() {
		for _, a := range v.procs {
			if n := a.p.tied().links.len(); n != 0 {
				v.x.Failf("linked: process %d still waits for an acknowledgement", a.n)
			}
		}
	})
}

func anUnlink(to int) visitAct {
	return func(v *visits, k *stage) {
		v.signal(k, to, Message{From: v.procs[1-to].pid | markSignal, Body: unlinkSignal, Word: 1})
	}
}

// bothLinked links two processes, one of which is to end.
func bothLinked(v *visits) {
	for i, a := range v.procs {
		a.p.tied().links.put(v.procs[1-i].pid, 0)
	}
	v.x.After(func() {
		if a, b := v.procs[0], v.procs[1]; !a.ended || !b.ended || b.reason != errBoom {
			v.x.Failf("exit: process 0 has ended: %t, and process 1: %t, for %v", a.ended, b.ended, b.reason)
		}
	})
}

var visitPrograms = []threadProgram{
	{"two monitors", visited(nil, nil, does(aMonitor(0)), does(aMonitor(1))), allOrders(), reduced()},
	{"monitor against a message", visited(nil, nil, does(aMonitor(0)), does(aMessage(0))), allOrders(), reduced()},
	{"monitors against messages", visited(nil, nil, does(aMonitor(0), aMonitor(1)), does(aMessage(0), aMessage(1))), reduced(), preempted(3)},
	{"monitor against a goroutine's", visited(nil, does(aMonitor(1)), does(aMonitor(0), aPoll)), allOrders(), reduced()},
	{"monitor against a goroutine's message", visited(nil, does(aMessage(1), aMonitor(1)), does(aMonitor(0), aPoll)), reduced(), preempted(3)},
	{"end against monitors", visited(nil, nil, does(anExit(errBoom)), does(aMonitor(0), aMonitor(1))), reduced(), preempted(3)},
	{"end against messages and a question", visited(nil, nil, does(aMonitor(0), anExit(errBoom)), does(aMessage(0), aQuestion(1), aMessage(1))), preempted(3), randomly(1)},
	{"end against a goroutine's question", visited(nil, does(aMessage(0), aQuestion(1)), does(anExit(errBoom), aPoll)), reduced(), preempted(3)},
	{"two ends and a monitor", visited(nil, does(aMonitor(0)), does(anExit(errBoom)), does(anExit(Kill))), preempted(2), randomly(2)},
	{"reply against timeout", visited(awaitsReply, nil, does(aReply), does(aTimeout)), allOrders(), reduced()},
	{"reply against timeout and a message", visited(awaitsReply, nil, does(aReply, aMessage(0)), does(aMessage(1), aTimeout)), reduced(), preempted(3)},
	{"reply against the end of the callee", visited(awaitsReply, does(aCallDown), does(aReply, aPoll), does(aMessage(0))), preempted(2), randomly(8)},
	{"unlink against unlink", visited(bothUnlink, nil, does(anUnlink(0)), does(anUnlink(1))), preempted(3), reduced()},
	{"unlink against a goroutine's", visited(bothUnlink, does(anUnlink(1)), does(anUnlink(0), aPoll), does(aMessage(0))), preempted(2), randomly(9)},
	{"linked processes end", visited(bothLinked, nil, does(anExit(errBoom)), does(aMonitor(0), aMessage(0))), reduced(), preempted(3)},
	{"bound while it lives", visited(nil, nil, does(aMessage(bindingMessage), aMessage(4)), does(aMessage(1), aMonitor(0))), preempted(3), randomly(10)},
	{"bound while it lives, against a goroutine", visited(nil, does(aMessage(1), aMonitor(0)), does(aMessage(bindingMessage), aPoll)), preempted(3), randomly(11)},
	{"gate: monitor against a message", visited(bounded(1, Reject), nil, does(aMonitor(0)), does(aMessage(0))), preempted(4), randomly(12)},
	{"gate: messages against messages", visited(bounded(1, Reject), nil, does(aMessage(0), aMessage(1)), does(aMessage(2), aMessage(4))), preempted(3), randomly(3)},
	{"gate: monitors against messages", visited(bounded(2, Reject), nil, does(aMonitor(0), aMessage(0)), does(aMessage(1), aMonitor(1))), preempted(3), randomly(4)},
	{"gate: a goroutine's", visited(bounded(2, Reject), does(aMessage(0), aMonitor(0), aMessage(1)), does(aMessage(2), aMonitor(1), aPoll)), preempted(3), randomly(5)},
	{"gate: reply against messages", visited(func(v *visits) { awaitsReply(v); bounded(2, Reject)(v) }, does(aTimeout), does(aMessage(0), aReply), does(aMessage(1))), preempted(2), randomly(13)},
	{"gate: end against messages", visited(bounded(2, Reject), nil, does(anExit(errBoom)), does(aMessage(1), aMonitor(1))), preempted(3), randomly(6)},
	{"gate: end against a goroutine's", visited(bounded(2, Reject), does(aMessage(0), aQuestion(0), aMonitor(1)), does(anExit(errBoom), aPoll)), preempted(3), randomly(7)},
}

// TestExploreNobodyVisitedIsForgotten: whoever acts upon signals of a process that was idle, while others send to it from elsewhere, every
// signal has its effect once, and the process runs if it has something to do.
func TestExploreNobodyVisitedIsForgotten(t *testing.T) { exploreAll(t, visitPrograms) }
