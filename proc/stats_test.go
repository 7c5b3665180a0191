package proc

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// consistent checks what holds of the statistics of a runtime at rest.
func consistent(t *testing.T, s Stats, workers int) {
	t.Helper()
	var sum Counters
	for _, w := range s.Workers {
		sum.add(w)
	}
	c := s.Counters
	if sum.Turns != c.Turns || sum.Reductions != c.Reductions || sum.Parks != c.Parks || sum.Steals != c.Steals ||
		sum.BusyTime != c.BusyTime || sum.QueueLen != c.QueueLen || sum.Exited != c.Exited {
		t.Errorf("the workers' sum is %+v, the total %+v", sum, c)
	}
	if sum.Messages > c.Messages || sum.Spawned > c.Spawned || sum.DeadLetters > c.DeadLetters || sum.Rejected > c.Rejected || sum.Dropped > c.Dropped {
		t.Errorf("the workers' sum %+v is more than the total %+v", sum, c)
	}
	if s.Processes != int(c.Spawned-c.Exited) || s.Active != workers || len(s.Workers) != workers {
		t.Errorf("%d processes, %d active workers of %d", s.Processes, s.Active, len(s.Workers))
	}
	if c.QueueLen != 0 || s.SpareWorkers != 0 {
		t.Errorf("at rest: %d queued, %d spare workers", c.QueueLen, s.SpareWorkers)
	}
	if c.Turns == 0 || c.Reductions < c.Messages {
		t.Errorf("%d turns, %d reductions for %d messages", c.Turns, c.Reductions, c.Messages)
	}
}

func TestStatsAddUpAfterADrain(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			rt := begin(t, Config{Workers: workers, StuckAfter: time.Millisecond})
			var handled atomic.Uint64
			full := handler(t, rt, func(*Ctx, Message) error { handled.Add(1); return nil }, WithMailboxBound(2, Reject))
			lossy := handler(t, rt, func(*Ctx, Message) error { handled.Add(1); return nil }, WithMailboxBound(2, DropOldest))
			var rejected, sent, dead atomic.Uint64
			var pids []PID
			for i := range 40 {
				rnd := seeded(uint64(i))
				pids = append(pids, handler(t, rt, func(c *Ctx, m Message) error {
					handled.Add(1)
					for range rnd.below(30) {
						if c.Send(full, nil) != nil {
							rejected.Add(1)
						}
						c.Send(lossy, nil)
						sent.Add(1)
					}
					child, err := c.Spawn(Of(func(c *Ctx, m Message) error {
						handled.Add(1)
						switch m.Word % 4 {
						case 0:
							return Normal
						case 1:
							panic("on purpose")
						case 2:
							c.Blocking(func() {})
							return Normal
						}
						time.Sleep(3 * time.Millisecond)
						return Normal
					}))
					if err != nil {
						return err
					}
					c.SendWord(child, nil, uint64(i))
					if m.Word == 0 {
						dead.Add(2)
						c.Send(c.Self(), nil)
						c.Send(c.Self(), nil)
						return Normal
					}
					return c.SendWord(c.Self(), nil, m.Word-1)
				}))
			}
			for _, pid := range pids {
				if err := rt.SendWord(pid, nil, 9); err != nil {
					t.Fatal(err)
				}
			}
			s := stats(t, rt)
			consistent(t, s, workers)
			if s.Messages != handled.Load() {
				t.Errorf("%d messages are counted, %d were handled", s.Messages, handled.Load())
			}
			if s.Spawned != 2+40+400 || s.Exited != 440 || s.DeadLetters != dead.Load() {
				t.Errorf("%d spawned, %d ended, %d dead letters; want 442, 440, %d", s.Spawned, s.Exited, s.DeadLetters, dead.Load())
			}
			if s.Rejected != rejected.Load() || s.Rejected+s.Dropped+s.Messages != 2*sent.Load()+400+400 {
				t.Errorf("%d rejected (the senders say %d), %d dropped, %d handled, of %d", s.Rejected, rejected.Load(), s.Dropped, s.Messages, 2*sent.Load()+800)
			}
		})
	}
}

// A turn that ends in a panic, or without its core, has handled its messages all the same.
func TestMessagesAreCountedHoweverTheirTurnEnds(t *testing.T) {
	ends := map[string]func(c *Ctx) error{
		"normally":        func(*Ctx) error { return Normal },
		"by a panic":      func(*Ctx) error { panic("on purpose") },
		"without a core":  func(c *Ctx) error { c.Blocking(func() {}); return nil },
		"both":            func(c *Ctx) error { c.Blocking(func() {}); panic("on purpose") },
		"not at all, yet": func(*Ctx) error { return nil },
	}
	for name, end := range ends {
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}} {
			t.Run(fmt.Sprintf("%s/%d", name, len(opts)), func(t *testing.T) {
				rt := begin(t, Config{Workers: 1})
				pid := handler(t, rt, func(c *Ctx, m Message) error {
					if m.Word == 50 {
						return end(c)
					}
					return nil
				}, opts...)
				feed := handler(t, rt, func(c *Ctx, m Message) error {
					for i := range uint64(50) {
						c.SendWord(pid, nil, i+1)
					}
					return nil
				})
				send(t, rt, feed, nil)
				if s := stats(t, rt); s.Messages != 51 {
					t.Errorf("%d messages are counted, want 51", s.Messages)
				}
			})
		}
	}
}

func TestStatsWhileEverythingMoves(t *testing.T) {
	rt := begin(t, Config{Workers: 4})
	for range 8 {
		selfish(t, rt)
	}
	breeder := handler(t, rt, func(c *Ctx, m Message) error {
		child, err := c.Spawn(Of(func(*Ctx, Message) error { return Normal }))
		if err != nil {
			return err
		}
		c.Send(child, nil)
		return c.Send(c.Self(), nil)
	})
	send(t, rt, breeder, nil)
	var s Stats
	var last Counters
	for range scale(2000) {
		rt.ReadStats(&s)
		if s.Processes < 0 || s.Turns < last.Turns || s.Messages < last.Messages || s.Exited < last.Exited || s.BusyTime < 0 {
			t.Fatalf("%d processes; %+v after %+v", s.Processes, s.Counters, last)
		}
		last = s.Counters
	}
	shutdownSoon(t, rt)
}

func TestReadStatsUsesTheMemoryItIsGiven(t *testing.T) {
	rt := begin(t, Config{Workers: 3})
	var s Stats
	rt.ReadStats(&s)
	if n := testing.AllocsPerRun(100, func() { rt.ReadStats(&s) }); n != 0 && !raced {
		t.Errorf("%v allocations", n)
	}
}
