package sys

import (
	"github.com/thrum-go/thrum/proc"
)

// Behaviour is what a process shows of itself to this package. Its methods are called in the process, between two messages.
type Behaviour interface {
	proc.Machine

	// SysState returns the state: what GetState returns and ReplaceState passes to its function.
	SysState() any
	// SysReplace makes v the state. An error, and no change, when v cannot be one.
	SysReplace(v any) error
	// SysStatus returns the state as it may be shown: without secrets, if the implementation has a hook for that.
	SysStatus() any
	// SysChange puts impl in the place of the implementation, which gets to know the version and the state of the old one, and extra.
	// An error, and no change, when impl cannot be one or its CodeChange fails.
	SysChange(c *proc.Ctx, impl any, old string, extra any) error
	// SysTerminate has the process end for reason, by what the process's Handle then returns.
	SysTerminate(c *proc.Ctx, reason error) error
}

// Request is what the functions of this package send to a process, as a call.
type Request struct {
	op     op
	f      func(state any) (any, error)
	impl   any
	old    string
	extra  any
	reason error
	on     bool
	n      int
	id     string
	debug  func(Event) bool
}

type op uint8

const (
	opGetState op = iota
	opReplaceState
	opGetStatus
	opSuspend
	opResume
	opChangeCode
	opTerminate
	opInstall
	opRemove
	opStatistics
	opGetStatistics
	opLog
	opGetLog
)
