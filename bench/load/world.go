package load

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
)

// env is what a run has of the outer world. Tests bring their own.
type env struct {
	now   func() int64                              // nanoseconds
	sleep func(until int64)                         // until an instant
	wait  func(wake <-chan struct{}, ns int64) bool // for as long at most; whether it was woken
	spent func() cpu                                // by this program since it began
}

func realEnv() env {
	clock := meter.Shared()
	return env{
		now:   clock.Now,
		sleep: func(until int64) { time.Sleep(time.Duration(until - clock.Now())) },
		wait: func(wake <-chan struct{}, ns int64) bool {
			timer := time.NewTimer(time.Duration(ns))
			defer timer.Stop()
			select {
			case <-wake:
				return true
			case <-timer.C:
				return false
			}
		},
		spent: readCPU,
	}
}

// stop is the body of the message that ends a process.
var stop = &struct{ name string }{"stop"}

// looks is how often a run that waits for its operations may look, with nothing
// completed meanwhile, before they count as lost. Looks are counted rather than time: a
// machine that stands still loses nothing.
const looks = 200

// lookEvery is the time between two of them.
const lookEvery = 50 * time.Millisecond

// world is what operations are begun in, on one side: a runtime, or the twins'
// goroutines, and the state of the program before, to which it must return.
type world struct {
	*check
	env      env
	rt       *proc.Runtime // nil on the twins' side
	wg       sync.WaitGroup
	procs    int
	seed     uint64
	inflight int64 // the most of all phases
	sinks    []sink
	asleep   atomic.Bool   // the generator waits for wake
	wake     chan struct{} // has room for one
	// faulty wraps every process of a deliberately broken run; nil in measurements.
	faulty func(proc.Machine) proc.Machine

	looks      int                // see the constant
	guests     func() (begun int) // ends the use of the runtime by those who look at it; nil: nobody does
	looked     bool               // somebody has: late answers to them are dead letters
	quiet      atomic.Bool        // what ends the run may take processes with it
	goroutines int
	gomaxprocs int
}

// newWorld makes the world of one side. Whoever calls it must call end.
func newWorld(env env, twin bool, workers, procs int, seed uint64, inflight int64) (*world, error) {
	w := &world{
		check: newCheck(), env: env, procs: procs, seed: seed, inflight: inflight, wake: make(chan struct{}, 1), looks: looks,
		goroutines: runtime.NumGoroutine(), gomaxprocs: runtime.GOMAXPROCS(0),
	}
	w.sinks = make([]sink, sinksPerWorker*workers)
	if twin {
		// One more than there are workers, as the runtime leaves to the generator.
		runtime.GOMAXPROCS(workers + 1)
		return w, nil
	}
	rt, err := proc.New(proc.Config{Workers: workers, Logger: slog.New(&crashLog{world: w})})
	if err != nil {
		return nil, fmt.Errorf("load: starting a runtime with %d workers: %w", workers, err)
	}
	w.rt = rt
	return w, nil
}

// spawn starts a process whose only machine is m. It is never restarted, and its state
// is read when the runtime is gone.
func (w *world) spawn(m proc.Machine) (proc.PID, error) {
	pid, err := w.rt.Spawn(w.factory(func() proc.Machine { return m }))
	if err != nil {
		return 0, fmt.Errorf("load: spawning a process: %w", err)
	}
	return pid, nil
}

func (w *world) factory(f proc.Factory) proc.Factory {
	if w.faulty == nil {
		return f
	}
	return func() proc.Machine { return w.faulty(f()) }
}

// stopAll ends processes.
func (w *world) stopAll(what string, pids []proc.PID) error {
	for _, pid := range pids {
		if err := w.rt.Send(pid, stop); err != nil {
			w.failf(what, "steering", "cannot send stop: %v", err)
			return errBroken
		}
	}
	return nil
}

// alone ends the use of the runtime by those who look at it.
func (w *world) alone() {
	if w.guests != nil {
		w.guests()
		w.guests, w.looked = nil, true
	}
}

// drained waits until all processes that were told to end have ended.
func (w *world) drained() {
	if w.rt == nil {
		w.wg.Wait()
		return
	}
	var st proc.Stats
	var last uint64
	for look := 0; ; {
		w.rt.ReadStats(&st)
		if st.Processes == 0 {
			return
		}
		if now := st.Messages + st.Exited; now != last {
			last, look = now, 0
		}
		if look++; look > w.looks {
			w.failf("all", "drain", "%d processes do not end", st.Processes)
			return
		}
		time.Sleep(min(lookEvery, time.Duration(look)*time.Millisecond))
	}
}

// end ends the world. After a run that came to its end it checks that the program is as
// it was before.
func (w *world) end(clean bool) {
	w.alone()
	limit := time.Duration(w.looks) * lookEvery
	if !clean {
		w.quiet.Store(true)
		limit = 100 * time.Millisecond // nothing will drain any more
	}
	if w.rt == nil {
		runtime.GOMAXPROCS(w.gomaxprocs)
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		err := w.rt.Shutdown(ctx)
		var st proc.Stats
		w.rt.ReadStats(&st)
		switch {
		case !clean:
		case err != nil:
			w.failf("all", "shutdown", "%v", err)
		case st.Processes != 0:
			w.failf("all", "shutdown", "%d processes are counted after the end", st.Processes)
		case st.DeadLetters != 0 && !w.looked:
			w.failf("all", "shutdown", "%d dead letters, none was to be", st.DeadLetters)
		}
	}
	if !clean {
		return
	}
	if now := runtime.GOMAXPROCS(0); now != w.gomaxprocs {
		w.failf("all", "shutdown", "GOMAXPROCS is %d, it was %d before", now, w.gomaxprocs)
	}
	for look := 0; runtime.NumGoroutine() > w.goroutines; look++ {
		if look > w.looks {
			w.failf("all", "shutdown", "%d goroutines are left, %d were there before", runtime.NumGoroutine(), w.goroutines)
			return
		}
		time.Sleep(min(lookEvery, time.Duration(look+1)*100*time.Microsecond))
	}
}

// crashLog turns crash reports into violations: no process of a load may crash.
type crashLog struct {
	world *world
	attrs string
}

func (l *crashLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (l *crashLog) Handle(_ context.Context, r slog.Record) error {
	if l.world.quiet.Load() {
		return nil
	}
	var b strings.Builder
	b.WriteString(r.Message + l.attrs)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "stack" {
			fmt.Fprintf(&b, " %s", a)
		}
		return true
	})
	l.world.failf("all", "log", "%s", b.String())
	return nil
}

func (l *crashLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *l
	for _, a := range attrs {
		next.attrs += " " + a.String()
	}
	return &next
}

func (l *crashLog) WithGroup(string) slog.Handler { return l }
