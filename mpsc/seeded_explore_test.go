//go:build explore

package mpsc

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// seededBugs are faults that build tags put into the code, and the program that must find each. The line in testdata/seeded_bugs.txt
// makes CI build and run it.
var seededBugs = []struct {
	tag     string
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
}

// TestSeededBugIsFound needs a build with the tag of one of them.
func TestSeededBugIsFound(t *testing.T) {
	found := 0
	for _, b := range seededBugs {
		if !b.on {
			continue
		}
		programs := slices.Concat(inboxPrograms, blockPrograms)
		i := slices.IndexFunc(programs, func(p program) bool { return p.name == b.program })
		r := explore.Run(nil, b.how, programs[i].body)
		if r.Failure == nil {
			t.Fatalf("%s was not found in %d executions of %q", b.tag, r.Executions, b.program)
		}
		t.Logf("%s is found in execution %d: %v", b.tag, r.Executions, r.Failure)
		if !strings.HasPrefix(r.Failure.Message, b.failure) {
			t.Errorf("%s: found as %q, want %q", b.tag, r.Failure.Message, b.failure)
		}
		again := explore.Replay(nil, b.how, r.Failure.Schedule, programs[i].body)
		if again.Failure == nil || again.Failure.Message != r.Failure.Message {
			t.Errorf("%s: replay of %q gives %v", b.tag, r.Failure.Schedule, again.Failure)
		}
		found++
	}
	if found == 0 {
		t.Skip("no bug is seeded: build with the tags explore and one of testdata/seeded_bugs.txt")
	}
}

func TestEverySeededBugIsListedForCI(t *testing.T) {
	text, err := os.ReadFile("testdata/seeded_bugs.txt")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			listed = append(listed, line)
		}
	}
	programs := slices.Concat(inboxPrograms, blockPrograms)
	for _, b := range seededBugs {
		if line := b.tag + " TestSeededBugIsFound"; !slices.Contains(listed, line) {
			t.Errorf("testdata/seeded_bugs.txt has no line %q", line)
		}
		if !slices.ContainsFunc(programs, func(p program) bool { return p.name == b.program }) {
			t.Errorf("%s: there is no program %q", b.tag, b.program)
		}
		source, err := os.ReadFile(b.tag + "_on.go")
		if err != nil || !strings.HasPrefix(string(source), "//go:build "+b.tag+"\n") {
			t.Errorf("%s_on.go: err %v; it must be the file that the tag %[1]s selects", b.tag, err)
		}
	}
}
