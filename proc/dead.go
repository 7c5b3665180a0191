package proc

import (
	"sync"

	"github.com/thrum-go/thrum/internal/atomics"
)

// DeadLetter is a message that nobody will handle: its receiver had ended, or ended before it came to it.
type DeadLetter struct {
	To      PID
	Message Message
}

// watchers are told of dead letters. The list is replaced under mu; anyone may load it.
type watchers struct {
	mu   sync.Mutex
	list atomics.Pointer[[]*func(DeadLetter)]
}

// WatchDeadLetters calls f for every dead letter from now on, until stop is called. f is called on whichever goroutine
// notices, often a worker: it must be quick, must not block and must not panic. To handle them in a process, let f send them to it.
// Any goroutine may call both.
func (rt *Runtime) WatchDeadLetters(f func(DeadLetter)) (stop func()) {
	w := &rt.watchers
	if f == nil {
		return func() {}
	}
	w.change(func(l []*func(DeadLetter)) []*func(DeadLetter) { return append(l, &f) })
	return func() {
		w.change(func(l []*func(DeadLetter)) []*func(DeadLetter) {
			var rest []*func(DeadLetter)
			for _, g := range l {
				if g != &f {
					rest = append(rest, g)
				}
			}
			return rest
		})
	}
}

func (w *watchers) change(edit func([]*func(DeadLetter)) []*func(DeadLetter)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var l []*func(DeadLetter)
	if old := w.list.Load(); old != nil {
		l = append(l, *old...)
	}
	if l = edit(l); len(l) == 0 {
		w.list.Store(nil)
		return
	}
	w.list.Store(&l)
}

func (w *watchers) tell(d DeadLetter) {
	l := w.list.Load()
	if l == nil {
		return
	}
	for _, f := range *l {
		(*f)(d)
	}
}
