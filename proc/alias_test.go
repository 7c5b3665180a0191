package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// aliasSenders are the ways to send to an alias.
func aliasSenders(t *testing.T, rt *Runtime) map[string]func(a Alias, body any) error {
	type order struct {
		a    Alias
		body any
	}
	done := make(chan error)
	machine := handler(t, rt, func(c *Ctx, m Message) error {
		o := m.Body.(order)
		done <- c.SendAlias(o.a, o.body)
		return nil
	})
	straight := direct(t, rt, func(self *Self) error {
		for {
			o := self.Receive().Body.(order)
			done <- self.SendAlias(o.a, o.body)
		}
	})
	by := func(pid PID) func(Alias, any) error {
		return func(a Alias, body any) error {
			if err := rt.Send(pid, order{a, body}); err != nil {
				return err
			}
			return <-done
		}
	}
	return map[string]func(Alias, any) error{"machine": by(machine), "direct": by(straight), "goroutine": rt.SendAlias}
}

// An explicit alias works until Unalias, one for a reply for one message; what comes later is dropped.
func TestAliasWorksUntilItEnds(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(50, Reject)}} {
		rt := begin(t, Config{Workers: 2})
		for from, send := range aliasSenders(t, rt) {
			inside(t, rt, func(self *Self) error {
				receive := func() (any, bool) {
					m, ok := self.ReceiveTimeout(0)
					if !ok {
						// A message that comes at all is there when a later one is.
						_ = rt.Send(self.PID(), "marker")
						if m = self.Receive(); m.Body == "marker" {
							return nil, false
						}
						self.ReceiveMatch(func(m Message) bool { return m.Body == "marker" })
					}
					return m.Body, true
				}
				explicit, reply, unknown := self.Alias(AliasExplicit), self.Alias(AliasReply), self.Alias(200)
				if explicit == reply || explicit.PID() != self.PID() {
					return fmt.Errorf("aliases %v, %v", explicit, reply)
				}
				for i := range 3 {
					for name, a := range map[string]Alias{"explicit": explicit, "unknown": unknown} {
						if err := send(a, name); err != nil {
							return err
						}
						if body, ok := receive(); !ok || body != name {
							return fmt.Errorf("message %d to the %s alias: %v, %v", i, name, body, ok)
						}
					}
					err := send(reply, "reply")
					body, ok := receive()
					if err != nil || ok != (i == 0) || ok && body != "reply" {
						return fmt.Errorf("message %d to the reply alias: %v, %v, %v", i, body, ok, err)
					}
				}
				if !self.Unalias(explicit) || self.Unalias(explicit) || self.Unalias(reply) || !self.Unalias(unknown) || self.Unalias(Alias{}) {
					return errors.New("Unalias does not say whether the alias still worked")
				}
				if err := send(explicit, "explicit"); err != nil {
					return err
				}
				if body, ok := receive(); ok {
					return fmt.Errorf("a message to an alias that has ended: %v", body)
				}
				return nil
			}, opts...)
			if t.Failed() {
				t.Fatalf("from a %s, bounded %v", from, opts != nil)
			}
		}
		if s := stats(t, rt); s.DeadLetters != 0 {
			t.Errorf("%d dead letters", s.DeadLetters)
		}
	}
}

func TestAliasRefusesWhatIsNoAlias(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	aliases := make(chan Alias, 1)
	alias := func(rt *Runtime) Alias {
		direct(t, rt, func(self *Self) error {
			aliases <- self.Alias(AliasExplicit)
			self.Receive()
			return nil
		})
		return await(t, "an alias", aliases)
	}
	foreign, another := alias(other), alias(rt)
	for from, send := range aliasSenders(t, rt) {
		if err := send(Alias{}, 1); err == nil {
			t.Errorf("%s: the zero alias is not refused", from)
		}
		if err := send(foreign, 1); !errors.Is(err, ErrWrongRuntime) {
			t.Errorf("%s: an alias of another runtime: %v", from, err)
		}
	}
	inside(t, rt, func(self *Self) error {
		if self.Unalias(another) || self.Unalias(foreign) {
			return errors.New("Unalias of another process's alias says that it ended it")
		}
		return nil
	})
	// An alias of a process that has ended is an alias that does not work.
	pid := another.PID()
	if err := rt.Exit(pid, Kill); err != nil {
		t.Fatal(err)
	}
	gone(t, rt, pid)
	for from, send := range aliasSenders(t, rt) {
		if err := send(another, 1); err != nil {
			t.Errorf("%s: an alias of a process that has ended: %v", from, err)
		}
	}
}

// What has arrived before Unalias stays; what arrives after it is dropped, though it was sent before.
func TestAliasIsLookedAtWhenAMessageArrives(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(50, Reject)}} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		in, hold, got := make(chan Alias), make(chan struct{}), make(chan any, 10)
		var a Alias
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			switch m.Body {
			case "begin":
				a = c.Alias(AliasExplicit)
				in <- a
			case "unalias":
				in <- a
				<-hold // something is sent to the alias meanwhile, which has not arrived when it ends
				if !c.Unalias(a) {
					t.Error("Unalias: the alias did not work")
				}
			default:
				got <- m.Body
			}
			return nil
		}, opts...)
		driver := handler(t, rt, func(c *Ctx, m Message) error {
			if err := c.Send(pid, "unalias"); err != nil {
				return err
			}
			return c.SendAlias(a, "arrived before")
		})
		send(t, rt, pid, "begin")
		await(t, "the alias", in)
		stats(t, rt)
		send(t, rt, driver, nil)
		await(t, "the handler that ends it", in)
		if err := rt.SendAlias(a, "arrives after"); err != nil {
			t.Fatal(err)
		}
		send(t, rt, pid, "last")
		close(hold)
		for _, want := range []any{"arrived before", "last"} {
			if body := await(t, "a message", got); body != want {
				t.Errorf("bounded %v: %v, want %v", opts != nil, body, want)
			}
		}
	}
}

// Messages to a process and to its alias keep one order, from processes and goroutines.
func TestAliasKeepsTheOrderWithMessages(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(1<<20, Reject)}} {
			rt := begin(t, Config{Workers: workers})
			n := uint64(scale(4000))
			const senders = 4
			over := make(chan error, senders)
			aliases := make(chan Alias, 1)
			next := map[PID]uint64{}
			receiver := direct(t, rt, func(self *Self) error {
				aliases <- self.Alias(AliasExplicit)
				for {
					m := self.Receive()
					i := m.Word
					if v, ok := m.Body.(uint64); ok {
						i = v // through the alias
					}
					if next[m.From] != i {
						over <- fmt.Errorf("message %d from %v in place of %d", i, m.From, next[m.From])
						return nil
					}
					if next[m.From]++; i == n-1 {
						over <- nil
					}
				}
			}, opts...)
			a := await(t, "the alias", aliases)
			for s := range senders - 1 {
				pid := handler(t, rt, func(c *Ctx, m Message) error {
					for i := m.Word; i < min(m.Word+100, n); i++ {
						if (i*7+uint64(s))%3 == 0 {
							_ = c.SendAlias(a, i)
						} else {
							_ = c.SendWord(receiver, nil, i)
						}
					}
					if m.Word+100 < n {
						return c.SendWord(c.Self(), nil, m.Word+100)
					}
					return nil
				})
				send(t, rt, pid, nil)
			}
			for i := range n {
				var err error
				if i%3 == 0 {
					err = rt.SendAlias(a, i)
				} else {
					err = rt.SendWord(receiver, nil, i)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for range senders {
				if err := await(t, "the last message", over); err != nil {
					t.Errorf("%d workers, bounded %v: %v", workers, opts != nil, err)
				}
			}
		}
	}
}

// Messages to an alias take up room in a bounded mailbox as others do.
func TestAliasKeepsTheBound(t *testing.T) {
	for _, policy := range []Overflow{Reject, DropNewest, DropOldest} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		in, hold, got := make(chan Alias), make(chan struct{}), make(chan any, 20)
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			if m.Body == "begin" {
				in <- c.Alias(AliasExplicit)
				<-hold
				return nil
			}
			got <- m.Body
			return nil
		}, WithMailboxBound(3, policy))
		send(t, rt, pid, "begin")
		a := await(t, "the alias", in)
		for i := range 10 {
			if err := rt.SendAlias(a, i); err != nil && !errors.Is(err, ErrMailboxFull) {
				t.Fatal(err)
			}
		}
		close(hold)
		stats(t, rt)
		if i := info(t, rt, pid); i.Turned != 7 || len(got) != 3 {
			t.Errorf("%v: %d messages were handled and %d turned away, of ten with a bound of three", policy, len(got), i.Turned)
		}
	}
}
