//go:build !race

package explore

import "iter"

// handoff passes control between the explorer and a thread: a coroutine of iter.Pull. The explorer's decisions are
// taken on the stack of the thread that announces an operation, so a thread that goes on costs no switch.
type handoff struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

// begin prepares the thread's coroutine, which lasts for many executions.
func (t *thread) begin() {
	if t.next != nil {
		return
	}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			t.op = t.call()
			t.e.next = t.e.handle(t)
			if !yield(struct{}{}) {
				return
			}
		}
	})
}

// resume lets the thread run until the explorer has chosen another one (explorer.next) or none.
func (t *thread) resume() {
	setRunning(t)
	t.next()
}

// exchange is the thread's side of an operation.
func (t *thread) exchange(o op) int {
	e := t.e
	if e.aborting {
		return t.afterAbort(o.kind)
	}
	t.op = o
	if next := e.handle(t); next != t {
		e.next = next
		t.yield(struct{}{})
		if e.aborting {
			panic(abortSignal{})
		}
	}
	return t.result
}

// abandon suspends the thread for ever. Its coroutine is lost; the thread gets a new one.
func (t *thread) abandon() {
	yield := t.yield
	t.handoff = handoff{}
	t.ended = true
	for {
		yield(struct{}{})
	}
}

// finish ends the coroutine of a thread that is between two executions.
func (t *thread) finish() {
	if t.next != nil {
		t.stop()
		t.handoff = handoff{}
	}
}

func (t *thread) afterWait(func() bool) {}

func raceAcquire[T any](*T) {}
func raceRelease[T any](*T) {}

func unseen(f func())     { f() }
func raceFailure() string { return "" }
