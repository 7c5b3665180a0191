package proc

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// A process waits for its own timers, offloads and messages to itself: no bound of its mailbox turns them away, however full others have made it.
func TestWhatAProcessSendsToItselfIsNeverTurnedAway(t *testing.T) {
	for _, policy := range []Overflow{Reject, DropNewest, DropOldest} {
		for _, detach := range []bool{false, true} {
			rt := begin(t, Config{Workers: 2})
			got := make(chan any, 100)
			var pid PID
			full := func() {
				for range 3 {
					if err := rt.Send(pid, "of another"); err != nil && !errors.Is(err, ErrMailboxFull) {
						t.Error(err)
					}
				}
			}
			pid = handler(t, rt, func(c *Ctx, m Message) error {
				if m.Body != "go" {
					got <- m.Body
					return nil
				}
				if detach {
					c.Blocking(func() {})
				}
				full()
				_, late := c.SendAfter(0, c.Self(), "timer")
				_, named := c.SendAfterName(time.Millisecond, "me", "timer by name")
				err := errors.Join(late, named, c.Send(c.Self(), "message"), c.SendName("me", "message by name"),
					c.Offload(func() (any, error) { full(); return "offload", nil }))
				full()
				return err
			}, WithMailboxBound(1, policy), WithName("me"))
			send(t, rt, pid, "go")
			var own []string
			for len(own) < 5 {
				switch b := await(t, "a message", got).(type) {
				case OffloadResult:
					own = append(own, b.Value.(string))
				case string:
					if b != "of another" {
						own = append(own, b)
					}
				}
			}
			slices.Sort(own)
			if want := []string{"message", "message by name", "offload", "timer", "timer by name"}; !slices.Equal(own, want) {
				t.Errorf("%v, detached %v: %q, want %q", policy, detach, own, want)
			}
		}
	}
}

// With DropOldest a message that is waited for comes through, though those that were passed over have used up the bound: they are the oldest. Calls
// among them are answered, and every one is counted once.
func TestMessagesThatWerePassedOverAreTheOldest(t *testing.T) {
	for _, bound := range []int{1, 2, 5} {
		rt := begin(t, Config{Workers: 2})
		kept, proceed := make(chan []any), make(chan struct{})
		pid := direct(t, rt, func(self *Self) error {
			self.ReceiveMatch(func(m Message) bool { return m.Body == "wanted" })
			<-proceed
			var left []any
			for m, ok := self.ReceiveTimeout(0); ok; m, ok = self.ReceiveTimeout(0) {
				left = append(left, m.Body)
			}
			kept <- left
			return nil
		}, WithMailboxBound(bound, DropOldest))
		called := make(chan error, 1)
		go func() {
			_, err := rt.Call(t.Context(), pid, "call")
			called <- err
		}()
		until(t, "the call has come", func() bool { i, err := rt.Info(pid); return err == nil && i.Messages == 1 })
		for i := range 2 * bound {
			send(t, rt, pid, i)
			stats(t, rt) // it is passed over
		}
		if err := await(t, "the call", called); !errors.Is(err, ErrMailboxFull) {
			t.Errorf("bound %d: the call that was dropped ended with %v", bound, err)
		}
		send(t, rt, pid, "wanted")
		close(proceed)
		var want []any
		for i := bound + 1; i < 2*bound; i++ {
			want = append(want, i)
		}
		left := await(t, "what is left", kept)
		if !slices.Equal(left, want) {
			t.Errorf("bound %d: left %v, want %v", bound, left, want)
		}
		if s := stats(t, rt); int(s.Dropped) != 1+2*bound-len(left) || s.Rejected != 0 || s.DeadLetters != 0 {
			t.Errorf("bound %d: %d dropped, %d rejected, %d dead letters; %d were left", bound, s.Dropped, s.Rejected, s.DeadLetters, len(left))
		}
	}
}

// Whatever a flooded process passes over, takes or drops: no message is lost or counted twice, and the bound holds when it has come to rest.
func TestDropOldestCountsEveryMessageOnceWhileAProcessSelects(t *testing.T) {
	const senders, each = 4, 2000
	for _, bound := range []int{1, 3, 64} {
		rt := begin(t, Config{})
		taken := 0
		over := make(chan struct{})
		pid := direct(t, rt, func(self *Self) error {
			defer close(over)
			r := seeded(uint64(bound))
			for stop := false; !stop; {
				k := r.below(3)
				m, ok := self.ReceiveMatchTimeout(time.Duration(r.below(2))*time.Millisecond, func(m Message) bool { return k == 0 || m.Body == "stop" || int(m.Word)%3 == k })
				if stop = ok && m.Body == "stop"; ok && !stop {
					taken++
				}
			}
			return nil
		}, WithMailboxBound(bound, DropOldest))
		done := make(chan error)
		for range senders {
			go func() {
				var err error
				for i := range each {
					err = errors.Join(err, rt.SendWord(pid, nil, uint64(i)))
				}
				done <- err
			}()
		}
		for range senders {
			if err := await(t, "a sender", done); err != nil {
				t.Error(err)
			}
		}
		until(t, "the bound holds", func() bool { i, err := rt.Info(pid); return err == nil && i.Messages <= bound })
		send(t, rt, pid, "stop")
		await(t, "the process", over)
		gone(t, rt, pid)
		s := stats(t, rt)
		if sum := taken + int(s.Dropped) + int(s.DeadLetters); sum != senders*each || int(s.DeadLetters) > bound {
			t.Errorf("bound %d: %s, want %d", bound, fmt.Sprintf("%d taken + %d dropped + %d dead letters", taken, s.Dropped, s.DeadLetters), senders*each)
		}
	}
}
