package proc

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// arm starts a timer in one of the three ways: from a goroutine, from a process, from a process without a core.
func arm(t *testing.T, rt *Runtime) map[string]func(time.Duration, PID, any) (Timer, error) {
	type request struct {
		d      time.Duration
		to     PID
		body   any
		detach bool
		reply  chan Timer
	}
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		r := m.Body.(request)
		if r.detach {
			c.Blocking(func() {})
		}
		timer, err := c.SendAfter(r.d, r.to, r.body)
		r.reply <- timer
		return err
	})
	inside := func(detach bool) func(time.Duration, PID, any) (Timer, error) {
		return func(d time.Duration, to PID, body any) (Timer, error) {
			reply := make(chan Timer, 1)
			err := rt.Send(pid, request{d, to, body, detach, reply})
			return await(t, "SendAfter", reply), err
		}
	}
	return map[string]func(time.Duration, PID, any) (Timer, error){
		"goroutine": rt.SendAfter, "process": inside(false), "detached process": inside(true),
	}
}

// Timers of random length come, each once, none of them early.
func TestSendAfterIsNeverEarly(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for way, after := range arm(t, rt) {
		t.Run(way, func(t *testing.T) {
			n := scale(500)
			type shot struct{ due time.Time }
			var early, got atomic.Int64
			all := make(chan struct{})
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				if time.Now().Before(m.Body.(*shot).due) {
					early.Add(1)
				}
				if got.Add(1) == int64(n) {
					close(all)
				}
				return nil
			})
			rnd := seeded(1)
			for range n {
				d := max(time.Duration(rnd.below(int(30*time.Millisecond)))-5*time.Millisecond, 0)
				if _, err := after(d, pid, &shot{time.Now().Add(d)}); err != nil {
					t.Fatal(err)
				}
			}
			await(t, "the last timer", all)
			stats(t, rt)
			if early.Load() != 0 || got.Load() != int64(n) {
				t.Errorf("%d of %d timers came early; %d came", early.Load(), n, got.Load())
			}
		})
	}
}

// What Cancel has answered holds: after true the message never comes, after false it comes or has come. Timers are cancelled when
// they are about to fire, by everybody.
func TestCancelIsExact(t *testing.T) {
	rt := begin(t, Config{Workers: 4})
	type state struct{ cancelled, came atomic.Int32 }
	n := scale(3000)
	all := make([]state, n)
	to := handler(t, rt, func(c *Ctx, m Message) error {
		all[m.Body.(int)].came.Add(1)
		return nil
	})
	cancel := func(i int, cancelled bool) {
		if cancelled {
			all[i].cancelled.Add(1)
		}
	}
	// Processes that cancel on their own core, or on another one.
	type order struct {
		i     int
		timer Timer
		d     time.Duration
	}
	var peer PID
	worker := func() PID {
		return handler(t, rt, func(c *Ctx, m Message) error {
			o := m.Body.(order)
			if o.timer != (Timer{}) {
				cancel(o.i, c.Cancel(o.timer))
				return nil
			}
			timer, err := c.SendAfter(o.d, to, o.i)
			if err != nil {
				return err
			}
			if o.i%2 == 0 {
				return c.Send(c.Self(), order{i: o.i, timer: timer})
			}
			return c.Send(peer, order{i: o.i, timer: timer})
		})
	}
	peer = worker()
	first := worker()
	var wg sync.WaitGroup
	rnd := seeded(7)
	for i := range n {
		d := time.Duration(rnd.below(int(2 * time.Millisecond)))
		switch i % 3 {
		case 0:
			send(t, rt, first, order{i: i, d: d / 8})
		case 1:
			timer, err := rt.SendAfter(d, to, i)
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() { time.Sleep(d); cancel(i, timer.Cancel()) })
			wg.Go(func() { time.Sleep(d); cancel(i, timer.Cancel()) })
		case 2:
			timer, err := rt.SendAfter(d, to, i)
			if err != nil {
				t.Fatal(err)
			}
			cancel(i, timer.Cancel())
			if timer.Remaining() != 0 {
				t.Error("a cancelled timer has time remaining")
			}
		}
	}
	wg.Wait()
	until(t, "every timer is cancelled or has come", func() bool {
		for i := range all {
			if all[i].cancelled.Load()+all[i].came.Load() == 0 {
				return false
			}
		}
		return true
	})
	end(t, rt)
	for i := range all {
		if c, m := all[i].cancelled.Load(), all[i].came.Load(); c+m != 1 {
			t.Errorf("timer %d: cancelled %d times, came %d times", i, c, m)
		}
	}
}

func TestTimerForAnEndedProcessIsDroppedSilently(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10, Reject)}} {
		rt := begin(t, Config{Workers: 1})
		letters := watch(rt)
		var own Timer
		pid := handler(t, rt, func(c *Ctx, m Message) (err error) {
			if own, err = c.SendAfter(time.Millisecond, c.Self(), "too late"); err != nil {
				return err
			}
			return Normal
		}, opts...)
		send(t, rt, pid, nil)
		gone(t, rt, pid)
		var timers []Timer
		for _, after := range arm(t, rt) {
			timer, err := after(time.Millisecond, pid, "too late")
			if err != nil {
				t.Fatal(err)
			}
			timers = append(timers, timer)
		}
		stats(t, rt)
		for _, timer := range append(timers, own) {
			until(t, "the timer expires", func() bool { return timer.Remaining() == 0 })
		}
		last := make(chan struct{}) // comes after those on the same wheel
		if _, err := rt.SendAfter(time.Millisecond, handler(t, rt, func(*Ctx, Message) error { close(last); return nil }), nil); err != nil {
			t.Fatal(err)
		}
		await(t, "a later timer", last)
		if s := stats(t, rt); s.DeadLetters != 0 || len(letters()) != 0 {
			t.Errorf("%d dead letters, watched: %v", s.DeadLetters, letters())
		}
	}
}

func TestTimerIsFromItsProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan Message, 1)
	to := handler(t, rt, func(c *Ctx, m Message) error { got <- m; return nil })
	from := handler(t, rt, func(c *Ctx, m Message) error {
		_, err := c.SendAfter(time.Millisecond, to, "inside")
		return err
	})
	send(t, rt, from, nil)
	if m := await(t, "the timer", got); m.From != from || m.Body != "inside" {
		t.Errorf("message %+v", m)
	}
	if _, err := rt.SendAfter(time.Millisecond, to, "outside"); err != nil {
		t.Fatal(err)
	}
	if m := await(t, "the timer", got); m.From != 0 || m.Body != "outside" {
		t.Errorf("message %+v", m)
	}
}

func TestRemainingCountsDown(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	to := handler(t, rt, ignore)
	for way, after := range arm(t, rt) {
		timer, err := after(time.Hour, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := timer.Remaining()
		if r <= time.Hour-patience || r > time.Hour+time.Millisecond {
			t.Errorf("%s: %v remain of an hour", way, r)
		}
		until(t, way+": time passes", func() bool { return timer.Remaining() < r })
		if !timer.Cancel() || timer.Remaining() != 0 || timer.Cancel() {
			t.Errorf("%s: Cancel or Remaining is wrong", way)
		}
	}
}

// A timer expires on a worker that has nothing to do with who started it: when its messages run ahead of the receiver, whoever was
// on that worker last must not be held back for it. It may be another worker's by now.
func TestExpiringTimerHoldsBackNobody(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	to, bystander := handler(t, rt, ignore), handler(t, rt, ignore)
	send(t, rt, bystander, nil)
	stats(t, rt)
	flags := make(chan uint16)
	rt.sched.OnCore(0, func(w *sched.Worker) {
		c := w.Local.(*Ctx)
		p := rt.table.find(bystander)
		c.p = p // as after its turn
		for range 2 * mpsc.MaxLead {
			c.expired(to, Message{})
		}
		flags <- p.mb.User
	})
	if f := await(t, "the worker", flags); f&flagHeld != 0 {
		t.Error("a process that has sent nothing is held back")
	}
	if s := stats(t, rt); s.Messages != 2*mpsc.MaxLead+1 {
		t.Errorf("%d messages handled", s.Messages)
	}
}

// So many timers for one process at once run ahead of it.
func TestManyTimersForOneProcessAtOnce(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(1<<20, Reject)}} {
		t.Run(fmt.Sprint(len(opts)), func(t *testing.T) {
			rt := begin(t, Config{Workers: 4})
			n := scale(50_000)
			var got atomic.Int64
			all := make(chan struct{})
			to := handler(t, rt, func(*Ctx, Message) error {
				if got.Add(1) == int64(n) {
					close(all)
				}
				return nil
			}, opts...)
			for range 8 { // others that move between the workers meanwhile
				selfish(t, rt)
			}
			from := handler(t, rt, func(c *Ctx, m Message) error {
				for range n / 10 {
					if _, err := c.SendAfter(5*time.Millisecond, to, nil); err != nil {
						return err
					}
				}
				return nil
			})
			for range 10 {
				send(t, rt, from, nil)
			}
			await(t, "the last timer", all)
			shutdownSoon(t, rt)
			if got.Load() != int64(n) {
				t.Errorf("%d messages of %d timers", got.Load(), n)
			}
		})
	}
}

func TestParkedWorkerWakesForItsTimer(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan struct{})
	to := handler(t, rt, func(*Ctx, Message) error { close(got); return nil })
	from := handler(t, rt, func(c *Ctx, m Message) error {
		_, err := c.SendAfter(20*time.Millisecond, to, nil)
		return err
	})
	send(t, rt, from, nil)
	stats(t, rt) // the worker has parked, the timer runs
	await(t, "a timer of a worker that sleeps", got)
}
