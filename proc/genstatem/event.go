package genstatem

import (
	"fmt"

	"github.com/thrum-go/thrum/proc"
)

// Kind says what an Event is. EventTimeout and StateTimeout are also the keys of these timeouts: see Ctx.SetTimeout.
type Kind uint8

const (
	// InfoEvent is any message that is neither a call nor a cast: of a timer, a link, a monitor, a request.
	InfoEvent Kind = iota
	// CallEvent is a request whose sender waits for a reply: see Ctx.Reply and Event.From.
	CallEvent
	// CastEvent is a message sent by the function Cast.
	CastEvent
	// InternalEvent comes from the machine itself, by Ctx.NextEvent, and from nowhere else.
	InternalEvent
	// EventTimeout says that no event has come for some time.
	EventTimeout
	// StateTimeout says that the machine has been in its state for some time.
	StateTimeout
	// NamedTimeout is the end of a timeout with a name, which is Event.Name.
	NamedTimeout
	// EnterEvent is the call of a state's function when the machine enters the state, for implementations with StateEnter. Its
	// Body is the state before.
	EnterEvent
)

var kindNames = [...]string{"info", "call", "cast", "internal", "event timeout", "state timeout", "timeout", "enter"}

// String returns the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Event is what a state machine handles (OTP: gen_statem's event_type() and event_content()).
type Event struct {
	Kind   Kind
	Body   any         // the request, message, or what was given to SetTimeout or NextEvent
	Name   any         // of NamedTimeout: its name
	From   proc.Caller // of CallEvent: who waits. It may be kept: anybody can reply to it, at any time, with the ReplyTo of a Ctx, proc.Self or Runtime
	Sender proc.PID    // of CallEvent, CastEvent and InfoEvent
	Word   uint64      // of InfoEvent: the message's Word
}

// String returns the kind, the name and the body.
func (e Event) String() string {
	if e.Kind == NamedTimeout {
		return fmt.Sprintf("timeout %v: %v", e.Name, e.Body)
	}
	return fmt.Sprintf("%v: %v", e.Kind, e.Body)
}
