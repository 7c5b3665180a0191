//go:build explore

package proc

import "github.com/thrum-go/thrum/internal/bugs"

// The bugs that explorations must find, with what each breaks. All are off unless the environment names one, as in
// THRUM_BUG=proc.bug_link_ack. The test that must find it stands in testdata/seeded_bugs.txt. In all builds without the tag
// explore they are the constants of bugs_off.go, so that nothing of them is compiled.
var (
	// Links.
	bugLinkAck   = bugs.Seeded("proc.bug_link_ack")   // an unlink is over at once, not when it is acknowledged
	bugLinkID    = bugs.Seeded("proc.bug_link_id")    // any acknowledgement ends an unlink, that of an earlier one too
	bugLinkCross = bugs.Seeded("proc.bug_link_cross") // a link signal that crosses an unlink of ours links
	bugLinkExit  = bugs.Seeded("proc.bug_link_exit")  // an exit signal counts though an unlink of ours is under way
	bugLinkDead  = bugs.Seeded("proc.bug_link_dead")  // who fails to link to the dead forgets an unlink that is under way

	// Monitors.
	bugMonDown = bugs.Seeded("proc.bug_mon_down") // who has taken a monitor back is told of the end all the same
	bugMonTell = bugs.Seeded("proc.bug_mon_tell") // the process monitored is not told that a monitor is taken back

	// Calls and aliases.
	bugCallLate  = bugs.Seeded("proc.bug_call_late")  // that nobody waits for a call any more is forgotten while it lies in the mailbox
	bugCallDone  = bugs.Seeded("proc.bug_call_done")  // the callee is not told that a call is over which somebody else, or time, has ended
	bugCallTwice = bugs.Seeded("proc.bug_call_twice") // a call that nobody awaits just then stays open after its reply
	bugCallDrop  = bugs.Seeded("proc.bug_call_drop")  // a call to the dead is dropped without a word
	bugCallAlive = bugs.Seeded("proc.bug_call_alive") // a process that is doomed still answers what a signal asks
	bugAliasOnce = bugs.Seeded("proc.bug_alias_once") // the alias of a reply stays after the first message

	// Names.
	bugNameLook = bugs.Seeded("proc.bug_name_look") // Register does not look whether the process still lives
	bugNameFree = bugs.Seeded("proc.bug_name_free") // a name given to a process while it ends is not taken back by its end
	bugNameDead = bugs.Seeded("proc.bug_name_dead") // Whereis returns the dead

	// Waits of goroutines.
	bugPortGen  = bugs.Seeded("proc.bug_port_gen")  // the answer to an earlier wait is taken for that to this one
	bugPortLast = bugs.Seeded("proc.bug_port_last") // who gives up leaves behind an answer that has just come

	// Signals.
	bugVisit = bugs.Seeded("proc.bug_settled") // a process taken for a signal is let go without a look at what it has to do

	// The gate.
	bugGateTold   = bugs.Seeded("proc.bug_gate_told")   // a receiver that finds nothing behind its gate still counts as told
	bugGateUrged  = bugs.Seeded("proc.bug_gate_urged")  // a signal does not urge a receiver that has been told of messages
	bugGateClosed = bugs.Seeded("proc.bug_gate_closed") // the end of a process leaves its gate open
)

func init() { bugs.Check("proc") }
