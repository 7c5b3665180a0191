package proc

import (
	"errors"
	"strings"
	"testing"
)

// A mailbox gets a bound, another one and none again while goroutines and processes send to it: what was accepted is handled, in
// the order of each sender, and what was refused is not.
func TestMailboxBoundMayChangeUnderTraffic(t *testing.T) {
	const senders, each = 4, 3000
	for _, workers := range []int{1, 2} {
		rt := begin(t, Config{Workers: workers})
		type item struct{ from, n int }
		got := make(chan item, senders*each+1)
		handled := 0
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if it, ok := m.Body.(item); ok {
				got <- it
				handled++
			}
			if handled%50 == 0 {
				if err := c.SetMailboxBound([]int{7, 0, 1, 100}[handled/50%4], Reject); err != nil {
					return err
				}
			}
			return nil
		})
		accepted := make(chan []int, senders)
		flood := func(from int, send func(PID, any) error) []int {
			var ok []int
			for n := range each {
				switch err := send(pid, item{from, n}); {
				case err == nil:
					ok = append(ok, n)
				case !errors.Is(err, ErrMailboxFull):
					t.Errorf("Send: %v", err)
				}
			}
			return ok
		}
		for from := range senders {
			if from%2 == 0 {
				go func() { accepted <- flood(from, rt.Send) }()
				continue
			}
			direct(t, rt, func(self *Self) error {
				accepted <- flood(from, self.Send)
				return nil
			})
		}
		total := 0
		for range senders {
			total += len(await(t, "a sender", accepted))
		}
		last := [senders]int{-1, -1, -1, -1}
		for range total {
			it := await(t, "an accepted message", got)
			if it.n <= last[it.from] {
				t.Fatalf("message %d of sender %d comes after its message %d", it.n, it.from, last[it.from])
			}
			last[it.from] = it.n
		}
		stats(t, rt)
		if len(got) > 0 {
			t.Errorf("%d messages more than were accepted", len(got))
		}
		end(t, rt)
	}
}

func TestFlagsReturnTheOldValueAndRefuseBadOnes(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	inside(t, rt, func(self *Self) error {
		if self.TrapExit(true) || !self.TrapExit(true) || !self.TrapExit(false) {
			t.Error("TrapExit does not return the old value")
		}
		if old, err := self.SetPriority(PriorityHigh); old != PriorityNormal || err != nil {
			t.Errorf("SetPriority: %v, %v", old, err)
		}
		if old, err := self.SetPriority(9); old != PriorityHigh || err == nil || !strings.Contains(err.Error(), "PriorityLow") {
			t.Errorf("SetPriority(9): %v, %v", old, err)
		}
		if i := self.Info(); i.Priority != PriorityHigh {
			t.Errorf("priority %v", i.Priority)
		}
		for part, err := range map[string]error{
			"n is -1":       self.SetMailboxBound(-1, Reject),
			"policy is Ove": self.SetMailboxBound(1, 9),
		} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("SetMailboxBound: %v does not say %q", err, part)
			}
		}
		if err := self.SetMailboxBound(0, Reject); err != nil {
			t.Errorf("no bound: %v", err)
		}
		return nil
	})
}
