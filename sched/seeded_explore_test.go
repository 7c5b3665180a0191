//go:build explore

package sched

import (
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/bugs"
	"github.com/thrum-go/thrum/internal/explore"
)

// seededBugs are the bugs of bugs_on.go, and the program that must find each. The line in testdata/seeded_bugs.txt makes CI run it.
var seededBugs = []struct {
	name    string
	on      bool
	program string
	how     explore.Config
	failure string // how the report begins
}{
	{"bug_phantom", bugPhantom, "one worker, three tasks", preempted(3), "deadlock:"},
	{"bug_parkorder", bugParkOrder, "one worker", preempted(2), "deadlock:"},
	{"bug_recheck", bugRecheck, "one worker", preempted(2), "deadlock:"},
	{"bug_found", bugFound, "two workers, two endless tasks", preempted(2), "deadlock:"},
	{"bug_herd", bugHerd, "two workers, two endless tasks", preempted(2), "over-waking:"},
	{"bug_pop", bugPop, "an owner that fills the ring", preempted(2), "lost:"},
	{"bug_thief", bugThief, "two thieves and an owner that pops and pushes", preempted(2), "order:"},
	{"bug_barrier", bugBarrier, "resume against one take", all(), "owners:"},
	{"bug_claim", bugClaim, "resume against one take", all(), "owners:"},
	{"bug_settle", bugSettle, "give against one take", all(), "owners:"},
	{"bug_relook", bugRelook, "a taker that tries twice", preempted(5), "order:"},
	{"bug_parted", bugParted, "a handler without operations", all(), "two parties inside the task"},
	{"bug_life", bugLife, "a timer that is used again, and who remembers", preempted(2), "life"},
	{"bug_taken", bugTaken, "a timer that is used again, and who remembers", preempted(3), "life"},
}

func allPrograms() []program {
	return slices.Concat(idlePrograms, ringPrograms, leasePrograms, timerPrograms)
}

// TestSeededBugIsFound is for runs with one of them: THRUM_BUG=sched.bug_... says which.
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
		t.Skipf("%s=%q is none of these: set it to sched. and one of testdata/seeded_bugs.txt", bugs.Variable, bugs.Chosen())
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
	tests, err := bugs.ReadList("testdata/seeded_bugs.txt", "sched")
	if err != nil {
		t.Error(err)
	}
	for _, b := range seededBugs {
		if tests[b.name] != "TestSeededBugIsFound" {
			t.Errorf("testdata/seeded_bugs.txt has no line \"%s TestSeededBugIsFound\"", b.name)
		}
		if !slices.ContainsFunc(allPrograms(), func(p program) bool { return p.name == b.program }) {
			t.Errorf("%s: there is no program %q", b.name, b.program)
		}
	}
}

// What stands around idle and lease, and is modelled here, is as necessary as they are themselves.
func TestMistakesAroundParkingAreFound(t *testing.T) {
	mustFail(t, "a worker that takes every signal for a wake-up, and retires", preempted(2),
		crewOf(crewConfig{workers: 2, asleep: 2, tasks: 1, retires: true, variant: trustSignal}), "worker 1 sleeps: false, its bit is set: true")
	mustFail(t, "a worker that does not look at its operations after it has parked", preempted(2),
		crewOf(crewConfig{workers: 1, operations: 1, variant: skipOps}), "deadlock:")
	mustFail(t, "an operation that does not signal a retired worker", preempted(2),
		crewOf(crewConfig{workers: 1, asleep: 1, operations: 1, retires: true, variant: leaveOut}), "deadlock:")
}

func TestMistakesAroundLeasesAreFound(t *testing.T) {
	mustFail(t, "a taker that hands over the core at which it has found the worker", preempted(3), movedOn(true, 1), "owners:")
	mustFail(t, "a second taker", preempted(3), taken(1, 2, 1), "owners:")
}
