//go:build explore

package mpsc

import (
	"fmt"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// program is what is explored, and the two ways in which it is.
type program struct {
	name          string
	body          func(*explore.Exec)
	first, second explore.Config
}

// all explores every interleaving, and reduced one of each class of equivalent ones.
func all() explore.Config     { return explore.Config{Name: "all"} }
func reduced() explore.Config { return explore.Config{Name: "reduced", Reduce: true} }

// preempted explores every interleaving with at most n preemptions.
func preempted(n int) explore.Config {
	return explore.Config{Name: fmt.Sprintf("%d preemptions", n), Preemptions: n}
}

// random explores some of the interleavings of a program that has too many.
func random(seed uint64) explore.Config {
	return explore.Config{Name: "random", Random: true, Seed: seed, MaxExecutions: 20_000}
}

// sampled is random with fewer executions, for programs of which others are neighbours.
func sampled(seed uint64) explore.Config {
	return explore.Config{Name: "random", Random: true, Seed: seed, MaxExecutions: 8000}
}

// exploreAll explores programs, to the end unless the way is random: so many executions at least.
func exploreAll(t *testing.T, programs []program, atLeast int) {
	executions, explored := 0, 0
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			explored++
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
	if explored == len(programs) && executionLimit() == 0 && executions < atLeast {
		t.Errorf("less than %d executions: the programs have become too small to show much", atLeast)
	}
}

// executionLimit cuts each exploration short where an execution takes long. 0: no limit.
func executionLimit() int {
	switch {
	case raceDetector:
		return 300
	case testing.Short():
		return 1000
	}
	return 0
}
