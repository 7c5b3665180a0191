package application

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// App describes an application (OTP: application resource file, and the callback module).
type App struct {
	Name string
	// Description and Version are for people.
	Description, Version string

	// Needs are the names of the applications that must run before this one is started (OTP: applications).
	Needs []string

	// Type says what its end means for the others. (OTP: the restart type of application:start/2.)
	Type Type

	// Env are its settings, which the controller's configuration may override (OTP: env). Env reads them.
	Env map[string]any

	// Start makes the top supervisor: it returns what supervise.New or supervise.Init returns. ctx holds the settings; it is done when the application
	// is about to stop, before its processes do. nil is for an application that has no processes (OTP: Module:start/2).
	Start func(ctx context.Context) (proc.Factory, error)

	// Phases are called one after the other when the top supervisor runs. If one fails, the application is stopped, and has not been
	// started (OTP: start_phases, Module:start_phase/3).
	Phases []Phase

	// PrepStop is called when a running application is about to be stopped, before its processes are (OTP: Module:prep_stop/1).
	PrepStop func(ctx context.Context) error

	// Stop is called when its processes have ended, however they did, unless Start has failed (OTP: Module:stop/1).
	Stop func(ctx context.Context) error
}

// Phase is a step of an application's start.
type Phase struct {
	Name string
	Do   func(ctx context.Context) error
}

// Type says what the end of an application by itself means. To be stopped by Stop never means anything to others.
type Type uint8

const (
	// Permanent: all others are stopped, and the controller ends with an *EndedError.
	Permanent Type = iota
	// Transient: so, unless the reason is proc.Normal. A supervisor ends with proc.Shutdown, so that this is for tops that end in other ways.
	Transient
	// Temporary: it is logged.
	Temporary
)

// String returns the type in lower case.
func (t Type) String() string {
	switch t {
	case Permanent:
		return "permanent"
	case Transient:
		return "transient"
	case Temporary:
		return "temporary"
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// check says what is wrong with an App.
func (a *App) check() error {
	wrong := func(field, format string, args ...any) error {
		return &AppError{a.Name, field, fmt.Errorf(format, args...)}
	}
	if a.Name == "" {
		return wrong("Name", "it is empty; every application has a name")
	}
	if a.Type > Temporary {
		return wrong("Type", "%v is unknown; use Permanent, Transient or Temporary", a.Type)
	}
	for i, n := range a.Needs {
		switch {
		case n == "":
			return wrong("Needs", "name %d is empty", i)
		case n == a.Name:
			return wrong("Needs", "it needs itself")
		case slices.Contains(a.Needs[:i], n):
			return wrong("Needs", "%q is there twice", n)
		}
	}
	for i, p := range a.Phases {
		switch {
		case p.Name == "":
			return wrong("Phases", "phase %d has no Name", i)
		case p.Do == nil:
			return wrong("Phases", "phase %q has a nil Do; give the function to call", p.Name)
		}
	}
	return nil
}

// AppError says what is wrong with an App.
type AppError struct {
	App   string
	Field string
	Err   error
}

// Error names the application, the field and what would be right.
func (e *AppError) Error() string {
	return fmt.Sprintf("application: %q: %s: %v", e.App, e.Field, e.Err)
}

// Unwrap returns Err.
func (e *AppError) Unwrap() error { return e.Err }

var errNilFactory = errors.New("it returned a nil factory; return what supervise.New returns")
