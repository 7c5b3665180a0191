package application

import (
	"errors"
	"fmt"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// Errors of the functions that ask a controller for something, to be tested with errors.Is. They come in an *OpError.
var (
	// ErrNotLoaded says that the controller knows no application of that name.
	ErrNotLoaded = errors.New("no application of that name is loaded")
	// ErrAlreadyLoaded says that the controller has an application of that name.
	ErrAlreadyLoaded = errors.New("an application of that name is loaded already")
	// ErrAlreadyStarted says that the application runs.
	ErrAlreadyStarted = errors.New("it has been started already")
	// ErrNotStarted says that the application does not run.
	ErrNotStarted = errors.New("it has not been started")
	// ErrStopping says that the application, or the controller with all applications, is being stopped.
	ErrStopping = errors.New("it is being stopped")
	// ErrUnknownRequest says that a controller was called with something that it does not know.
	ErrUnknownRequest = errors.New("application: unknown request")
)

// OpError says what could not be done with an application.
type OpError struct {
	Op  string // Load, Unload, Start, Stop, Env
	App string
	Err error
}

// Error names the application.
func (e *OpError) Error() string { return fmt.Sprintf("application: %s %q: %v", e.Op, e.App, e.Err) }

// Unwrap returns Err.
func (e *OpError) Unwrap() error { return e.Err }

// NeedError says that an application cannot be started because of one that it needs (OTP: {not_started, App}).
type NeedError struct {
	Need string
	Err  error // ErrNotStarted, ErrNotLoaded
}

// Error names the application that is needed.
func (e *NeedError) Error() string { return fmt.Sprintf("it needs %q: %v", e.Need, e.Err) }

// Unwrap returns Err.
func (e *NeedError) Unwrap() error { return e.Err }

// CycleError says that applications need each other, so that none can be the first.
type CycleError struct{ Apps []string } // each needs the next, the last the first

// Error names them.
func (e *CycleError) Error() string {
	var b strings.Builder
	for _, a := range e.Apps {
		fmt.Fprintf(&b, "%q needs ", a)
	}
	return fmt.Sprintf("application: a cycle: %s%q", b.String(), e.Apps[0])
}

// StartError says why an application that was to start does not run. Nothing is left of it.
type StartError struct {
	App string
	In  string // Start, the top supervisor, or the name of a phase
	// Err is what Start or a phase has returned, the exit reason of the top supervisor, *proc.Panic; ErrStopping when it was stopped meanwhile;
	// proc.Killed when its master was killed.
	Err error
}

// Error names the application and says what has failed.
func (e *StartError) Error() string {
	return fmt.Sprintf("application: %q does not start: %s: %v", e.App, e.In, e.Err)
}

// Unwrap returns Err.
func (e *StartError) Unwrap() error { return e.Err }

// EndedError says that an application has ended by itself that must not: a Permanent or Transient one. The others have been stopped because of that.
type EndedError struct {
	App    string
	Type   Type
	Reason error
}

// Error names the application.
func (e *EndedError) Error() string {
	return fmt.Sprintf("application: %v application %q has ended: %v", e.Type, e.App, e.Reason)
}

// Unwrap returns Reason.
func (e *EndedError) Unwrap() error { return e.Reason }

// halted is the exit reason of a controller, or master, that nobody should report as a crash: it has been logged.
type halted struct{ err error }

func (h *halted) Error() string   { return h.err.Error() }
func (h *halted) Unwrap() []error { return []error{h.err, proc.Shutdown} }
