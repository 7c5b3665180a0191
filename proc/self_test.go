package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// The end of a receive timeout that came too late, behind the message, is no message, whatever the process does next.
func TestStaleTimeoutIsNoMessage(t *testing.T) {
	const d = 2 * time.Millisecond
	for kind, opts := range awaitOptions {
		for _, next := range []string{"call", "receive", "sleep"} {
			rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
			echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
			waiting, over := make(chan struct{}, 1), make(chan error, 1)
			pid := direct(t, rt, func(self *Self) (err error) {
				defer func() { over <- err }()
				waiting <- struct{}{}
				m, ok := self.ReceiveTimeout(d)
				switch {
				case ok && m.Body != "first":
					return fmt.Errorf("%+v", m)
				case next == "call":
					if v, err := self.Call(echo, 1, Forever); v != 1 || err != nil {
						return fmt.Errorf("%v, %v", v, err)
					}
				case next == "sleep":
					self.Sleep(d)
				}
				if !ok {
					m = self.Receive()
				}
				if n := self.Receive(); m.Body != "first" || n.Body != "second" {
					return fmt.Errorf("%+v, then %+v", m, n)
				}
				if n, ok := self.ReceiveTimeout(0); ok {
					return fmt.Errorf("then %+v", n)
				}
				return nil
			}, opts...)
			await(t, "the receive", waiting)
			send(t, rt, handler(t, rt, func(c *Ctx, m Message) error {
				err := c.Send(pid, "first")
				spin(rt, rt.since()+2*d) // the time is up behind it: this is the only worker
				return errors.Join(err, c.Send(pid, "second"))
			}), nil)
			if err := await(t, "the process", over); err != nil {
				t.Errorf("%s, %s: %v", kind, next, err)
			}
		}
	}
}

// After such a timeout a bounded process still acts upon Kill before the messages that it has.
func TestKillGoesBeforeTheMessagesOfABoundedProcessAfterAStaleTimeout(t *testing.T) {
	const d = 2 * time.Millisecond
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	waiting, in, hold := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	pid := direct(t, rt, func(self *Self) error {
		waiting <- struct{}{}
		if _, ok := self.ReceiveTimeout(d); !ok {
			self.Receive() // on a slow machine the message may come after the timeout, which is not stale then
		}
		self.ReceiveMatch(func(m Message) bool { return m.Body == "hold" })
		in <- struct{}{}
		<-hold
		m := self.Receive()
		t.Errorf("%+v was received after the process had been killed", m)
		return nil
	}, WithMailboxBound(50, Reject))
	await(t, "the receive", waiting)
	send(t, rt, handler(t, rt, func(c *Ctx, m Message) error {
		err := c.Send(pid, "first")
		spin(rt, rt.since()+2*d)
		return err
	}), nil)
	stats(t, rt)
	send(t, rt, pid, "hold")
	await(t, "the process holds", in)
	for range 5 {
		send(t, rt, pid, "more")
	}
	if err := rt.Exit(pid, Kill); err != nil {
		t.Fatal(err)
	}
	close(hold)
	gone(t, rt, pid)
}

// Deferred functions of a process that is ended from outside may use all that does not wait, to their ends; what waits ends only the
// function that calls it.
func TestDeferredFunctionsMayUseTheProcess(t *testing.T) {
	for _, reason := range []error{Kill, ExitValue{1}, Shutdown} {
		rt := begin(t, Config{Workers: 2})
		got := make(chan string, 20)
		sink := handler(t, rt, func(c *Ctx, m Message) error { got <- m.Body.(string); return nil })
		waiting := make(chan struct{}, 1)
		pid := direct(t, rt, func(self *Self) error {
			ref, err := self.Monitor(sink)
			if err != nil {
				return err
			}
			defer func() { _ = self.Send(sink, "last") }()
			for what, wait := range map[string]func(){
				"Receive": func() { self.Receive() },
				"Sleep":   func() { self.Sleep(time.Hour) },
				"Call":    func() { _, _ = self.Call(sink, "never sent", Forever) },
				"Yield":   func() { self.Yield() },
				"Alive":   func() { self.Alive(sink) },
				"InfoOf":  func() { _, _ = self.InfoOf(sink, Forever) },
			} {
				defer func() {
					wait()
					_ = self.Send(sink, what+" has returned")
				}()
			}
			defer func() {
				self.Info()
				self.TrapExit(true)
				self.Consume(1)
				self.Alias(AliasReply)
				self.Cancel(Timer{})
				self.Blocking(func() {})
				if !self.Demonitor(ref) {
					return
				}
				_ = self.Send(sink, "first")
			}()
			waiting <- struct{}{}
			self.Receive()
			return nil
		})
		await(t, "the process", waiting)
		stats(t, rt)
		if err := rt.Exit(pid, reason); err != nil {
			t.Fatal(err)
		}
		comes(t, got, "first", "last")
		gone(t, rt, pid)
		if len(got) != 0 {
			t.Errorf("%v: %s", reason, <-got)
		}
	}
}

// A process that is killed before its first turn never runs.
func TestDirectProcessKilledBeforeItsFirstTurn(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	over := make(chan PID, 1)
	send(t, rt, handler(t, rt, func(c *Ctx, m Message) error {
		pid, err := c.Go(func(self *Self) error { t.Error("it ran"); return nil })
		over <- pid
		return errors.Join(err, c.Exit(pid, Kill))
	}), nil)
	gone(t, rt, await(t, "the process", over))
	stats(t, rt)
}
