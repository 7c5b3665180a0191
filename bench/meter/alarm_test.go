package meter

import (
	"testing"
	"time"
)

func TestAlarmIsToldOfLongLatenciesOnly(t *testing.T) {
	before := NewRecorder()
	var told []time.Duration
	off := Alarm(time.Millisecond, func(d time.Duration) { told = append(told, d) })
	r := NewRecorder()
	for _, ns := range []int64{0, 999_999, 1_000_000, 5_000_000} {
		r.Record(ns)
		before.Record(ns)
	}
	off()
	r.Record(7_000_000)
	if len(told) != 2 || told[0] != time.Millisecond || told[1] != 5*time.Millisecond {
		t.Errorf("told of %v, want 1ms and 5ms", told)
	}
}
