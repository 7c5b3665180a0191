package application

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// start starts an application for k, or has k wait for a start that is under way.
func (m *controller) start(c *proc.Ctx, k proc.Caller, name string) (wait bool, err error) {
	e := m.apps[name]
	wrong := func(err error) (bool, error) { return false, &OpError{"Start", name, err} }
	switch {
	case e == nil:
		return wrong(ErrNotLoaded)
	case m.reason != nil || e.state == Stopping:
		return wrong(ErrStopping)
	case e.state == Running:
		return wrong(ErrAlreadyStarted)
	case e.state == Starting:
		e.starts = append(e.starts, k)
		return true, nil
	}
	for _, n := range e.app.Needs {
		switch need := m.apps[n]; {
		case need == nil:
			return wrong(&NeedError{n, ErrNotLoaded})
		case need.state != Running:
			return wrong(&NeedError{n, ErrNotStarted})
		}
	}
	pid, err := c.Spawn(newMaster(e.app, e.env), proc.WithLink())
	if err != nil {
		return wrong(err)
	}
	m.seq++
	e.state, e.master, e.seq, e.starts = Starting, pid, m.seq, append(e.starts, k)
	m.masters[pid] = e
	return true, nil
}

// up notes that an application runs.
func (m *controller) up(c *proc.Ctx, e *entry, u up) {
	e.top = u.top
	if e.state != Starting {
		return // it is being stopped
	}
	e.state = Running
	c.Runtime().Logger().Info("application: started", slog.String("app", e.app.Name), slog.String("version", e.app.Version), slog.Any("top", u.top))
	m.tell(c, &e.starts, nil)
}

func (m *controller) tell(c *proc.Ctx, to *[]proc.Caller, v any) {
	for _, k := range *to {
		_ = c.ReplyTo(k, v) // it may wait no more
	}
	*to = nil
}

// plan returns the applications that must be started for apps to run, each after those that it needs. Those that run are left out.
func (m *controller) plan(apps []string) ([]string, error) {
	var order, path []string
	seen := map[string]bool{}
	var visit func(name string) error
	visit = func(name string) error {
		if i := slices.Index(path, name); i >= 0 {
			return &CycleError{slices.Clone(path[i:])}
		}
		e := m.apps[name]
		if e == nil {
			if len(path) > 0 {
				return &OpError{"Start", path[len(path)-1], &NeedError{name, ErrNotLoaded}}
			}
			return &OpError{"Start", name, ErrNotLoaded}
		}
		if seen[name] || e.state == Running {
			return nil
		}
		path = append(path, name)
		for _, n := range e.app.Needs {
			if err := visit(n); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		seen[name] = true
		order = append(order, name)
		return nil
	}
	for _, name := range apps {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// failure is what a start that did not succeed is to its callers.
func failure(e *entry, reason error) *StartError {
	var s *StartError
	switch {
	case errors.As(reason, &s):
		return s
	case e.startless:
		reason = ErrStopping
	}
	return &StartError{e.app.Name, "start", reason}
}
