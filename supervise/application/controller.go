package application

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// State is what becomes of an application.
type State uint8

const (
	// Loaded: known, and not started.
	Loaded State = iota
	// Starting: its Start, its top supervisor or its phases are at work.
	Starting
	// Running: started.
	Running
	// Stopping: on its way back to Loaded.
	Stopping
)

// String returns the state in lower case.
func (s State) String() string {
	if s > Stopping {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return [...]string{"loaded", "starting", "running", "stopping"}[s]
}

// controller is the machine of a controller. It waits for nothing: masters say when they are up, and that they are gone by their exits.
type controller struct {
	control sys.Control
	first   []App // to be loaded by Init
	config  map[string]map[string]any
	apps    map[string]*entry
	masters map[proc.PID]*entry
	seq     int
	reason  error       // why it ends, once it does
	done    func(error) // gets the reason; may be nil
}

// entry is an application that the controller knows.
type entry struct {
	app       App
	env       *env
	state     State
	master    proc.PID
	top       proc.PID
	seq       int           // counts starts
	starts    []proc.Caller // who waits for its start
	stops     []proc.Caller // who waits for its end
	startless bool          // it is stopped before it ran
}

func (m *controller) Init(c *proc.Ctx) error {
	c.TrapExit(true)
	m.apps, m.masters = map[string]*entry{}, map[proc.PID]*entry{}
	for _, a := range m.first {
		if err := m.load(c, a); err != nil {
			return err
		}
	}
	for name := range m.config {
		if m.apps[name] == nil {
			return &OpError{"Env", name, ErrNotLoaded}
		}
	}
	return nil
}

func (m *controller) Handle(c *proc.Ctx, msg proc.Message) error {
	if m.control.Takes(msg) {
		_, request := msg.Body.(*sys.Request)
		if request || m.reason == nil { // one that ends is suspended no more
			if taken, err := m.control.Handle(c, msg, m); taken {
				return err
			}
		}
	}
	err := m.handle(c, msg)
	if m.control.Watched() {
		m.control.Tell(c, sys.Event{Kind: sys.State, Value: m.SysStatus()})
	}
	return err
}

func (m *controller) handle(c *proc.Ctx, msg proc.Message) error {
	switch b := msg.Body.(type) {
	case proc.Exit:
		switch e := m.masters[b.From]; {
		case e != nil:
			return m.ended(c, e, b.Reason)
		case b.From == 0 || b.From == c.Parent():
			return m.end(c, b.Reason)
		}
		return nil
	case up:
		if e := m.masters[msg.From]; e != nil {
			m.up(c, e, b)
		}
		return nil
	}
	k, ok := c.Caller()
	if !ok {
		c.Runtime().Logger().Warn("application: controller got a message that it does not know", "pid", c.Self(), "message", fmt.Sprintf("%T", msg.Body))
		return nil
	}
	v, wait := m.answer(c, k, msg.Body)
	if !wait && c.Reply(v) == nil && m.control.Watched() {
		m.control.Tell(c, sys.Event{Kind: sys.Out, To: k.PID(), Value: v})
	}
	return nil
}

// answer returns the reply to a request, or that it comes later.
func (m *controller) answer(c *proc.Ctx, k proc.Caller, req any) (v any, wait bool) {
	var err error
	switch r := req.(type) {
	case LoadRequest:
		err = m.load(c, r.App)
	case UnloadRequest:
		err = m.unload(r.App)
	case StartRequest:
		wait, err = m.start(c, k, r.App)
	case StopRequest:
		wait, err = m.stop(c, k, r.App)
	case WhichRequest:
		return m.which(), false
	case planRequest:
		l, err := m.plan(r.apps)
		if err != nil {
			return err, false
		}
		return l, false
	case EnvRequest:
		e := m.apps[r.App]
		if e == nil {
			return &OpError{"Env", r.App, ErrNotLoaded}, false
		}
		return e.env.all(), false
	case SetEnvRequest:
		switch e := m.apps[r.App]; {
		case e == nil:
			err = &OpError{"Env", r.App, ErrNotLoaded}
		default:
			e.env.set(r.Key, r.Value)
		}
	default:
		err = ErrUnknownRequest
	}
	if err != nil {
		return err, false
	}
	return nil, wait
}

func (m *controller) load(c *proc.Ctx, a App) error {
	if err := a.check(); err != nil {
		return err
	}
	if m.apps[a.Name] != nil {
		return &OpError{"Load", a.Name, ErrAlreadyLoaded}
	}
	a.Needs, a.Phases = slices.Clone(a.Needs), slices.Clone(a.Phases)
	e := newEnv(a.Name, a.Env, m.config[a.Name])
	e.ctl, e.rt = c.Self(), c.Runtime()
	m.apps[a.Name] = &entry{app: a, env: e}
	return nil
}

func (m *controller) unload(name string) error {
	switch e := m.apps[name]; {
	case e == nil:
		return &OpError{"Unload", name, ErrNotLoaded}
	case e.state != Loaded:
		return &OpError{"Unload", name, ErrAlreadyStarted}
	}
	delete(m.apps, name)
	return nil
}

// Info describes an application.
type Info struct {
	App    App
	State  State
	Master proc.PID // zero when it is Loaded
	Top    proc.PID // its top supervisor; zero when there is none
}

// which describes the applications: those that were started, the newest first, then the others by name (OTP: which_applications, loaded_applications).
func (m *controller) which() []Info {
	list := slices.Collect(maps.Values(m.apps))
	slices.SortFunc(list, func(a, b *entry) int {
		sa, sb := a.seq, b.seq
		if a.state == Loaded {
			sa = 0
		}
		if b.state == Loaded {
			sb = 0
		}
		return cmp.Or(cmp.Compare(sb, sa), cmp.Compare(a.app.Name, b.app.Name))
	})
	infos := make([]Info, len(list))
	for i, e := range list {
		infos[i] = Info{e.app, e.state, e.master, e.top}
	}
	return infos
}

// Terminate leaves the reason for who has started the controller.
func (m *controller) Terminate(_ *proc.Ctx, reason error) {
	if m.done != nil {
		m.done(reason)
	}
}

// StateName is shown by proc.Info.
func (m *controller) StateName() string {
	if m.reason != nil {
		return "stopping"
	}
	return ""
}

// SysState is part of sys.Behaviour: an []Info.
func (m *controller) SysState() any { return m.which() }

// SysReplace is part of sys.Behaviour.
func (m *controller) SysReplace(any) error {
	return errors.New("application: the state of a controller cannot be replaced; use Load, Start, Stop, SetEnv")
}

// SysStatus is part of sys.Behaviour. Settings, which may be secrets, are not shown.
func (m *controller) SysStatus() any {
	infos := m.which()
	s := make([]string, len(infos))
	for i, f := range infos {
		s[i] = f.App.Name + ": " + f.State.String()
	}
	return s
}

// SysChange is part of sys.Behaviour.
func (m *controller) SysChange(*proc.Ctx, any, string, any) error {
	return errors.New("application: the code of a controller cannot be changed; Stop, Unload, Load and Start an application")
}

// SysTerminate is part of sys.Behaviour.
func (m *controller) SysTerminate(c *proc.Ctx, reason error) error { return m.end(c, reason) }
