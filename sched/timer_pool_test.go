package sched

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// However a life ends, its timer is used again on its core, and is then in one place only.
func TestTimersAreUsedAgain(t *testing.T) {
	type world struct {
		*Worker
		now    int64
		timers [5]*Timer
		lives  [5]Life
	}
	look := func(w *world, d time.Duration) {
		w.now += int64(d)
		w.look(w.now)
	}
	stop := func(w *world) {
		for i, x := range w.timers {
			w.StopTimer(x, w.lives[i])
		}
	}
	cancel := func(w *world) {
		for i, x := range w.timers {
			x.Cancel(w.lives[i])
		}
	}
	ends := map[string]func(w *world){
		"expired":                   func(w *world) { look(w, 0); look(w, 2*time.Second) },
		"stopped young":             stop,
		"stopped":                   func(w *world) { look(w, 0); stop(w) },
		"stopped, met by the wheel": func(w *world) { look(w, 0); stop(w); look(w, 2*time.Second) },
		"stopped, met on the way":   func(w *world) { look(w, 0); stop(w); look(w, 990*time.Millisecond) },
		"cancelled young":           func(w *world) { cancel(w); look(w, 0) },
		"cancelled":                 func(w *world) { look(w, 0); cancel(w); look(w, 0) },
		"cancelled, met by the wheel": func(w *world) {
			look(w, 0)
			cancel(w)
			look(w, 2*time.Second)
		},
	}
	for how, finish := range ends {
		w := &world{}
		w.Worker = handMade(func() int64 { return w.now })
		seen := map[*Timer]bool{}
		came := 0
		const rounds = 3 * magazineLen
		for range rounds {
			for i := range w.timers {
				x, life := startSpare(w.Worker, time.Second, func(*Worker) { came++ })
				if slices.Contains(w.timers[:i], x) {
					t.Fatalf("%s: a timer that runs was given out", how)
				}
				seen[x] = true
				w.timers[i], w.lives[i] = x, life
			}
			finish(w)
			for i, x := range w.timers {
				if x.Data != nil || x.Remaining(w.lives[i]) != 0 {
					t.Fatalf("%s: the timer has data %v and %v to run", how, x.Data, x.Remaining(w.lives[i]))
				}
			}
		}
		w.settleTimers()
		if h := &w.core.wheel; len(seen) != len(w.timers) || h.count != 0 || h.lazy != 0 {
			t.Errorf("%s: %d timers were made for %d at a time; %d on the wheel, %d of them spare", how, len(seen), len(w.timers), h.count, h.lazy)
		}
		want := 0
		if how == "expired" {
			want = rounds * len(w.timers)
		}
		if came != want {
			t.Errorf("%s: %d came, want %d", how, came, want)
		}
	}
}

// More spare timers than two magazines hold are given to the garbage collector, if nobody wants them for some time, and else are
// used again.
func TestSpareTimersOfARushAreUsedAgainOrFreed(t *testing.T) {
	now := int64(0)
	w := handMade(func() int64 { return now })
	const n = 20 * magazineLen
	made, freed := 0, make(chan struct{}, 10*n)
	rush := func() {
		var timers [n]*Timer
		var lives [n]Life
		for i := range timers {
			x, life := w.StartSpare(time.Hour, 0)
			if x == nil {
				r := &reused{}
				runtime.AddCleanup(r, func(struct{}) { freed <- struct{}{} }, struct{}{})
				w.KeepTimer(r.Init(r, true))
				x, life = w.StartSpare(time.Hour, 0)
				made++
			}
			timers[i], lives[i] = x, life
		}
		for i := range timers {
			w.StopTimer(timers[i], lives[i])
		}
	}
	rush()
	if made != n {
		t.Fatalf("%d timers were made for %d", made, n)
	}
	rush()
	if !raced && made > n+n/4 { // under the race detector a sync.Pool forgets at random
		t.Errorf("%d timers were made for %d at a time", made, n)
	}
	until(t, "most of the spare timers are freed", func() bool { runtime.GC(); return len(freed) >= made-2*magazineLen })
	rush()
	if w.core.wheel.tidy(); w.core.wheel.count != 0 {
		t.Errorf("%d timers are on the wheel", w.core.wheel.count)
	}
}

// Timers that others cancel come back to their core, so that one of an hour does not keep its memory for an hour; also when the
// core sleeps, if they are many.
func TestCancelledTimersComeBackToACoreThatSleeps(t *testing.T) {
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	const n = 3 * backMax
	var timers [n]*Timer
	var lives [n]Life
	submit(t, s, once(func(w *Worker) {
		for i := range timers {
			timers[i], lives[i] = startSpare(w, time.Hour, nil)
		}
	}))
	until(t, "the worker sleeps", s.Quiet)
	h := &(*s.cores.Load())[0].wheel
	for i, x := range timers {
		if _, ok := x.Cancel(lives[i]); !ok {
			t.Fatal("Cancel was too late")
		}
	}
	until(t, "the cancelled timers are taken back", func() bool {
		x := h.back.Load()
		return x == nil || x.depth.Load() < backMax
	})
	until(t, "they are off the wheel", func() bool {
		on := make(chan int)
		s.OnCore(0, func(w *Worker) { on <- h.count })
		return await(t, "the worker", on) < backMax
	})
}

// A worker does not wake for timers that were stopped.
func TestStoppedTimersDoNotWakeTheWorker(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	for _, look := range []bool{false, true} {
		submit(t, s, once(func(w *Worker) {
			var timers [600]*Timer
			var lives [600]Life
			for i := range timers {
				timers[i], lives[i] = startSpare(w, 10*time.Millisecond, nil)
			}
			if look {
				w.Look()
			}
			for i := range timers {
				w.StopTimer(timers[i], lives[i])
			}
		}))
		until(t, "the worker sleeps", s.Quiet)
		next := make(chan int64)
		s.OnCore(0, func(w *Worker) { next <- w.core.wheel.next })
		if at := await(t, "the worker", next); at != maxNext {
			t.Errorf("the worker that sleeps with no timer wants to wake at %d", at)
		}
	}
}
