package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

// Noise measures the jitter that the machine itself adds to every latency: for half
// of the duration a goroutine a processor reads the clock without pause and records
// the gaps between readings, for the other half one goroutine sleeps a millisecond at
// a time and records how late it wakes. Processors are as many as GOMAXPROCS. When
// ctx ends early, it returns what was measured until then and the context's error.
//
// A long gap is time that the system, or the host of a virtual machine, has given to
// somebody else. No latency measured here can be trusted below these figures.
//
// Errors: a duration below 10 ms or above 24 h, as a [*ParamError].
func Noise(ctx context.Context, d time.Duration) ([]Measured, error) {
	if d < 10*time.Millisecond || d > 24*time.Hour {
		return nil, &ParamError{"noise", Duration, d.String(), "it takes 10ms to 24h"}
	}
	clock := meter.Shared()
	processors := runtime.GOMAXPROCS(0)
	gaps := make([]*meter.Recorder, processors)
	spans := make([]int64, processors)
	var wg sync.WaitGroup
	for i := range gaps {
		gaps[i] = meter.NewRecorder()
		wg.Go(func() { spans[i] = recordGaps(ctx, clock, d/2, gaps[i]) })
	}
	wg.Wait()
	var all []Measured
	for i, r := range gaps {
		m := noiseRow(fmt.Sprintf("noise gaps processor=%d", i), d, processors, r)
		long, lost := longGaps(r)
		m.Details = []Detail{
			{"gaps_over_10µs", float64(long) / max(float64(spans[i])/1e9, 1e-9), "/s"},
			{"time_lost_to_them", float64(lost) / max(float64(spans[i]), 1) * 100, "%"},
		}
		all = append(all, m)
	}
	if err := ctx.Err(); err != nil {
		return all, err
	}
	late := meter.NewRecorder()
	recordWakeups(ctx, clock, d/2, late)
	return append(all, noiseRow("noise wake-up", d, processors, late)), ctx.Err()
}

func noiseRow(label string, d time.Duration, processors int, r *meter.Recorder) Measured {
	m := Measured{Result: Result{
		Workload: "noise", Label: label, Params: Params{Workers: processors, Duration: d, Rounds: 1}, Figure: P99, Rounds: 1, OK: true,
	}, Latency: r}
	if r.Count() > 0 {
		m.Messages = new(r.Count())
		m.P50, m.P99, m.P999, m.Max = percentile(r, 0.5), percentile(r, 0.99), percentile(r, 0.999), new(r.Max())
	}
	return m
}

// recordGaps returns how long it has measured, in nanoseconds.
func recordGaps(ctx context.Context, clock *meter.Clock, d time.Duration, r *meter.Recorder) int64 {
	// A thread of its own: what moves a goroutine to another is no noise of the machine.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := clock.Now()
	for last := begin; ; {
		for range 4096 {
			now := clock.Now()
			r.Record(now - last)
			last = now
		}
		if last-begin >= int64(d) || ctx.Err() != nil {
			return last - begin
		}
	}
}

func recordWakeups(ctx context.Context, clock *meter.Clock, d time.Duration, r *meter.Recorder) {
	end := clock.Now() + int64(d)
	for clock.Now() < end && ctx.Err() == nil {
		due := clock.Now() + int64(time.Millisecond)
		time.Sleep(time.Millisecond)
		r.Record(clock.Now() - due)
	}
}

// longGaps counts the gaps of more than 10 µs and adds them up, in nanoseconds.
func longGaps(r *meter.Recorder) (n, sum int64) {
	for _, b := range r.Buckets() {
		if b.From >= 10_000 {
			n += b.Count
			sum += b.From * b.Count
		}
	}
	return n, sum
}
