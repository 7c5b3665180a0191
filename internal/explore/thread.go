package explore

import (
	"fmt"
	"runtime/debug"
)

// MaxThreads is the largest number of threads one execution may have; sets of threads are bits of a word.
const MaxThreads = 26

// op is an operation that a thread has announced and not yet carried out.
type op struct {
	kind Kind
	addr uintptr     // of the shared word; 0 if unknown
	cond func() bool // kindWait
	sem  *Semaphore  // kindAcquire, kindTryAcquire, kindRelease
	word *Buffered   // kindReadWord, kindWriteWord
	arg  int         // kindChoose: number of alternatives; kindWriteWord: the value
	fn   func()      // kindSpawn
	name string      // kindSpawn

	note    string // while tracing: what the thread has to say about its last step
	where   string // while tracing: source position
	failure string // non-empty: the thread has failed
	stack   string // with kindEnd: of the panic that is the failure
}

// thread is one explored thread. Its stack lives in a hand-off (a coroutine, or a goroutine under the race detector)
// that is used again in later executions. All fields but fn and saying belong to the explorer.
type thread struct {
	handoff
	e    *explorer
	id   int
	bit  set
	name string
	fn   func()

	op      op
	result  int // of the operation just carried out
	started bool
	ended   bool
	buffer  []write // plain writes that others cannot see yet, oldest first
	// What Yield has to know about store buffers: stale is set when a read left writes of others unseen, and
	// becomes insist when the thread then yields, as no store stays in its buffer for ever.
	stale, insist bool

	saying   saying
	lastStep int // index into the trace of the step that the next note is about
}

// saying is what the thread itself writes; note and failure go along with its next operation.
type saying struct {
	note, failure string
	afterAbort    int // operations since it was told to unwind
}

// running is the explored thread that runs now; nil outside of threads. Plain, since explorer and threads never
// run at the same time; read by every operation of every goroutine, see the package's documentation.
var running *thread

// The race detector must not take the hand-over of this word for synchronisation between the threads.
//
//go:norace
func currentThread() *thread { return running }

//go:norace
func setRunning(t *thread) { running = t }

// abortSignal unwinds the threads of an execution that is over before they have ended.
type abortSignal struct{}

func (abortSignal) String() string { return "explore: execution aborted" }

const exitMessage = " called runtime.Goexit, as testing's FailNow, Fatal and Skip do"

// failSignal unwinds a thread that called Failf.
type failSignal struct{ message string }

// call runs the thread's function and returns what there is to report about its end. A failure reported by Failf counts even
// if the thread's function has recovered from the panic that should have ended it.
func (t *thread) call() (end op) {
	defer func() {
		end = op{kind: kindEnd, note: t.saying.note, failure: t.saying.failure}
		switch p := recover().(type) {
		case nil, abortSignal, failSignal:
		default:
			if end.failure == "" {
				end.failure = fmt.Sprintf("thread %s panicked: %v", t.name, p)
				end.stack = string(debug.Stack())
			}
		}
	}()
	t.fn()
	return end
}

// announce hands the operation to the explorer and returns its result once the thread has been chosen to carry
// it out.
func (t *thread) announce(o op) int {
	if tracing {
		o.note, o.where = t.saying.note, caller()
		t.saying.note = ""
	}
	o.failure = t.saying.failure
	return t.exchange(o)
}

// afterAbort is what becomes of the operations of a thread whose execution has been aborted: deferred functions may
// still operate on atomics, but nothing may block, and nobody may go on for ever.
func (t *thread) afterAbort(k Kind) int {
	t.saying.afterAbort++
	if t.saying.afterAbort > 1000 {
		t.abandon()
	}
	if k.blocking() || k == kindYield || t.saying.afterAbort > 100 {
		panic(abortSignal{})
	}
	return 0
}
