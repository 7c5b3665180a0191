package application

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// stop stops an application that runs, for k.
func (m *controller) stop(c *proc.Ctx, k proc.Caller, name string) (wait bool, err error) {
	e := m.apps[name]
	switch {
	case e == nil:
		return false, &OpError{"Stop", name, ErrNotLoaded}
	case e.state == Loaded || e.state == Starting:
		return false, &OpError{"Stop", name, ErrNotStarted}
	case e.state == Running:
		m.halt(c, e)
	}
	e.stops = append(e.stops, k)
	return true, nil
}

// halt has a master stop its application, also while it starts.
func (m *controller) halt(c *proc.Ctx, e *entry) {
	e.startless = e.state == Starting
	e.state = Stopping
	_ = c.Send(e.master, stop{proc.Shutdown}) // if it has ended, its Exit is under way
}

// ended notes that a master is gone, and tells who waits.
func (m *controller) ended(c *proc.Ctx, e *entry, reason error) error {
	var h *halted
	if errors.As(reason, &h) {
		reason = h.err
	}
	was := e.state
	delete(m.masters, e.master)
	e.state, e.master, e.top = Loaded, 0, 0
	log := c.Runtime().Logger()
	name := slog.String("app", e.app.Name)
	switch {
	case was == Starting || e.startless:
		err := failure(e, reason)
		log.Warn("application: not started", name, slog.Any("reason", err))
		m.tell(c, &e.starts, err)
	case was == Stopping:
		log.Info("application: stopped", name)
	case e.app.Type == Permanent || e.app.Type == Transient && reason != proc.Normal:
		err := &EndedError{e.app.Name, e.app.Type, reason}
		log.Error("application: ended; all others are stopped", name, slog.String("type", e.app.Type.String()), slog.Any("reason", reason))
		if m.reason == nil {
			return m.end(c, &halted{err})
		}
	default:
		log.Warn("application: ended", name, slog.String("type", e.app.Type.String()), slog.Any("reason", reason))
	}
	m.tell(c, &e.stops, nil)
	if m.reason != nil {
		return m.next(c)
	}
	return nil
}

// end has the controller stop every application and end for reason.
func (m *controller) end(c *proc.Ctx, reason error) error {
	if m.reason != nil {
		return nil
	}
	m.reason = reason
	if m.control.Suspended() {
		if err := c.Become(m); err != nil { // what was put aside meanwhile is not to be lost
			return err
		}
	}
	for _, e := range m.apps {
		if e.state == Starting {
			m.halt(c, e)
		}
	}
	return m.next(c)
}

// next stops one application that no other needs which runs, of several the one started last; when there is none more, the controller ends.
func (m *controller) next(c *proc.Ctx) error {
	var last *entry
	for _, e := range m.apps {
		switch {
		case e.state == Stopping:
			return nil // its end comes first
		case e.state == Running && !m.needed(e.app.Name) && (last == nil || e.seq > last.seq):
			last = e
		}
	}
	if last == nil {
		return m.reason
	}
	m.halt(c, last)
	return nil
}

// needed reports whether an application that runs needs this one. Those that run never need each other: one that is needed runs first.
func (m *controller) needed(name string) bool {
	for _, e := range m.apps {
		if e.state != Loaded && slices.Contains(e.app.Needs, name) {
			return true
		}
	}
	return false
}
