//go:build explore

package mpsc

import (
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/bugs"
	"github.com/thrum-go/thrum/internal/explore"
)

// seededBugs are the bugs of bugs_on.go, and the program that must find each; for those of the queue see
// TestQueueSeededBugIsFound. The line in testdata/seeded_bugs.txt makes CI run it.
var seededBugs = []struct {
	name    string
	on      bool
	program string
	how     explore.Config
	failure string // how the report begins
}{
	{"bug_release", bugRelease, "release against one push", all(), "lost:"},
	{"bug_take", bugTake, "release against two pushes of a core", preempted(2), "lost:"},
	{"bug_stale", bugStale, "close and the next life against pushes from outside", preempted(2), "wrong life:"},
	{"bug_leave", bugLeave, "sender loses its core and comes back", preempted(2), "order:"},
	{"bug_close", bugClose, "one append against close", preempted(2), "lost:"},
	{"bug_stamp", bugStamp, "sender moves there and back", preempted(2), "order:"},
	{"bug_arrive", bugArrive, "sender moves there and back", preempted(2), "order:"},
	{"bug_remember", bugRemember, "three appends against close", preempted(2), "lost:"},
	{"bug_reuse", bugReuse, "block comes home and is used again", preempted(2), "lost: a letter without content"},
	{"bug_home", bugHome, "block read elsewhere is not used there", preempted(2), "lost: a letter without content"},
	{"bug_gate", bugGate, "gate against two letters", preempted(2), "a letter without the gate's mark"},
	{"bug_append", bugAppend, "block taken is not appended to", preempted(2), "lost: a letter without content"},
	{"bug_urgent", bugUrgent, "signal to the owner", all(), "urgent:"},
	{"bug_keep", bugKeep, "watched while it runs", preempted(2), "urgent:"},
	{"bug_detach", bugDetach, "watched while it is cut loose", preempted(2), "urgent:"},
	{"bug_forget", bugForget, "signal before an append", preempted(2), "order:"},
	{"bug_direct", bugDirect, "owner's own signal behind others", preempted(2), "order:"},
	{"bug_visit", bugVisit, "receiver is visited", preempted(2), "order:"},
	{"bug_hold", bugHold, "action sends to its own receiver", preempted(2), "order:"},
	{"bug_unhold", bugUnhold, "action sends, and a goroutine signals", preempted(3), "urgent:"},
	{"bug_pass", bugPass, "gated against a goroutine and a signal with a block open", preempted(2), "order:"},
	{"bug_late", bugLate, "gated against letters", preempted(2), "past the gate:"},
}

func allPrograms() []program {
	return slices.Concat(inboxPrograms, blockPrograms, signalPrograms, signalMoves, gatePrograms)
}

// TestSeededBugIsFound is for runs with one of them: THRUM_BUG=mpsc.bug_... says which.
func TestSeededBugIsFound(t *testing.T) {
	found := 0
	for _, b := range seededBugs {
		if !b.on {
			continue
		}
		programs := allPrograms()
		i := slices.IndexFunc(programs, func(p program) bool { return p.name == b.program })
		mustFail(t, b.name, b.how, programs[i].body, b.failure)
		found++
	}
	if found == 0 {
		t.Skipf("%s=%q is none of these: set it to mpsc. and one of testdata/seeded_bugs.txt", bugs.Variable, bugs.Chosen())
	}
}

// mustFail explores a program that is wrong: the explorer must find out in what way, and repeat it.
func mustFail(t *testing.T, name string, how explore.Config, body func(*explore.Exec), failure string) {
	t.Helper()
	r := explore.Run(nil, how, body)
	if r.Failure == nil {
		t.Errorf("%s was not found in %d executions", name, r.Executions)
		return
	}
	t.Logf("%s is found in execution %d: %v", name, r.Executions, r.Failure)
	if !strings.HasPrefix(r.Failure.Message, failure) {
		t.Errorf("%s: found as %q, want %q", name, r.Failure.Message, failure)
	}
	again := explore.Replay(nil, how, r.Failure.Schedule, body)
	if again.Failure == nil || again.Failure.Message != r.Failure.Message {
		t.Errorf("%s: replay of %q gives %v", name, r.Failure.Schedule, again.Failure)
	}
}

func TestEverySeededBugIsListedForCI(t *testing.T) {
	tests, err := bugs.ReadList("testdata/seeded_bugs.txt", "mpsc")
	if err != nil {
		t.Error(err)
	}
	programs := allPrograms()
	for _, b := range seededBugs {
		if tests[b.name] != "TestSeededBugIsFound" {
			t.Errorf("testdata/seeded_bugs.txt has no line \"%s TestSeededBugIsFound\"", b.name)
		}
		if !slices.ContainsFunc(programs, func(p program) bool { return p.name == b.program }) {
			t.Errorf("%s: there is no program %q", b.name, b.program)
		}
	}
}
