package sys

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Event is something that a watched process does.
type Event struct {
	Kind    EventKind
	PID     proc.PID     // the process
	Message proc.Message // of In: what it is about to handle
	To      proc.PID     // of Out: who gets it
	Value   any          // of Out: the reply or message; of State: the state after a message, as GetStatus shows it
}

// EventKind says what has happened.
type EventKind uint8

const (
	// In: a message has come, and is handled next.
	In EventKind = iota
	// Out: the behaviour sends a reply.
	Out
	// State: a message has been handled, and this is the state now.
	State
)

// String returns the event as a line of a trace.
func (e Event) String() string {
	switch e.Kind {
	case In:
		if e.Message.From == 0 {
			return fmt.Sprintf("%v got %v", e.PID, show(e.Message.Body))
		}
		return fmt.Sprintf("%v got %v from %v", e.PID, show(e.Message.Body), e.Message.From)
	case Out:
		return fmt.Sprintf("%v sent %v to %v", e.PID, show(e.Value), e.To)
	}
	return fmt.Sprintf("%v has the state %v", e.PID, show(e.Value))
}

func show(v any) string {
	const most = 1000
	s := fmt.Sprintf("%+v", v)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// hook is a function that is told of every event, until it returns false.
type hook struct {
	id string
	f  func(Event) bool
}

// Watched reports whether Tell tells anybody. A behaviour that would have to make an Event asks first.
func (k *Control) Watched() bool { return len(k.hooks) > 0 }

// Tell tells those who watch the process of an event. A function that panics is not called again.
func (k *Control) Tell(c *proc.Ctx, e Event) {
	if len(k.hooks) == 0 {
		return
	}
	e.PID = c.Self()
	k.hooks = slices.DeleteFunc(k.hooks, func(h hook) bool {
		keep, err := protect("debug function", func() (any, error) { return h.f(e), nil })
		if err != nil {
			c.Runtime().Logger().Warn("sys: debug function removed", "id", h.id, "pid", e.PID, "err", err)
		}
		return keep != true
	})
	k.busy = k.suspended || len(k.hooks) > 0
}

func (k *Control) install(id string, f func(Event) bool) {
	k.remove(id)
	k.hooks = append(k.hooks, hook{id, f})
}

func (k *Control) remove(id string) (found bool) {
	n := len(k.hooks)
	k.hooks = slices.DeleteFunc(k.hooks, func(h hook) bool { return h.id == id })
	return len(k.hooks) < n
}

// The ids of the functions that this package installs itself.
const (
	reserved = "sys: "
	traceID  = reserved + "trace"
	statsID  = reserved + "statistics"
	logID    = reserved + "log"
)

// tracer returns a debug function that writes lines to w. The first error ends the trace.
func tracer(w io.Writer) func(Event) bool {
	return func(e Event) bool {
		_, err := io.WriteString(w, e.String()+"\n")
		return err == nil
	}
}

// Statistics is what a process has done since they were switched on.
type Statistics struct {
	Since      time.Time
	In, Out    uint64 // messages
	Reductions uint64
}

type statistics struct {
	Statistics
	reductions uint64 // of the process when they began
}

func (k *Control) statistics(c *proc.Ctx, on bool) {
	k.remove(statsID)
	k.stats = nil
	if !on {
		return
	}
	s := &statistics{Statistics: Statistics{Since: time.Now()}, reductions: c.Info().Reductions}
	k.stats = s
	k.install(statsID, func(e Event) bool {
		switch e.Kind {
		case In:
			s.In++
		case Out:
			s.Out++
		}
		return true
	})
}

func (s *statistics) read(c *proc.Ctx) (any, error) {
	if s == nil {
		return nil, ErrNoStatistics
	}
	r := s.Statistics
	if now := c.Info().Reductions; now > s.reductions { // not known while the process has lost its worker
		r.Reductions = now - s.reductions
	}
	return r, nil
}

// ring keeps the last events.
type ring struct {
	buf  []Event
	next int
	full bool
}

func (k *Control) keep(n int) {
	k.remove(logID)
	k.log = nil
	if n == 0 {
		return
	}
	r := &ring{buf: make([]Event, n)}
	k.log = r
	k.install(logID, func(e Event) bool {
		r.buf[r.next] = e
		if r.next++; r.next == len(r.buf) {
			r.next, r.full = 0, true
		}
		return true
	})
}

func (r *ring) events() []Event {
	switch {
	case r == nil:
		return nil
	case !r.full:
		return slices.Clone(r.buf[:r.next])
	}
	return slices.Concat(r.buf[r.next:], r.buf[:r.next])
}
