package genserver

import (
	"errors"
	"slices"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Option says how a server begins.
type Option interface{ apply(*options) error }

type options struct {
	name  string
	idle  time.Duration
	spawn []proc.SpawnOption
}

type option func(*options) error

func (f option) apply(o *options) error { return f(o) }

// HibernateAfter is Ctx.HibernateAfter from the beginning.
func HibernateAfter(d time.Duration) Option {
	return option(func(o *options) error {
		o.idle = d
		return checkIdle(d)
	})
}

// WithName registers the server under name, before its Init. When another process has the name, Start fails with an *AlreadyStartedError.
func WithName(name string) Option {
	return option(func(o *options) error {
		if name == "" {
			return errors.New("genserver: WithName: name is empty; leave the option out for no name")
		}
		o.name = name
		return nil
	})
}

// Spawn gives the process options of package proc.
func Spawn(opts ...proc.SpawnOption) Option {
	return option(func(o *options) error {
		if slices.Contains(opts, nil) {
			return errors.New("genserver: Spawn: an option is nil; leave it out")
		}
		o.spawn = append(o.spawn, opts...)
		return nil
	})
}

func gather(opts []Option) (o options, err error) {
	for _, p := range opts {
		if p == nil {
			return o, errors.New("genserver: an option is nil; leave it out")
		}
		if err := p.apply(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}

// Factory returns a factory of servers, for supervisors and for proc's Spawn and Start. newServer is called in the new process, and again for
// every restart, which so begins from fresh state. A nil newServer gives a nil factory, which they refuse. The name and other options
// of the process belong to whoever spawns it: with WithName or Spawn, as with any option that is wrong, Init fails and says so.
func Factory[Q, R, M any](newServer func() Server[Q, R, M], opts ...Option) proc.Factory {
	if newServer == nil {
		return nil
	}
	o, err := gather(opts)
	if err == nil && (o.name != "" || len(o.spawn) > 0) {
		err = errors.New("genserver: Factory: WithName and Spawn are options of Start; give proc.WithName and the others to whoever spawns the process")
	}
	if err != nil {
		return func() proc.Machine { return refused{err} }
	}
	return factory(newServer, o)
}

func factory[Q, R, M any](newServer func() Server[Q, R, M], o options) proc.Factory {
	return func() proc.Machine {
		impl := newServer()
		if impl == nil {
			return nil
		}
		s := &server[Q, R, M]{}
		s.machine = s
		s.install(impl)
		_ = s.HibernateAfter(o.idle) // it has been looked at
		return s
	}
}

// refused is a machine that cannot begin.
type refused struct{ err error }

// Init fails.
func (r refused) Init(*proc.Ctx) error { return r.err }

// Handle is never called.
func (r refused) Handle(*proc.Ctx, proc.Message) error { return r.err }

// Start starts a server and waits until its Init is done. After an error nothing is left of it (OTP: gen_server:start/3,4).
//
// Errors: *AlreadyStartedError; a *proc.StartError with what Init returned, proc.Normal when there was nothing to do; those of k's Start;
// a nil newServer; a bad option.
func Start[Q, R, M any](k proc.Client, newServer func() Server[Q, R, M], opts ...Option) (ref Ref[Q, R, M], err error) {
	if newServer == nil {
		return ref, errors.New("genserver: Start: newServer is nil; give a function that makes the server")
	}
	o, err := gather(opts)
	if err != nil {
		return ref, err
	}
	f := factory(newServer, o)
	if o.name == "" {
		ref.PID, err = k.Start(f, o.spawn...)
		return ref, err
	}
	spawn := append(slices.Clip(o.spawn), proc.WithName(o.name))
	for {
		if ref.PID, err = k.Start(f, spawn...); err == nil || !errors.Is(err, proc.ErrNameTaken) {
			return ref, err
		}
		var start *proc.StartError
		if errors.As(err, &start) { // the server's own Init says so, of another name
			return ref, err
		}
		if pid, ok := k.Runtime().Whereis(o.name); ok {
			return ref, &AlreadyStartedError{o.name, pid}
		}
	}
}

// StartLink is Start, and links the server and the process whose Client k is: a goroutine has no links (OTP: gen_server:start_link/3,4).
// A process that traps exits gets just the error when the start fails; one that does not ends with the server, unless the reason is
// proc.Normal.
func StartLink[Q, R, M any](k proc.Client, newServer func() Server[Q, R, M], opts ...Option) (Ref[Q, R, M], error) {
	return Start(k, newServer, append(slices.Clip(opts), Spawn(proc.WithLink()))...)
}

// StartMonitor is Start, and the process whose Client k is monitors the server (OTP: gen_server:start_monitor/3,4).
func StartMonitor[Q, R, M any](k proc.Client, newServer func() Server[Q, R, M], opts ...Option) (Ref[Q, R, M], proc.MonitorRef, error) {
	var m proc.MonitorRef
	ref, err := Start(k, newServer, append(slices.Clip(opts), Spawn(proc.WithMonitor(&m)))...)
	return ref, m, err
}
