package sys

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/thrum-go/thrum/proc"
)

// Control is the part of a behaviour's machine that answers the functions of this package. The zero Control is ready. It belongs to
// the process.
type Control struct {
	busy      bool // suspended, or hooks is not empty
	suspended bool
	hooks     []hook
	stats     *statistics
	log       *ring
}

// Takes reports whether Handle wants to see m: it is a Request, or the process is suspended or watched.
func (k *Control) Takes(m proc.Message) bool {
	_, ok := m.Body.(*Request)
	return ok || k.busy
}

// Suspended reports whether the process is suspended.
func (k *Control) Suspended() bool { return k.suspended }

// Handle takes m if that is a Request; in a suspended process every message is taken and kept for later, but an Exit from
// the parent or the runtime. When it has taken m, err is what the machine's Handle is to return. It tells those who watch of m.
func (k *Control) Handle(c *proc.Ctx, m proc.Message, b Behaviour) (taken bool, err error) {
	if r, ok := m.Body.(*Request); ok {
		if _, call := c.Caller(); call {
			return true, k.answer(c, r, b)
		}
		return true, nil // nobody waits: it was not sent by this package
	}
	if k.suspended {
		if e, ok := m.Body.(proc.Exit); ok && e.Reason != nil && (e.From == 0 || e.From == c.Parent()) {
			return false, nil
		}
		return true, c.Postpone(m)
	}
	k.Tell(c, Event{Kind: In, Message: m})
	return false, nil
}

// answer does what r asks for.
func (k *Control) answer(c *proc.Ctx, r *Request, b Behaviour) error {
	var v any
	var err error
	switch r.op {
	case opGetState:
		v = b.SysState()
	case opReplaceState:
		v, err = replaceState(b, r.f)
	case opGetStatus:
		v = k.status(c, b)
	case opSuspend:
		k.suspended = true
	case opResume:
		if k.suspended {
			k.suspended = false
			if err := c.Become(b); err != nil { // what was postponed is handled again
				return err
			}
		}
	case opChangeCode:
		err = k.changeCode(c, r, b)
	case opTerminate:
		return b.SysTerminate(c, r.reason)
	case opInstall:
		k.install(r.id, r.debug)
	case opRemove:
		v = k.remove(r.id)
	case opStatistics:
		k.statistics(c, r.on)
	case opGetStatistics:
		v, err = k.stats.read(c)
	case opLog:
		k.keep(r.n)
	case opGetLog:
		v = k.log.events()
	}
	k.busy = k.suspended || len(k.hooks) > 0
	_ = c.Reply(answer{v, err}) // nobody waits any more if that fails
	return nil
}

// replaceState returns the new state.
func replaceState(b Behaviour, f func(any) (any, error)) (any, error) {
	v, err := protect("the function", func() (any, error) { return f(b.SysState()) })
	if err == nil {
		_, err = protect("SysReplace", func() (any, error) { return nil, b.SysReplace(v) })
	}
	if err != nil {
		return nil, &CallbackError{"ReplaceState", err}
	}
	return v, nil
}

func (k *Control) changeCode(c *proc.Ctx, r *Request, b Behaviour) error {
	if !k.suspended {
		return ErrNotSuspended
	}
	_, err := protect("CodeChange", func() (any, error) { return nil, b.SysChange(c, r.impl, r.old, r.extra) })
	if err != nil {
		return &CallbackError{"ChangeCode", err}
	}
	return nil
}

// protect calls f and turns a panic of it into an error.
func protect(what string, f func() (any, error)) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("%s panicked: %w", what, &proc.Panic{Value: p, Stack: debug.Stack()})
		}
	}()
	return f()
}

// ErrNotSuspended says that the code of a process can be changed only while it is suspended.
var ErrNotSuspended = errors.New("sys: process is not suspended")

// CallbackError says that a function which a process was to call has failed, and that nothing has changed.
type CallbackError struct {
	Op  string // ReplaceState or ChangeCode
	Err error
}

// Error says which function failed, and how.
func (e *CallbackError) Error() string { return "sys: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *CallbackError) Unwrap() error { return e.Err }
