package genserver

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// Ref is the address of a server that takes requests of type Q, replies with an R and takes casts of type M.
type Ref[Q, R, M any] struct{ PID proc.PID }

// RefOf makes a Ref of a PID. That the server has these types is the caller's word; one that has others says so in its replies.
func RefOf[Q, R, M any](pid proc.PID) Ref[Q, R, M] { return Ref[Q, R, M]{pid} }

// Call is the function Call, for requests whose type Q is an interface that the compiler would not infer.
func (ref Ref[Q, R, M]) Call(self *proc.Self, req Q, timeout time.Duration) (R, error) {
	return Call(self, ref, req, timeout)
}

// CallContext is the function CallContext.
func (ref Ref[Q, R, M]) CallContext(ctx context.Context, rt *proc.Runtime, req Q) (R, error) {
	return CallContext(ctx, rt, ref, req)
}

// Request is the function Request.
func (ref Ref[Q, R, M]) Request(c Requester, req Q, timeout time.Duration) (proc.RequestID, error) {
	return Request(c, ref, req, timeout)
}

// Cast is the function Cast.
func (ref Ref[Q, R, M]) Cast(by Caster, msg M) error { return Cast(by, ref, msg) }

// Lookup is whatever knows the registered names: *proc.Runtime, *proc.Ctx, *proc.Self, *Ctx.
type Lookup interface {
	Whereis(name string) (proc.PID, bool)
}

// Whereis returns the server that has the name now. That it has these types is the caller's word.
func Whereis[Q, R, M any](by Lookup, name string) (Ref[Q, R, M], bool) {
	pid, ok := by.Whereis(name)
	return Ref[Q, R, M]{pid}, ok
}

// Call sends req to the server and waits for the reply, in a process in direct style. A reply that comes after timeout is dropped (OTP:
// gen_server:call/3).
//
// Errors: a *ReplyError with what the server says; those of proc.Self.Call; a reply that is no R, as a *proc.ReplyTypeError.
func Call[Q, R, M any](self *proc.Self, ref Ref[Q, R, M], req Q, timeout time.Duration) (R, error) {
	v, err := self.Call(ref.PID, req, timeout)
	return result[R](ref.PID, v, err)
}

// CallContext is Call for a goroutine: it waits until ctx is done.
//
// Errors: as Call; those of proc.Runtime.Call.
func CallContext[Q, R, M any](ctx context.Context, rt *proc.Runtime, ref Ref[Q, R, M], req Q) (R, error) {
	v, err := rt.Call(ctx, ref.PID, req)
	return result[R](ref.PID, v, err)
}

// Requester is whatever can make a request without waiting: *proc.Ctx, *proc.Self, *Ctx.
type Requester interface {
	Request(to proc.PID, req any, timeout time.Duration) (proc.RequestID, error)
}

// Request sends req to the server and returns at once. A proc.Reply will come as a message; Result reads it (OTP: gen_server:send_request/2).
//
// Errors: those of proc.Ctx.Request.
func Request[Q, R, M any](c Requester, ref Ref[Q, R, M], req Q, timeout time.Duration) (proc.RequestID, error) {
	return c.Request(ref.PID, req, timeout)
}

// Result returns what a server has replied to a Request.
//
// Errors: as Call.
func Result[R any](r proc.Reply) (R, error) { return result[R](0, r.Value, r.Err) }

// Awaiter is what can wait for a reply and handle nothing else meanwhile: *proc.Ctx and *Ctx.
type Awaiter[C any] interface {
	Await(to proc.PID, req any, timeout time.Duration, then func(c C, v any, err error) error) error
}

// Await sends req to the server and has then called with the result; until then the process that calls handles nothing else. c is
// a *Ctx or a *proc.Ctx. See proc.Ctx.Await.
//
// Errors, after which then is not called: those of proc.Ctx.Await. Those of Call are then's.
func Await[C Awaiter[C], Q, R, M any](c C, ref Ref[Q, R, M], req Q, timeout time.Duration, then func(c C, r R, err error) error) error {
	if then == nil {
		return errors.New("genserver: Await: then is nil; give the function that takes the reply")
	}
	return c.Await(ref.PID, req, timeout, Then(ref, then))
}

// Then returns then in the form that the Await of *Ctx and *proc.Ctx take. A process that makes very many calls makes it once and calls with
// c.Await(ref.PID, req, timeout, k.then): Await makes one for each call, which is an allocation.
func Then[C any, Q, R, M any](ref Ref[Q, R, M], then func(c C, r R, err error) error) func(c C, v any, err error) error {
	return func(c C, v any, err error) error {
		r, err := result[R](ref.PID, v, err)
		return then(c, r, err)
	}
}

// result takes a reply, as proc delivers it, for an R.
func result[R any](to proc.PID, v any, err error) (r R, _ error) {
	if err != nil {
		return r, err
	}
	if e, ok := v.(*ReplyError); ok {
		return r, e
	}
	r, ok := v.(R)
	if !ok && (v != nil || reflect.TypeFor[R]().Kind() != reflect.Interface) {
		return r, &proc.ReplyTypeError{To: to, Value: v, Want: reflect.TypeFor[R]().String()}
	}
	return r, nil
}

// Caster is whatever can cast: *proc.Ctx, *proc.Self, *proc.Runtime, *Ctx.
type Caster interface {
	SendWord(to proc.PID, body any, word uint64) error
}

// Cast sends msg to the server and does not wait (OTP: gen_server:cast/2).
//
// Errors: those of proc.Ctx.Send. As in OTP it is no fault to cast to a server that has ended, so the error may be ignored.
func Cast[Q, R, M any](by Caster, ref Ref[Q, R, M], msg M) error {
	return by.SendWord(ref.PID, msg, castWord)
}

// CastName is Cast to the server that has the name now.
//
// Errors: proc.ErrNoName, and those of Cast.
func CastName[M any](by interface {
	Caster
	Lookup
}, name string, msg M) error {
	pid, ok := by.Whereis(name)
	if !ok {
		return proc.ErrNoName
	}
	return by.SendWord(pid, msg, castWord)
}

// CastAll casts msg to each of the servers (OTP: gen_server:abcast/3).
//
// Errors: those of Cast, joined; the others have got it.
func CastAll[Q, R, M any](by Caster, refs []Ref[Q, R, M], msg M) error {
	var errs []error
	for _, ref := range refs {
		errs = append(errs, Cast(by, ref, msg))
	}
	return errors.Join(errs...)
}

// Stop has the server end for reason, and waits until it has: its name is free then. Its Terminate is called (OTP: gen_server:stop/3).
//
// Errors: proc.ErrNoProc when there is none; the exit reason, in a *proc.CallError, when that is another; those of k's calls; reason is nil.
func Stop(k proc.Client, pid proc.PID, reason error) error {
	if reason == nil {
		return errors.New("genserver: Stop: reason is nil; a normal end is the reason proc.Normal")
	}
	return sys.Terminate(k, pid, reason)
}
