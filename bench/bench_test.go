package bench

import (
	"fmt"
	"testing"
)

// run is one benchmark: a single call of b.N messages, in which the workload
// times itself. ns/op therefore holds start and end of a runtime as well, ns/msg
// does not.
func run(b *testing.B, w *Workload, impl Impl, p Params) {
	b.ReportAllocs()
	if w.size == nil && !w.timed {
		p.Messages = int64(b.N)
	}
	// Rounds that are too short to reach every process would say nothing of it.
	if w.warm != nil {
		resolved, err := w.Resolve(p)
		if err != nil {
			b.Fatal(err)
		}
		p.Messages = max(p.Messages, int64(resolved.Procs))
	}
	b.ResetTimer()
	s, err := w.Once(b.Context(), impl, p)
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if s.Messages > 0 && s.Elapsed > 0 {
		b.ReportMetric(float64(s.Elapsed)/float64(s.Messages), "ns/msg")
		b.ReportMetric(float64(s.Mallocs)/float64(s.Messages), "allocs/msg")
	}
	if s.Latency != nil {
		for _, q := range []struct {
			p    float64
			unit string
		}{{0.5, "p50-ns"}, {0.99, "p99-ns"}, {0.999, "p99.9-ns"}} {
			if v, ok := s.Latency.Percentile(q.p); ok {
				b.ReportMetric(float64(v), q.unit)
			}
		}
		b.ReportMetric(float64(s.Latency.Max()), "max-ns")
	}
	if s.BytesPerProc > 0 {
		b.ReportMetric(s.BytesPerProc, "B/proc")
	}
}

// both runs a benchmark in Thrum and, where there is one, as its twin.
func both(b *testing.B, w *Workload, name string, p Params) {
	for _, impl := range []Impl{Thrum, Channel} {
		if impl == Channel && w.twin == nil {
			continue
		}
		b.Run(name+"impl="+string(impl), func(b *testing.B) { run(b, w, impl, p) })
	}
}

// styles is both for each of a workload's styles.
func styles(b *testing.B, w *Workload) {
	style, _ := w.parameter(Style)
	for _, s := range style.Choices {
		if s != allStyles {
			both(b, w, "style="+s+"/", Params{Style: s})
		}
	}
}

func BenchmarkPing(b *testing.B) { both(b, pingWorkload, "", Params{}) }

func BenchmarkRing(b *testing.B) {
	for _, n := range []int{2, 503, 10_000, 100_000} {
		both(b, ringWorkload, fmt.Sprintf("procs=%d/", n), Params{Procs: n})
	}
}

func BenchmarkFlood(b *testing.B) { both(b, floodWorkload, "", Params{}) }

func BenchmarkFanin(b *testing.B) {
	for _, n := range []int{11, 101, 1001} {
		both(b, faninWorkload, fmt.Sprintf("procs=%d/", n), Params{Procs: n})
	}
}

func BenchmarkBig(b *testing.B) {
	for _, n := range []int{64, 512} {
		both(b, bigWorkload, fmt.Sprintf("procs=%d/", n), Params{Procs: n})
	}
}

func BenchmarkUbench(b *testing.B) {
	for _, n := range []int{1, 5, 100} {
		both(b, ubenchWorkload, fmt.Sprintf("inflight=%d/", n), Params{Inflight: n})
	}
}

func BenchmarkSpawnRemote(b *testing.B) { styles(b, spawnRemoteWorkload) }

func BenchmarkSteal(b *testing.B) { both(b, stealWorkload, "", Params{}) }

func BenchmarkOverload(b *testing.B) { styles(b, overloadWorkload) }

func BenchmarkHack(b *testing.B) { both(b, hackWorkload, "", Params{}) }

func BenchmarkChain(b *testing.B) { both(b, chainWorkload, "", Params{}) }

func BenchmarkChainSpawn(b *testing.B) { both(b, chainSpawnWorkload, "", Params{}) }

func BenchmarkSpawn(b *testing.B) { both(b, spawnWorkload, "", Params{}) }

func BenchmarkCall(b *testing.B) { styles(b, callWorkload) }

func BenchmarkReceive(b *testing.B) { both(b, receiveWorkload, "", Params{}) }

func BenchmarkLinks(b *testing.B) { styles(b, linksWorkload) }

func BenchmarkNames(b *testing.B) { styles(b, namesWorkload) }

func BenchmarkChurn(b *testing.B) { both(b, churnWorkload, "", Params{}) }

func BenchmarkPairs(b *testing.B) {
	for _, workers := range []int{2, 4} {
		both(b, pairsWorkload, fmt.Sprintf("workers=%d/", workers), Params{Workers: workers})
	}
}

// The size of the next ones does not depend on b.N: ask for one run of each with
// -benchtime 1x.

func BenchmarkSkynet(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		both(b, skynetWorkload, fmt.Sprintf("procs=%d/", n), Params{Procs: n})
	}
}

func BenchmarkTimers(b *testing.B) { both(b, timersWorkload, "timers=200000/", Params{Size: 200_000}) }

func BenchmarkIdle(b *testing.B) { both(b, idleWorkload, "procs=100000/", Params{Procs: 100_000}) }

func BenchmarkFair(b *testing.B) { both(b, fairWorkload, "procs=1000/", Params{Duration: 2e9}) }

func BenchmarkBlocking(b *testing.B) { both(b, blockingWorkload, "", Params{Duration: 2e8}) }

func BenchmarkHost(b *testing.B) { both(b, hostWorkload, "", Params{Duration: 2e9}) }
