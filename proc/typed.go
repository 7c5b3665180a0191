package proc

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// Ref is the address of a process that takes messages of type M: a PID that the compiler watches. It costs nothing more. M is mostly
// an interface type that the messages of one protocol implement.
type Ref[M any] struct{ PID PID }

// RefOf makes a Ref of a PID. That the process takes an M is the caller's word.
func RefOf[M any](pid PID) Ref[M] { return Ref[M]{pid} }

// Sender is whatever can send a message: *Ctx, *Self, *Runtime.
type Sender interface {
	Send(to PID, body any) error
}

// Send sends m from s; see the Send of s.
func Send[M any](s Sender, to Ref[M], m M) error { return s.Send(to.PID, m) }

// Call is Self.Call with types: R is the type of the reply.
//
// Errors: those of Self.Call; a reply that is no R, as a *ReplyTypeError.
func Call[R, M any](s *Self, to Ref[M], req M, timeout time.Duration) (R, error) {
	v, err := s.Call(to.PID, req, timeout)
	return as[R](to.PID, v, err)
}

// CallContext is Runtime.Call with types.
//
// Errors: those of Runtime.Call; a reply that is no R, as a *ReplyTypeError.
func CallContext[R, M any](ctx context.Context, rt *Runtime, to Ref[M], req M) (R, error) {
	v, err := rt.Call(ctx, to.PID, req)
	return as[R](to.PID, v, err)
}

// ReplyTypeError says that a reply came which has not the type that was asked for.
type ReplyTypeError struct {
	To    PID
	Value any // the reply
	Want  string
}

// Error says what came and what was wanted.
func (e *ReplyTypeError) Error() string {
	return fmt.Sprintf("proc: call to %v: the reply is a %T, want %s", e.To, e.Value, e.Want)
}

func as[R any](to PID, v any, err error) (r R, _ error) {
	if err != nil {
		return r, err
	}
	r, ok := v.(R)
	if !ok && v != nil {
		return r, &ReplyTypeError{to, v, reflect.TypeFor[R]().String()}
	}
	return r, nil
}
