package genstatem

import (
	"errors"
	"fmt"
)

// ErrNoCallback is what the methods of a Ctx return that is used when no callback of its machine runs, or in one that has no
// events to act on: Terminate, CodeChange.
var ErrNoCallback = errors.New("genstatem: Ctx used outside Init and the handling of an event")

// BadAction is the exit reason of a machine that has asked for something that is not allowed where it was asked for (OTP:
// bad_action_from_state_function, bad_state_enter_action_from_state_function, bad_state_enter_return_from_state_function,
// bad_return_from_init). The method that was called returns it, too.
type BadAction struct {
	Action string // the method of Ctx, with its arguments
	During string // the callback: Init, a cast in state open, the enter call of state open
	Why    string // what would be right
}

// Error says what is wrong and where.
func (e *BadAction) Error() string {
	return fmt.Sprintf("genstatem: bad action %s in %s: %s", e.Action, e.During, e.Why)
}

// BadState is the exit reason of a machine with state functions that is in a state without one.
type BadState struct {
	State any
}

// Error names the state.
func (e *BadState) Error() string {
	return fmt.Sprintf("genstatem: state %v has no function in StateFuncs", e.State)
}
