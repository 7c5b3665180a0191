package meter

import (
	"math/bits"
	"sync"
	"time"

	"github.com/loov/hrtime"
)

// Clock tells the nanoseconds since it was made. Where the processor's time
// stamp counter can be trusted a reading costs about 10 ns, a third of Go's
// monotonic clock; elsewhere it is Go's monotonic clock. Any goroutine may read it.
//
// The counter is calibrated here, over more than 20 ms and against the monotonic
// clock: hrtime's own conversion looks at some 100 µs of wall time and is up to
// 0.3 % off.
type Clock struct {
	base time.Time
	tsc  func() int64 // nil: read the monotonic clock
	zero int64        // the counter at base
	mult uint64       // nanoseconds a tick, times 2^32
}

// calibration is the length of each of the two windows whose ratios must agree.
const calibration = 12 * time.Millisecond

// disagreement is the largest relative difference of the two windows at which
// the counter is still trusted. Virtual machines that trap or rescale the
// counter miss it by far.
const disagreement = 0.002

// NewClock calibrates a clock; it takes about 25 ms.
func NewClock() *Clock {
	return newClock(func() int64 { return int64(hrtime.TSC()) })
}

// Shared returns a clock that the whole program uses, calibrated at the first call.
var Shared = sync.OnceValue(NewClock)

func newClock(tsc func() int64) *Clock {
	c := &Clock{base: time.Now()}
	if tsc() == 0 {
		return c
	}
	t0, m0 := readBoth(tsc, c.base)
	time.Sleep(calibration)
	t1, m1 := readBoth(tsc, c.base)
	time.Sleep(calibration)
	t2, m2 := readBoth(tsc, c.base)
	if t1 <= t0 || t2 <= t1 || m1 <= m0 || m2 <= m1 {
		return c
	}
	first := float64(m1-m0) / float64(t1-t0)
	second := float64(m2-m1) / float64(t2-t1)
	if first-second > disagreement*first || second-first > disagreement*first {
		return c
	}
	nsPerTick := float64(m2-m0) / float64(t2-t0)
	c.tsc = tsc
	c.mult = uint64(nsPerTick * (1 << 32))
	c.zero = t0 - int64(float64(m0)/nsPerTick)
	return c
}

// readBoth reads counter and monotonic clock at the same instant, as nearly as
// that can be had: of several tries the one that was interrupted least.
func readBoth(tsc func() int64, base time.Time) (ticks, ns int64) {
	best := int64(-1)
	for range 16 {
		before := tsc()
		mono := int64(time.Since(base))
		after := tsc()
		if gap := after - before; gap >= 0 && (best < 0 || gap < best) {
			best, ticks, ns = gap, before+gap/2, mono
		}
	}
	return ticks, ns
}

// Now returns the nanoseconds since the clock was made.
func (c *Clock) Now() int64 {
	if c.tsc == nil {
		return int64(time.Since(c.base))
	}
	d := c.tsc() - c.zero
	if d < 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(d), c.mult)
	return int64(hi<<32 | lo>>32)
}

// Source says what the clock reads: "tsc" or "monotonic".
func (c *Clock) Source() string {
	if c.tsc == nil {
		return "monotonic"
	}
	return "tsc"
}
