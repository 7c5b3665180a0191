package genserver

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// note keeps the message that is being handled, for the crash report, if none is kept already.
func (c *Ctx) note(m proc.Message) {
	if c.last == nil {
		c.last = &ending{message: m}
	}
}

// stop makes reason the end of the server. m is the message that was being handled.
func (c *Ctx) stop(m proc.Message, reason error) error {
	c.note(m)
	c.flags |= ends
	return reason
}

// crashedIn notes that a callback did not return.
func (c *Ctx) crashedIn(m proc.Message) {
	c.note(m)
	c.flags |= crashed
}

// Terminate calls the implementation's, if the server has ended by itself or on request: an exit signal to a server that does not trap exits
// ends it without.
func (s *server[Q, R, M]) Terminate(pc *proc.Ctx, reason error) {
	c := &s.Ctx
	c.Ctx = pc
	if c.flags&ends == 0 && (c.flags&crashed == 0 || !isCrash(reason)) {
		return
	}
	if l := c.last; l != nil && l.from != (proc.Caller{}) {
		defer func() { _ = c.ReplyTo(l.from, l.reply) }() // also after a crash; nobody waits any more if it fails
	}
	if t, ok := c.impl.(Terminator); ok {
		t.Terminate(c, reason)
	}
}

// isCrash reports whether reason is that of a callback which did not return. It may also have ended its process by an exit
// signal, which is not asked about.
func isCrash(reason error) bool {
	_, panicked := reason.(*proc.Panic)
	return panicked || reason == proc.ErrGoexit
}

// CrashReport adds the last message and the state to the report.
func (s *server[Q, R, M]) CrashReport(error) []slog.Attr {
	c := &s.Ctx
	attrs := []slog.Attr{slog.String("server", typeOf(c.impl))}
	if l := c.last; l != nil {
		attrs = append(attrs, slog.String("last_message", text(c.shownMessage(l.message.Body))))
		if l.message.From != 0 {
			attrs = append(attrs, slog.Any("from", l.message.From))
		}
	}
	return append(attrs, slog.String("state", text(c.shown())))
}

// shown is the state as it may be shown.
func (c *Ctx) shown() (v any) {
	f, ok := c.impl.(StatusFormatter)
	if !ok {
		return c.impl
	}
	defer hide("FormatStatus", &v)
	return f.FormatStatus()
}

// shownMessage is a message as it may be shown.
func (c *Ctx) shownMessage(body any) (v any) {
	f, ok := c.impl.(MessageFormatter)
	if !ok {
		return body
	}
	defer hide("FormatMessage", &v)
	return f.FormatMessage(body)
}

// hide shows nothing of what a hook that panics was to format.
func hide(hook string, v *any) {
	if p := recover(); p != nil {
		*v = fmt.Sprintf("genserver: %s panicked: %v", hook, p)
	}
}

// text is v for a report.
func text(v any) string {
	const most = 1000
	s := fmt.Sprintf("%+v", v)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// unexpected logs what the server has no method for.
func (c *Ctx) unexpected(what string, from proc.PID, body any) {
	attrs := []any{slog.String("server", typeOf(c.impl)), slog.Any("pid", c.Self()), slog.String(what, text(c.shownMessage(body)))}
	if from != 0 {
		attrs = append(attrs, slog.Any("from", from))
	}
	c.Runtime().Logger().Warn("genserver: unexpected "+what, attrs...)
}
