package meter

import (
	"testing"
	"time"
)

// TestClockAgreesWithTheMonotonicClock brackets the calibrated clock between two
// readings of Go's own over some tens of milliseconds.
func TestClockAgreesWithTheMonotonicClock(t *testing.T) {
	c := NewClock()
	outer0 := time.Now()
	a := c.Now()
	inner0 := time.Now()
	time.Sleep(40 * time.Millisecond)
	inner := time.Since(inner0)
	b := c.Now()
	outer := time.Since(outer0)
	got := time.Duration(b - a)
	slack := outer / 50
	if got < inner-slack || got > outer+slack {
		t.Fatalf("%s clock counted %v where the monotonic clock saw %v to %v", c.Source(), got, inner, outer)
	}
}

func TestClockNeverRunsBackwardsInOneGoroutine(t *testing.T) {
	c := Shared()
	last := c.Now()
	for i := range 200_000 {
		now := c.Now()
		if now < last {
			t.Fatalf("reading %d is %d ns, the one before was %d ns", i, now, last)
		}
		last = now
	}
}

func TestClockFallsBackWithoutCounter(t *testing.T) {
	for name, counter := range map[string]func() func() int64{
		"absent":  func() func() int64 { return func() int64 { return 0 } },
		"stopped": func() func() int64 { return func() int64 { return 42 } },
		"erratic": erratic,
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock(counter())
			if c.Source() != "monotonic" {
				t.Fatalf("a counter that is %s was trusted", name)
			}
			a := c.Now()
			time.Sleep(time.Millisecond)
			if d := c.Now() - a; d < int64(time.Millisecond) {
				t.Fatalf("1 ms of sleep counted as %d ns", d)
			}
		})
	}
}

// erratic counts faster and faster.
func erratic() func() int64 {
	base := time.Now()
	return func() int64 {
		d := int64(time.Since(base))
		return d + d*d/int64(calibration) + 1
	}
}

func BenchmarkClock(b *testing.B) {
	c := Shared()
	b.Run("source="+c.Source(), func(b *testing.B) {
		for b.Loop() {
			c.Now()
		}
	})
}
