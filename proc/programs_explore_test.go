//go:build explore

package proc

import (
	"fmt"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// threadProgram is what is explored by threads, and the two ways in which it is.
type threadProgram struct {
	name          string
	body          func(*explore.Exec)
	first, second explore.Config
}

// all explores every interleaving, and reduced one of each class of equivalent ones.
func allOrders() explore.Config { return explore.Config{Name: "all"} }
func reduced() explore.Config   { return explore.Config{Name: "reduced", Reduce: true} }

// preempted explores every interleaving with at most n preemptions.
func preempted(n int) explore.Config {
	return explore.Config{Name: fmt.Sprintf("%d preemptions", n), Preemptions: n}
}

// randomly explores some of the interleavings of a program that has too many.
func randomly(seed uint64) explore.Config {
	return explore.Config{Name: "random", Random: true, Seed: seed, MaxExecutions: 5_000}
}

// exploreAll explores programs, to the end unless the way is random.
func exploreAll(t *testing.T, programs []threadProgram) {
	executions := 0
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			for _, cfg := range []explore.Config{p.first, p.second} {
				cut := cfg.Random
				if limit := executionLimit(); limit > 0 && (!cut || limit < cfg.MaxExecutions) {
					cfg.MaxExecutions, cut = limit, true
				}
				r := explore.Run(t, cfg, p.body)
				if r.Failure == nil && !r.Complete && !cut {
					t.Errorf("%s: not complete", cfg.Name)
				}
				executions += r.Executions
			}
		})
	}
	t.Logf("%d executions", executions)
}

// executionLimit cuts each exploration short where an execution takes long. 0: no limit.
func executionLimit() int {
	switch {
	case raced:
		return 300
	case testing.Short():
		return 1000
	}
	return 0
}
