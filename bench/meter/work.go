package meter

import "sync"

// spinIterations is the number of Spin's rounds that take a microsecond.
var spinIterations = sync.OnceValue(func() uint64 {
	const rounds = 200_000
	clock := Shared()
	best := int64(0)
	for range 8 {
		start := clock.Now()
		Sink(Spin(rounds))
		if d := clock.Now() - start; best == 0 || d < best {
			best = d
		}
	}
	return max(1, rounds*1000/uint64(max(best, 1)))
})

// SpinRounds returns how many rounds of Spin take ns nanoseconds on a processor
// that does nothing else. Work is counted in rounds rather than timed, so that a
// thread taken off its processor meanwhile does not look as if it had worked.
func SpinRounds(ns int64) uint64 {
	return max(1, spinIterations()*uint64(ns)/1000)
}

// Spin computes for a number of rounds without touching memory or the scheduler.
//
//go:noinline
func Spin(rounds uint64) uint64 {
	x := rounds | 1
	for range rounds {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// Sink swallows a result, so that its computation is not optimised away.
//
//go:noinline
func Sink(uint64) {}
