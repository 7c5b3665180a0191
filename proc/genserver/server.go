package genserver

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// Server is what a server does: Q is the type of its requests, R of its replies, M of its casts. The methods are called in the process,
// one at a time. What they return is described in the package's documentation (OTP: gen_server, Module:handle_call/3, Module:handle_cast/2).
type Server[Q, R, M any] interface {
	// HandleCall returns the reply to req, or one of NoReply, ErrorReply and ReplyAndStop as error. from may be kept, to reply later.
	HandleCall(c *Ctx, req Q, from From[R]) (R, error)
	// HandleCast takes a message that nobody waits for.
	HandleCast(c *Ctx, msg M) error
}

// Initializer is a Server with something to do before its first message. Whoever starts it waits. An error is its exit reason, and why Start
// fails; proc.Normal says that there is nothing to do (OTP: Module:init/1, ignore).
type Initializer interface{ Init(c *Ctx) error }

// InfoHandler is a Server that takes messages which are neither calls nor casts: from proc.Send, Timeout, proc.Reply, proc.Down, proc.Exit,
// proc.OffloadResult, and casts of a type that it does not take. Without it they are logged, and forgotten (OTP: Module:handle_info/2).
type InfoHandler interface {
	HandleInfo(c *Ctx, m proc.Message) error
}

// ContinueHandler is a Server that uses Ctx.Continue (OTP: Module:handle_continue/2).
type ContinueHandler interface {
	HandleContinue(c *Ctx, what any) error
}

// Terminator is a Server with something to do at its end. When it is called is said in the package's documentation (OTP:
// Module:terminate/2).
type Terminator interface{ Terminate(c *Ctx, reason error) }

// CodeChanger is a Server that can take the place of another: see sys.ChangeCode. It is called on the new implementation; state is
// the old one, old its version as the caller of ChangeCode gave it. After an error the old one goes on. Without the method the
// new implementation starts as it is (OTP: Module:code_change/3).
type CodeChanger interface {
	CodeChange(c *Ctx, old string, state any, extra any) error
}

// StatusFormatter is a Server that hides part of its state from crash reports and sys.GetStatus: FormatStatus returns what may be shown.
// It changes nothing (OTP: Module:format_status/1).
type StatusFormatter interface{ FormatStatus() any }

// MessageFormatter is a Server that hides part of its messages from crash reports: FormatMessage returns what may be shown of one (OTP:
// Module:format_status/1, message).
type MessageFormatter interface{ FormatMessage(body any) any }

// Base, embedded, makes a Server of a type that takes only calls, or only casts.
type Base[Q, R, M any] struct{}

// HandleCall replies with an error.
func (Base[Q, R, M]) HandleCall(c *Ctx, req Q, _ From[R]) (R, error) {
	var none R
	return none, ErrorReply(fmt.Errorf("genserver: %v takes no calls; give %T a method HandleCall", c.Self(), c.impl))
}

// HandleCast logs the message and forgets it.
func (Base[Q, R, M]) HandleCast(c *Ctx, msg M) error {
	c.unexpected("cast", 0, msg)
	return nil
}

// From is whoever waits for the reply to a call. It may be kept, and passed on.
type From[R any] struct{ Caller proc.Caller }

// Replier is whatever can reply to a call: *Ctx, *proc.Ctx, *proc.Self, *proc.Runtime.
type Replier interface {
	ReplyTo(k proc.Caller, v any) error
}

// Reply replies to the call. The first reply counts; later ones, and those that nobody waits for any more, are dropped (OTP:
// gen_server:reply/2).
//
// Errors: proc.ErrNoCaller for the zero From, and for the call being handled when it is over.
func (f From[R]) Reply(by Replier, r R) error { return by.ReplyTo(f.Caller, r) }

// Fail replies with an error; see ErrorReply.
//
// Errors: those of Reply; err is nil.
func (f From[R]) Fail(by Replier, err error) error {
	if err == nil {
		return fmt.Errorf("genserver: Fail: err is nil; give the error that the caller is to get")
	}
	return by.ReplyTo(f.Caller, &ReplyError{err})
}

// Timeout is the body of the message that Ctx.Timeout asks for. It comes from nobody.
type Timeout struct{}
