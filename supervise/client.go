package supervise

import (
	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

// Start starts a supervisor and waits until it has started its children (OTP: supervisor:start_link/3, but that it is linked only with
// proc.WithLink among opts). When it fails there is no supervisor, its name is free, and its children have been stopped. A factory that New or Init
// has made is started by Client.Start, Ctx.RequestStart or as a child, to the same effect.
//
// Errors: those of New; a *proc.StartError, with a *FailedError when a child could not be started. When k waits no longer the supervisor is killed.
func Start(k proc.Client, flags Flags, specs []Spec, opts ...proc.SpawnOption) (proc.PID, error) {
	f, err := New(flags, specs...)
	if err != nil {
		return 0, err
	}
	return k.Start(f, opts...)
}

// Stop has the supervisor stop its children, in reverse order, and end for reason, and waits until it has (OTP: gen_server:stop/3).
//
// Errors: those of sys.Terminate.
func Stop(k proc.Client, sup proc.PID, reason error) error { return sys.Terminate(k, sup, reason) }

// StartChild adds a child to the supervisor and starts it (OTP: supervisor:start_child/2). The PID is zero when its start found that there is
// nothing to do; a Temporary child is then not added.
//
// Errors, and no child is added: ErrAlreadyPresent; an *AlreadyStartedError; a *SpecError; a *StartError; ErrSimpleOneForOne; those
// of a call.
func StartChild(k proc.Client, sup proc.PID, spec Spec) (proc.PID, error) {
	return result[proc.PID](k.Call(sup, StartChildRequest{spec}))
}

// StartDynamic starts a child of a SimpleOneForOne supervisor, with arg for New or Start (OTP: supervisor:start_child/2). Starts overlap: a
// child whose Init takes long does not hold up others. The PID is zero when its start found that there is nothing to do.
//
// Errors: a *StartError; ErrNotSimpleOneForOne; those of a call.
func StartDynamic(k proc.Client, sup proc.PID, arg any) (proc.PID, error) {
	return result[proc.PID](k.Call(sup, StartDynamicRequest{arg}))
}

// StartDynamicMany is StartDynamic for each of args, in one call, which ends when all have been started. The results are in the order of args,
// which must not be changed meanwhile.
//
// Errors: ErrNotSimpleOneForOne; those of a call.
func StartDynamicMany(k proc.Client, sup proc.PID, args []any) ([]Result, error) {
	return result[[]Result](k.Call(sup, StartDynamicManyRequest{args}))
}

// TerminateChild stops a child (OTP: supervisor:terminate_child/2). Its specification stays, unless it is Temporary. It is no error when the
// child does not run; one that is being restarted is so no more.
//
// Errors: ErrNotFound; ErrSimpleOneForOne; those of a call.
func TerminateChild(k proc.Client, sup proc.PID, id string) error {
	return done(k.Call(sup, TerminateChildRequest{id}))
}

// TerminateDynamic stops a child of a SimpleOneForOne supervisor.
//
// Errors: ErrNotFound; ErrNotSimpleOneForOne; those of a call.
func TerminateDynamic(k proc.Client, sup, child proc.PID) error {
	return done(k.Call(sup, TerminateDynamicRequest{child}))
}

// RestartChild starts a child that does not run (OTP: supervisor:restart_child/2). The PID is zero when its start found that there is nothing to do.
//
// Errors: ErrRunning; ErrRestarting; ErrNotFound; ErrSimpleOneForOne; a *StartError; those of a call.
func RestartChild(k proc.Client, sup proc.PID, id string) (proc.PID, error) {
	return result[proc.PID](k.Call(sup, RestartChildRequest{id}))
}

// DeleteChild drops the specification of a child that does not run (OTP: supervisor:delete_child/2).
//
// Errors: ErrRunning; ErrRestarting; ErrNotFound; ErrSimpleOneForOne; those of a call.
func DeleteChild(k proc.Client, sup proc.PID, id string) error {
	return done(k.Call(sup, DeleteChildRequest{id}))
}

// WhichChildren describes the children, the newest first; those of a SimpleOneForOne in no particular order (OTP: supervisor:which_children/1).
//
// Errors: those of a call.
func WhichChildren(k proc.Client, sup proc.PID) ([]ChildInfo, error) {
	return result[[]ChildInfo](k.Call(sup, WhichChildrenRequest{}))
}

// CountChildren counts the children (OTP: supervisor:count_children/1).
//
// Errors: those of a call.
func CountChildren(k proc.Client, sup proc.PID) (Count, error) {
	return result[Count](k.Call(sup, CountChildrenRequest{}))
}

// GetSpec returns the specification of the child with this id (OTP: supervisor:get_childspec/2). The id of a SimpleOneForOne's children is that of
// its one specification.
//
// Errors: ErrNotFound; those of a call.
func GetSpec(k proc.Client, sup proc.PID, id string) (Spec, error) {
	return result[Spec](k.Call(sup, GetSpecRequest{ID: id}))
}

// GetSpecOf returns the specification of the child with this PID.
//
// Errors: ErrNotFound; those of a call.
func GetSpecOf(k proc.Client, sup, child proc.PID) (Spec, error) {
	return result[Spec](k.Call(sup, GetSpecRequest{PID: child}))
}

func done(v any, err error) error {
	if err != nil {
		return err
	}
	err, _ = v.(error)
	return err
}
