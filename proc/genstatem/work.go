package genstatem

import (
	"slices"
	"sync"
)

// work is what a machine has besides its state, while it has it: events that it has put aside, timeouts, the actions of the
// transition under way. A machine without any of these has no work.
type work struct {
	front     []Event // to be handled before anything else, the last one first
	zero      []*timeout
	postponed []Event // oldest first
	modules   []any   // under the implementation, for PopModule

	event, state *timeout // running, or nil
	named        map[any]*timeout
	spare        *timeout

	// Of the transition under way.
	next []Event   // inserted, in order
	sets []setting // of timeouts, in order, the last one of each
	bad  error     // the first action that was not allowed
}

// keepEvents is how many events' room a queue keeps when the machine has nothing to do.
const keepEvents = 64

var works = sync.Pool{New: func() any { return new(work) }}

// idle reports whether nothing is left in w but room.
func (w *work) idle() bool {
	return len(w.front)+len(w.zero)+len(w.postponed)+len(w.modules)+len(w.named) == 0 && w.event == nil && w.state == nil
}

// release gives w back.
func (w *work) release() {
	w.front, w.postponed, w.next = small(w.front), small(w.postponed), small(w.next)
	works.Put(w)
}

func small(q []Event) []Event {
	if cap(q) > keepEvents {
		return nil
	}
	return q
}

// queued reports whether there is an event to be handled before any message.
func (w *work) queued() bool { return len(w.front)+len(w.zero) > 0 }

// pop takes the next event. Timeouts of zero come when there is nothing else.
func (w *work) pop() Event {
	if n := len(w.front); n > 0 {
		e := w.front[n-1]
		w.front[n-1] = Event{}
		w.front = w.front[:n-1]
		return e
	}
	t := w.zero[0]
	w.zero = slices.Delete(w.zero, 0, 1)
	w.forget(t)
	e := t.event()
	w.reuse(t)
	return e
}

// retry puts the postponed events before all queued ones, the oldest first.
func (w *work) retry() {
	w.front = prepend(w.front, w.postponed)
	clear(w.postponed)
	w.postponed = w.postponed[:0]
}

// insert puts the events of this transition before all queued ones, in their order.
func (w *work) insert() {
	w.front = prepend(w.front, w.next)
	clear(w.next)
	w.next = w.next[:0]
}

// prepend puts events before those in the stack front.
func prepend(front, events []Event) []Event {
	front = slices.Grow(front, len(events))
	for _, e := range slices.Backward(events) {
		front = append(front, e)
	}
	return front
}
