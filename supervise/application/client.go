package application

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// NewController returns a factory of controllers that know apps, for supervisors and StartController. config are settings by the names of applications,
// which override those of the App; it may be nil (OTP: the configuration file, sys.config).
func NewController(config map[string]map[string]any, apps ...App) proc.Factory {
	return newController(config, apps, nil)
}

func newController(config map[string]map[string]any, apps []App, done func(error)) proc.Factory {
	apps, config = slices.Clone(apps), maps.Clone(config)
	return func() proc.Machine { return &controller{first: apps, config: config, done: done} }
}

// StartController starts a controller. Its applications are not started.
//
// Errors: those of Client.Start; a *proc.StartError with an *AppError, or an *OpError with ErrAlreadyLoaded, or with ErrNotLoaded for settings
// of an application that is not there.
func StartController(k proc.Client, config map[string]map[string]any, apps []App, opts ...proc.SpawnOption) (proc.PID, error) {
	return k.Start(NewController(config, apps...), opts...)
}

// StopController stops every application, each before those that it needs, and then the controller, which ends for reason. It waits for that. One that
// is starting is stopped too.
//
// Errors: those of sys.Terminate. When k waits no longer, the applications go on stopping.
func StopController(k proc.Client, ctl proc.PID, reason error) error {
	return sys.Terminate(k, ctl, reason)
}

// Load makes an application known (OTP: application:load/1).
//
// Errors: an *AppError; an *OpError with ErrAlreadyLoaded; those of a call.
func Load(k proc.Client, ctl proc.PID, a App) error { return done(k.Call(ctl, LoadRequest{a})) }

// Unload has the controller forget an application (OTP: application:unload/1).
//
// Errors: an *OpError with ErrNotLoaded or ErrAlreadyStarted; those of a call.
func Unload(k proc.Client, ctl proc.PID, app string) error {
	return done(k.Call(ctl, UnloadRequest{app}))
}

// Start starts an application, and returns when it runs. Those it needs must run (OTP: application:start/1).
//
// Errors: an *OpError with ErrNotLoaded, ErrAlreadyStarted, ErrStopping or a *NeedError; a *StartError; those of a call: then it goes on starting.
func Start(k proc.Client, ctl proc.PID, app string) error {
	return done(k.Call(ctl, StartRequest{app}))
}

// Stop stops an application, and returns when it has. Others that need it are not stopped, and it makes no difference whether it is Permanent
// (OTP: application:stop/1).
//
// Errors: an *OpError with ErrNotLoaded or ErrNotStarted; those of a call.
func Stop(k proc.Client, ctl proc.PID, app string) error { return done(k.Call(ctl, StopRequest{app})) }

// EnsureAllStarted starts applications and those that they need, one after the other, and returns those that it has started, in order. When one does not
// start, those that were started before it are stopped again (OTP: application:ensure_all_started/1).
//
// Errors: those of Start; a *CycleError. When k waits no longer, what was started stays.
func EnsureAllStarted(k proc.Client, ctl proc.PID, apps ...string) (started []string, err error) {
	started, err = ensure(k, ctl, apps)
	if err == nil {
		return started, nil
	}
	for _, app := range slices.Backward(started) {
		if e := Stop(k, ctl, app); e != nil && !errors.Is(e, ErrNotStarted) {
			err = errors.Join(err, e)
		}
	}
	return nil, err
}

// ensure is EnsureAllStarted, but leaves what it has started before something fails.
func ensure(k proc.Client, ctl proc.PID, apps []string) (started []string, err error) {
	v, err := k.Call(ctl, planRequest{apps})
	if err := done(v, err); err != nil {
		return nil, err
	}
	order, ok := v.([]string)
	if !ok {
		return nil, notController(ctl, v)
	}
	for _, app := range order {
		switch err := Start(k, ctl, app); {
		case err == nil:
			started = append(started, app)
		case !errors.Is(err, ErrAlreadyStarted): // by somebody else
			return started, err
		}
	}
	return started, nil
}

// Which describes the applications: those that were started, the newest first, then the others by name (OTP: application:which_applications/0,
// loaded_applications/0).
//
// Errors: those of a call.
func Which(k proc.Client, ctl proc.PID) ([]Info, error) {
	v, err := k.Call(ctl, WhichRequest{})
	if err := done(v, err); err != nil {
		return nil, err
	}
	l, ok := v.([]Info)
	if !ok {
		return nil, notController(ctl, v)
	}
	return l, nil
}

// Settings returns the settings of an application (OTP: application:get_all_env/1). Code of an application itself uses Env.
//
// Errors: an *OpError with ErrNotLoaded; those of a call.
func Settings(k proc.Client, ctl proc.PID, app string) (map[string]any, error) {
	v, err := k.Call(ctl, EnvRequest{app})
	if err := done(v, err); err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, notController(ctl, v)
	}
	return m, nil
}

// SetEnv changes a setting of an application, until it is unloaded (OTP: application:set_env/3).
//
// Errors: an *OpError with ErrNotLoaded; those of a call.
func SetEnv(k proc.Client, ctl proc.PID, app, key string, v any) error {
	return done(k.Call(ctl, SetEnvRequest{app, key, v}))
}

// done returns the error of a call, or that it has as its reply.
func done(v any, err error) error {
	if err != nil {
		return err
	}
	if err, ok := v.(error); ok {
		return err
	}
	return nil
}

func notController(ctl proc.PID, v any) error {
	return fmt.Errorf("application: %v is not a controller: it replied %v", ctl, v)
}
