package proc

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// selfish spawns a process that sends to itself for ever, and returns how many messages it has handled.
func selfish(t *testing.T, rt *Runtime, opts ...SpawnOption) *atomic.Uint64 {
	n := new(atomic.Uint64)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		n.Add(1)
		return c.Send(c.Self(), nil)
	}, opts...)
	send(t, rt, pid, nil)
	return n
}

// Seen elsewhere: as many processes that send to themselves as there are workers, and a third is never served, because the
// shared queue is not looked at while local work lasts.
func TestProcessAnswersWhileEveryWorkerHasOneThatSendsToItself(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for _, bounded := range []bool{false, true} {
			t.Run(fmt.Sprintf("workers=%d/bounded=%v", workers, bounded), func(t *testing.T) {
				rt := begin(t, Config{Workers: workers})
				var opts []SpawnOption
				if bounded {
					opts = append(opts, WithMailboxBound(10, Reject))
				}
				var busy []*atomic.Uint64
				for range 2 * workers {
					busy = append(busy, selfish(t, rt, opts...))
				}
				for range 20 {
					answers(t, rt)
				}
				for i, n := range busy {
					was := n.Load()
					until(t, fmt.Sprintf("busy process %d goes on", i), func() bool { return n.Load() > was })
				}
				shutdownSoon(t, rt)
			})
		}
	}
}

// A ping-pong between two processes is the best case for the LIFO slot, and must not starve the others.
func TestPingPongDoesNotStarveOthersNorTheyIt(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	var turns atomic.Uint64
	var pids [2]PID
	for i := range pids {
		pids[i] = handler(t, rt, func(c *Ctx, m Message) error {
			turns.Add(1)
			return c.Send(pids[1-i], nil)
		})
	}
	send(t, rt, pids[0], nil)
	var busy []*atomic.Uint64
	for range 50 {
		busy = append(busy, selfish(t, rt))
	}
	for range 5 {
		answers(t, rt)
		was := turns.Load()
		until(t, "the ping-pong goes on", func() bool { return turns.Load() > was })
		for i, n := range busy {
			was := n.Load()
			until(t, fmt.Sprintf("busy process %d goes on", i), func() bool { return n.Load() > was })
		}
	}
	shutdownSoon(t, rt)
}

// Each of these does one thing as long as it lives: processes that wake from idle all the time, others that use up their
// turns all the time. Neither kind starves the other.
func TestWokenAndSpentProcessesShareTheWorker(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	var woken, spent atomic.Uint64
	for range 20 {
		var pair [2]PID
		for i := range pair {
			pair[i] = handler(t, rt, func(c *Ctx, m Message) error {
				woken.Add(1)
				return c.Send(pair[1-i], nil)
			})
		}
		send(t, rt, pair[0], nil)
	}
	for range 20 {
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			spent.Add(1)
			c.Consume(4000)
			return c.Send(c.Self(), nil)
		})
		send(t, rt, pid, nil)
	}
	for range 20 {
		w, s := woken.Load(), spent.Load()
		until(t, "woken processes go on", func() bool { return woken.Load() > w+100 })
		until(t, "spent processes go on", func() bool { return spent.Load() > s+20 })
	}
	shutdownSoon(t, rt)
}

func TestLowPriorityIsServedBesideNormal(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	normal := selfish(t, rt)
	low := selfish(t, rt, WithPriority(PriorityLow))
	for range 10 {
		n, l := normal.Load(), low.Load()
		until(t, "the normal one goes on", func() bool { return normal.Load() > n })
		until(t, "the low one goes on", func() bool { return low.Load() > l })
	}
	shutdownSoon(t, rt)
}

// High comes before normal: while a process at high priority is busy on the only worker, those below it wait, and go on when
// it has finished.
func TestHighPriorityGoesFirst(t *testing.T) {
	if sched.Shuffled {
		t.Skip("priorities are strict on each worker, not for what is offered to others")
	}
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	var order []string
	var mu sync.Mutex
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}
	all := make(chan struct{}, 4)
	named := func(name string, p Priority) PID {
		return handler(t, rt, func(*Ctx, Message) error { note(name); all <- struct{}{}; return nil }, WithPriority(p))
	}
	low, normal, high, most := named("low", PriorityLow), named("normal", PriorityNormal), named("high", PriorityHigh), named("max", PriorityMax)
	stats(t, rt)
	first := handler(t, rt, func(c *Ctx, m Message) error {
		for _, pid := range []PID{low, normal, high, most} {
			c.Send(pid, nil)
		}
		return nil
	})
	send(t, rt, first, nil)
	for range 4 {
		await(t, "a process", all)
	}
	if got := fmt.Sprint(order); got != "[max high normal low]" {
		t.Errorf("order %v", got)
	}
}

// Seen elsewhere: as many handlers that sleep as there are workers freeze everything for as long. None of these handlers returns
// before the others have been served.
func TestHandlersThatBlockOnEveryWorkerFreezeNobody(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			rt := begin(t, Config{Workers: workers})
			let := make(chan struct{})
			var inside, out atomic.Int32
			sleepers := 4 * workers
			for range sleepers {
				pid := handler(t, rt, func(*Ctx, Message) error {
					inside.Add(1)
					<-let
					out.Add(1)
					return nil
				})
				send(t, rt, pid, nil)
			}
			until(t, "every sleeper sleeps", func() bool { return int(inside.Load()) == sleepers })
			for range 10 {
				answers(t, rt)
			}
			if out.Load() != 0 {
				t.Error("a sleeper woke")
			}
			var s Stats
			rt.ReadStats(&s)
			if s.StuckTotal == 0 {
				t.Error("Stats do not count the stuck handlers")
			}
			close(let)
			until(t, "the sleepers come back", func() bool { return int(out.Load()) == sleepers })
			if s := stats(t, rt); s.SpareWorkers != 0 {
				t.Errorf("%d spare workers are left", s.SpareWorkers)
			}
			answers(t, rt)
		})
	}
}

// A handler that computes without end and never calls the library cannot be interrupted, only left behind.
func TestHandlerThatComputesForEverFreezesNobody(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	var stop atomic.Bool
	pid := handler(t, rt, func(*Ctx, Message) error {
		for !stop.Load() {
		}
		return nil
	})
	send(t, rt, pid, nil)
	answers(t, rt)
	stop.Store(true)
	answers(t, rt)
}

func TestGoroutinesAreServedWhileEveryWorkerIsBusy(t *testing.T) {
	rt := begin(t, Config{})
	for range 4 * rt.Workers() {
		selfish(t, rt)
	}
	var n atomic.Uint64
	done := make(chan struct{})
	go func() {
		for range 100 {
			time.Sleep(time.Microsecond)
			n.Add(1)
		}
		close(done)
	}()
	await(t, "a goroutine that sleeps now and then", done)
	shutdownSoon(t, rt)
}
