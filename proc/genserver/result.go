package genserver

import (
	"errors"
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// NoReply, returned by HandleCall, leaves the reply for later: From.Reply (OTP: {noreply, State}).
var NoReply error = noReply{}

type noReply struct{}

func (noReply) Error() string { return "genserver: no reply yet" }

// ReplyAndStop, returned by HandleCall, ends the server with reason; its reply is sent after Terminate (OTP: {stop, Reason, Reply, State}).
func ReplyAndStop(reason error) error { return &replyAndStop{reason} }

type replyAndStop struct{ reason error }

func (r *replyAndStop) Error() string { return fmt.Sprintf("genserver: reply and stop: %v", r.reason) }

// ErrorReply, returned by HandleCall, has the caller's Call return an error that wraps err. The server goes on.
func ErrorReply(err error) error { return &ReplyError{err} }

// ReplyError is the reply of a server that could not do what it was asked for. Who calls by Call gets it as the error; who calls by
// proc.Call gets it as the reply's value.
type ReplyError struct{ Err error }

// Error says what the server said.
func (e *ReplyError) Error() string { return fmt.Sprintf("genserver: the server replied: %v", e.Err) }

// Unwrap returns Err.
func (e *ReplyError) Unwrap() error { return e.Err }

// RequestTypeError is in the ReplyError for a request that has another type than the server takes.
type RequestTypeError struct {
	Server proc.PID
	Got    string // the types
	Want   string
}

// Error says which type came and which was wanted.
func (e *RequestTypeError) Error() string {
	return fmt.Sprintf("genserver: %v takes requests of type %s, not %s", e.Server, e.Want, e.Got)
}

// BadReturnError is the exit reason of a server whose callback has returned something that it may not (OTP: {bad_return_value, V}).
type BadReturnError struct {
	Callback string // HandleCast and so on
	Value    error
	Want     string // what would be right
}

// Error says which callback returned what.
func (e *BadReturnError) Error() string {
	return fmt.Sprintf("genserver: %s returned %q; %s", e.Callback, e.Value, e.Want)
}

// Unwrap returns Value.
func (e *BadReturnError) Unwrap() error { return e.Value }

// MissingCallbackError is the exit reason of a server that needs a method which it does not have (OTP: undef).
type MissingCallbackError struct {
	Callback string
	Type     string // of the implementation
}

// Error says which method is missing.
func (e *MissingCallbackError) Error() string {
	return fmt.Sprintf("genserver: %s has no method %s, which Ctx.Continue needs", e.Type, e.Callback)
}

// AlreadyStartedError is why a server was not started: another process has its name. It is a proc.ErrNameTaken.
type AlreadyStartedError struct {
	Name string
	PID  proc.PID // who has it
}

// Error says who has the name.
func (e *AlreadyStartedError) Error() string {
	return fmt.Sprintf("genserver: %q is started already, as %v", e.Name, e.PID)
}

// Unwrap returns proc.ErrNameTaken.
func (e *AlreadyStartedError) Unwrap() error { return proc.ErrNameTaken }

// ErrNoRequests says that a collection holds no request that is still to be answered.
var ErrNoRequests = errors.New("genserver: no request is under way in the collection")

const plainReturn = "nil goes on, another error is the exit reason"

// checked turns what callback has returned into the reason for the end: results that only HandleCall may return are none.
func checked(callback string, err error) error {
	switch err.(type) {
	case noReply, *replyAndStop, *ReplyError:
		return &BadReturnError{callback, err, "only HandleCall may return that: " + plainReturn}
	}
	return err
}
