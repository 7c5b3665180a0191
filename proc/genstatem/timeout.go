package genstatem

import (
	"fmt"
	"slices"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// timeout is one start of a timeout. It is the body of its timer's message, by which that is known for what it is; one that the
// machine has forgotten comes too late.
type timeout struct {
	key   any // EventTimeout, StateTimeout or a name
	body  any
	timer proc.Timer
	zero  bool // it has no timer
}

// String shows the timeout in a trace.
func (t *timeout) String() string { return t.event().String() }

func (t *timeout) event() Event {
	if k, ok := t.key.(Kind); ok {
		return Event{Kind: k, Body: t.body}
	}
	return Event{Kind: NamedTimeout, Name: t.key, Body: t.body}
}

// setting is what a transition wants of a timeout.
type setting struct {
	key  any
	op   timeoutOp
	d    time.Duration
	at   time.Time
	body any
}

type timeoutOp uint8

const (
	startIn timeoutOp = iota
	startAt
	updateBody
	cancelIt
)

// clock starts and stops timers.
type clock interface {
	start(c *proc.Ctx, s setting, t *timeout) error
	cancel(c *proc.Ctx, t *timeout) bool
}

// timers is the clock of the runtime.
type timers struct{}

func (timers) start(c *proc.Ctx, s setting, t *timeout) (err error) {
	if s.op == startAt {
		t.timer, err = c.SendAt(s.at, c.Self(), t)
	} else {
		t.timer, err = c.SendAfter(s.d, c.Self(), t)
	}
	return err
}

func (timers) cancel(c *proc.Ctx, t *timeout) bool { return c.Cancel(t.timer) }

// set notes a setting. The last one of a timeout counts.
func (w *work) set(s setting) {
	for i := range w.sets {
		if w.sets[i].key == s.key {
			w.sets = slices.Delete(w.sets, i, i+1)
			break
		}
	}
	w.sets = append(w.sets, s)
}

// running returns the timeout of that key, nil when it does not run.
func (w *work) running(key any) *timeout {
	switch key {
	case EventTimeout:
		return w.event
	case StateTimeout:
		return w.state
	}
	return w.named[key]
}

func (w *work) remember(t *timeout) {
	switch t.key {
	case EventTimeout:
		w.event = t
	case StateTimeout:
		w.state = t
	default:
		if w.named == nil {
			w.named = make(map[any]*timeout)
		}
		w.named[t.key] = t
	}
}

func (w *work) forget(t *timeout) {
	switch t.key {
	case EventTimeout:
		w.event = nil
	case StateTimeout:
		w.state = nil
	default:
		delete(w.named, t.key)
	}
}

// reuse keeps a timeout, of which nothing is under way, for the next start.
func (w *work) reuse(t *timeout) {
	*t = timeout{}
	w.spare = t
}

// stop ends t if it runs.
func (w *work) stop(c *proc.Ctx, k clock, t *timeout) {
	if t == nil {
		return
	}
	w.forget(t)
	if t.zero {
		if i := slices.Index(w.zero, t); i >= 0 {
			w.zero = slices.Delete(w.zero, i, i+1)
		}
		w.reuse(t)
	} else if k.cancel(c, t) {
		w.reuse(t)
	}
}

// settle does what the transition wants of its timeouts.
func (w *work) settle(c *proc.Ctx, k clock) error {
	for _, s := range w.sets {
		if err := w.start(c, k, s); err != nil {
			return err
		}
	}
	clear(w.sets)
	w.sets = w.sets[:0]
	return nil
}

func (w *work) start(c *proc.Ctx, k clock, s setting) error {
	t := w.running(s.key)
	if s.op == updateBody && t != nil {
		t.body = s.body
		return nil
	}
	w.stop(c, k, t)
	if s.op == cancelIt {
		return nil
	}
	if t = w.spare; t == nil {
		t = new(timeout)
	}
	w.spare = nil
	*t = timeout{key: s.key, body: s.body, zero: s.op == updateBody || s.op == startIn && s.d == 0}
	w.remember(t)
	if t.zero {
		w.zero = append(w.zero, t)
		return nil
	}
	if err := k.start(c, s, t); err != nil {
		return fmt.Errorf("genstatem: timeout %v: %w", s.key, err)
	}
	return nil
}
