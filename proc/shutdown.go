package proc

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/mpsc"
)

// shutdownDefault is the time that Shutdown takes at the most when its context has no deadline: OTP's five seconds for a worker.
const shutdownDefault = 5 * time.Second

// closing is the state of Shutdown.
type closing struct {
	once sync.Once
	done chan struct{} // closed when the runtime has ended
	over atomics.Bool  // set a moment before; anyone may load it
	err  error         // set before done is closed
}

func (c *closing) init() { c.done = make(chan struct{}) }

func (c *closing) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Left is a process that Shutdown could not end in time.
type Left struct {
	PID  PID
	Type string // the Go type of its machine
}

// ShutdownError says what Shutdown had to leave: processes whose handlers did not return. Go cannot stop such a handler; its
// goroutine ends when it returns.
type ShutdownError struct {
	Left     []Left
	Offloads int   // functions given to Offload that have not returned
	Err      error // why Shutdown did not wait longer
}

// Error names the first few processes.
func (e *ShutdownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "proc: Shutdown: %d processes and %d offloaded functions had not returned", len(e.Left), e.Offloads)
	for i, l := range e.Left {
		if i == 5 {
			b.WriteString(", ...")
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%v (%s)", sep, l.PID, l.Type)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *ShutdownError) Unwrap() error { return e.Err }

// Shutdown ends the runtime. It refuses sends and spawns from outside, lets the processes work until nothing is left to do
// or half of the time has gone, and asks those that live to end, by an exit signal with the reason Shutdown (those that trap exits get an Exit message from
// nobody, others see Terminate). A process that was spawned with WithLink and whose parent lives is left to that, so that a tree of supervisors
// stops in its order; when half of what was left of the time has gone, it is asked too. When ctx is done Shutdown kills. Timers are not waited for. Without a deadline in ctx the whole takes five seconds
// at the most.
//
// The result is nil when every process has ended and every goroutine of the runtime is gone, else a *ShutdownError that names
// what is left. Any goroutine may call it; a second call waits for the first and returns the same.
func (rt *Runtime) Shutdown(ctx context.Context) error {
	rt.closing.once.Do(func() {
		rt.closing.err = rt.shutdown(ctx)
		rt.closing.over.Store(true)
		rt.ports.closeAll()
		close(rt.closing.done)
	})
	<-rt.closing.done
	return rt.closing.err
}

func (rt *Runtime) shutdown(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, shutdownDefault)
		defer cancel()
	}
	end, _ := ctx.Deadline()
	rt.closed.Store(true)
	drain, cancel := context.WithDeadline(ctx, time.Now().Add(time.Until(end)/2))
	defer cancel()
	waitFor(drain, rt.drained)
	rt.noSpawn.Store(true)
	trees, cancel := context.WithDeadline(ctx, time.Now().Add(time.Until(end)/2))
	defer cancel()
	asked := -1
	waitFor(trees, func() bool {
		if n := rt.count(); n != asked && (asked < 0 || rt.drained()) { // also those whose parents have ended since
			asked = n
			rt.signalAll(&signal{kind: sigAsk, reason: Shutdown})
		}
		return rt.ended()
	})
	if !rt.ended() {
		rt.signalAll(because(sigExit, Shutdown))
		waitFor(ctx, rt.ended)
	}
	if !rt.ended() {
		rt.signalAll(killSignal)
		last, over := inKillGrace(time.After)
		waitFor(last, rt.ended)
		over()
	}
	left := rt.left()
	err := rt.sched.Stop(ctx)
	if err != nil { // no more time, but workers that are on their way out need some
		last, over := inKillGrace(time.After)
		err = rt.sched.Stop(last)
		over()
	}
	offloads := int(rt.offloads.Load())
	if err == nil && len(left) == 0 && offloads == 0 {
		return nil
	}
	why := ctx.Err()
	if why == nil {
		why = err
	}
	return &ShutdownError{Left: left, Offloads: offloads, Err: why}
}

// killGrace is what Kill and the workers get when the context is already done: time for a message, not for a handler.
const killGrace = 100 * time.Millisecond

const killSteps = 20

// inKillGrace returns a context that is done after killGrace. The time is counted in steps: while the whole program stands still no process can use it, and
// a stall, however long, costs one step. over ends it.
func inKillGrace(after func(time.Duration) <-chan time.Time) (ctx context.Context, over func()) {
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		for range killSteps {
			select {
			case <-ctx.Done():
				return
			case <-after(killGrace / killSteps):
			}
		}
	}()
	return ctx, func() { cancel(); <-gone }
}

// ended reports whether every process has ended and everybody has been told.
func (rt *Runtime) ended() bool { return rt.count() == 0 && rt.pending.Load() == 0 }

func (rt *Runtime) drained() bool {
	return rt.offloads.Load() == 0 && rt.sched.Quiet() && rt.offloads.Load() == 0
}

// waitFor asks until the answer is yes or the context is done.
func waitFor(ctx context.Context, yes func() bool) {
	for d := 20 * time.Microsecond; !yes(); d = min(2*d, 5*time.Millisecond) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(d):
		}
	}
}

// signalAll sends a signal to every process.
func (rt *Runtime) signalAll(s *signal) {
	for pid := range rt.Processes() {
		rt.signal(pid, Message{From: markSignal, Body: s})
	}
}

func (rt *Runtime) left() (left []Left) {
	for pid := range rt.Processes() {
		p := rt.table.find(pid)
		left = append(left, Left{pid, p.typeName()})
		if p.mb.State().Kind() == mpsc.Closed {
			left = left[:len(left)-1]
		}
	}
	return left
}
