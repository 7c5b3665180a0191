//go:build explore && (bug_queue_aba || bug_queue_install || bug_queue_order || bug_queue_revoke || bug_queue_round || bug_queue_stamp)

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// expected is a test on which the failure of a replay does not count as one.
type expected struct{ *testing.T }

func (e expected) Errorf(format string, args ...any) { e.Logf(format, args...) }

// With a bug in the queue (one of the tags above, each explained where its constant is used) an exploration that holds
// without it must fail, and the schedule it prints must lead to the same failure again.
func TestQueueSeededBugIsFound(t *testing.T) {
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
