//go:build explore

package mpsc

import "github.com/thrum-go/thrum/internal/bugs"

// The bugs that explorations must find, with what each breaks. All are off unless the environment names one, as in
// THRUM_BUG=mpsc.bug_release. The test that must find it stands in testdata/seeded_bugs.txt. In all builds without the tag
// explore they are the constants of bugs_off.go, so that nothing of them is compiled.
var (
	// The inbox and the mailbox.
	bugRelease = bugs.Seeded("mpsc.bug_release") // the owner makes a mailbox idle without looking whether something has come in
	bugTake    = bugs.Seeded("mpsc.bug_take")    // an inbox is emptied by a load and a store
	bugStale   = bugs.Seeded("mpsc.bug_stale")   // the generation in an address is not looked at
	bugLeave   = bugs.Seeded("mpsc.bug_leave")   // a handler that goes on without its core is still counted as being there
	bugArrive  = bugs.Seeded("mpsc.bug_arrive")  // a receiver that is claimed is not counted as arriving
	bugVisit   = bugs.Seeded("mpsc.bug_visit")   // a receiver that is taken for a signal is not counted as arriving

	// Blocks.
	bugStamp    = bugs.Seeded("mpsc.bug_stamp")    // a sender that has been away may append to a block published before
	bugClose    = bugs.Seeded("mpsc.bug_close")    // a block is closed by a load and a store
	bugRemember = bugs.Seeded("mpsc.bug_remember") // the publisher reads the block's word again after publication
	bugReuse    = bugs.Seeded("mpsc.bug_reuse")    // a block is used again while the core's table still names it
	bugHome     = bugs.Seeded("mpsc.bug_home")     // a block is used again by a core that is not its home
	bugAppend   = bugs.Seeded("mpsc.bug_append")   // a block that was taken is appended to

	// Signals.
	bugUrgent = bugs.Seeded("mpsc.bug_urgent") // the push of a signal does not make the word urgent
	bugKeep   = bugs.Seeded("mpsc.bug_keep")   // the push of a message above a signal makes it no longer urgent
	bugDetach = bugs.Seeded("mpsc.bug_detach") // a receiver's being cut loose makes it no longer urgent
	bugDirect = bugs.Seeded("mpsc.bug_direct") // a signal is acted upon at once though something is in the inbox
	bugForget = bugs.Seeded("mpsc.bug_forget") // a block that lies below a signal is appended to
	bugHold   = bugs.Seeded("mpsc.bug_hold")   // while a signal is acted upon, what the action sends overtakes what lies above it
	bugUnhold = bugs.Seeded("mpsc.bug_unhold") // after that, a signal that came in meanwhile is not urgent

	// The gate.
	bugGate = bugs.Seeded("mpsc.bug_gate") // the gate is not looked at before a push, and blocks are published behind it
	bugLate = bugs.Seeded("mpsc.bug_late") // the gate is looked at only before the first try
	bugPass = bugs.Seeded("mpsc.bug_pass") // who was told of the gate appends to a block that was open before

	// The queue.
	bugQueueABA     = bugs.Seeded("mpsc.bug_queue_aba")     // the stack of spare segments has no version
	bugQueueInstall = bugs.Seeded("mpsc.bug_queue_install") // a segment is installed by a store instead of a compare-and-swap
	bugQueueOrder   = bugs.Seeded("mpsc.bug_queue_order")   // new slots are looked at before the holes left earlier
	bugQueueRevoke  = bugs.Seeded("mpsc.bug_queue_revoke")  // Empty does not notice that the tail came back to a value it had before
	bugQueueRound   = bugs.Seeded("mpsc.bug_queue_round")   // stamps of earlier rounds are not void
	bugQueueStamp   = bugs.Seeded("mpsc.bug_queue_stamp")   // the stamp is stored before the element
)

func init() { bugs.Check("mpsc") }
