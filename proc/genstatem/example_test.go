package genstatem_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genstatem"
)

type (
	button rune     // a cast: a button was pressed
	length struct{} // a call: how many buttons the code has
	locked struct{} // a call that is answered when the door is locked
)

// lock is a door that opens for the right code and locks itself again: the code lock of the OTP design principles.
type lock struct {
	code, pressed []button
}

type lockCtx = genstatem.Ctx[string]

var lockStates = genstatem.StateFuncs[string, *lock]{
	"locked": (*lock).locked,
	"open":   (*lock).open,
}

func (l *lock) Init(*lockCtx) (string, error) { return "locked", nil }

// StateEnter asks for a call when a state is entered.
func (l *lock) StateEnter() bool { return true }

func (l *lock) locked(c *lockCtx, e genstatem.Event) error {
	switch e.Kind {
	case genstatem.EnterEvent:
		fmt.Println("Lock")
		l.pressed = nil
	case genstatem.StateTimeout:
		l.pressed = nil // too slow
	case genstatem.CastEvent:
		l.pressed = append(l.pressed, e.Body.(button))
		if n := len(l.pressed) - len(l.code); n > 0 {
			l.pressed = l.pressed[n:]
		}
		if slices.Equal(l.pressed, l.code) {
			return c.Next("open")
		}
		return c.SetTimeout(genstatem.StateTimeout, 30*time.Second, nil)
	default:
		if e.Body == (locked{}) {
			return c.Reply("locked")
		}
		return l.common(c, e)
	}
	return nil
}

func (l *lock) open(c *lockCtx, e genstatem.Event) error {
	switch e.Kind {
	case genstatem.EnterEvent:
		fmt.Println("Open")
		return c.SetTimeout(genstatem.StateTimeout, 10*time.Millisecond, nil)
	case genstatem.StateTimeout:
		return c.Next("locked")
	case genstatem.CastEvent:
		return c.Postpone() // until it is locked
	}
	if e.Body == (locked{}) {
		return c.Postpone()
	}
	return l.common(c, e)
}

// common is for events that are the same in every state.
func (l *lock) common(c *lockCtx, e genstatem.Event) error {
	if e.Body == (length{}) {
		return c.Reply(len(l.code))
	}
	return nil
}

func (l *lock) Terminate(c *lockCtx, reason error, state string) {
	if state != "locked" {
		fmt.Println("Lock")
	}
}

// A state is a function: the code lock. What is pressed while the door is open counts for the next time.
func Example_stateFunctions() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer rt.Shutdown(ctx)
	pid, err := genstatem.Start(rt.Client(ctx), func() genstatem.Handler[string] {
		return lockStates.Of(&lock{code: []button("42")})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	door := genstatem.RefOf[length, int, button](pid)
	n, err := genstatem.CallContext(ctx, rt, door, length{})
	fmt.Println("buttons:", n, err)
	for _, b := range "142" + "42" { // wrong, right; and once more while the door is open
		genstatem.Cast(rt, door, button(b))
	}
	until := genstatem.RefOf[locked, string, button](pid)
	fmt.Println(genstatem.CallContext(ctx, rt, until, locked{}))
	fmt.Println(genstatem.Stop(rt.Client(ctx), pid, proc.Normal))
	// Output:
	// Lock
	// buttons: 2 <nil>
	// Open
	// Lock
	// Open
	// Lock
	// locked <nil>
	// <nil>
}
