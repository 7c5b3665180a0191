package application

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Config says how Run runs. The zero value is right for most programs.
type Config struct {
	// Runtime is for proc.New.
	Runtime proc.Config

	// Env are settings by the names of applications, which override those of the App.
	Env map[string]map[string]any

	// Grace is how long the applications and what else runs may take to stop; then everything is killed. 0 means 20 s.
	Grace time.Duration

	// Signals are what stops the program. nil means os.Interrupt and SIGTERM; an empty list means none.
	Signals []os.Signal

	notify  func(to chan<- os.Signal, signals ...os.Signal)                            // signal.Notify, but in tests
	timeout func(context.Context, time.Duration) (context.Context, context.CancelFunc) // context.WithTimeout, but in tests
}

const (
	grace  = 20 * time.Second // as a rule programs are killed after 30 s (Kubernetes) or more
	answer = time.Second      // of the controller, that never waits, when it says what has not stopped
)

// StopError says that not everything has stopped in time. It has been killed.
type StopError struct {
	Grace time.Duration
	Apps  []string // that had not stopped; empty when it was something else
	Err   error    // what was left after that, a *proc.ShutdownError, or nil
}

// Error names the applications.
func (e *StopError) Error() string {
	what := "processes of no application"
	if len(e.Apps) > 0 {
		what = strings.Join(e.Apps, ", ")
	}
	s := fmt.Sprintf("application: killed, because not stopped within %v: %s", e.Grace, what)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *StopError) Unwrap() error { return e.Err }

// SignalError says that a second signal came while the applications were being stopped. Everything was killed at once.
type SignalError struct{ Signal os.Signal }

// Error names the signal.
func (e *SignalError) Error() string {
	return fmt.Sprintf("application: killed, because of a second signal: %v", e.Signal)
}

// Run is Config.Run with the zero Config.
func Run(ctx context.Context, apps ...App) error { return Config{}.Run(ctx, apps...) }

// Run makes a runtime, starts apps on it, in the order of their needs, and waits for a signal, the end of ctx, or the end of an application that
// must not end (see Type). Then it stops them, each before those that it needs, and the runtime. It is for a program's main function; any
// goroutine but a handler may call it.
//
// A second signal kills everything at once: Run returns without waiting for handlers that do not.
//
// The result is nil when the program was told to end, by a signal or ctx, and has stopped in order. Errors, joined when there are several: what is
// wrong with the Config or with apps (*AppError, *CycleError, *OpError); *StartError; *EndedError; *StopError; *SignalError; proc.Killed when somebody
// has killed the controller.
func (cfg Config) Run(ctx context.Context, apps ...App) error {
	if cfg.Grace < 0 {
		return fmt.Errorf("application: Config.Grace is %v; it must be positive, or 0 for %v", cfg.Grace, grace)
	}
	if cfg.Grace == 0 {
		cfg.Grace = grace
	}
	if len(apps) == 0 {
		return errors.New("application: Run: no application; give at least one")
	}
	if cfg.Signals == nil {
		cfg.Signals = []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	if cfg.notify == nil {
		cfg.notify = signal.Notify
	}
	if cfg.timeout == nil {
		cfg.timeout = context.WithTimeout
	}
	signals := make(chan os.Signal, 2)
	if len(cfg.Signals) > 0 {
		cfg.notify(signals, cfg.Signals...)
		defer signal.Stop(signals)
	}
	rt, err := proc.New(cfg.Runtime)
	if err != nil {
		return err
	}
	r := &run{cfg: cfg, rt: rt, signals: signals, ended: make(chan error, 2)}
	return r.run(ctx, apps)
}

// run is one Run.
type run struct {
	cfg     Config
	rt      *proc.Runtime
	signals chan os.Signal
	ctl     proc.PID
	ended   chan error // gets the reason of the controller
	reason  error      // that reason, once it is known
}

func (r *run) run(ctx context.Context, apps []App) error {
	ctl, err := r.rt.Start(ctx, newController(r.cfg.Env, apps, func(reason error) { r.ended <- reason }))
	if err != nil {
		var s *proc.StartError
		switch {
		case ctx.Err() != nil:
			err = nil // it was told to end before it began
		case errors.As(err, &s):
			err = s.Err
		}
		ctx, cancel := r.cfg.timeout(context.Background(), r.cfg.Grace)
		defer cancel()
		return errors.Join(err, r.rt.Shutdown(ctx))
	}
	r.ctl = ctl
	go r.watch()
	names := make([]string, len(apps))
	for i, a := range apps {
		names[i] = a.Name
	}
	starting, cancel := context.WithCancel(ctx)
	defer cancel()
	started := make(chan error, 1)
	go func() {
		_, err := ensure(r.rt.Client(starting), ctl, names)
		started <- err
	}()
	var why error
	for wait := true; wait; {
		select {
		case err := <-started:
			if started = nil; err != nil && starting.Err() == nil && !r.over(err) {
				why, wait = err, false
			}
		case s := <-r.signals:
			r.log().Info("application: stops because of a signal", slog.String("signal", s.String()))
			wait = false
		case <-ctx.Done():
			r.log().Info("application: stops because its context has ended", slog.Any("cause", context.Cause(ctx)))
			wait = false
		case r.reason = <-r.ended:
			wait = false
		}
	}
	cancel()
	return errors.Join(why, r.stop())
}

// over reports whether err says that the controller is gone or going, so that its reason tells more.
func (r *run) over(err error) bool {
	var call *proc.CallError
	return errors.As(err, &call) && call.To == r.ctl || errors.Is(err, ErrStopping)
}

// watch tells of the end of a controller that was killed, and so has no Terminate to do it.
func (r *run) watch() {
	reason, err := r.rt.Wait(context.Background(), r.ctl)
	if err == nil && (reason == proc.Killed || reason == proc.NoProc) { // there is room, and a reason that Terminate has left comes first
		r.ended <- proc.Killed
	}
}

func (r *run) log() *slog.Logger { return r.rt.Logger() }

// stop stops the applications and the runtime, and says what went wrong, now or before.
func (r *run) stop() error {
	ctx, cancel := r.cfg.timeout(context.Background(), r.cfg.Grace)
	defer cancel()
	var second os.Signal
	stopped, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case second = <-r.signals:
			cancel()
		case <-stopped:
		}
	}()
	_ = StopController(r.rt.Client(ctx), r.ctl, proc.Shutdown) // it may have ended before; else ctx is done
	var left []string
	if ctx.Err() != nil {
		left = r.left()
	}
	err := r.rt.Shutdown(ctx)
	late := ctx.Err() != nil
	close(stopped)
	<-watched
	if r.reason == nil && second == nil && !late {
		r.reason = <-r.ended
	}
	var why error
	var e *EndedError
	switch {
	case errors.As(r.reason, &e):
		why = e
	case r.reason == proc.Killed:
		why = fmt.Errorf("application: the controller has ended: %w", r.reason)
	}
	switch {
	case second != nil:
		return errors.Join(why, &SignalError{second}, err)
	case late:
		return errors.Join(why, &StopError{r.cfg.Grace, left, err})
	}
	return errors.Join(why, err)
}

// left returns the applications that have not stopped. The controller never waits, so it says so at once.
func (r *run) left() (apps []string) {
	ctx, cancel := r.cfg.timeout(context.Background(), answer)
	defer cancel()
	infos, _ := Which(r.rt.Client(ctx), r.ctl) // if it does not answer, nobody knows
	for _, f := range infos {
		if f.State != Loaded {
			apps = append(apps, f.App.Name)
		}
	}
	return apps
}
