package genevent

import (
	"errors"
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// Remove is what a callback returns to have its handler removed (OTP: remove_handler).
var Remove error = verdict("remove this handler")

type verdict string

// Error says what becomes of the handler.
func (v verdict) Error() string { return "genevent: " + string(v) }

// Errors of handlers, to be tested with errors.Is.
var (
	// ErrNotFound says that the manager has no handler of that id (OTP: module_not_found, bad_module).
	ErrNotFound = errors.New("no such handler")
	// ErrNoCalls says that the handler has no HandleCall.
	ErrNoCalls = errors.New("it takes no calls: it has no HandleCall")
	// ErrNotProcess says that a goroutine wanted to supervise a handler: only a process can be linked to the manager.
	ErrNotProcess = errors.New("whoever adds a supervised handler must be a process that lives")
)

// HandlerError says what went wrong with one handler.
type HandlerError struct {
	ID  string
	Op  string // Add, Delete, Swap, Call; Init, TakeOver, HandleCall, Terminate: what it was doing
	Err error  // what the callback returned, or a *proc.Panic, ErrNotFound, ErrNoCalls, ErrNotProcess
}

// Error names the handler and says what it was doing.
func (e *HandlerError) Error() string {
	return fmt.Sprintf("genevent: handler %q: %s: %v", e.ID, e.Op, e.Err)
}

// Unwrap returns Err.
func (e *HandlerError) Unwrap() error { return e.Err }

// Exited is the body of the message that whoever has added a supervised handler gets when that is gone (OTP: gen_event_EXIT).
type Exited struct {
	Manager proc.PID
	ID      string
	// Reason is proc.Normal when the handler was deleted or has removed itself, proc.Shutdown when the manager ends, *Swapped, or
	// how it has failed.
	Reason error
}

// Swapped is the reason of an Exited when another handler has taken the place.
type Swapped struct {
	ID    string   // of the new one
	Adder proc.PID // who supervises it, or zero
}

// Error says which handler has taken the place.
func (s *Swapped) Error() string { return fmt.Sprintf("genevent: swapped for handler %q", s.ID) }
