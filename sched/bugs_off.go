//go:build !explore

package sched

// Off, and known to be so when compiled: see bugs_on.go, which says what each breaks.
const (
	bugParkOrder = false
	bugRecheck   = false
	bugPhantom   = false
	bugFound     = false
	bugHerd      = false

	bugPop   = false
	bugThief = false

	bugBarrier = false
	bugClaim   = false
	bugSettle  = false
	bugRelook  = false
	bugParted  = false

	bugLife  = false
	bugTaken = false
)
