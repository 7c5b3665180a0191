package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var errFirst, errSecond = errors.New("the first"), errors.New("the second")

// One sender's first fatal signal is the reason, whatever it sends afterwards and wherever the process is.
func TestFirstExitWins(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		inside(t, rt, func(self *Self) error {
			for i := range scale(2000) {
				s := styles[i%len(styles)]
				p := Of(func(c *Ctx, m Message) error {
					if s.detach {
						c.Blocking(func() {})
					}
					return m.Body.(fault).reason
				})
				pid, ref, err := self.SpawnMonitor(p, s.opts...)
				if err != nil {
					return err
				}
				if i%3 == 0 {
					self.Yield() // it may be idle by then, or on another worker
				}
				exit, want := self.Exit, errFirst
				if i%2 == 0 {
					exit = self.Runtime().Exit
				}
				_ = exit(pid, Normal)
				if i%5 == 0 {
					want = Killed
					_ = exit(pid, Kill)
				} else {
					_ = exit(pid, errFirst)
				}
				_ = exit(pid, errSecond)
				_ = self.Send(pid, fault{errFault})
				_ = exit(pid, Kill)
				if m := self.Receive(); m.Body != (Down{Monitor: ref, PID: pid, Reason: want}) {
					return fmt.Errorf("round %d, %s: got %+v, want the reason %v", i, s.name, m, want)
				}
			}
			return nil
		})
	}
}

// A signal that arrives before the first turn ends the process without a call of its factory; a process that traps exits from its
// beginning gets it as its first message.
func TestExitBeforeTheFirstTurn(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour}) // so it cannot run before its spawner waits
	for _, s := range styles {
		for _, trap := range []bool{false, true} {
			for _, reason := range reasons {
				when := fmt.Sprintf("%v, %s, trapping %v", reason, s.name, trap)
				inside(t, rt, func(self *Self) error {
					var calls []string // by the child; read when it has ended
					end := func(m Message) error {
						calls = append(calls, fmt.Sprint(m.Body))
						return errFault
					}
					f := Of(func(c *Ctx, m Message) error { return end(m) })
					if s.direct {
						f = Direct(func(self *Self) error { return end(self.Receive()) })
					}
					opts := append([]SpawnOption{WithName("child")}, s.opts...)
					if trap {
						opts = append(opts, WithTrapExit())
					}
					pid, ref, err := self.SpawnMonitor(func() Machine { calls = append(calls, "factory"); return f() }, opts...)
					if err != nil {
						return err
					}
					_ = self.Send(pid, "a message")
					_ = self.Exit(pid, reason)
					want, heard := reason, []string{}
					switch {
					case reason == Kill:
						want = Killed
					case trap || reason == Normal:
						want = errFault
						heard = []string{"factory", "a message"}
					}
					if m := self.Receive(); m.Body != (Down{Monitor: ref, PID: pid, Reason: want}) {
						return fmt.Errorf("%s: got %+v, want the reason %v", when, m, want)
					}
					if fmt.Sprint(calls) != fmt.Sprint(heard) {
						return fmt.Errorf("%s: the child did %q, want %q", when, calls, heard)
					}
					if _, ok := self.Whereis("child"); ok {
						return fmt.Errorf("%s: the name is taken still", when)
					}
					return nil
				})
			}
		}
	}
}

// A process inside a handler that does not return ends when it does; then for the reason, with none of the messages that wait.
func TestExitOfAStuckProcessTakesEffectWhenItsHandlerReturns(t *testing.T) {
	rt := begin(t, Config{Workers: 2, StuckAfter: time.Millisecond})
	for _, s := range styles {
		for _, blocking := range []bool{false, true} {
			for _, reason := range []error{Kill, errFirst, Normal} {
				when := fmt.Sprintf("%v, %s, in Blocking %v", reason, s.name, blocking)
				p, watcher := newPuppet(t, rt, s), newPuppet(t, rt, styles[0])
				let := p.cork(blocking)
				ref := watcher.watches(p.pid)
				send(t, rt, p.pid, "before")
				_ = rt.Exit(p.pid, reason)
				send(t, rt, p.pid, "after")
				watcher.nothing(when) // its handler has not returned
				let()
				if reason == Normal {
					if a, b := p.next(when), p.next(when); a.Body != "before" || b.Body != "after" {
						t.Errorf("%s: got %v, %v", when, a, b)
					}
					p.end(errFirst)
					watcher.hears(when, ref, p.pid, errFirst)
					continue
				}
				want := reason
				if reason == Kill {
					want = Killed
				}
				watcher.hears(when, ref, p.pid, want)
				if len(p.got) > 0 {
					t.Errorf("%s: it has handled %+v", when, <-p.got)
				}
			}
		}
	}
}

// counter spawns a process that counts its messages; the first of them waits for let.
func counter(t *testing.T, rt *Runtime, s style, in chan struct{}, let chan struct{}) (pid PID, n *int) {
	n = new(int)
	count := func(o ops) error {
		if *n++; *n == 1 && in != nil {
			close(in)
			<-let
		}
		return nil
	}
	if s.direct {
		return direct(t, rt, func(self *Self) error {
			for {
				self.Receive()
				_ = count(self)
			}
		}, s.opts...), n
	}
	return handler(t, rt, func(c *Ctx, m Message) error { return count(c) }, s.opts...), n
}

// An exit signal does not wait behind messages. One from the same worker, or that lies in the inbox with the messages before it,
// goes before all of them; a process that works on messages it has taken in already looks for signals every few dozen.
func TestExitSignalGoesBeforeQueuedMessages(t *testing.T) {
	const messages = 1000
	for _, s := range styles {
		for _, reason := range []error{Kill, errFirst} {
			for _, c := range []struct {
				name string
				most int // messages that are handled
				run  func(rt *Runtime) (pid PID, n *int)
			}{
				{"from the same worker", 0, func(rt *Runtime) (PID, *int) {
					pid, n := counter(t, rt, s, nil, nil)
					stats(t, rt)
					inside(t, rt, func(self *Self) error {
						for range messages {
							_ = self.Send(pid, nil)
						}
						return self.Exit(pid, reason)
					})
					return pid, n
				}},
				{"from outside, behind messages in the inbox", 1, func(rt *Runtime) (PID, *int) {
					in, let := make(chan struct{}), make(chan struct{})
					pid, n := counter(t, rt, s, in, let)
					send(t, rt, pid, nil)
					await(t, "the first message", in)
					for range messages {
						send(t, rt, pid, nil)
					}
					_ = rt.Exit(pid, reason)
					close(let)
					return pid, n
				}},
				{"from outside, behind messages taken in", 64, func(rt *Runtime) (PID, *int) {
					in, let := make(chan struct{}), make(chan struct{})
					pid, n := counter(t, rt, s, in, let)
					stats(t, rt)
					inside(t, rt, func(self *Self) error {
						for range messages {
							_ = self.Send(pid, nil)
						}
						return nil
					})
					await(t, "the first message", in)
					_ = rt.Exit(pid, reason)
					close(let)
					return pid, n
				}},
			} {
				t.Run(fmt.Sprintf("%s/%s/%v", c.name, s.name, reason), func(t *testing.T) {
					rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
					pid, n := c.run(rt)
					gone(t, rt, pid)
					if *n > c.most {
						t.Errorf("%d messages were handled, want %d at the most", *n, c.most)
					}
					if s := stats(t, rt); s.DeadLetters < messages-uint64(c.most) {
						t.Errorf("%d dead letters", s.DeadLetters)
					}
				})
			}
		}
	}
}
