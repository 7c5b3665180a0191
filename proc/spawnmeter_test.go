package proc

import "testing"

// spawnedSamples spawns n processes from outside and returns how many of them are sampled.
func spawnedSamples(t *testing.T, rt *Runtime, n int) (found int) {
	t.Helper()
	mine := map[PID]bool{}
	for range n {
		mine[handler(t, rt, ignore)] = true
	}
	samples, err := rt.SpawnSamples()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if mine[s.PID] {
			found++
		}
	}
	return found
}

// A rate counts from when it is set: what is left of the distance of a rarer one before must not keep spawns from being seen.
func TestSpawnSamplingFollowsAtOnceOutside(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	for range 20 {
		for _, every := range []int{maxSpawnEvery, 1} {
			if _, err := rt.SetSpawnSampling(every); err != nil {
				t.Fatal(err)
			}
			const n = 10
			if found := spawnedSamples(t, rt, n); every == 1 && found != n {
				t.Fatalf("%d of %d spawns are sampled, want all", found, n)
			}
		}
	}
}

// The first spawns after a rate is set are no likelier to be sampled than other ones.
func TestRareSpawnSamplesDoNotBeginWithOne(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	found := 0
	for range 50 {
		for _, every := range []int{0, maxSpawnEvery} {
			if _, err := rt.SetSpawnSampling(every); err != nil {
				t.Fatal(err)
			}
		}
		found += spawnedSamples(t, rt, 2)
	}
	if found > 0 { // one in ten million runs may have one
		t.Errorf("%d of 100 spawns are sampled at one in %d", found, maxSpawnEvery)
	}
}
