package sys

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// ErrNoStatistics says that the process keeps none; see SetStatistics.
var ErrNoStatistics = errors.New("sys: statistics are not on")

// Status describes a process that runs a behaviour.
type Status struct {
	proc.Info
	Implementation string // the Go type of the implementation, or of the machine
	Suspended      bool
	Watched        []string // ids of its debug functions
	Shown          any      // its state as it may be shown
}

// Implementer is a Behaviour that runs an implementation of its user; SysImplementation returns it.
type Implementer interface{ SysImplementation() any }

func (k *Control) status(c *proc.Ctx, b Behaviour) Status {
	s := Status{Info: c.Info(), Suspended: k.suspended}
	var err error
	if s.Shown, err = protect("SysStatus", func() (any, error) { return b.SysStatus(), nil }); err != nil {
		s.Shown = err.Error()
	}
	var impl any = b
	if i, ok := b.(Implementer); ok {
		impl = i.SysImplementation()
	}
	s.Implementation = reflect.TypeOf(impl).String()
	for _, h := range k.hooks {
		s.Watched = append(s.Watched, h.id)
	}
	return s
}

// answer is the reply of a process that runs a behaviour.
type answer struct {
	v   any
	err error
}

// ErrNoBehaviour says that the process has replied, but is none that this package can look into.
var ErrNoBehaviour = errors.New("sys: process runs no behaviour")

// ask sends a request.
func ask(k proc.Client, pid proc.PID, r *Request) (any, error) {
	v, err := k.Call(pid, r)
	if err != nil {
		return nil, err
	}
	a, ok := v.(answer)
	if !ok {
		return nil, fmt.Errorf("%w: %v replied %v", ErrNoBehaviour, pid, show(v))
	}
	return a.v, a.err
}

// askFor is ask for a T.
func askFor[T any](k proc.Client, pid proc.PID, r *Request) (t T, err error) {
	v, err := ask(k, pid, r)
	t, _ = v.(T)
	return t, err
}

// GetState returns the state of the process pid: what the implementation holds, not a copy of it. The process goes on changing it, so it
// is for tests and for looking at values that do not change (OTP: sys:get_state/2).
//
// Errors: ErrNoBehaviour, as from all of these functions; those of a call.
func GetState(k proc.Client, pid proc.PID) (any, error) {
	return ask(k, pid, &Request{op: opGetState})
}

// ReplaceState has the process pid call f with its state, and makes the result its state. It returns the new state (OTP: sys:replace_state/3).
//
// Errors: a *CallbackError when f fails or panics, or its result is no state: then nothing changes. Those of a call. f is nil.
func ReplaceState(k proc.Client, pid proc.PID, f func(state any) (any, error)) (any, error) {
	if f == nil {
		return nil, errors.New("sys: ReplaceState: f is nil; give a function that returns the new state")
	}
	return ask(k, pid, &Request{op: opReplaceState, f: f})
}

// GetStatus describes the process pid (OTP: sys:get_status/2).
func GetStatus(k proc.Client, pid proc.PID) (Status, error) {
	return askFor[Status](k, pid, &Request{op: opGetStatus})
}

// Suspend has the process pid handle nothing but the requests of this package, and the end of its parent, until Resume. Its other messages wait, in
// order (OTP: sys:suspend/2).
func Suspend(k proc.Client, pid proc.PID) error {
	_, err := ask(k, pid, &Request{op: opSuspend})
	return err
}

// Resume ends Suspend. For a process that is not suspended it does nothing.
func Resume(k proc.Client, pid proc.PID) error {
	_, err := ask(k, pid, &Request{op: opResume})
	return err
}

// ChangeCode gives the process pid, which must be suspended, a new implementation: impl, whose CodeChange is called with old, the version of the
// implementation it replaces, with that one's state and with extra (OTP: sys:change_code/5). No message is lost.
//
// Errors: ErrNotSuspended; a *CallbackError when impl does not fit or its CodeChange fails: then the old implementation stays.
// Those of a call. impl is nil.
func ChangeCode(k proc.Client, pid proc.PID, impl any, old string, extra any) error {
	if impl == nil {
		return errors.New("sys: ChangeCode: impl is nil; give the new implementation")
	}
	_, err := ask(k, pid, &Request{op: opChangeCode, impl: impl, old: old, extra: extra})
	return err
}

// Upgrade is Suspend, ChangeCode and Resume. When ChangeCode fails the process goes on as it was.
func Upgrade(k proc.Client, pid proc.PID, impl any, old string, extra any) error {
	if err := Suspend(k, pid); err != nil {
		return err
	}
	err := ChangeCode(k, pid, impl, old, extra)
	return errors.Join(err, Resume(k, pid))
}

// Terminate has the process pid end for reason, and waits until it has: its name is free then (OTP: sys:terminate/3, proc_lib:stop/3).
//
// Errors: proc.ErrNoProc when there is none; the exit reason, in a *proc.CallError, when it ended for another; those of a call. reason is nil.
func Terminate(k proc.Client, pid proc.PID, reason error) error {
	if reason == nil {
		return errors.New("sys: Terminate: reason is nil; a normal end is the reason proc.Normal")
	}
	v, err := k.Call(pid, &Request{op: opTerminate, reason: reason})
	var call *proc.CallError
	switch {
	case err == nil:
		return fmt.Errorf("%w: %v replied %v", ErrNoBehaviour, pid, show(v))
	case errors.As(err, &call) && same(call.Err, reason):
		return nil
	}
	return err
}

// same reports whether two exit reasons are equal; errors need not be comparable.
func same(a, b error) bool {
	if t := reflect.TypeOf(a); t != reflect.TypeOf(b) || !t.Comparable() || !reflect.ValueOf(a).Comparable() {
		return reflect.DeepEqual(a, b)
	}
	return a == b
}

// Trace writes a line for each message that the process pid handles, each reply it sends and each state it then has to w, which it calls in
// the process: it should not block, and must be safe for more than one process if it is given to several. nil ends it, as does an error
// of w (OTP: sys:trace/2).
func Trace(k proc.Client, pid proc.PID, w io.Writer) error {
	if w == nil {
		_, err := Remove(k, pid, traceID)
		return err
	}
	return install(k, pid, traceID, tracer(w))
}

// Install has f called, in the process pid, with each Event, until it returns false or Remove ends it. A function installed under
// the same id before is replaced (OTP: sys:install/3). f must not block.
//
// Errors: f is nil; an id that begins with "sys: ", as those of this package do; those of a call.
func Install(k proc.Client, pid proc.PID, id string, f func(Event) (goOn bool)) error {
	if f == nil {
		return errors.New("sys: Install: f is nil; give a function that is called with each event")
	}
	if strings.HasPrefix(id, reserved) {
		return fmt.Errorf("sys: Install: id is %q; ids that begin with %q are of this package", id, reserved)
	}
	return install(k, pid, id, f)
}

func install(k proc.Client, pid proc.PID, id string, f func(Event) bool) error {
	_, err := ask(k, pid, &Request{op: opInstall, id: id, debug: f})
	return err
}

// Remove ends what Install began, and reports whether there was something to end.
func Remove(k proc.Client, pid proc.PID, id string) (bool, error) {
	return askFor[bool](k, pid, &Request{op: opRemove, id: id})
}

// SetStatistics switches the statistics of the process pid on, from zero, or off.
func SetStatistics(k proc.Client, pid proc.PID, on bool) error {
	_, err := ask(k, pid, &Request{op: opStatistics, on: on})
	return err
}

// GetStatistics returns the statistics of the process pid (OTP: sys:statistics/3).
//
// Errors: ErrNoStatistics when they are not on; those of a call.
func GetStatistics(k proc.Client, pid proc.PID) (Statistics, error) {
	return askFor[Statistics](k, pid, &Request{op: opGetStatistics})
}

// MaxLog is how many events a process may keep.
const MaxLog = 100_000

// SetLog has the process pid keep its last n events; 0 ends it (OTP: sys:log/3).
//
// Errors: n is negative or above MaxLog; those of a call.
func SetLog(k proc.Client, pid proc.PID, n int) error {
	if n < 0 || n > MaxLog {
		return fmt.Errorf("sys: SetLog: n is %d; it must be from 0 to %d", n, MaxLog)
	}
	_, err := ask(k, pid, &Request{op: opLog, n: n})
	return err
}

// GetLog returns the last events of the process pid, the oldest first.
func GetLog(k proc.Client, pid proc.PID) ([]Event, error) {
	return askFor[[]Event](k, pid, &Request{op: opGetLog})
}
