package proc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Exit reasons are errors. These have a meaning of their own (Erlang reference manual, "Processes", "Error handling").
var (
	// Normal is the reason of a process that has done its work. Return it from Handle to end normally.
	Normal error = exitReason("normal")
	// Shutdown is the reason of a process that was asked to end, by a supervisor or by Runtime.Shutdown.
	Shutdown error = exitReason("shutdown")
	// Kill ends a process whatever it does; the process then has the reason Killed.
	Kill error = exitReason("kill")
	// Killed is the reason of a process that was ended by Kill.
	Killed error = exitReason("killed")
	// NoProc is the reason given for a process that is not there.
	NoProc error = exitReason("noproc")
)

// ExitValue is an exit reason that carries any value.
type ExitValue struct{ Value any }

// Error returns the value as text.
func (e ExitValue) Error() string { return fmt.Sprintf("proc: exit: %v", e.Value) }

type exitReason string

func (r exitReason) Error() string { return "proc: exit: " + string(r) }

// Is makes the reason NoProc an ErrNoProc as well.
func (r exitReason) Is(target error) bool { return r == "noproc" && target == ErrNoProc }

// Panic is the exit reason of a process whose code panicked.
type Panic struct {
	Value any    // what was passed to panic
	Stack []byte // of the panic, as debug.Stack prints it
}

// Error returns the panic's value as text.
func (p *Panic) Error() string { return fmt.Sprintf("proc: panic: %v", p.Value) }

// Unwrap returns the panic's value when it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// LogValue keeps the stack out of places where the reason is mentioned; a crash report has it as an attribute of its own.
func (p *Panic) LogValue() slog.Value { return slog.StringValue(p.Error()) }

// Errors of this package's functions, to be tested with errors.Is.
var (
	// ErrNoProc says that the process has ended, or never was. A nil error does not promise the opposite: the process may
	// end before it comes to the message. The exit reason NoProc is an ErrNoProc too. A call that ends so was not handled.
	ErrNoProc = errors.New("proc: no such process")
	// ErrMailboxFull says that a bounded mailbox with Reject has no room.
	ErrMailboxFull = errors.New("proc: mailbox is full")
	// ErrShutdown says that the runtime is shutting down or has done so.
	ErrShutdown = errors.New("proc: runtime is shut down")
	// ErrWrongRuntime says that a PID belongs to another runtime.
	ErrWrongRuntime = errors.New("proc: PID of another runtime")
	// ErrFactory is the exit reason of a process whose factory returned nil.
	ErrFactory = errors.New("proc: factory returned nil instead of a Machine")
	// ErrGoexit is the exit reason of a process whose code called runtime.Goexit.
	ErrGoexit = errors.New("proc: handler called runtime.Goexit")
	// ErrTimeout is why a call has no reply: none came in time. It is a context.DeadlineExceeded too.
	ErrTimeout = fmt.Errorf("proc: no reply in time: %w", context.DeadlineExceeded)
	// ErrCallingSelf is why a process cannot call itself: it would wait for itself.
	ErrCallingSelf = errors.New("proc: a process cannot call itself")
	// ErrNoCaller says that there is nobody to reply to: the message is no call, or has been replied to.
	ErrNoCaller = errors.New("proc: no caller waits for a reply")
	// ErrNameTaken says that another process has the name.
	ErrNameTaken = errors.New("proc: name is taken")
	// ErrHasName says that the process has a name already; it can have one.
	ErrHasName = errors.New("proc: process has a name already")
	// ErrNoName says that nobody has the name.
	ErrNoName = errors.New("proc: nobody has the name")
	// ErrWrongGoroutine says that a method of Self was called outside its process.
	ErrWrongGoroutine = errors.New("proc: method of Self called outside its process")
	// ErrTooMany says that the runtime has as many processes as Config.MaxProcesses allows.
	ErrTooMany = errors.New("proc: too many processes")
)
