//go:build explore

package mpsc

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// The queue itself, with segments of two slots, in every interleaving of a few threads within the bounds given. The
// short form looks at the first 5,000 of each.
func TestQueueHoldsInAllInterleavings(t *testing.T) {
	executions := 0
	for _, e := range queueExplorations {
		cfg := e.cfg
		cfg.Name = e.name
		if testing.Short() {
			cfg.MaxExecutions = 5_000
		}
		r := explore.Run(t, cfg, e.body)
		if !r.Complete && !testing.Short() {
			t.Errorf("%s: not all interleavings were seen", e.name)
		}
		executions += r.Executions
	}
	t.Logf("%d executions", executions)
	if !testing.Short() && executions < 1_000_000 {
		t.Error("less than a million executions: the scenarios have become too small to show anything")
	}
}
