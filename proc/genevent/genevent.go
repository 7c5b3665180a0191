package genevent

import (
	"fmt"
	"reflect"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// Ref is the address of a manager of events of type E.
type Ref[E any] struct{ PID proc.PID }

// RefOf makes a Ref of a PID, found by its name for example. That the process is a manager of such events is the caller's word.
func RefOf[E any](pid proc.PID) Ref[E] { return Ref[E]{pid} }

// Notify is the function Notify. Where E is an interface, Go infers it here but not there.
func (m Ref[E]) Notify(s Sender, e E) error { return s.SendWord(m.PID, e, eventWord) }

// SyncNotify is the function SyncNotify; see Notify.
func (m Ref[E]) SyncNotify(k proc.Client, e E) error { return SyncNotify(k, m, e) }

// Option changes how a manager works.
type Option interface{ apply(*options) }

type options struct {
	hibernate time.Duration
	given     bool
}

type hibernateAfter time.Duration

func (h hibernateAfter) apply(o *options) { o.hibernate, o.given = time.Duration(h), true }

// HibernateAfter has the manager give back memory when nothing has come for d, which must be positive: else the manager does not start
// (OTP: gen_event's option hibernate_after). A handler can call Ctx.Hibernate itself at any time.
func HibernateAfter(d time.Duration) Option { return hibernateAfter(d) }

// Factory returns a factory of managers without handlers, for supervisors, Spawn and Start.
func Factory[E any](opts ...Option) proc.Factory {
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt.apply(&o)
		}
	}
	return func() proc.Machine { return &manager[E]{options: o} }
}

// Start starts a manager without handlers, and returns when it runs (OTP: gen_event:start/2). Other options than those of a process need
// k.Start(Factory[E](options...)).
//
// Errors: those of Client.Start.
func Start[E any](k proc.Client, opts ...proc.SpawnOption) (Ref[E], error) {
	pid, err := k.Start(Factory[E](), opts...)
	return Ref[E]{pid}, err
}

// StartLink is Start with proc.WithLink: k must be a process's (OTP: gen_event:start_link/2).
func StartLink[E any](k proc.Client, opts ...proc.SpawnOption) (Ref[E], error) {
	return Start[E](k, append(opts[:len(opts):len(opts)], proc.WithLink())...)
}

// StartMonitor is Start with proc.WithMonitor: k must be a process's (OTP: gen_event:start_monitor/2).
func StartMonitor[E any](k proc.Client, opts ...proc.SpawnOption) (Ref[E], proc.MonitorRef, error) {
	var ref proc.MonitorRef
	m, err := Start[E](k, append(opts[:len(opts):len(opts)], proc.WithMonitor(&ref))...)
	return m, ref, err
}

// Stop has the manager end for reason, after Terminate of its handlers, and waits until it has (OTP: gen_event:stop/3).
//
// Errors: those of sys.Terminate.
func Stop[E any](k proc.Client, m Ref[E], reason error) error { return sys.Terminate(k, m.PID, reason) }

// Sender is whatever can notify: *proc.Ctx, *proc.Self, *proc.Runtime.
type Sender interface {
	SendWord(to proc.PID, body any, word uint64) error
}

// eventWord marks the messages that are events.
const eventWord = 0x67656e_6576656e_74

// Notify sends an event to the handlers of a manager and does not wait. Events of one sender come in the order in which it has sent them
// (OTP: gen_event:notify/2).
//
// Errors: those of the sender's Send. As in OTP it is no fault to notify a manager that has ended.
func Notify[E any](s Sender, m Ref[E], e E) error { return m.Notify(s, e) }

// SyncNotify sends an event and waits until every handler has handled it (OTP: gen_event:sync_notify/2).
//
// Errors: those of a call.
func SyncNotify[E any](k proc.Client, m Ref[E], e E) error {
	_, err := ask(k, m.PID, SyncRequest[E]{e})
	return err
}

// Add adds a handler, before the others (OTP: gen_event:add_handler/3).
//
// Errors: a *HandlerError with what Init has returned: then the handler is not there. h is nil. Those of a call.
func Add[E any](k proc.Client, m Ref[E], id string, h Handler[E]) error {
	_, err := ask(k, m.PID, AddRequest[E]{ID: id, Handler: h})
	return err
}

// AddSupervised is Add by a process, k's, that wants to know what becomes of the handler: it gets one Exited message when that is gone, and the
// handler is removed when it ends. The manager is linked to it, and unlinks it when the manager ends in any way but by Kill. The link stays when the handler
// goes (OTP: gen_event:add_sup_handler/3).
//
// Errors: as Add; a *HandlerError with ErrNotProcess when k is a goroutine's.
func AddSupervised[E any](k proc.Client, m Ref[E], id string, h Handler[E]) error {
	_, err := ask(k, m.PID, AddRequest[E]{ID: id, Handler: h, Supervised: true})
	return err
}

// Delete removes the newest handler of the id, whose Terminate gets why. It returns what that has returned (OTP: gen_event:delete_handler/3).
//
// Errors: a *HandlerError with ErrNotFound, or with a *proc.Panic of Terminate: the handler is gone then too. Those of a call.
func Delete[E any](k proc.Client, m Ref[E], id string, why any) (any, error) {
	return ask(k, m.PID, DeleteRequest{id, why})
}

// Swap removes the newest handler of the id old, whose Terminate gets why, and adds h with what that has returned: TakeOver of h gets it. h is added before
// the others, and inherits the supervision of the old handler. When there is no old one h is added all the same, and TakeOver is told
// (OTP: gen_event:swap_handler/3).
//
// Errors: a *HandlerError with what TakeOver, or Init if there is no TakeOver, has returned: then neither handler is there. h is nil, and then nothing has happened.
// Those of a call.
func Swap[E any](k proc.Client, m Ref[E], old string, why any, id string, h Handler[E]) error {
	_, err := ask(k, m.PID, SwapRequest[E]{Old: old, Why: why, ID: id, Handler: h})
	return err
}

// SwapSupervised is Swap by a process, k's, that supervises the new handler: see AddSupervised (OTP: gen_event:swap_sup_handler/3).
func SwapSupervised[E any](k proc.Client, m Ref[E], old string, why any, id string, h Handler[E]) error {
	_, err := ask(k, m.PID, SwapRequest[E]{Old: old, Why: why, ID: id, Handler: h, Supervised: true})
	return err
}

// Call calls the newest handler of the id and waits for its reply, an R (OTP: gen_event:call/4).
//
// Errors: a *HandlerError with ErrNotFound, ErrNoCalls, or how HandleCall has failed: then the handler is gone. A *proc.ReplyTypeError.
// Those of a call.
func Call[R, E any](k proc.Client, m Ref[E], id string, req any) (r R, err error) {
	v, err := ask(k, m.PID, CallRequest{id, req})
	if err != nil {
		return r, err
	}
	r, ok := v.(R)
	if !ok && v != nil {
		return r, &proc.ReplyTypeError{To: m.PID, Value: v, Want: reflect.TypeFor[R]().String()}
	}
	return r, nil
}

// Which returns the ids of the handlers, the newest first (OTP: gen_event:which_handlers/1).
//
// Errors: those of a call.
func Which[E any](k proc.Client, m Ref[E]) ([]string, error) {
	v, err := ask(k, m.PID, WhichRequest{})
	if err != nil {
		return nil, err
	}
	ids, ok := v.([]string)
	if !ok {
		return nil, fmt.Errorf("genevent: Which: %v is not an event manager: it replied %v", m.PID, v)
	}
	return ids, nil
}

// ask calls the manager; a *HandlerError or *RefusedError comes back as an error.
func ask(k proc.Client, pid proc.PID, r request) (any, error) {
	v, err := k.Call(pid, r)
	if err != nil {
		return nil, err
	}
	switch e := v.(type) {
	case *HandlerError:
		return nil, e
	case *RefusedError:
		return nil, e
	}
	return v, nil
}
