//go:build explore

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/bugs"
	"github.com/thrum-go/thrum/internal/explore"
)

// expected is a test on which the failure of a replay does not count as one.
type expected struct{ *testing.T }

func (e expected) Errorf(format string, args ...any) { e.Logf(format, args...) }

// With a bug in the queue an exploration that holds without it must fail, and the schedule it prints must lead to the same failure again.
func TestQueueSeededBugIsFound(t *testing.T) {
	if !bugQueueABA && !bugQueueInstall && !bugQueueOrder && !bugQueueRevoke && !bugQueueRound && !bugQueueStamp {
		t.Skipf("%s=%q is no bug of the queue: set it to mpsc. and one of testdata/seeded_bugs.txt that begins with bug_queue_", bugs.Variable, bugs.Chosen())
	}
	for _, e := range queueExplorations {
		cfg := e.cfg
		cfg.Name = e.name
		r := explore.Run(nil, cfg, e.body)
		if r.Failure == nil {
			continue
		}
		t.Logf("%s: found at execution %d: %v", e.name, r.Executions, r.Failure)
		again := explore.Replay(expected{t}, cfg, r.Failure.Schedule, e.body)
		if again.Failure == nil || again.Failure.Message != r.Failure.Message {
			t.Errorf("%s: the replay of %q gives %v", e.name, r.Failure.Schedule, again.Failure)
		}
		return
	}
	t.Error("the bug was not found")
}
