package proc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// What a process gets of the end of others keeps its place among what those have sent before, whether it is busy or not.
func TestExitAndDownMessagesKeepTheirPlace(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, to := range styles {
		for _, from := range styles {
			for _, corked := range []bool{false, true} {
				when := fmt.Sprintf("from %s to %s, corked %v", from.name, to.name, corked)
				b, a := newPuppet(t, rt, to, WithTrapExit()), newPuppet(t, rt, from)
				ref := b.watches(a.pid)
				b.do(func(o ops) { _ = o.Link(a.pid) })
				var alias Alias
				b.do(func(o ops) { alias = o.Alias(AliasExplicit) })
				let := func() {}
				if corked {
					let = b.cork(true)
				}
				a.do(func(o ops) {
					_ = o.Send(b.pid, 1)
					_ = o.Exit(b.pid, errFirst)
					_ = o.SendAlias(alias, 2)
					_ = o.Exit(b.pid, Normal)
					_ = o.Send(b.pid, 3)
				})
				a.end(errSecond)
				if corked {
					gone(t, rt, a.pid)
				}
				let()
				for _, want := range []any{
					1, Exit{a.pid, errFirst}, 2, Exit{a.pid, Normal}, 3,
					Exit{a.pid, errSecond}, Down{Monitor: ref, PID: a.pid, Reason: errSecond},
				} {
					if m := b.next(when); m.Body != want || m.From != a.pid {
						t.Errorf("%s: got %+v, want %+v", when, m, want)
					}
				}
				b.nothing(when)
				b.end(Normal)
			}
		}
	}
}

// waits are the ways in which a process in direct style waits.
var waits = map[string]func(self *Self, silent PID){
	"Receive":                func(self *Self, _ PID) { self.Receive() },
	"ReceiveMatch":           func(self *Self, _ PID) { self.ReceiveMatch(func(m Message) bool { return m.Body == "never" }) },
	"ReceiveTimeout":         func(self *Self, _ PID) { self.ReceiveTimeout(time.Hour) },
	"Sleep":                  func(self *Self, _ PID) { self.Sleep(time.Hour) },
	"Call":                   func(self *Self, silent PID) { _, _ = self.Call(silent, "no reply", Forever) },
	"Call with timeout":      func(self *Self, silent PID) { _, _ = self.Call(silent, "no reply", time.Hour) },
	"Yield":                  func(self *Self, _ PID) { self.Yield() },
	"ReceiveTimeout of zero": func(self *Self, _ PID) { self.ReceiveTimeout(0); self.Yield() },
}

// However a process in direct style waits, an exit signal ends it there: the wait does not return, deferred functions run
// and may send but not wait, and recover has nothing to stop.
func TestExitEndsEveryWaitOfADirectProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	silent := handler(t, rt, ignore)
	for name, wait := range waits {
		for _, reason := range []error{Kill, errFirst, Killed} {
			for i := range 4 {
				soon, detach := i&1 != 0, i&2 != 0
				inside(t, rt, func(self *Self) error {
					begun := false
					me := self.PID()
					pid, ref, err := self.SpawnMonitor(Direct(func(child *Self) error {
						defer func() {
							child.Receive()
							_ = child.Send(me, "a function that was deferred has waited")
						}()
						defer func() { _ = child.Send(me, fmt.Sprint("recovered ", recover())) }()
						begun = true
						_ = child.Send(me, "begun")
						for {
							if detach {
								child.Blocking(func() {})
							}
							wait(child, silent)
							if name == "Yield" || name == "ReceiveTimeout of zero" {
								continue
							}
							_ = child.Send(me, "has returned")
						}
					}))
					if err != nil {
						return err
					}
					if !soon {
						self.ReceiveMatch(func(m Message) bool { return m.Body == "begun" })
					}
					_ = self.Exit(pid, reason)
					var got []any
					for {
						m := self.ReceiveMatch(func(m Message) bool { return m.Body != "begun" })
						if d, ok := m.Body.(Down); ok {
							if want := reason; d.Monitor != ref || d.Reason != want && (want != Kill || d.Reason != Killed) {
								return fmt.Errorf("%s: got %+v, want the reason %v", name, d, want)
							}
							break
						}
						got = append(got, m.Body)
					}
					if text := fmt.Sprint(got); text != "[recovered <nil>]" && (begun || text != "[]") {
						return fmt.Errorf("%s: got %q of the process", name, got)
					}
					return nil
				})
			}
		}
	}
}

// A process that awaits a reply handles nothing else, but it can be ended; and its own request is off with it.
func TestExitOfAProcessThatAwaitsAReply(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for _, bound := range []bool{false, true} {
		for _, reason := range []error{Kill, errFirst} {
			inside(t, rt, func(self *Self) error {
				var opts []SpawnOption
				if bound {
					opts = append(opts, WithMailboxBound(10, Reject))
				}
				me := self.PID()
				pid, ref, err := self.SpawnMonitor(Of(func(c *Ctx, m Message) error {
					if m.Body != "await" {
						_ = c.Send(me, "handled something else")
						return nil
					}
					return c.Await(me, "a question", Forever, func(c *Ctx, v any, err error) error { return c.Send(me, "then was called") })
				}), opts...)
				if err != nil {
					return err
				}
				_ = self.Send(pid, "await")
				_ = self.Send(pid, "another message")
				if m := self.Receive(); m.Body != "a question" {
					return fmt.Errorf("got %+v", m)
				}
				k, _ := self.Caller()
				_ = self.Exit(pid, reason)
				if m := self.Receive(); m.Body != (Down{Monitor: ref, PID: pid, Reason: reason}) && (reason != Kill || m.Body != (Down{Monitor: ref, PID: pid, Reason: Killed})) {
					return fmt.Errorf("got %+v", m)
				}
				_ = self.ReplyTo(k, "too late")
				if self.Alive(pid) {
					return errors.New("it lives")
				}
				if m, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("got %+v", m)
				}
				return nil
			})
		}
	}
}

// Whoever is told of an end gets the same reason: links, monitors, callers, Wait.
func TestEverybodyGetsTheSameReason(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	for name, end := range map[string]func() error{"panic": panicHere, "error": failHere, "Goexit": exitHere, "Normal": normal} {
		p, linked := newPuppet(t, rt, styles[0]), newPuppet(t, rt, styles[0], WithTrapExit())
		linked.do(func(o ops) {
			_ = o.Link(p.pid)
			_, _ = o.Monitor(p.pid)
		})
		waited, called := make(chan error, 1), make(chan error, 1)
		go func() {
			reason, err := rt.Wait(context.Background(), p.pid)
			waited <- err
			waited <- reason
		}()
		go func() {
			_, err := rt.Call(context.Background(), p.pid, "no reply")
			called <- err
		}()
		linked.do(func(o ops) {
			if c, ok := o.(*Ctx); ok {
				_, _ = c.Request(p.pid, "no reply", Forever)
			}
		})
		o := order{done: make(chan struct{}), f: func(o ops) {
			if err := end(); err != nil {
				_ = o.Exit(p.pid, err)
			}
		}}
		until(t, "all wait", func() bool {
			i, err := rt.Info(p.pid)
			return err == nil && i.Calls == 2 && len(i.MonitoredBy) == 2
		})
		send(t, rt, p.pid, o)
		exit := linked.next(name).Body.(Exit).Reason
		down := linked.next(name).Body.(Down).Reason
		var gone, reply *CallError
		if err := linked.next(name).Body.(Reply).Err; !errors.As(err, &reply) {
			t.Fatalf("%s: the request ends with %v", name, err)
		}
		if err := await(t, "Call", called); !errors.As(err, &gone) {
			t.Fatalf("%s: Call returns %v", name, err)
		}
		if err := await(t, "Wait", waited); err != nil {
			t.Fatalf("%s: Wait returns %v", name, err)
		}
		if wait := await(t, "Wait", waited); wait != exit || down != exit || reply.Err != exit || gone.Err != exit || exit == nil {
			t.Errorf("%s: reasons %v, %v, %v, %v, %v", name, exit, down, reply, gone, wait)
		}
		if name == "panic" && !isPanic("the panic's value")(exit) || name == "Goexit" && exit != ErrGoexit {
			t.Errorf("%s: reason %v", name, exit)
		}
	}
}
