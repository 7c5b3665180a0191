package explore_test

import (
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// One operation is one execution.
func benchmark(b *testing.B, cfg explore.Config, body func(*explore.Exec)) {
	b.ReportAllocs()
	executions, stepCount := 0, 0
	for executions < b.N {
		cfg.MaxExecutions = b.N - executions
		r := explore.Run(b, cfg, body)
		executions += r.Executions
		stepCount += r.Steps
	}
	b.ReportMetric(float64(executions)/b.Elapsed().Seconds(), "executions/s")
	b.ReportMetric(float64(stepCount)/float64(executions), "steps/execution")
}

func BenchmarkThreeThreadsOfThreeSteps(b *testing.B) {
	benchmark(b, explore.Config{}, steps(3, 3, 3))
}

func BenchmarkParkingWithTwoProducers(b *testing.B) {
	benchmark(b, explore.Config{}, parking(2, false))
}

func BenchmarkParkingBounded(b *testing.B) {
	benchmark(b, explore.Config{Preemptions: 3}, parking(3, false))
}

func BenchmarkParkingReduced(b *testing.B) {
	benchmark(b, explore.Config{Reduce: true}, parking(3, false))
}

func BenchmarkParkingRandom(b *testing.B) {
	benchmark(b, explore.Config{Random: true}, parking(3, false))
}
