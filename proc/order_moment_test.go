package proc

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// mortal spawns a process, in the style of the round, that ends for errFault when it gets a message; "alias" makes it send one.
func mortal(self *Self, round int, opts ...SpawnOption) (PID, error) {
	s := styles[round%len(styles)]
	me := self.PID()
	if s.direct {
		return self.Go(func(self *Self) error {
			if m := self.Receive(); m.Body == "alias" {
				_ = self.Send(me, self.Alias(AliasExplicit))
				self.Receive()
			}
			return errFault
		}, append(opts, s.opts...)...)
	}
	return self.Spawn(Of(func(c *Ctx, m Message) error {
		if s.detach {
			c.Blocking(func() {})
		}
		if m.Body == "alias" {
			return c.Send(me, c.Alias(AliasExplicit))
		}
		return errFault
	}), append(opts, s.opts...)...)
}

// A monitor, by PID or by name, or a link that was made before the message that ends the process is told the real reason, whichever way the
// message goes; made after it, the real reason or NoProc (signal_SUITE: monitor_order, monitor_named_order_local).
func TestMonitorAndLinkBeforeTheLastMessageAreInTime(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			rnd := seeded(uint64(workers))
			for round := range scale(2000) {
				pid, err := mortal(self, round, WithName("mortal"))
				if err != nil {
					return err
				}
				var alias Alias
				way := rnd.below(3)
				if way == 2 {
					_ = self.Send(pid, "alias")
					alias = self.Receive().Body.(Alias)
				}
				if rnd.below(4) == 0 {
					self.Blocking(func() {})
				}
				if rnd.below(2) == 0 {
					self.Yield()
				}
				wants := map[any]int{} // what must come, and how often
				for range 1 + rnd.below(2) {
					ref, _ := self.Monitor(pid)
					wants[Down{Monitor: ref, PID: pid, Reason: errFault}]++
				}
				ref, _ := self.MonitorName("mortal")
				wants[Down{Monitor: ref, PID: pid, Name: "mortal", Reason: errFault}]++
				if rnd.below(2) == 0 {
					if err := self.Link(pid); err != nil {
						return err
					}
					wants[Exit{pid, errFault}]++
				}
				switch way {
				case 0:
					_ = self.Send(pid, nil)
				case 1:
					_ = self.SendName("mortal", nil)
				case 2:
					_ = self.SendAlias(alias, nil)
				}
				late, _ := self.Monitor(pid)
				for n := len(wants) + 1; n > 0; n-- {
					m := self.Receive()
					d, _ := m.Body.(Down)
					if d.Monitor == late && (d.Reason == NoProc || d.Reason == errFault) {
						continue
					}
					if wants[m.Body]--; wants[m.Body] != 0 {
						return fmt.Errorf("round %d: got %+v", round, m)
					}
				}
				if m, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("round %d: got %+v besides", round, m)
				}
			}
			return nil
		}, WithTrapExit())
		end(t, rt)
	}
}

// What is sent after an exit signal that ends the process is never handled, in whichever ways both go.
func TestNothingIsHandledAfterAnExitSignalFromTheSameSender(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			rnd := seeded(uint64(workers))
			for round := range scale(2000) {
				s := styles[round%len(styles)]
				after := make(chan any, 10)
				handle := func(o ops, m Message) {
					if s.detach && m.Body == "before" {
						o.Blocking(func() {})
					}
					if m.Body == "after" {
						after <- m.Body
					}
				}
				f := Of(func(c *Ctx, m Message) error { handle(c, m); return nil })
				if s.direct {
					f = Direct(func(self *Self) error {
						for {
							handle(self, self.Receive())
						}
					})
				}
				pid, ref, err := self.SpawnMonitor(f, append(s.opts[:len(s.opts):len(s.opts)], WithName("target"))...)
				if err != nil {
					return err
				}
				send, exit, byName := self.Send, self.Exit, self.SendName
				if rnd.below(2) == 0 {
					rt := self.Runtime()
					send, exit, byName = rt.Send, rt.Exit, rt.SendName
				}
				for range rnd.below(40) {
					_ = send(pid, "before")
				}
				if rnd.below(2) == 0 {
					self.Yield()
				}
				reason := []error{Kill, errFirst}[rnd.below(2)]
				_ = exit(pid, Normal)
				_ = exit(pid, reason)
				_ = send(pid, "after")
				_ = byName("target", "after")
				_ = self.Exit(pid, errSecond)
				d := self.Receive().Body.(Down)
				if len(after) > 0 || d.Monitor != ref || d.Reason != reason && (reason != Kill || d.Reason != Killed) {
					return fmt.Errorf("round %d, %s: %d messages were handled after the exit signal; %+v", round, s.name, len(after), d)
				}
			}
			return nil
		})
		end(t, rt)
	}
}

// After Kill the answer to Alive is false, a question for Info fails, and the name is free, whatever the process was doing.
func TestKilledProcessIsNeverSeenAlive(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			for round := range scale(2000) {
				pid, err := mortal(self, round/2, WithName("killed"))
				if err != nil {
					return err
				}
				if round%3 == 0 {
					self.Yield()
				}
				if round%7 == 0 {
					self.Blocking(func() {})
				}
				_ = self.Exit(pid, Kill)
				lives := false
				if round%2 == 0 {
					lives = self.Alive(pid)
				} else if _, err := self.InfoOf(pid, Forever); !errors.Is(err, ErrNoProc) && !errors.Is(err, Killed) {
					lives = true
				}
				if lives {
					return fmt.Errorf("round %d: it is alive after Kill", round)
				}
				if who, ok := self.Whereis("killed"); ok {
					return fmt.Errorf("round %d: the name is %v's", round, who)
				}
				if err := self.Send(pid, nil); !errors.Is(err, ErrNoProc) {
					return fmt.Errorf("round %d: Send: %v", round, err)
				}
			}
			return nil
		})
		end(t, rt)
	}
}

// The same for a goroutine, which can wait for the end as well.
func TestKilledProcessIsNeverSeenAliveByAGoroutine(t *testing.T) {
	ctx := context.Background()
	for _, workers := range []int{1, 4} {
		rt := begin(t, Config{Workers: workers})
		for round := range scale(2000) {
			s := styles[round/3%len(styles)]
			pid := handler(t, rt, ignore, append(s.opts[:len(s.opts):len(s.opts)], WithName("killed"))...)
			if round%5 == 0 {
				send(t, rt, pid, nil)
			}
			_ = rt.Exit(pid, Kill)
			switch k := round % 20; {
			case k%2 == 0:
				if lives, err := rt.Alive(ctx, pid); lives || err != nil {
					t.Fatalf("round %d: Alive says %v, %v", round, lives, err)
				}
			case k == 1: // which is slow
				if i, err := rt.Info(pid); !errors.Is(err, ErrNoProc) {
					t.Fatalf("round %d: Info says %+v, %v", round, i, err)
				}
			default:
				if reason, err := rt.Wait(ctx, pid); reason != Killed && reason != NoProc || err != nil {
					t.Fatalf("round %d: Wait says %v, %v", round, reason, err)
				}
			}
			if who, ok := rt.Whereis("killed"); ok {
				t.Fatalf("round %d: the name is %v's", round, who)
			}
			if err := rt.Send(pid, nil); !errors.Is(err, ErrNoProc) {
				t.Fatalf("round %d: Send: %v", round, err)
			}
		}
		end(t, rt)
	}
}

// A question for Info comes behind the messages that the asker has sent, and counts them.
func TestInfoCountsTheMessagesThatWereSentBefore(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, bound := range []int{0, 100000} {
		inside(t, rt, func(self *Self) error {
			var opts []SpawnOption
			if bound > 0 {
				opts = append(opts, WithMailboxBound(bound, Reject))
			}
			pid, err := self.Go(func(self *Self) error {
				self.ReceiveMatch(func(m Message) bool { return m.Body == "end" })
				return nil
			}, opts...)
			if err != nil {
				return err
			}
			for n := range scale(500) {
				i, err := self.InfoOf(pid, Forever)
				if err != nil || i.Messages != n || i.Bound != bound {
					return fmt.Errorf("%d messages, bound %d, error %v; want %d and %d", i.Messages, i.Bound, err, n, bound)
				}
				_ = self.Send(pid, n)
			}
			return self.Send(pid, "end")
		})
	}
}

// A process that gets signals without end from several others, which mean nothing to it, still handles its messages (R15).
func TestFloodOfSignalsDoesNotKeepAProcessFromItsMessages(t *testing.T) {
	for _, s := range styles[:6] {
		rt := begin(t, Config{Workers: 2})
		done := make(chan struct{})
		n := 0
		count := func(again func() error) error {
			if n++; n == 300 {
				close(done)
				return Normal
			}
			return again()
		}
		var pid PID
		if s.direct {
			pid = direct(t, rt, func(self *Self) error {
				for {
					self.Receive()
					if err := count(func() error { return self.Send(self.PID(), nil) }); err != nil {
						return err
					}
				}
			}, s.opts...)
		} else {
			pid = handler(t, rt, func(c *Ctx, m Message) error {
				return count(func() error { return c.Send(c.Self(), nil) })
			}, s.opts...)
		}
		for range 4 {
			flood := handler(t, rt, func(c *Ctx, m Message) error {
				for range 100 {
					_ = c.Exit(pid, Normal)
					ref, _ := c.Monitor(pid)
					c.Demonitor(ref)
				}
				select {
				case <-done:
					return Normal
				default:
					return c.Send(c.Self(), nil)
				}
			})
			send(t, rt, flood, nil)
		}
		send(t, rt, pid, nil)
		await(t, "the last message, "+s.name, done)
		end(t, rt)
	}
}
