package profiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// WatchOptions say what Watch waits for. Threshold and Path must be given.
type WatchOptions struct {
	// Threshold is how long something must have taken for the flight recorder to be written down.
	Threshold time.Duration

	// Path is the file for the trace, read by go tool trace. It must not exist.
	Path string

	// Recorder is a running flight recorder of the program, which can have one only; it goes on afterwards. nil means a
	// recorder of the watcher's own, which is stopped as soon as it has been written down.
	Recorder *trace.FlightRecorder

	// Config is of the watcher's own recorder.
	Config trace.FlightRecorderConfig
}

// Watcher keeps a flight recorder and writes it to a file once: when Event or Latency is told of something that has passed the threshold.
// Its methods may be called by any goroutine.
type Watcher struct {
	threshold time.Duration
	path      string
	recorder  *trace.FlightRecorder
	own       bool
	told      atomic.Bool
	wake      chan string
	stop      chan struct{}
	stopping  sync.Once
	done      chan struct{}
	cause     string
	err       error
}

// Watch starts a Watcher. To have it watch a runtime's handlers, make its Event the Func of the runtime's system monitor:
//
//	w, err := profiles.Watch(profiles.WatchOptions{Threshold: 20 * time.Millisecond, Path: "slow.trace"})
//	...
//	rt.SetSystemMonitor(&proc.SystemMonitor{LongTurn: 20 * time.Millisecond, Stuck: true, Func: w.Event})
//
// A flight recorder is an execution trace that is always on, so it is not free: it suits a search, not every day.
//
// Errors: a bad field of o; a Recorder that does not run; ErrBusy, when there is no Recorder and the program has one already.
func Watch(o WatchOptions) (*Watcher, error) {
	const where = "profiles: Watch: WatchOptions."
	switch {
	case o.Threshold <= 0:
		return nil, fmt.Errorf(where+"Threshold is %v; it must be above 0", o.Threshold)
	case o.Path == "":
		return nil, errors.New(where + `Path is ""; give the file for the trace`)
	case o.Recorder != nil && !o.Recorder.Enabled():
		return nil, errors.New(where + "Recorder does not run; call its Start, or leave it nil")
	}
	if _, err := os.Lstat(o.Path); err == nil {
		return nil, fmt.Errorf(where+"Path: %s exists already; give a new file", o.Path)
	}
	if i, err := os.Stat(filepath.Dir(o.Path)); err != nil {
		return nil, fmt.Errorf(where+"Path: %w", err)
	} else if !i.IsDir() {
		return nil, fmt.Errorf(where+"Path: %s is not a folder", filepath.Dir(o.Path))
	}
	w := &Watcher{
		threshold: o.Threshold, path: o.Path, recorder: o.Recorder, own: o.Recorder == nil,
		wake: make(chan string, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if w.own {
		w.recorder = trace.NewFlightRecorder(o.Config)
		if err := w.recorder.Start(); err != nil {
			return nil, fmt.Errorf("profiles: Watch: a flight recording is %w; give it as Recorder: %w", ErrBusy, err)
		}
	}
	go w.wait()
	return w, nil
}

func (w *Watcher) wait() {
	defer close(w.done)
	select {
	case w.cause = <-w.wake:
		if err := w.dump(); err != nil {
			w.err = fmt.Errorf("profiles: Watch: %w", err)
		}
	case <-w.stop:
	}
	if w.own {
		w.recorder.Stop()
	}
}

// dump gives the file its name when it is complete.
func (w *Watcher) dump() (err error) {
	f, err := os.CreateTemp(filepath.Dir(w.path), ".trace-*")
	if err != nil {
		return err
	}
	_, err = w.recorder.WriteTo(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), w.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Event is for proc.SystemMonitor.Func: a long turn or a stuck handler that has taken Threshold or longer has the recorder written
// down. It never blocks.
func (w *Watcher) Event(e proc.SystemEvent) {
	if (e.Kind == proc.LongTurn || e.Kind == proc.StuckHandler) && e.For >= w.threshold && w.first() {
		w.wake <- fmt.Sprintf("%v of %v (%s), %v", e.Kind, e.PID, e.Type, e.For)
	}
}

// Latency tells how long something of the program's has taken, such as a call: Threshold or longer has the recorder written
// down. It never blocks.
func (w *Watcher) Latency(d time.Duration) {
	if d >= w.threshold && w.first() {
		w.wake <- fmt.Sprintf("latency of %v", d)
	}
}

func (w *Watcher) first() bool { return !w.told.Load() && w.told.CompareAndSwap(false, true) }

// Done is closed when the trace has been written, or has failed to be, or the watcher was stopped before there was a reason.
func (w *Watcher) Done() <-chan struct{} { return w.done }

// Stop ends the watcher, if it has not ended; a trace that is being written is waited for. It returns why the trace was written, "" if
// it was not, and what went wrong in writing. It may be called more than once.
func (w *Watcher) Stop() (cause string, err error) {
	w.stopping.Do(func() { close(w.stop) })
	<-w.done
	return w.cause, w.err
}
