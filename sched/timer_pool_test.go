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
				x, life := w.after(time.Second, func(*Worker) { came++ })
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
		if n := w.core.wheel.entries; len(seen) > len(timerSlab{}.timers) || n > sweepMin+len(w.timers) {
			t.Errorf("%s: %d timers were used for %d at a time; %d entries on the wheel", how, len(seen), len(w.timers), n)
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
	const n = 40 * magazineLen
	slabs, freed := 0, make(chan struct{}, 10*n)
	seen := map[*timerHome]bool{}
	rush := func() {
		var timers [n]*Timer
		var lives [n]Life
		for i := range timers {
			x, life := w.StartTimer(time.Hour, 0)
			if h := x.home(); !seen[h] {
				seen[h] = true
				slabs++
				runtime.AddCleanup(h, func(struct{}) { freed <- struct{}{} }, struct{}{})
			}
			timers[i], lives[i] = x, life
		}
		for i := range timers {
			w.StopTimer(timers[i], lives[i])
		}
		for w.look(now); w.core.wheel.more(); w.look(now) {
		}
	}
	rush()
	const need = n/len(timerSlab{}.timers) + 1
	if slabs > need {
		t.Fatalf("%d slabs were made for %d timers", slabs, n)
	}
	rush()
	if !raced && slabs > need+need/4 { // under the race detector a sync.Pool forgets at random
		t.Errorf("%d slabs were made for %d timers at a time", slabs, n)
	}
	clear(seen)
	until(t, "most of the spare timers are freed", func() bool {
		runtime.GC()
		return len(freed) >= slabs/2
	})
	rush()
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
			timers[i], lives[i] = w.after(time.Hour, nil)
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
		return h.piled.Load() < backMax
	})
	until(t, "they are off the wheel", func() bool {
		on := make(chan int)
		s.OnCore(0, func(w *Worker) { on <- h.entries })
		return await(t, "the worker", on) < backMax
	})
}

// A worker does not wake for timers that were stopped.
func TestStoppedTimersDoNotWakeTheWorker(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	for _, look := range []bool{false, true} {
		submit(t, s, once(func(w *Worker) {
			var timers [tidyMax]*Timer
			var lives [tidyMax]Life
			for i := range timers {
				timers[i], lives[i] = w.after(10*time.Millisecond, nil)
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

// A repeating timer that is cancelled from elsewhere is let go, also when its core, looking for work, has just looked at what was cancelled and sleeps next.
func TestARepeatingTimerIsLetGoByACoreThatFallsAsleep(t *testing.T) {
	s := begin(t, Config{Workers: 1, Spin: 1})
	var x *Timer
	var life Life
	var h *wheel
	done := make(chan struct{}, 1)
	submit(t, s, once(func(w *Worker) {
		x, life = w.RepeatTimer(time.Hour, 0)
		h = &w.core.wheel
		done <- struct{}{}
	}))
	await(t, "the timer", done)
	until(t, "the worker parks", s.Quiet)
	s.OnCore(0, func(*Worker) { // called behind the look at the stack
		x.Cancel(life)
		done <- struct{}{}
	})
	await(t, "the cancelling", done)
	until(t, "the timer is taken back", func() bool { return h.back.Load() == nil })
}
