package sched

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"
)

// Timers that are used again at once, by processes on two cores, while others cancel by what they remember: each life ends once, by
// expiry, by StopTimer or by one Cancel, and whoever remembers an old life never touches a later one.
func TestEachLifeOfATimerEndsOnce(t *testing.T) {
	n := scale(30_000)
	type handle struct {
		x    *Timer
		life Life
		i    int
	}
	ends := make(enders, n)
	s := begin(t, Config{Workers: 2, Timers: ends})
	var remembered [64]atomic.Pointer[handle]
	var stop atomic.Bool
	var others sync.WaitGroup
	for k := range 2 {
		others.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(k), 3))
			for !stop.Load() {
				h := remembered[rnd.IntN(len(remembered))].Load()
				if h == nil {
					runtime.Gosched()
					continue
				}
				if tag, ok := h.x.Cancel(h.life); ok {
					ends[h.i].Add(1)
					if tag != uint64(h.i) {
						t.Errorf("life %d was cancelled with the tag %d", h.i, tag)
					}
				}
				if tag, runs := h.x.Tag(h.life); runs && tag != uint64(h.i) {
					t.Errorf("life %d has the tag %d", h.i, tag)
				}
				if r := h.x.Remaining(h.life); r < 0 || r > 4*Tick {
					t.Errorf("%v remain", r)
				}
			}
		})
	}
	var next atomic.Int64
	done := make(chan struct{}, 2)
	for k := range 2 {
		rnd := rand.New(rand.NewPCG(uint64(k), 4))
		submit(t, s, &job{run: func(w *Worker) Next {
			for range 20 {
				i := int(next.Add(1)) - 1
				if i >= n {
					done <- struct{}{}
					return Done
				}
				x, life := w.StartTimer(time.Duration(rnd.Int64N(int64(3*Tick))), uint64(i))
				remembered[rnd.IntN(len(remembered))].Store(&handle{x, life, i})
				if h := remembered[rnd.IntN(len(remembered))].Load(); h != nil && rnd.IntN(2) == 0 {
					if _, ok := w.StopTimer(h.x, h.life); ok { // often another core's
						ends[h.i].Add(1)
					}
				}
			}
			return Yield
		}})
	}
	await(t, "a task", done)
	await(t, "a task", done)
	until(t, "every life has ended", func() bool {
		for i := range ends {
			if ends[i].Load() == 0 {
				return false
			}
		}
		return true
	})
	stop.Store(true)
	others.Wait()
	end(t, s)
	for i := range ends {
		if k := ends[i].Load(); k != 1 {
			t.Errorf("life %d has ended %d times", i, k)
		}
	}
}

// enders counts by tag how often a life has ended.
type enders []atomic.Int32

func (e enders) Expire(_ *Worker, _ *Timer, tag uint64, _ Life) { e[tag].Add(1) }

// A timer that has ended its life in whatever way keeps nothing of what it carried alive, though it is spare: also when it was
// cancelled elsewhere and its core sleeps, and when it repeats.
func TestEndedTimerKeepsNothingAlive(t *testing.T) {
	s := begin(t, Config{Workers: 1})
	type cargo struct{ _ [64]int }
	start := func(d time.Duration, again bool) (x *Timer, life Life, w weak.Pointer[cargo]) {
		done := make(chan struct{})
		submit(t, s, once(func(wk *Worker) {
			if again {
				x, life = wk.RepeatTimer(d, 0)
			} else {
				x, life = wk.StartTimer(d, 0)
			}
			data := &cargo{}
			x.Data, w = data, weak.Make(data)
			close(done)
		}))
		await(t, "a start", done)
		return x, life, w
	}
	for _, again := range []bool{false, true} {
		x, life, w := start(time.Hour, again)
		until(t, "the worker sleeps", s.Quiet)
		if _, ok := x.Cancel(life); !ok {
			t.Error("Cancel was too late")
		}
		until(t, "what a cancelled timer carried is gone", func() bool { runtime.GC(); return w.Value() == nil })
		runtime.KeepAlive(x)

		x, life, w = start(time.Hour, again)
		stopped := make(chan bool)
		submit(t, s, once(func(wk *Worker) {
			_, ok := wk.StopTimer(x, life)
			stopped <- ok
		}))
		if !await(t, "a stop", stopped) {
			t.Error("StopTimer was too late")
		}
		until(t, "what a stopped timer carried is gone", func() bool { runtime.GC(); return w.Value() == nil })
		runtime.KeepAlive(x)

		x, _, w = start(Tick, again)
		until(t, "what an expired timer carried is gone", func() bool { runtime.GC(); return w.Value() == nil })
		runtime.KeepAlive(x)
	}
}

// A repeating timer is due at multiples of its period after its start; it does not drift however late the worker looks, leaves out
// what it has missed, and goes on after a stop of the world.
func TestRepeatingTimerDoesNotDrift(t *testing.T) {
	for _, every := range []time.Duration{Tick, time.Millisecond, 10*time.Millisecond + 1, time.Second/3 + 7} {
		now := int64(12345)
		var came, missed []int64
		w := handMade(func() int64 { return now })
		w.core.sched.cfg.Timers = expireFunc(func(w *Worker, tag uint64) {
			came = append(came, now)
			w.Again(every)
		})
		r, life := w.RepeatTimer(every, 7)
		began := now
		w.look(now)
		rnd := rand.New(rand.NewPCG(1, uint64(every)))
		for range 10_000 {
			step := rnd.Int64N(int64(every) / 3)
			if rnd.IntN(500) == 0 {
				step = rnd.Int64N(int64(20 * every)) // the worker has not looked for long
			}
			before := now
			now += step
			n := len(came)
			w.look(now)
			// The multiples of every that have gone by since the last look: one expiry for all of them, as soon as the tick is over.
			last := (now - began) / int64(every)
			tickOver := (began+last*int64(every)+1<<tickShift-1)>>tickShift <= now>>tickShift
			if len(came)-n > 1 {
				t.Fatalf("%v: %d expiries at one look", every, len(came)-n)
			}
			if last > (before-began)/int64(every) && tickOver && len(came) == n {
				missed = append(missed, last)
			}
		}
		if len(missed) > 0 {
			t.Errorf("%v: no expiry for the multiples %d", every, missed)
		}
		for i, at := range came {
			k := (at - began) / int64(every)
			if k == 0 || i > 0 && k <= (came[i-1]-began)/int64(every) {
				t.Errorf("%v: expiry %d came at %d, multiple %d, after %d", every, i, at-began, k, came[max(i-1, 0)]-began)
			}
		}
		total := (now - began) / int64(every)
		if int64(len(came)) > total || len(came) < 100 {
			t.Errorf("%v: %d expiries in %d periods", every, len(came), total)
		}
		if n := w.core.wheel.entries; n != 1 || r.Remaining(life) > every {
			t.Errorf("%v: %d entries on the wheel, %v remain", every, n, r.Remaining(life))
		}
		if tag, ok := w.StopTimer(r, life); !ok || tag != 7 {
			t.Errorf("%v: the repeating timer could not be stopped: tag %d, %v", every, tag, ok)
		}
		n := len(came)
		now += int64(10 * every)
		if w.look(now); len(came) != n {
			t.Errorf("%v: it came after it was stopped", every)
		}
	}
}

// expireFunc is a function that expires timers.
type expireFunc func(w *Worker, tag uint64)

func (f expireFunc) Expire(w *Worker, _ *Timer, tag uint64, _ Life) { f(w, tag) }

// A repeating timer that does not go on has ended: its life is over, and Cancel says so.
func TestRepeatingTimerThatDoesNotGoOnHasEnded(t *testing.T) {
	now := int64(0)
	w := handMade(func() int64 { return now })
	came := 0
	w.core.sched.cfg.Timers = expireFunc(func(w *Worker, tag uint64) {
		if came++; came < 4 {
			w.Again(time.Second)
		}
	})
	r, life := w.RepeatTimer(time.Second, 0)
	w.look(now)
	for range 3 {
		now += int64(2 * time.Second)
		w.look(now)
	}
	if r.Remaining(life) == 0 {
		t.Error("it does not run")
	}
	for range 3 {
		now += int64(2 * time.Second)
		w.look(now)
	}
	if _, ok := r.Cancel(life); ok || came != 4 || r.Remaining(life) != 0 || w.core.wheel.entries != 0 {
		t.Errorf("cancelled %v, came %d times, %v remain, %d on the wheel", ok, came, r.Remaining(life), w.core.wheel.entries)
	}
}

// Whoever stops a repeating timer while it expires has stopped it, though Again is called afterwards.
func TestRepeatingTimerIsStoppedWhileItExpires(t *testing.T) {
	for _, how := range []string{"StopTimer", "Cancel"} {
		now := int64(0)
		w := handMade(func() int64 { return now })
		came := 0
		var r *Timer
		var life Life
		w.core.sched.cfg.Timers = expireFunc(func(w *Worker, tag uint64) {
			came++
			var ok bool
			if how == "StopTimer" {
				_, ok = w.StopTimer(r, life)
			} else {
				_, ok = r.Cancel(life)
			}
			if !ok {
				t.Errorf("%s was too late", how)
			}
			w.Again(time.Second)
		})
		r, life = w.RepeatTimer(time.Second, 0)
		w.look(now)
		for range 5 {
			now += int64(2 * time.Second)
			w.look(now)
		}
		if came != 1 || w.core.wheel.entries != 0 {
			t.Errorf("%s: it came %d times; %d entries are on the wheel", how, came, w.core.wheel.entries)
		}
		if x, _ := w.StartTimer(0, 0); x != r {
			t.Errorf("%s: the timer is not spare", how)
		}
		if x, _ := w.StartTimer(0, 0); x == r {
			t.Errorf("%s: the timer was spare twice", how)
		}
	}
}
