package proc

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// Starting and cancelling timers allocates nothing once there are enough of them; nor does letting them fire.
func TestTimersDoNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	const n = 20_000
	for name, body := range map[string]any{"nil": nil, "pointer": &ball{}, "small number": 7, "empty struct": struct{}{}} {
		rt := begin(t, Config{Workers: 1})
		done := make(chan struct{}, 1)
		left := 0
		count := handler(t, rt, func(c *Ctx, m Message) error {
			if left--; left == 0 {
				done <- struct{}{}
			}
			return nil
		})
		const cancels, fires, remembers = 1, 2, 3
		var timers [1000]Timer
		worker := handler(t, rt, func(c *Ctx, m Message) error {
			for range 100 {
				var err error
				var timer Timer
				switch m.Word & 3 {
				case cancels:
					if timer, err = c.SendAfter(time.Hour, c.Self(), body); !c.Cancel(timer) {
						t.Error("Cancel was too late")
					}
				case fires:
					_, err = c.SendAfter(0, count, body)
				case remembers:
					k := rand.IntN(len(timers))
					c.Cancel(timers[k])
					timers[k], err = c.SendAfter(time.Hour, c.Self(), body)
				}
				if err != nil {
					return err
				}
			}
			if m.Word>>2 > 100 {
				return c.SendWord(c.Self(), nil, m.Word-100<<2)
			}
			if m.Word&3 != fires {
				done <- struct{}{}
			}
			return nil
		})
		for what, how := range map[string]uint64{"start and cancel": cancels, "start and fire": fires, "start and cancel later": remembers} {
			f := func() {
				left = n
				if err := rt.SendWord(worker, nil, n<<2|how); err != nil {
					t.Fatal(err)
				}
				await(t, what, done)
			}
			f()
			if a := allocations(n, f); a > 0.02 {
				t.Errorf("%s of %s: %.3f allocations a timer", what, name, a)
			}
		}
		end(t, rt)
	}
}

// Nor does a receive timeout that every message sets anew.
func TestReceiveTimeoutsDoNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	const n = 20_000
	rt := begin(t, Config{Workers: 1})
	done := make(chan struct{}, 1)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if err := c.ReceiveTimeout(time.Hour); err != nil {
			return err
		}
		if m.Word == 0 {
			done <- struct{}{}
			return nil
		}
		return c.SendWord(c.Self(), nil, m.Word-1)
	})
	f := func() {
		if err := rt.SendWord(pid, nil, n); err != nil {
			t.Fatal(err)
		}
		await(t, "the last message", done)
	}
	f()
	if a := allocations(n, f); a > 0.02 {
		t.Errorf("%.3f allocations a message", a)
	}
}

// Whoever keeps the Timer of a life that has ended has nothing: cancelling it does not touch the timer that is in its place now,
// wherever and by whomever it is done.
func TestStaleTimersCancelNothing(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	n := scale(20_000)
	var came atomic.Int64
	to := handler(t, rt, func(*Ctx, Message) error { came.Add(1); return nil })
	var stale [100]atomic.Pointer[Timer]
	stop := make(chan struct{})
	others := make(chan int)
	for k := range 2 {
		go func() { // goroutines that cancel what has ended
			hit := 0
			rnd := rand.New(rand.NewPCG(uint64(k), 5))
			for {
				select {
				case <-stop:
					others <- hit
					return
				default:
				}
				if x := stale[rnd.IntN(len(stale))].Load(); x != nil && (x.Remaining() != 0 || x.Cancel()) {
					hit++
				}
			}
		}()
	}
	done := make(chan int, 2)
	for k := range 2 {
		rnd := rand.New(rand.NewPCG(uint64(k), 6))
		left, hit := n, 0
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			for range 50 {
				// One that is to come, and one that is cancelled and remembered by all.
				if _, err := c.SendAfter(time.Duration(rnd.IntN(3))*time.Millisecond, to, nil); err != nil {
					return err
				}
				x, err := c.SendAfter(time.Hour, to, nil)
				if err != nil || !c.Cancel(x) {
					t.Errorf("a timer of an hour could not be cancelled; error %v", err)
				}
				stale[rnd.IntN(len(stale))].Store(&x)
				if y := stale[rnd.IntN(len(stale))].Load(); y != nil && c.Cancel(*y) {
					hit++
				}
				if left--; left == 0 {
					done <- hit
					return nil
				}
			}
			return c.Send(c.Self(), nil)
		})
		send(t, rt, pid, nil)
	}
	hits := await(t, "a process that starts timers", done) + await(t, "a process that starts timers", done)
	until(t, "all timers have come", func() bool { return came.Load() >= int64(2*n) })
	close(stop)
	hits += await(t, "a goroutine", others) + await(t, "a goroutine", others)
	stats(t, rt)
	if hits != 0 || came.Load() != int64(2*n) {
		t.Errorf("%d stale timers cancelled something; %d messages came of %d", hits, came.Load(), 2*n)
	}
}

// A million timers of random length, three of five cancelled: those come, each once and none early, the others not.
func TestAMillionTimersOfWhichMostAreCancelled(t *testing.T) {
	n := scale(1_000_000)
	if raced {
		n /= 10
	}
	rt := begin(t, Config{Workers: 2})
	type shot struct {
		due       time.Time
		cancelled bool
		came      uint8
		early     bool
	}
	shots := make([]shot, n)
	timers := make([]Timer, n)
	var come, cancelled int
	rnd := rand.New(rand.NewPCG(1, 7))
	all := make(chan struct{})
	i := 0
	spread := int64(time.Second) // more than it takes to start them all, as a rule
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if x, ok := m.Body.(*shot); ok {
			if x.came++; x.came == 1 {
				come++
			}
			x.early = time.Now().Before(x.due)
		} else {
			now := time.Now()
			for end := min(i+100, n); i < end; i++ {
				d := time.Duration(rnd.Int64N(spread))
				shots[i].due = now.Add(d)
				var err error
				if timers[i], err = c.SendAfter(d, c.Self(), &shots[i]); err != nil {
					return err
				}
				// Half of them at once, the others later, when some are about to fire.
				cancel := func(j int) {
					if c.Cancel(timers[j]) {
						shots[j].cancelled = true
						cancelled++
					}
				}
				if i%5 < 3 && i%2 == 0 {
					cancel(i)
				}
				if j := i - n/50; j >= 0 && j%5 < 3 && j%2 != 0 {
					cancel(j)
				}
			}
			if i < n {
				return c.Send(c.Self(), nil)
			}
		}
		if i == n && come+cancelled == n {
			i++
			close(all)
		}
		return nil
	})
	send(t, rt, pid, nil)
	await(t, "the last timer", all)
	stats(t, rt)
	for i := range shots {
		x := &shots[i]
		if x.early || x.cancelled == (x.came == 1) || x.came > 1 || timers[i].Remaining() != 0 || timers[i].Cancel() {
			t.Fatalf("timer %d: cancelled %v, came %d times, early %v; it runs: %v", i, x.cancelled, x.came, x.early, timers[i].Remaining())
		}
	}
	if cancelled < n/2 {
		t.Errorf("%d of %d timers were cancelled", cancelled, n)
	}
}
