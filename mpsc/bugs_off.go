//go:build !explore

package mpsc

// Off, and known to be so when compiled: see bugs_on.go, which says what each breaks.
const (
	bugRelease = false
	bugTake    = false
	bugStale   = false
	bugLeave   = false
	bugArrive  = false
	bugVisit   = false

	bugStamp    = false
	bugClose    = false
	bugRemember = false
	bugReuse    = false
	bugHome     = false
	bugAppend   = false

	bugUrgent = false
	bugKeep   = false
	bugDetach = false
	bugDirect = false
	bugForget = false
	bugHold   = false
	bugUnhold = false

	bugGate = false
	bugLate = false
	bugPass = false

	bugQueueABA     = false
	bugQueueInstall = false
	bugQueueOrder   = false
	bugQueueRevoke  = false
	bugQueueRound   = false
	bugQueueStamp   = false
)
