package genstatem

import (
	"fmt"
	"log/slog"
	"reflect"

	"github.com/thrum-go/thrum/proc"
)

// State is what sys.GetState returns of a machine, and what the function given to sys.ReplaceState must return. Data is the implementation.
// To replace the state is no transition: there is no enter call, and nothing postponed comes back.
type State[S comparable] struct {
	State S
	Data  any
}

// SysState returns a State[S].
func (m *machine[S]) SysState() any { return State[S]{m.state, dataOf(m.h)} }

// SysReplace takes a State[S].
func (m *machine[S]) SysReplace(v any) error {
	n, ok := v.(State[S])
	if !ok {
		return fmt.Errorf("genstatem: new state is a %T; it must be a %T", v, n)
	}
	if why := m.cfg.badState(n.State); why != "" {
		return fmt.Errorf("genstatem: new State is a %T: %s", n.State, why)
	}
	h, err := m.handlerOf(n.Data)
	if err != nil {
		return err
	}
	m.state, m.h = n.State, h
	return nil
}

// handlerOf returns the Handler for data, which must be an implementation of the type it has now.
func (m *machine[S]) handlerOf(data any) (Handler[S], error) {
	old := dataOf(m.h)
	if reflect.TypeOf(data) == reflect.TypeOf(old) {
		if b, ok := m.h.(binding[S]); ok {
			if h, ok := b.with(data); ok {
				return h, nil
			}
		} else if h, ok := data.(Handler[S]); ok {
			return h, nil
		}
	}
	return nil, fmt.Errorf("genstatem: new Data is a %T; it must be a %T", data, old)
}

// SysImplementation returns the implementation.
func (m *machine[S]) SysImplementation() any { return dataOf(m.h) }

// SysStatus returns what FormatStatus says, or a State[S].
func (m *machine[S]) SysStatus() (v any) {
	f, ok := dataOf(m.h).(StatusFormatter[S])
	if !ok {
		return m.SysState()
	}
	defer hide("FormatStatus", &v)
	return f.FormatStatus(m.state)
}

// shownEvent is the current event for a report.
func (m *machine[S]) shownEvent() (v any) {
	f, ok := dataOf(m.h).(EventFormatter)
	if !ok {
		return m.cur.String()
	}
	defer hide("FormatEvent", &v)
	return f.FormatEvent(m.cur)
}

// hide shows nothing of what a hook that panics was to format.
func hide(hook string, v *any) {
	if p := recover(); p != nil {
		*v = fmt.Sprintf("genstatem: %s panicked: %v", hook, p)
	}
}

// SysChange takes a Handler[S] whose implementation has a CodeChange.
func (m *machine[S]) SysChange(c *proc.Ctx, impl any, old string, extra any) error {
	h, ok := impl.(Handler[S])
	if !ok {
		return fmt.Errorf("genstatem: new implementation is a %T; it must be a Handler of %v", impl, reflect.TypeFor[S]())
	}
	n, ok := dataOf(h).(CodeChanger[S])
	if !ok {
		return fmt.Errorf("genstatem: new implementation %T has no CodeChange", dataOf(h))
	}
	m.ctx.Ctx = c
	m.phase = inEnd
	defer func() { m.phase = idle }()
	s, err := n.CodeChange(&m.ctx, old, m.state, dataOf(m.h), extra)
	if err != nil {
		return err
	}
	if why := m.cfg.badState(s); why != "" {
		return fmt.Errorf("genstatem: CodeChange returned a %T: %s", s, why)
	}
	m.setHandler(h)
	m.state = s
	return nil
}

// SysTerminate ends the machine.
func (m *machine[S]) SysTerminate(_ *proc.Ctx, reason error) error {
	m.flags |= flagEnded
	return reason
}

// StateName names the state for proc.Info.
func (m *machine[S]) StateName() string {
	if t := reflect.TypeOf(m.state); t != nil && t.Kind() == reflect.Struct && t.NumField() == 0 {
		if _, ok := any(m.state).(fmt.Stringer); !ok {
			return t.Name()
		}
	}
	return fmt.Sprint(m.state)
}

// CrashReport says what the machine was doing.
func (m *machine[S]) CrashReport(error) []slog.Attr {
	attrs := []slog.Attr{slog.String("implementation", fmt.Sprintf("%T", dataOf(m.h)))}
	if m.cur.Kind != InfoEvent || m.cur.Sender != 0 || m.cur.Body != nil {
		attrs = append(attrs, slog.Any("event", m.shownEvent()))
	}
	if w := m.work; w != nil {
		attrs = append(attrs, slog.Int("queued", len(w.front)+len(w.zero)), slog.Int("postponed", len(w.postponed)))
	}
	return append(attrs, slog.Any("state", m.SysStatus()))
}
