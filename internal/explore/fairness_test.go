package explore_test

import (
	"fmt"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// spinlock has each thread enter a critical section; with the bug, testing and setting the lock are two steps.
func spinlock(threads int, bug bool) func(*explore.Exec) {
	return func(x *explore.Exec) {
		lock, inside, done := new(word), new(word), new(word)
		for i := range threads {
			x.Go(fmt.Sprint("t", i), func() {
				for {
					if bug && lock.load() == 0 {
						lock.store(1)
						break
					}
					if !bug && lock.cas(0, 1) {
						break
					}
					explore.Yield()
				}
				if inside.add(1) != 1 {
					x.Failf("two threads are in the critical section")
				}
				inside.add(^uint64(0))
				done.v.Add(1)
				lock.store(0)
			})
		}
		x.After(func() {
			if n := done.load(); n != uint64(threads) {
				x.Failf("%d threads of %d have got the lock", n, threads)
			}
		})
	}
}

func TestSpinningWithYieldIsFinite(t *testing.T) {
	for _, cfg := range []explore.Config{{Preemptions: 2}, {Random: true, MaxExecutions: rounds(t, 4000)}, {MaxExecutions: rounds(t, 40_000)}} {
		cfg.MaxSteps = 300
		explore.Run(t, cfg, spinlock(2, false))
		explore.Run(t, cfg, spinlock(3, false))
		mustFail(t, cfg, spinlock(2, true))
		mustFail(t, cfg, spinlock(3, true))
	}
	if r := explore.Run(t, explore.Config{MaxSteps: 300}, spinlock(2, false)); !r.Complete {
		t.Error("two threads cannot be explored completely")
	}
}

// Two threads that spin must not keep each other going while the third, which they wait for, never runs.
func TestSpinnersLetTheOneTheyWaitForRun(t *testing.T) {
	r := explore.Run(t, explore.Config{MaxSteps: 50}, func(x *explore.Exec) {
		flag := new(word)
		for range 2 {
			x.Go("spinner", func() {
				for flag.load() == 0 {
					explore.Yield()
				}
			})
		}
		x.Go("setter", func() {
			flag.store(1)
		})
	})
	if !r.Complete {
		t.Error("not complete")
	}
}

// Yield takes away executions without end, and nothing else: how often the spinner may look before it succeeds
// differs, what it finds does not.
func TestYieldLosesNoOutcome(t *testing.T) {
	outcomes := func(wait func(w *word, v uint64)) map[string]bool {
		found := map[string]bool{}
		r := explore.Run(t, explore.Config{MaxSteps: 100}, func(x *explore.Exec) {
			a, b := new(word), new(word)
			var seen uint64
			x.Go("waiter", func() {
				wait(a, 1)
				b.add(10)
				seen = b.load()
			})
			x.Go("first", func() {
				b.add(1)
				a.store(1)
				b.add(2)
			})
			x.Go("second", func() { b.add(4) })
			x.After(func() { found[fmt.Sprint(seen)] = true })
		})
		if !r.Complete {
			t.Error("not complete")
		}
		return found
	}
	blocking := outcomes(func(w *word, v uint64) {
		explore.Wait(func() bool { return w.v.Load() == v })
	})
	spinning := outcomes(func(w *word, v uint64) {
		for w.load() != v {
			explore.Yield()
		}
	})
	if fmt.Sprint(blocking) != fmt.Sprint(spinning) || len(blocking) != 4 {
		t.Errorf("blocking: %v, spinning: %v, want 4 outcomes: 11, 13, 15, 17", blocking, spinning)
	}
}
