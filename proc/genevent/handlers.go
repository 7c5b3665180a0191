package genevent

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// caught turns a panic into an error. It is to be deferred itself.
func caught(err *error) {
	if v := recover(); v != nil {
		*err = &proc.Panic{Value: v, Stack: debug.Stack()}
	}
}

// event hands e to each handler, the newest first.
func (m *manager[E]) event(c *proc.Ctx, e E) {
	for i := len(m.handlers) - 1; i >= 0; i-- {
		if err := handleEvent(c, m.handlers[i].h, e); err != nil {
			m.result(c, i, err, e)
		}
	}
}

func handleEvent[E any](c *proc.Ctx, h Handler[E], e E) (err error) {
	defer caught(&err)
	return h.HandleEvent(c, e)
}

// info hands a message to each handler that wants it. As in OTP the log tells of one that nobody has asked for.
func (m *manager[E]) info(c *proc.Ctx, msg proc.Message) {
	for i := len(m.handlers) - 1; i >= 0; i-- {
		h, ok := m.handlers[i].h.(InfoHandler)
		if !ok {
			_, exit := msg.Body.(proc.Exit)
			if log := c.Runtime().Logger(); !exit && log.Enabled(context.Background(), slog.LevelWarn) {
				log.Warn("genevent: handler has no HandleInfo", "pid", c.Self(), "handler", m.handlers[i].id, "message", show(msg.Body))
			}
			continue
		}
		if err := handleInfo(c, h, msg); err != nil {
			m.result(c, i, err, msg.Body)
		}
	}
}

func handleInfo(c *proc.Ctx, h InfoHandler, msg proc.Message) (err error) {
	defer caught(&err)
	return h.HandleInfo(c, msg)
}

// call calls one handler.
func (m *manager[E]) call(c *proc.Ctx, r CallRequest) any {
	i := m.find(r.ID)
	if i < 0 {
		return &HandlerError{r.ID, "Call", ErrNotFound}
	}
	h, ok := m.handlers[i].h.(CallHandler)
	if !ok {
		return &HandlerError{r.ID, "Call", ErrNoCalls}
	}
	v, err := handleCall(c, h, r.Request)
	if err != nil && m.result(c, i, err, r.Request) {
		return &HandlerError{r.ID, "HandleCall", err}
	}
	return v
}

func handleCall(c *proc.Ctx, h CallHandler, req any) (v any, err error) {
	defer caught(&err)
	return h.HandleCall(c, req)
}

// result does with the handler at i what a callback has returned, and reports whether that was a failure. last is what the callback
// was called with.
func (m *manager[E]) result(c *proc.Ctx, i int, err error, last any) (failed bool) {
	h := m.take(i)
	s, swaps := err.(*swap[E])
	switch {
	case err == Remove || err == proc.Normal:
		_ = m.terminate(c, h, Removed{})
		m.exited(c, h, proc.Normal)
		return false
	case swaps && s.h != nil:
		v := m.terminate(c, h, s.why)
		id := name(s.id, s.h)
		m.exited(c, h, &Swapped{id, h.adder})
		next := installed[E]{id, s.h, h.adder}
		if err := handleTakeOver(c, s.h, v, true); err != nil {
			m.failed(c, next, "TakeOver", err, last)
			return false
		}
		m.handlers = slices.Insert(m.handlers, i, next)
		return false
	case swaps:
		err = fmt.Errorf("genevent: SwapTo: the handler is nil")
	}
	_ = m.terminate(c, h, Failed{err})
	m.failed(c, h, "callback", err, last)
	return true
}

// initOf is how a handler begins that takes no other's place.
func initOf(h any) func(c *proc.Ctx) error {
	return func(c *proc.Ctx) (err error) {
		defer caught(&err)
		if i, ok := h.(Initializer); ok {
			return i.Init(c)
		}
		return nil
	}
}

func handleTakeOver(c *proc.Ctx, h, last any, found bool) (err error) {
	defer caught(&err)
	if s, ok := h.(Successor); ok {
		return s.TakeOver(c, last, found)
	}
	return initOf(h)(c)
}

// terminate calls Terminate of a handler that is in the list no more. A panic is the result, and logged.
func (m *manager[E]) terminate(c *proc.Ctx, h installed[E], why any) any {
	t, ok := h.h.(Terminator)
	if !ok {
		return nil
	}
	v, err := handleTerminate(c, t, why)
	if err != nil {
		m.report(c, h, "Terminate", err, why)
		return err
	}
	return v
}

func handleTerminate(c *proc.Ctx, t Terminator, why any) (v any, err error) {
	defer caught(&err)
	return t.Terminate(c, why), nil
}

// exited tells the adder of a supervised handler that it is gone.
func (m *manager[E]) exited(c *proc.Ctx, h installed[E], reason error) {
	if h.adder != 0 {
		_ = c.Send(h.adder, Exited{c.Self(), h.id, reason}) // it may have ended
	}
}

// failed logs the failure of a handler, and tells its adder.
func (m *manager[E]) failed(c *proc.Ctx, h installed[E], op string, err error, last any) {
	m.report(c, h, op, err, last)
	m.exited(c, h, err)
}

func (m *manager[E]) report(c *proc.Ctx, h installed[E], op string, err error, last any) {
	log := c.Runtime().Logger()
	if !log.Enabled(context.Background(), slog.LevelError) {
		return
	}
	attrs := []any{
		slog.Any("pid", c.Self()), slog.String("handler", h.id), slog.String("in", op), slog.Any("reason", err),
		slog.String("last_message", show(last)), slog.String("state", show(shown(h.h))),
	}
	if p, ok := err.(*proc.Panic); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	log.Error("genevent: handler failed", attrs...)
}

// shown is the state of a handler as it may be shown.
func shown(h any) (v any) {
	f, ok := h.(StatusFormatter)
	if !ok {
		return h
	}
	var err error
	defer func() {
		if err != nil {
			v = fmt.Sprintf("FormatStatus: %v", err)
		}
	}()
	defer caught(&err)
	return f.FormatStatus()
}

// show is v as a text of bounded length.
func show(v any) string {
	const most = 1000
	s := fmt.Sprintf("%+v", v)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
