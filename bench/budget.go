package bench

import "time"

// Fit returns the first of the settings with a duration that lets all of them end
// within left, on a machine that has been slower than thought so far: durations
// shrink alike, but to no less than a third, below which figures say little. A
// duration that is not given stays as the workload has it.
func Fit(settings []Setting, left time.Duration) Setting {
	first := settings[0]
	var shrinkable time.Duration
	for _, s := range settings {
		if d := s.Params.Duration; d > 0 {
			shrinkable += d
		} else {
			p, _ := s.Workload.parameter(Duration)
			left -= time.Duration(p.Default)
		}
	}
	if first.Params.Duration > 0 && shrinkable > left {
		share := max(float64(left)/float64(shrinkable), 1./3)
		first.Params.Duration = time.Duration(share * float64(first.Params.Duration))
	}
	return first
}
