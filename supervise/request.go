package supervise

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// What the functions of this package call a supervisor with. A state machine, which must not wait, sends them itself, with Ctx.Request, and
// gets the result as the Value of a proc.Reply: what the function returns, or an error; PIDOf takes it apart.
type (
	// StartChildRequest is StartChild's. The reply is a proc.PID or an error.
	StartChildRequest struct{ Spec Spec }
	// StartDynamicRequest is StartDynamic's. The reply is a proc.PID or an error.
	StartDynamicRequest struct{ Arg any }
	// StartDynamicManyRequest is StartDynamicMany's. The reply is a []Result or an error.
	StartDynamicManyRequest struct{ Args []any }
	// TerminateChildRequest is TerminateChild's. The reply is nil or an error.
	TerminateChildRequest struct{ ID string }
	// TerminateDynamicRequest is TerminateDynamic's. The reply is nil or an error.
	TerminateDynamicRequest struct{ PID proc.PID }
	// RestartChildRequest is RestartChild's. The reply is a proc.PID or an error.
	RestartChildRequest struct{ ID string }
	// DeleteChildRequest is DeleteChild's. The reply is nil or an error.
	DeleteChildRequest struct{ ID string }
	// WhichChildrenRequest is WhichChildren's. The reply is a []ChildInfo.
	WhichChildrenRequest struct{}
	// CountChildrenRequest is CountChildren's. The reply is a Count.
	CountChildrenRequest struct{}
	// GetSpecRequest is GetSpec's, with the ID, and GetSpecOf's, with the PID. The reply is a Spec or an error.
	GetSpecRequest struct {
		ID  string
		PID proc.PID
	}
)

// Result is what became of one child of StartDynamicMany.
type Result struct {
	PID proc.PID // zero for one that was not started
	Err error    // nil also for one whose start found that there is nothing to do
}

// ChildInfo describes a child.
type ChildInfo struct {
	ID         string   // empty in a SimpleOneForOne
	PID        proc.PID // zero when it does not run
	Restarting bool     // it has ended, and is to be started again
	Type       Type
}

// Count is how many children a supervisor has.
type Count struct {
	Specs       int // specifications: 1 in a SimpleOneForOne
	Active      int // children that run
	Supervisors int // children that are supervisors, whether they run or not
	Workers     int // the others
}

// PIDOf returns the result that a Reply to a request for a PID holds, as the function of the same name returns it.
func PIDOf(r proc.Reply) (proc.PID, error) { return result[proc.PID](r.Value, r.Err) }

// result takes a reply apart, which is a T, an error, or nil.
func result[T any](v any, err error) (t T, _ error) {
	if err != nil {
		return t, err
	}
	switch v := v.(type) {
	case T:
		return v, nil
	case error:
		return t, v
	case nil:
		return t, nil
	}
	return t, fmt.Errorf("supervise: a reply of type %T came; the process is no supervisor", v)
}
