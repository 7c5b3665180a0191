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
//	bits 0..26   index in the table
//	bits 27..39  runtime
//	bits 40..63  generation, never 0
type PID uint64

const (
	indexBits   = 27
	runtimeBits = mpsc.GenShift - indexBits
	maxIndex    = 1<<indexBits - 1
	addressMask = 1<<mpsc.GenShift - 1 // index and runtime
)

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
