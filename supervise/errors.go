package supervise

import (
	"errors"
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// Errors of the functions that ask a supervisor for something, to be tested with errors.Is.
var (
	// ErrNotFound says that the supervisor has no such child.
	ErrNotFound = errors.New("supervise: no such child")
	// ErrAlreadyPresent says that there is a child with this id, which does not run: RestartChild starts it, DeleteChild makes room.
	ErrAlreadyPresent = errors.New("supervise: a child with this id is present, and does not run")
	// ErrRunning says that the child runs.
	ErrRunning = errors.New("supervise: the child is running")
	// ErrRestarting says that the child is being restarted.
	ErrRestarting = errors.New("supervise: the child is being restarted")
	// ErrSimpleOneForOne says that the supervisor is a SimpleOneForOne, whose children have no ids.
	ErrSimpleOneForOne = errors.New("supervise: the supervisor is a simple_one_for_one; use StartDynamic, TerminateDynamic")
	// ErrNotSimpleOneForOne says that the supervisor is no SimpleOneForOne.
	ErrNotSimpleOneForOne = errors.New("supervise: the supervisor is no simple_one_for_one; use StartChild, TerminateChild")
	// ErrUnknownRequest says that a supervisor was called with something that it does not know.
	ErrUnknownRequest = errors.New("supervise: unknown request")
	// ErrStuck says that a child which was killed did not end within Flags.KillGrace, because its handler does not return.
	ErrStuck = errors.New("supervise: killed child does not end: its handler has not returned")
)

// AlreadyStartedError says that a child with this id runs, or is being restarted (OTP: already_started).
type AlreadyStartedError struct {
	ID  string
	PID proc.PID // zero while it is being restarted
}

// Error names the child.
func (e *AlreadyStartedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("supervise: child %q is being restarted already", e.ID)
	}
	return fmt.Sprintf("supervise: child %q runs already, as %v", e.ID, e.PID)
}

// StartError says that a child could not be started.
type StartError struct {
	ID string
	// Err is the exit reason of the child, *proc.Panic when it panicked, the error of its Start function, or that of spawning it;
	// proc.ErrTimeout after StartTimeout.
	Err error
}

// Error names the child and says why.
func (e *StartError) Error() string {
	return fmt.Sprintf("supervise: start of child %q: %v", e.ID, e.Err)
}

// Unwrap returns Err.
func (e *StartError) Unwrap() error { return e.Err }

// FailedError is the exit reason of a supervisor which could not start one of its first children: those before it have been stopped. It
// is proc.Shutdown too, so that nobody reports it as a crash (OTP: {shutdown, {failed_to_start_child, Id, Reason}}).
type FailedError struct {
	ID  string
	Err error // as in StartError
}

// Error names the child and says why.
func (e *FailedError) Error() string {
	return fmt.Sprintf("supervise: failed to start child %q: %v", e.ID, e.Err)
}

// Unwrap returns Err and proc.Shutdown.
func (e *FailedError) Unwrap() []error { return []error{proc.Shutdown, e.Err} }
