//go:build !explore

package proc

// Off, and known to be so when compiled: see bugs_on.go, which says what each breaks.
const (
	bugLinkAck   = false
	bugLinkID    = false
	bugLinkCross = false
	bugLinkExit  = false
	bugLinkDead  = false

	bugMonDown = false
	bugMonTell = false

	bugCallLate  = false
	bugCallDone  = false
	bugCallTwice = false
	bugCallDrop  = false
	bugCallAlive = false
	bugAliasOnce = false

	bugNameLook = false
	bugNameFree = false
	bugNameDead = false

	bugPortGen  = false
	bugPortLast = false

	bugVisit = false

	bugGateTold   = false
	bugGateUrged  = false
	bugGateClosed = false
)
