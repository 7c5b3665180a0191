package genevent

import (
	"github.com/thrum-go/thrum/proc"
)

// Handler handles the events of a manager. It may also implement Initializer, Successor, CallHandler, InfoHandler, Terminator, StatusFormatter
// and CodeChanger. All of them are called in the manager's process, one at a time.
//
// What HandleEvent, HandleCall and HandleInfo return as error decides about the handler (OTP: gen_event, Module:handle_event/2):
//
//	nil                   it stays
//	Remove, proc.Normal   it is removed
//	SwapTo(...)           another takes its place
//	any other error       it has failed: it is removed, and the failure is logged
//
// A panic is a failure with a *proc.Panic.
type Handler[E any] interface {
	HandleEvent(c *proc.Ctx, e E) error
}

// Initializer is a Handler that has something to do when it is added. After an error it is not added, and the error goes to
// whoever wanted to add it (OTP: Module:init/1).
type Initializer interface {
	Init(c *proc.Ctx) error
}

// Successor is a Handler that takes the place of another: TakeOver is called instead of Init when it is swapped in. last is what the old
// handler's Terminate has returned, a *proc.Panic if it panicked; found is false when there was no old handler
// (OTP: Module:init/1 with {Args, Term}).
type Successor interface {
	TakeOver(c *proc.Ctx, last any, found bool) error
}

// CallHandler is a Handler that can be called by its id. The reply is sent unless the error says that it has failed
// (OTP: Module:handle_call/2).
type CallHandler interface {
	HandleCall(c *proc.Ctx, req any) (reply any, err error)
}

// InfoHandler is a Handler that gets what is neither an event nor a call: plain messages to the manager, Exit messages of processes
// that it is linked to, Reply messages and so on (OTP: Module:handle_info/2).
type InfoHandler interface {
	HandleInfo(c *proc.Ctx, m proc.Message) error
}

// Terminator is a Handler that has something to do when it is removed. why tells what removes it (OTP: Module:terminate/2):
//
//	what was given to Delete   it is deleted
//	what was given to Swap     another takes its place; so with SwapTo
//	Removed                    it has returned Remove or proc.Normal
//	Failed                     it has failed
//	AdderEnded                 the process that added it with AddSupervised has ended
//	Stopped                    the manager ends
//
// The result goes to whoever called Delete, or to the handler that takes its place.
type Terminator interface {
	Terminate(c *proc.Ctx, why any) any
}

// StatusFormatter is a Handler that has another form of its state to be shown, in logs and by sys.GetStatus: without secrets, or shorter
// (OTP: Module:format_status/1).
type StatusFormatter interface {
	FormatStatus() any
}

// CodeChanger is a Handler that can replace another while the manager is suspended; see Change. old is the version that it
// replaces, state the old handler (OTP: Module:code_change/3).
type CodeChanger interface {
	CodeChange(c *proc.Ctx, old string, state, extra any) error
}

// Removed is what Terminate of a handler gets that has returned Remove (OTP: remove_handler).
type Removed struct{}

// Failed is what Terminate of a handler gets that has failed (OTP: {error, Term}).
type Failed struct {
	Err error // what it returned, or a *proc.Panic
}

// AdderEnded is what Terminate of a supervised handler gets when its adder has ended (OTP: {stop, Reason}).
type AdderEnded struct{ Reason error }

// Stopped is what Terminate of a handler gets when the manager ends (OTP: stop).
type Stopped struct {
	Reason error // of the manager
}

type swap[E any] struct {
	why any
	id  string
	h   Handler[E]
}

// Error says what it is, for one that is returned where no handler can be swapped.
func (s *swap[E]) Error() string {
	return "genevent: SwapTo: only HandleEvent, HandleCall and HandleInfo of a handler of the same events can return it"
}

// SwapTo is what a callback returns to have h take the place of its handler, under id. why goes to its Terminate, whose result goes to TakeOver of h.
// h inherits the supervision, and the place in the list (OTP: {swap_handler, Args1, NewState, Handler2, Args2}).
func SwapTo[E any](why any, id string, h Handler[E]) error { return &swap[E]{why, id, h} }
