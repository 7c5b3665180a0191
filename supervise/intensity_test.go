package supervise

import (
	"sync"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/sys"
)

func (w *world) state(sup proc.PID) State {
	w.t.Helper()
	v, err := sys.GetState(w.k, sup)
	if err != nil {
		w.t.Fatal(err)
	}
	return v.(State)
}

// fakeClock is a clock that tests set.
type fakeClock struct {
	mu  sync.Mutex
	now time.Duration
}

func (k *fakeClock) read() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

func (k *fakeClock) set(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = d
}

func TestSupervisorEndsWhenRestartsWithinThePeriodExceedTheIntensity(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags Flags
		times []time.Duration // of crashes
		ends  bool            // by the last one
	}{
		{"default is 1 in 5 s", Flags{}, []time.Duration{0, 5 * time.Second}, true},
		{"older ones do not count", Flags{}, []time.Duration{0, 5*time.Second + 1, 10*time.Second + 2}, false},
		{"3 in 10 ms", Flags{Intensity: 3, Period: 10 * time.Millisecond}, []time.Duration{0, 1, 2, 3}, true},
		{"3 in 10 ms, spread", Flags{Intensity: 3, Period: 10 * time.Millisecond}, []time.Duration{0, 1, 2, 10*time.Millisecond + 1}, false},
		{"the edge counts", Flags{Intensity: 1, Period: 10}, []time.Duration{0, 10}, true},
		{"behind the edge does not", Flags{Intensity: 1, Period: 10}, []time.Duration{0, 11}, false},
		{"none allowed", Flags{Period: time.Second}, []time.Duration{0}, true},
		{"only the period missing is 5 s", Flags{Intensity: 2}, []time.Duration{0, 1, 5*time.Second - 1}, true},
	} {
		for _, dynamic := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				w := newWorld(t)
				var clock fakeClock
				specs := []Spec{w.worker("a")}
				if dynamic {
					c.flags.Strategy = SimpleOneForOne
					specs = []Spec{w.pool()}
				}
				f, err := New(c.flags, specs...)
				if err != nil {
					t.Fatal(err)
				}
				sup, err := w.k.Start(func() proc.Machine {
					s := f().(*supervisor)
					s.clock = clock.read
					return s
				})
				if err != nil {
					t.Fatal(err)
				}
				if dynamic {
					if _, err := StartDynamic(w.k, sup, "a"); err != nil {
						t.Fatal(err)
					}
				}
				end := w.watch(sup)
				for i, at := range c.times {
					var list []ChildInfo
					w.eventually("a runs", func() bool {
						list, err = WhichChildren(w.k, sup)
						return err == nil && len(list) == 1 && list[0].PID != 0
					})
					w.take()
					clock.set(at)
					w.crash(list[0].PID, errBoom)
					if i == len(c.times)-1 && c.ends {
						w.is(end(), proc.Shutdown)
						w.logged("maximum restart intensity")
						return
					}
					w.until("+a")
				}
			})
		}
	}
}

func TestWindowIsBoundedAndAgreesWithAList(t *testing.T) {
	var win window
	var list []time.Duration
	const period, intensity = 50, 20
	now := time.Duration(0)
	for i := range 10_000 {
		now += time.Duration(i * 7919 % 9)
		var keep []time.Duration
		for _, at := range list {
			if at >= now-period {
				keep = append(keep, at)
			}
		}
		list = keep
		over := len(list)+1 > intensity
		if !over {
			list = append(list, now)
		}
		if got := win.add(now, period, intensity); got != over {
			t.Fatalf("step %d: %v, want %v", i, got, over)
		}
	}
	if len(win.times) > 2*intensity {
		t.Errorf("%d places for %d restarts", len(win.times), intensity)
	}
}
