//go:build race

package explore

import (
	"runtime"
	"unsafe"
)

// handoff passes control between the explorer and a thread. Under the race detector threads are goroutines that pass
// control over channels, and the detector is told to disregard that synchronisation: so it sees only what the threads
// themselves do to synchronise, and reports data races in each execution that is explored. The explorer's decisions are
// taken on its own goroutine; threads share no memory with it.
type handoff struct {
	wake chan order
	tell chan op
	// The race detector sees the beginning and the end of a thread, through these.
	begun, over *byte
}

// order lets a thread go on.
type order struct {
	result int
	abort  bool
}

// begin prepares the thread's goroutine, which lasts for many executions.
func (t *thread) begin() {
	if t.wake == nil {
		t.handoff = handoff{wake: make(chan order), tell: make(chan op), begun: new(byte), over: new(byte)}
		go t.loop(t.handoff)
	}
	raceRelease(t.begun)
}

func (t *thread) loop(h handoff) {
	for {
		if _, ok := h.await(); !ok {
			return
		}
		raceAcquire(h.begun)
		end := t.callOrExit(h)
		raceRelease(h.over)
		h.send(end)
	}
}

// callOrExit is call, and tells the explorer of a Goexit.
func (t *thread) callOrExit(h handoff) (end op) {
	returned := false
	defer func() {
		if !returned {
			failure := "thread " + t.name + exitMessage
			raceRelease(h.over)
			h.send(op{kind: kindEnd, failure: failure, arg: gone})
		}
	}()
	end = t.call()
	returned = true
	return end
}

// gone says with kindEnd that the goroutine is lost.
const gone = 1

func (h handoff) await() (order, bool) {
	runtime.RaceDisable()
	o, ok := <-h.wake
	runtime.RaceEnable()
	return o, ok
}

func (h handoff) send(o op) {
	runtime.RaceDisable()
	h.tell <- o
	runtime.RaceEnable()
}

// resume lets the thread run until the explorer has chosen another one (explorer.next) or none.
func (t *thread) resume() {
	h := t.handoff
	for {
		setRunning(t)
		t.op = h.switchTo(order{t.result, t.e.aborting})
		if t.op.kind == kindEnd {
			raceAcquire(h.over)
			if t.op.arg == gone {
				t.handoff = handoff{}
			}
		}
		if next := t.e.handle(t); next != t {
			t.e.next = next
			return
		}
	}
}

func (h handoff) switchTo(o order) op {
	runtime.RaceDisable()
	defer runtime.RaceEnable()
	h.wake <- o
	return <-h.tell
}

// exchange is the thread's side of an operation.
func (t *thread) exchange(o op) int {
	if t.saying.afterAbort > 0 {
		return t.afterAbort(o.kind)
	}
	h := t.handoff
	h.send(o)
	order, _ := h.await()
	if order.abort {
		t.saying.afterAbort = 1
		panic(abortSignal{})
	}
	return order.result
}

// abandon suspends the thread for ever. Its goroutine is lost; the thread gets a new one.
func (t *thread) abandon() {
	h := t.handoff
	raceRelease(h.over)
	h.send(op{kind: kindEnd, arg: gone})
	select {}
}

// finish ends the goroutine of a thread that is between two executions.
func (t *thread) finish() {
	if t.wake != nil {
		close(t.wake)
		t.handoff = handoff{}
	}
}

// afterWait lets the race detector see in the thread what the condition has seen in the explorer.
func (t *thread) afterWait(condition func() bool) {
	setRunning(nil)
	condition()
	setRunning(t)
}

func raceAcquire[T any](p *T) { runtime.RaceAcquire(unsafe.Pointer(p)) }
func raceRelease[T any](p *T) { runtime.RaceReleaseMerge(unsafe.Pointer(p)) }

// unseen runs f, which operates on words of the threads, without synchronising with them.
func unseen(f func()) {
	runtime.RaceDisable()
	defer runtime.RaceEnable()
	f()
}

// reported is the number of data races known so far.
var reported int

// raceFailure returns what there is to say about the data races of an execution.
func raceFailure() string {
	n := runtime.RaceErrors()
	if n == reported {
		return ""
	}
	reported = n
	return "the race detector has reported a data race (it does so once for each pair of places)"
}
