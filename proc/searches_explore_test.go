//go:build explore

package proc

import (
	"testing"
)

// searchAll searches programs to the end.
func searchAll(t *testing.T, programs []wireProgram) {
	all, states := 0.0, 0
	for i := range programs {
		t.Run(programs[i].name, func(t *testing.T) {
			s := newSearch(&programs[i])
			if f := s.run(); f != nil {
				t.Errorf("execution %d failed: %v", s.runs, f)
				return
			}
			t.Logf("all %.4g executions hold (%d states, %d carried out)", s.all, s.states, s.runs)
			all += s.all
			states += s.states
		})
	}
	t.Logf("%.4g executions, %d states", all, states)
}

// TestExploreStatesStandForExecutions: what is left out because a state has been seen would have been no different. Where there are few
// executions all are carried out, and there must be as many as were counted.
func TestExploreStatesStandForExecutions(t *testing.T) {
	most := 10_000.0
	if raced || testing.Short() {
		most = 200
	}
	n, checked := 0, 0
	programs := searched()
	for i := range programs {
		s := newSearch(&programs[i])
		s.limit = 500 // what has more states is too large anyway
		if f := s.run(); f != nil || s.runs == s.limit || s.all > most {
			continue
		}
		whole := newSearch(&programs[i])
		whole.whole = true
		if f := whole.run(); f != nil {
			t.Errorf("%s: only a search of all executions finds %v", programs[i].name, f)
		} else if float64(whole.runs) != s.all || whole.all != s.all {
			t.Errorf("%s: %d executions were carried out, and %.0f were counted", programs[i].name, whole.runs, s.all)
		}
		n += whole.runs
		checked++
	}
	t.Logf("%d executions of %d programs", n, checked)
	if checked < len(programs)/2 {
		t.Errorf("only %d of %d programs are small enough", checked, len(programs))
	}
}
