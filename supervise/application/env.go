package application

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"

	"github.com/thrum-go/thrum/proc"
)

// env are the settings of one application.
type env struct {
	app string
	ctl proc.PID
	rt  *proc.Runtime
	mu  sync.RWMutex
	m   map[string]any // under mu
}

func newEnv(app string, sets ...map[string]any) *env {
	e := &env{app: app, m: map[string]any{}}
	for _, m := range sets {
		maps.Copy(e.m, m)
	}
	return e
}

func (e *env) get(key string) (any, bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	v, ok := e.m[key]
	return v, ok
}

func (e *env) set(key string, v any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.m[key] = v
}

func (e *env) all() map[string]any {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return maps.Clone(e.m)
}

type envKey struct{}

// ErrNotSet says that an application has no setting of that name.
var ErrNotSet = errors.New("application: no such setting")

// ErrNoApplication says that a context is not one that an application's functions have been given, or made from one.
var ErrNoApplication = errors.New("application: the context is of no application")

// Env returns a setting of the application that ctx belongs to: the context that its Start and other functions have been given, or one made from it. It may
// be called by any goroutine, and gives the value that it has now (OTP: application:get_env/1).
//
// Errors: ErrNoApplication; ErrNotSet, with the names of application and setting; that the value is no T.
func Env[T any](ctx context.Context, key string) (t T, err error) {
	e, ok := ctx.Value(envKey{}).(*env)
	if !ok {
		return t, ErrNoApplication
	}
	v, ok := e.get(key)
	if !ok {
		return t, fmt.Errorf("%w: %q of %q", ErrNotSet, key, e.app)
	}
	t, ok = v.(T)
	if !ok {
		return t, fmt.Errorf("application: setting %q of %q is a %T, want %v", key, e.app, v, reflect.TypeFor[T]())
	}
	return t, nil
}

// EnvOr is Env, but returns or when the setting is not there. (OTP: application:get_env/3.)
//
// Errors: those of Env but ErrNotSet.
func EnvOr[T any](ctx context.Context, key string, or T) (T, error) {
	t, err := Env[T](ctx, key)
	if errors.Is(err, ErrNotSet) {
		return or, nil
	}
	return t, err
}

// Name returns the name of the application that ctx belongs to, or "".
func Name(ctx context.Context) string {
	if e, ok := ctx.Value(envKey{}).(*env); ok {
		return e.app
	}
	return ""
}

// Controller returns the controller of the application that ctx belongs to, and its runtime; zero and nil when it belongs to none.
func Controller(ctx context.Context) (proc.PID, *proc.Runtime) {
	if e, ok := ctx.Value(envKey{}).(*env); ok {
		return e.ctl, e.rt
	}
	return 0, nil
}

// Runtime returns the runtime of the application that ctx belongs to, nil when it belongs to none.
func Runtime(ctx context.Context) *proc.Runtime {
	_, rt := Controller(ctx)
	return rt
}
