//go:build explore

package proc

import (
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/bugs"
	"github.com/thrum-go/thrum/internal/explore"
)

// seededBugs are the bugs of bugs_on.go, and the program that must find each: of those that are searched, or of those that threads
// explore. The line in testdata/seeded_bugs.txt makes CI run it.
var seededBugs = []struct {
	name    string
	on      bool
	program string
	failure string // how the report begins
}{
	{"bug_link_ack", bugLinkAck, "both link and unlink", "linked: "},
	{"bug_link_id", bugLinkID, "unlink twice against link", "linked: "},
	{"bug_link_cross", bugLinkCross, "both link and unlink", "linked: "},
	{"bug_link_exit", bugLinkExit, "end against unlink and link, trapping", "exit: "},
	{"bug_link_dead", bugLinkDead, "end against link, unlink and link", "linked: "},
	{"bug_mon_down", bugMonDown, "monitor, demonitor against end", "down: "},
	{"bug_mon_tell", bugMonTell, "demonitor", "rest: "},
	{"bug_call_late", bugCallLate, "reply against timeout", "call: "},
	{"bug_call_done", bugCallDone, "two callers, calls are kept", "rest: "},
	{"bug_call_twice", bugCallTwice, "reply against timeout", "call: "},
	{"bug_call_drop", bugCallDrop, "callee ends in place of a reply", "call: "},
	{"bug_call_alive", bugCallAlive, "alive after kill", "alive: "},
	{"bug_alias_once", bugAliasOnce, "reply alias against two messages", "unalias: "},
	{"bug_name_look", bugNameLook, "register against end", "name: "},
	{"bug_name_free", bugNameFree, "register against end", "name: "},
	{"bug_name_dead", bugNameDead, "named while it ends, and told", "name: "},
	{"bug_port_gen", bugPortGen, "a call again", "port: "},
	{"bug_port_last", bugPortLast, "a call again", "port: "},
	{"bug_settled", bugVisit, "end against monitors", "lost wake-up: "},
	{"bug_gate_told", bugGateTold, "gate: messages against messages", "lost wake-up: "},
	{"bug_gate_urged", bugGateUrged, "gate: reply against messages", "lost wake-up: "},
	{"bug_gate_closed", bugGateClosed, "gate: end against messages", "lost: "},
}

func searched() []wireProgram { return slices.Concat(linkPrograms, monitorPrograms, callPrograms) }
func exploredByThreads() []threadProgram {
	return slices.Concat(namePrograms, portPrograms, visitPrograms)
}

// TestExploreSeededBugIsFound is for runs with one of them: THRUM_BUG=proc.bug_... says which.
func TestExploreSeededBugIsFound(t *testing.T) {
	found := 0
	for _, b := range seededBugs {
		if !b.on {
			continue
		}
		found++
		programs, threads := searched(), exploredByThreads()
		if i := slices.IndexFunc(programs, func(p wireProgram) bool { return p.name == b.program }); i >= 0 {
			s := newSearch(&programs[i])
			f := s.run()
			if f == nil || !strings.HasPrefix(f.message, b.failure) {
				t.Errorf("%s: %d executions have found %v, want %q", b.name, s.runs, f, b.failure)
				continue
			}
			t.Logf("%s is found in execution %d: %v", b.name, s.runs, f)
			continue
		}
		i := slices.IndexFunc(threads, func(p threadProgram) bool { return p.name == b.program })
		mustFail(t, b.name, preempted(3), threads[i].body, b.failure)
	}
	if found == 0 {
		t.Skipf("%s=%q is none of these: set it to proc. and one of testdata/seeded_bugs.txt", bugs.Variable, bugs.Chosen())
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

func TestExploreEverySeededBugIsListedForCI(t *testing.T) {
	tests, err := bugs.ReadList("testdata/seeded_bugs.txt", "proc")
	if err != nil {
		t.Error(err)
	}
	for _, b := range seededBugs {
		if tests[b.name] != "TestExploreSeededBugIsFound" {
			t.Errorf("testdata/seeded_bugs.txt has no line \"%s TestExploreSeededBugIsFound\"", b.name)
		}
		known := slices.ContainsFunc(searched(), func(p wireProgram) bool { return p.name == b.program }) ||
			slices.ContainsFunc(exploredByThreads(), func(p threadProgram) bool { return p.name == b.program })
		if !known {
			t.Errorf("%s: there is no program %q", b.name, b.program)
		}
	}
}
