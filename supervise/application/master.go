package application

import (
	"context"
	"errors"
	"log/slog"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// master is the machine of the process that runs an application: parent of its top supervisor, child of the controller. What the App brings runs
// on goroutines, by Offload, one at a time, so that the master hears at any time that it is to stop.
type master struct {
	app    App
	env    *env
	ctx    context.Context
	cancel context.CancelCauseFunc
	step   step
	phase  int      // of App.Phases, which runs
	top    proc.PID // zero when there is none, or it has ended
	reason error    // why it ends, once it does
}

// step is what a master waits for.
type step uint8

const (
	inStart step = iota
	inTop        // the top supervisor starts
	inPhase
	running
	inPrepStop
	inTree // the top supervisor stops
	inStop
)

// StateName is shown by proc.Info.
func (m *master) StateName() string {
	return m.app.Name + ": " + [...]string{"start", "top supervisor", "phase", "running", "prep stop", "processes stop", "stop"}[m.step]
}

// up is what a master tells the controller when its application runs.
type up struct{ top proc.PID }

// stop is what the controller tells a master.
type stop struct{ reason error }

func newMaster(a App, e *env) proc.Factory {
	return func() proc.Machine { return &master{app: a, env: e} }
}

func (m *master) Init(c *proc.Ctx) error {
	c.TrapExit(true)
	ctx := context.WithValue(context.Background(), envKey{}, m.env)
	m.ctx, m.cancel = context.WithCancelCause(ctx)
	if m.app.Start == nil {
		return m.nextPhase(c)
	}
	return c.Offload(func() (any, error) { return m.app.Start(m.ctx) })
}

func (m *master) Handle(c *proc.Ctx, msg proc.Message) error {
	switch b := msg.Body.(type) {
	case stop:
		if msg.From == c.Parent() {
			return m.end(c, b.reason)
		}
	case proc.Exit:
		switch {
		case b.From == 0 || b.From == c.Parent():
			return m.end(c, b.Reason)
		case b.From == m.top && m.top != 0 && m.step != inTree:
			m.top = 0
			return m.topEnded(c, b.Reason)
		}
	case proc.Down:
		if b.PID == m.top && m.step == inTree {
			m.top = 0
			return m.treeEnded(c)
		}
	case proc.Reply:
		if b.Err == nil && m.step == inTop {
			return m.nextPhase(c)
		}
	case proc.OffloadResult:
		if msg.From == c.Self() {
			return m.returned(c, b)
		}
	}
	return nil
}

// returned takes what a function of the App has returned.
func (m *master) returned(c *proc.Ctx, r proc.OffloadResult) error {
	switch m.step {
	case inStart:
		return m.startReturned(c, r)
	case inPhase:
		switch {
		case m.reason != nil: // it was to stop meanwhile
			return m.stopTree(c)
		case r.Err != nil:
			return m.fail(c, "phase "+m.app.Phases[m.phase].Name, r.Err)
		}
		m.phase++
		return m.nextPhase(c)
	case inPrepStop:
		m.note(c, "PrepStop", r.Err)
		return m.stopTree(c)
	case inStop:
		m.note(c, "Stop", r.Err)
		return m.over()
	}
	return nil
}

// note logs what changes nothing any more.
func (m *master) note(c *proc.Ctx, in string, err error) {
	if err != nil {
		c.Runtime().Logger().Error("application: "+in+" failed", slog.String("app", m.app.Name), slog.Any("reason", err))
	}
}

// startReturned starts the top supervisor.
func (m *master) startReturned(c *proc.Ctx, r proc.OffloadResult) error {
	err := r.Err
	f, _ := r.Value.(proc.Factory)
	if err == nil && f == nil {
		err = errNilFactory
	}
	if err != nil {
		if m.reason == nil {
			m.reason = &StartError{m.app.Name, "Start", err}
		}
		return m.over()
	}
	if m.reason != nil {
		return m.treeEnded(c)
	}
	m.step = inTop
	if m.top, err = c.Spawn(f, proc.WithLink()); err != nil {
		return m.fail(c, "top supervisor", err)
	}
	// A supervisor keeps requests until its first children have been started. When it has ended instead, its Exit says why.
	if _, err := c.Request(m.top, supervise.CountChildrenRequest{}, proc.Forever); err != nil && !errors.Is(err, proc.ErrNoProc) {
		return m.fail(c, "top supervisor", err)
	}
	return nil
}

// nextPhase goes on with the phases; after the last one the application runs.
func (m *master) nextPhase(c *proc.Ctx) error {
	if m.phase < len(m.app.Phases) {
		m.step = inPhase
		do := m.app.Phases[m.phase].Do
		return c.Offload(func() (any, error) { return nil, do(m.ctx) })
	}
	m.step = running
	_ = c.Send(c.Parent(), up{m.top}) // if it has ended, its Exit is under way
	return nil
}

// fail ends a start.
func (m *master) fail(c *proc.Ctx, in string, err error) error {
	m.reason = &StartError{m.app.Name, in, err}
	return m.stopTree(c)
}

// end has the application stop, whatever it is doing.
func (m *master) end(c *proc.Ctx, reason error) error {
	if m.reason != nil {
		return nil
	}
	m.reason = reason
	switch m.step {
	case inStart, inPhase:
		m.cancel(reason) // what runs should return; if it does not, whoever waits for us has a deadline
		return nil
	case running:
		if f := m.app.PrepStop; f != nil {
			m.step = inPrepStop
			return c.Offload(func() (any, error) { return nil, f(m.ctx) })
		}
	}
	return m.stopTree(c)
}

// topEnded takes the end of a top supervisor that was not to end yet.
func (m *master) topEnded(c *proc.Ctx, reason error) error {
	if m.reason == nil {
		m.reason = reason
		if m.step == inTop || m.step == inPhase {
			m.reason = &StartError{m.app.Name, "top supervisor", reason}
		}
	}
	m.cancel(reason)
	if m.step == inPhase || m.step == inPrepStop {
		return nil // its function is at work; then stopTree finds no tree
	}
	return m.treeEnded(c)
}

// stopTree has the top supervisor stop its processes. It is monitored, so that it cannot hide its end by taking away its link.
func (m *master) stopTree(c *proc.Ctx) error {
	m.cancel(m.reason)
	if m.top == 0 {
		return m.treeEnded(c)
	}
	m.step = inTree
	if _, err := c.Monitor(m.top); err != nil {
		return err
	}
	return c.Exit(m.top, proc.Shutdown)
}

// treeEnded calls Stop. Only a Start that has failed does not come here.
func (m *master) treeEnded(c *proc.Ctx) error {
	m.cancel(m.reason)
	m.step = inStop
	if f := m.app.Stop; f != nil {
		ctx := context.WithoutCancel(m.ctx)
		return c.Offload(func() (any, error) { return nil, f(ctx) })
	}
	return m.over()
}

// over ends the master. The controller logs why.
func (m *master) over() error {
	m.cancel(m.reason)
	if m.reason == proc.Normal {
		return proc.Normal
	}
	return &halted{m.reason}
}
