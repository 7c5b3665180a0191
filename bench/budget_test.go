package bench

import (
	"testing"
	"time"
)

func TestSettingsShrinkWhenTimeRunsShort(t *testing.T) {
	fixed := Setting{Workload: idleWorkload} // takes its default, 3 s
	two := Setting{Workload: pingWorkload, Params: Params{Duration: 2 * time.Second}}
	for _, c := range []struct {
		settings []Setting
		left     time.Duration
		want     time.Duration
	}{
		{[]Setting{two, two}, 10 * time.Second, 2 * time.Second},
		{[]Setting{two, two}, 4 * time.Second, 2 * time.Second},
		{[]Setting{two, two}, 2 * time.Second, time.Second},
		{[]Setting{two, two}, time.Second, 2 * time.Second / 3},
		{[]Setting{two, two}, -time.Second, 2 * time.Second / 3},
		{[]Setting{two, fixed}, 10 * time.Second, 2 * time.Second},
		{[]Setting{two, fixed}, 4 * time.Second, time.Second},
		{[]Setting{fixed, two}, time.Second, 0},
	} {
		got := Fit(c.settings, c.left).Params.Duration
		if diff := got - c.want; diff < -time.Millisecond || diff > time.Millisecond {
			t.Errorf("with %v left, the first of %d settings gets %v, want %v", c.left, len(c.settings), got, c.want)
		}
	}
}

func TestStandardSetFitsItsTime(t *testing.T) {
	all := Standard()
	for i := range all {
		if got, want := Fit(all[i:], StandardTime), all[i]; got != want {
			t.Errorf("setting %d is cut to %v before anything has run", i, got.Params.Duration)
		}
	}
}
