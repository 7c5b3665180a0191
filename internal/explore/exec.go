package explore

import (
	"fmt"
	"reflect"
)

// Exec is one execution, while body sets it up and while it runs.
type Exec struct {
	e *explorer
}

// Go adds a thread. Called from body, it starts together with the others: threads run up to their first
// operation in the order of their creation, then the explorer decides. Called inside a thread, it adds a thread that
// starts at any later time. An execution has at most MaxThreads. The name is for traces.
func (x *Exec) Go(name string, fn func()) {
	if fn == nil {
		panic("explore: Exec.Go: fn is nil: give it the thread's function")
	}
	if t := currentThread(); t != nil {
		raceRelease(&t.e.spawning)
		t.announce(op{kind: kindSpawn, name: name, fn: fn})
		return
	}
	x.e.newThread(name, fn)
}

// After adds a function that runs when all threads have ended: the place to check what must hold. It does not run
// for an execution that failed before. Its own operations are ordinary ones. Called from body only.
func (x *Exec) After(fn func()) {
	x.e.after = append(x.e.after, fn)
}

// Failf reports the execution as failed and ends the calling thread by a panic. In body and in After's functions it
// ends the execution.
func (x *Exec) Failf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if t := currentThread(); t != nil {
		t.saying.failure = message
	}
	panic(failSignal{message})
}

// Name gives the shared word that p points to a name in traces; without one it appears as w0, w1 and so on.
func (x *Exec) Name(p any, name string) {
	if tracing {
		x.e.names[reflect.ValueOf(p).Pointer()] = name
	}
}

// Notef adds a remark to the trace, at the step the calling thread carried out last. It costs nothing but the
// evaluation of its arguments unless a trace is being made; see Tracing.
func Notef(format string, args ...any) {
	if !tracing {
		return
	}
	if t := currentThread(); t != nil {
		if t.saying.note != "" {
			t.saying.note += "; "
		}
		t.saying.note += fmt.Sprintf(format, args...)
	}
}

// Tracing reports whether steps are being recorded, so that a caller can avoid preparing remarks in vain.
func Tracing() bool { return tracing }

// tracing is written only between executions.
var tracing bool
