package explore

import (
	"fmt"
	"runtime/debug"
)

// execute carries out one execution along the path.
func (e *explorer) execute() {
	e.reset()
	e.executions++
	if e.protect("body", func() { e.body(&e.x) }) {
		e.starting = true
		for _, t := range e.threads[:e.n] {
			t.started = true
			t.resume()
		}
		e.starting = false
		if e.failure == "" {
			e.next = e.pick(nil)
			for e.next != nil {
				e.next.started = true
				e.next.resume()
			}
		}
	}
	if e.live > 0 {
		e.abort()
	}
	setRunning(nil)
	e.totalSteps += e.steps
	if e.pruned {
		e.prunings++
		return
	}
	if e.failure == "" {
		e.drainAll()
		for _, f := range e.after {
			if !e.protect("After", f) {
				break
			}
		}
	}
	if e.failure == "" {
		e.failure = raceFailure()
		if e.failure == "" && e.tb != nil && !e.failedBefore && e.tb.Failed() {
			e.failure = "the test was marked as failed"
		}
		e.marked = e.failure != ""
	}
}

func (e *explorer) reset() {
	e.n, e.live = 0, 0
	e.after = e.after[:0]
	e.ready, e.blocked = 0, 0
	e.steps, e.preempted, e.depth = 0, 0, 0
	e.next, e.pruned = nil, false
	e.failure, e.stack, e.marked = "", "", false
	e.fair = fairness{}
	if e.random != nil && !e.tracing {
		e.path = e.path[:0]
		e.greed = [...]uint64{0, 32, 48, 60, 62, 63}[e.random.IntN(6)]
	}
	if e.reduce != nil {
		e.reduce.reset()
	}
}

// protect runs a function of the user's outside of threads and reports whether it went well.
func (e *explorer) protect(what string, f func()) (ok bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failSignal:
			e.fail("%s", p.message)
		default:
			e.panicked(fmt.Sprintf("%s panicked: %v", what, p), string(debug.Stack()))
		}
	}()
	f()
	return e.failure == ""
}

// newThread adds a thread, which is ready to start.
func (e *explorer) newThread(name string, fn func()) {
	if e.n == MaxThreads {
		e.fail("explore: more than %d threads", MaxThreads)
		return
	}
	if e.n == len(e.threads) {
		e.threads = append(e.threads, &thread{e: e, id: e.n, bit: bit(e.n)})
	}
	t := e.threads[e.n]
	e.n++
	e.live++
	e.ready |= t.bit
	t.name, t.fn = name, fn
	t.started, t.ended = false, false
	t.op = op{kind: kindStart}
	t.buffer = t.buffer[:0]
	t.stale, t.insist = false, false
	t.saying = saying{}
	t.lastStep = -1
	if e.reduce != nil {
		e.reduce.created(t, currentThread())
	}
	t.begin()
}

// handle takes the operation that the running thread has announced, and says who runs next: the same thread if it
// may go on at once, nil if nobody may.
func (e *explorer) handle(t *thread) *thread {
	if t.op.note != "" {
		e.annotate(t)
	}
	if t.op.failure != "" && !e.aborting { // what unwinding does to a thread is of no interest
		e.panicked(t.op.failure, t.op.stack)
	}
	switch t.op.kind {
	case kindEnd:
		t.ended = true
		e.live--
		e.ready &^= t.bit
		e.blocked &^= t.bit
		if e.starting || e.aborting || e.failure != "" {
			return nil
		}
		return e.pick(nil)
	case kindChoose:
		t.result = e.choose(t.op.arg)
	case kindSpawn:
		raceAcquire(&e.spawning)
		e.newThread(t.op.name, t.op.fn)
	default:
		if e.reduce != nil && t.op.kind == kindYield {
			e.fail("explore: thread %s calls Yield, which Config.Reduce does not support: who may run after a Yield "+
				"depends on the order of steps that commute", t.name)
		}
		if t.op.kind.blocking() {
			e.ready &^= t.bit
			e.blocked |= t.bit
		} else {
			e.ready |= t.bit
			e.blocked &^= t.bit
		}
		if e.starting || e.failure != "" {
			return nil
		}
		return e.pick(t)
	}
	if e.failure != "" {
		return nil
	}
	return t
}

// carryOut does the explorer's part of the operation of a thread that has been chosen.
func (e *explorer) carryOut(t *thread) {
	if t.op.kind.fences() && len(t.buffer) > 0 {
		e.drain(t, len(t.buffer))
	}
	if e.tracing {
		e.recordStep(t)
	}
	t.result = 0
	switch t.op.kind {
	case kindAcquire, kindTryAcquire:
		t.result = t.op.sem.take()
	case kindRelease:
		t.result = t.op.sem.put()
	case kindReadWord:
		t.result = e.read(t)
	case kindWriteWord:
		e.write(t)
	case kindBarrier:
		e.drainAll()
	}
}

// abort unwinds the threads that have not ended.
func (e *explorer) abort() {
	e.aborting = true
	for _, t := range e.threads[:e.n] {
		if t.started && !t.ended {
			t.resume()
		}
	}
	e.aborting = false
}

// fail notes why the execution has failed; only the first reason counts.
func (e *explorer) fail(format string, args ...any) {
	if e.failure == "" {
		e.failure = fmt.Sprintf(format, args...)
	}
}

func (e *explorer) panicked(message, stack string) {
	if e.failure == "" {
		e.failure, e.stack = message, stack
	}
}
