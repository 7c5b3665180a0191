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
