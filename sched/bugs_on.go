//go:build explore

package sched

import "github.com/thrum-go/thrum/internal/bugs"

// The bugs that explorations must find, with what each breaks. All are off unless the environment names one, as in
// THRUM_BUG=sched.bug_parkorder. The test that must find it stands in testdata/seeded_bugs.txt. In all builds without the tag
// explore they are the constants of bugs_off.go, so that nothing of them is compiled.
var (
	// Parking and waking.
	bugParkOrder = bugs.Seeded("sched.bug_parkorder") // a worker looks before it announces its sleep
	bugRecheck   = bugs.Seeded("sched.bug_recheck")   // a worker does not look again after it has announced its sleep
	bugPhantom   = bugs.Seeded("sched.bug_phantom")   // a waker that finds nobody takes the count back and does not look
	bugFound     = bugs.Seeded("sched.bug_found")     // a search that ends does not look
	bugHerd      = bugs.Seeded("sched.bug_herd")      // a waker wakes one more although somebody searches

	// The ring.
	bugPop   = bugs.Seeded("sched.bug_pop")   // the ring's owner gives a thief's slots back
	bugThief = bugs.Seeded("sched.bug_thief") // a second thief begins while one is at work

	// The lease of a core.
	bugBarrier = bugs.Seeded("sched.bug_barrier") // a core is taken without the barrier
	bugClaim   = bugs.Seeded("sched.bug_claim")   // the taker does not notice that the worker has come back
	bugSettle  = bugs.Seeded("sched.bug_settle")  // the worker tries only once to settle a claim
	bugRelook  = bugs.Seeded("sched.bug_relook")  // the worker looks a second time at a claim that was settled
	bugParted  = bugs.Seeded("sched.bug_parted")  // a worker that has lost its core does not wait for the taker

	// Timers.
	bugLife  = bugs.Seeded("sched.bug_life")  // who cancels a timer does not look whether it is the life that they remember
	bugTaken = bugs.Seeded("sched.bug_taken") // a timer that another is cancelling is used again at once
)

func init() { bugs.Check("sched") }
