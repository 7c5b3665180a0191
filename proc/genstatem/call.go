package genstatem

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// castWord marks a message as a Cast.
const castWord = 0xca57_5a7e_6d5f_1e9d

// Ref is the address of a machine that takes requests Q, replies with an R, and takes casts M: a PID that the compiler watches. It costs
// nothing more. Q and M are mostly interface types that the messages of one protocol implement.
type Ref[Q, R, M any] struct{ PID proc.PID }

// RefOf makes a Ref of a PID. That the machine takes Q and M, and replies with R, is the caller's word.
func RefOf[Q, R, M any](pid proc.PID) Ref[Q, R, M] { return Ref[Q, R, M]{pid} }

// Call sends req to a machine as a CallEvent, and waits for the reply (OTP: gen_statem:call/3). An error in reply is returned as one, unless R is a
// type that it has.
//
// Errors: those of proc.Self.Call; the machine's own; a reply that is no R, as a *proc.ReplyTypeError.
func Call[Q, R, M any](self *proc.Self, to Ref[Q, R, M], req Q, timeout time.Duration) (R, error) {
	v, err := self.Call(to.PID, req, timeout)
	return result[R](to.PID, v, err)
}

// CallContext is Call for a goroutine, which waits until ctx is done.
func CallContext[Q, R, M any](ctx context.Context, rt *proc.Runtime, to Ref[Q, R, M], req Q) (R, error) {
	v, err := rt.Call(ctx, to.PID, req)
	return result[R](to.PID, v, err)
}

// Requester is whoever can make requests: *proc.Ctx, *proc.Self, *Ctx.
type Requester interface {
	Request(to proc.PID, req any, timeout time.Duration) (proc.RequestID, error)
}

// Request sends req as a CallEvent and returns at once; a message with a proc.Reply comes, of which Result makes an R (OTP:
// gen_statem:send_request/2).
//
// Errors: those of proc.Ctx.Request.
func Request[Q, R, M any](c Requester, to Ref[Q, R, M], req Q, timeout time.Duration) (proc.RequestID, error) {
	return c.Request(to.PID, req, timeout)
}

// Result returns what a Reply holds; see Call.
func Result[R any](r proc.Reply) (R, error) { return result[R](0, r.Value, r.Err) }

func result[R any](from proc.PID, v any, err error) (r R, _ error) {
	if err != nil {
		return r, err
	}
	if r, ok := v.(R); ok {
		return r, nil
	}
	if err, ok := v.(error); ok {
		return r, fmt.Errorf("genstatem: %v replied: %w", from, err)
	}
	if v == nil && reflect.TypeFor[R]().Kind() == reflect.Interface {
		return r, nil
	}
	return r, &proc.ReplyTypeError{To: from, Value: v, Want: reflect.TypeFor[R]().String()}
}

// Caster is whoever can send a cast: *proc.Ctx, *proc.Self, *proc.Runtime, *Ctx.
type Caster interface {
	SendWord(to proc.PID, body any, word uint64) error
}

// Cast sends msg to a machine as a CastEvent, and does not wait (OTP: gen_statem:cast/2).
//
// Errors: those of proc.Ctx.Send. As in Erlang they may be ignored.
func Cast[Q, R, M any](s Caster, to Ref[Q, R, M], msg M) error {
	return s.SendWord(to.PID, msg, castWord)
}

// Stop ends the machine for reason, after its Terminate, and waits until it has ended (OTP: gen_statem:stop/3).
//
// Errors: those of sys.Terminate.
func Stop(k proc.Client, pid proc.PID, reason error) error { return sys.Terminate(k, pid, reason) }
