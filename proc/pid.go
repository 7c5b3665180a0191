package proc

import (
	"fmt"
	"log/slog"

	"github.com/thrum-go/thrum/mpsc"
)

// PID is the address of a process: comparable, without pointers, valid for ever. It names one life of one slot of the
// process table of one runtime, so a PID of a process that has ended never comes to mean another one. The zero
// PID is nobody.
//
//	bits 0..26   index in the table; the highest ones are ports, see there
//	bits 27..37  runtime
//	bits 38..39  0
//	bits 40..63  generation, never 0
type PID uint64

const (
	indexBits   = 27
	runtimeBits = markShift - indexBits
	markShift   = mpsc.GenShift - 2
	maxIndex    = 1<<indexBits - 1
	addressMask = 1<<mpsc.GenShift - 1 // index, runtime and mark

	// Between processes, Message.From has a mark of what the message is, in two bits that are 0 in every PID. No handler sees it.
	markMask   PID = 3 << markShift
	markCall   PID = 1 << markShift // a request that wants a reply; Word is the caller's token
	markReply  PID = 2 << markShift // sent to an alias, or the reply to a call; Word says which
	markSignal PID = 3 << markShift // Body is a *signal
)

// plain returns p without its mark.
func (p PID) plain() PID { return p &^ markMask }

// isSignal reports whether a message from p takes effect when it arrives, not when the process comes to it.
func (p PID) isSignal() bool { return p&markReply != 0 }

func (p PID) gen() mpsc.State { return mpsc.State(p) & mpsc.GenMask }

// String returns the PID as Erlang writes one, with the runtime, the index and the generation: <1.42.3>.
func (p PID) String() string {
	if p == 0 {
		return "<none>"
	}
	return fmt.Sprintf("<%d.%d.%d>", uint64(p)>>indexBits&(1<<runtimeBits-1), uint64(p)&maxIndex, uint64(p)>>mpsc.GenShift)
}

// LogValue makes a PID readable in log records.
func (p PID) LogValue() slog.Value { return slog.StringValue(p.String()) }
