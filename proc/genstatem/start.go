package genstatem

import (
	"reflect"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Option changes how machines work.
type Option func(*config)

// HibernateAfter has a machine give back memory, as Ctx.Hibernate does, when no message has come for d. d is positive, 0 for never
// (OTP: hibernate_after).
func HibernateAfter(d time.Duration) Option { return func(k *config) { k.hibernateAfter = max(d, 0) } }

// Factory returns a proc.Factory of machines whose implementation new makes. It is called in each new process, so that a restart begins
// from fresh state. A process whose Init fails ends with that reason.
func Factory[S comparable](new func() Handler[S], opts ...Option) proc.Factory {
	if new == nil {
		return nil // refused by whoever gets it
	}
	cfg := &config{clock: timers{}, mixed: mixed(reflect.TypeFor[S]())}
	for _, o := range opts {
		o(cfg)
	}
	return func() proc.Machine {
		h := new()
		if h == nil {
			return nil
		}
		return &machine[S]{h: h, cfg: cfg}
	}
}

// Start starts a machine and waits for its Init: not for the first enter call, nor for events that Init inserts, which come
// before any message. With proc.WithName the name is taken before Init. A process in direct style may give proc.WithLink and
// proc.WithMonitor. (OTP: gen_statem:start/3, start_link/3, start_monitor/3.)
//
// Errors: those of k's Start: a *proc.StartError with what Init returned, proc.ErrNameTaken, and so on. Then nothing is left of it.
func Start[S comparable](k proc.Client, new func() Handler[S], opts ...proc.SpawnOption) (proc.PID, error) {
	return k.Start(Factory(new), opts...)
}

// StartLink is Start with a link between the machine and the process s, which waits for timeout, or proc.Forever (OTP: gen_statem:start_link/3).
func StartLink[S comparable](s *proc.Self, timeout time.Duration, new func() Handler[S], opts ...proc.SpawnOption) (proc.PID, error) {
	return s.Start(Factory(new), timeout, append(opts[:len(opts):len(opts)], proc.WithLink())...)
}
