package proc

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// A process that sends as fast as it can to one that is slower is held back, never blocked: the queue between them stays within
// the lead, however many messages there are in all.
func TestQueueOfASlowReceiverStaysWithinTheLead(t *testing.T) {
	if sched.Shuffled {
		t.Skip("the receiver loses its turn all the time")
	}
	for _, workers := range []int{1, 2} {
		for _, senders := range []int{1, 20} {
			if raced && senders > 1 {
				continue // the handlers are so slow then that many senders, each let go every millisecond or two, outrun them
			}
			rt := begin(t, Config{Workers: workers})
			total := uint64(100_000)
			var sent, got atomic.Int64
			var most int64
			done := make(chan struct{})
			to := handler(t, rt, func(c *Ctx, m Message) error {
				for end := time.Now().Add(300 * time.Nanosecond); time.Now().Before(end); {
				}
				most = max(most, sent.Load()-got.Load())
				if got.Add(1) == int64(total) {
					close(done)
				}
				return nil
			})
			for range senders {
				left := int(total) / senders
				pid := handler(t, rt, func(c *Ctx, m Message) error {
					for range min(left, 50) {
						left--
						sent.Add(1)
						c.SendWord(to, nil, 1)
					}
					if left == 0 {
						return Normal
					}
					return c.Send(c.Self(), nil)
				})
				send(t, rt, pid, nil)
			}
			await(t, "the last message", done)
			// Each sender may finish the turn it is in, and goes on for a turn after each time that it was held. A receiver that
			// the machine itself holds up is further behind, so the limit is wide: without being held it would be all of them.
			limit := int64(mpsc.MaxLead) + int64(total)/2
			if most > limit {
				t.Errorf("%d workers, %d senders: %d messages were under way, want %d at the most, of %d", workers, senders, most, limit, total)
			}
			end(t, rt)
		}
	}
}

// With a bound the queue never holds more, whoever sends how fast.
func TestQueueOfABoundedProcessNeverExceedsItsBound(t *testing.T) {
	for _, policy := range []Overflow{Reject, DropNewest, DropOldest} {
		rt := begin(t, Config{Workers: 2})
		const bound = 10
		over := 0
		to := handler(t, rt, func(c *Ctx, m Message) error {
			if n := c.Info().Messages; n > bound {
				over = n
			}
			return nil
		}, WithMailboxBound(bound, policy))
		for range 4 {
			left := scale(10_000)
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				for range 100 {
					left--
					_ = c.Send(to, nil)
				}
				if left <= 0 {
					return Normal
				}
				return c.Send(c.Self(), nil)
			})
			send(t, rt, pid, nil)
		}
		for range scale(10_000) {
			_ = rt.Send(to, nil)
		}
		end(t, rt)
		if over != 0 {
			t.Errorf("%v: %d messages in a mailbox of %d", policy, over, bound)
		}
		var s Stats
		rt.ReadStats(&s)
		if s.Rejected+s.Dropped == 0 {
			t.Errorf("%v: the mailbox was never full", policy)
		}
	}
}

// Processes that send to each other as fast as they can are both ahead of each other; neither may wait for the other for ever.
func TestProcessesAheadOfEachOtherAreNotWedged(t *testing.T) {
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		var pids [3]PID
		var got [3]atomic.Int64
		const each = 20_000
		for i := range pids {
			left := scale(each)
			pids[i] = handler(t, rt, func(c *Ctx, m Message) error {
				got[i].Add(1)
				if m.Word == 0 {
					return nil
				}
				for range min(left, 5000) { // more than the lead at a time
					left--
					c.SendWord(pids[(i+1)%len(pids)], nil, 0)
				}
				if left == 0 {
					return nil
				}
				return c.SendWord(c.Self(), nil, 1)
			})
		}
		for _, pid := range pids {
			if err := rt.SendWord(pid, nil, 1); err != nil {
				t.Fatal(err)
			}
		}
		for i := range got {
			until(t, "every message comes", func() bool { return got[i].Load() >= int64(scale(each)) })
		}
		end(t, rt)
	}
}
