package proc

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// numbers sends 1 to n from the process to itself.
func numbers(self *Self, n int) {
	for i := range n {
		self.Send(self.PID(), i+1)
	}
}

func TestSelectiveReceiveKeepsTheOthersInOrder(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(1000, Reject)}} {
		rt := begin(t, Config{Workers: 1})
		inside(t, rt, func(self *Self) error {
			numbers(self, 10)
			var got []int
			for range 5 {
				got = append(got, self.ReceiveMatch(func(m Message) bool { return m.Body.(int)%2 == 0 }).Body.(int))
			}
			for range 5 {
				got = append(got, self.Receive().Body.(int))
			}
			if want := []int{2, 4, 6, 8, 10, 1, 3, 5, 7, 9}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if m, ok := self.ReceiveTimeout(0); ok {
				t.Errorf("got %+v besides", m)
			}
			return nil
		}, opts...)
		end(t, rt)
	}
}

// While a process waits, each message is looked at once: a new one costs the same however many have been passed over.
func TestEachMessageIsLookedAtOnceWhileAProcessWaits(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	const n = 5000
	looks := 0
	pid, done := PID(0), make(chan bool)
	pid = direct(t, rt, func(self *Self) error {
		self.ReceiveMatch(func(m Message) bool { looks++; return m.Body == "end" })
		close(done)
		return nil
	})
	for i := range n {
		send(t, rt, pid, i)
	}
	send(t, rt, pid, "end")
	await(t, "the end", done)
	if looks != n+1 {
		t.Errorf("%d looks at %d messages", looks, n+1)
	}
}

// A call does not look at what is queued.
func TestCallDoesNotLookAtTheMailbox(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
	inside(t, rt, func(self *Self) error {
		n, looks := scale(100_000), 0
		numbers(self, n)
		if _, ok := self.ReceiveMatchTimeout(0, func(Message) bool { looks++; return false }); ok || looks != n {
			t.Errorf("%d looks at %d messages", looks, n)
		}
		for i := range 1000 {
			if v, err := self.Call(echo, i, time.Hour); v != i || err != nil {
				t.Fatalf("call %d: %v, %v", i, v, err)
			}
		}
		if looks != n {
			t.Errorf("calls have looked at %d messages", looks-n)
		}
		for i := range n {
			if m := self.Receive(); m.Body != i+1 {
				t.Fatalf("message %v in place of %d", m.Body, i+1)
			}
		}
		return nil
	})
}

// Messages that are passed over do not prolong a timeout: it ends while they go on coming.
func TestReceiveTimeoutIsNotProlongedByOthers(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	stop, over := make(chan bool), make(chan bool)
	pid := direct(t, rt, func(self *Self) error {
		m, ok := self.ReceiveMatchTimeout(20*time.Millisecond, func(m Message) bool { return m.Body == "never" })
		if ok {
			t.Errorf("got %+v", m)
		}
		close(over)
		return nil
	})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = rt.Send(pid, 1)
				time.Sleep(time.Millisecond)
			}
		}
	}()
	await(t, "the timeout", over)
	close(stop)
}

// A match that panics makes ReceiveMatch panic in the process, where it can be recovered; the message stays.
func TestMatchThatPanicsLeavesTheMessage(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	for _, queued := range []bool{true, false} {
		inside(t, rt, func(self *Self) error {
			if queued {
				self.Send(self.PID(), "x")
			} else {
				self.SendAfter(0, self.PID(), "x")
			}
			func() {
				defer func() {
					if v := recover(); v != "bad match" {
						t.Errorf("recovered %v", v)
					}
				}()
				self.ReceiveMatch(func(Message) bool { panic("bad match") })
				t.Error("ReceiveMatch has returned")
			}()
			if m := self.Receive(); m.Body != "x" {
				t.Errorf("got %+v", m)
			}
			return nil
		})
	}
}

// Whatever ends a process that waits, its deferred functions run, may use the process, and recover stops nothing.
func TestDeferredFunctionsRunHoweverAProcessEnds(t *testing.T) {
	for what, kill := range map[string]func(rt *Runtime, pid PID){
		"kill":     func(rt *Runtime, pid PID) { _ = rt.Exit(pid, Kill) },
		"exit":     func(rt *Runtime, pid PID) { _ = rt.Exit(pid, errFault) },
		"shutdown": func(rt *Runtime, _ PID) { rt.signalAll(&signal{kind: sigExit, reason: Shutdown}) },
	} {
		rt := begin(t, Config{Workers: 2})
		got, waits := make(chan Message, 3), make(chan bool, 1)
		other := handler(t, rt, func(c *Ctx, m Message) error { got <- m; return nil }, WithTrapExit())
		pid := direct(t, rt, func(self *Self) error {
			defer func() { self.Send(other, "first") }()
			defer func() {
				if v := recover(); v != nil {
					t.Errorf("%s: recovered %v", what, v)
				}
				self.Receive() // ends this function and no more
			}()
			waits <- true
			self.Receive()
			t.Errorf("%s: Receive has returned", what)
			return nil
		})
		await(t, "it waits", waits)
		kill(rt, pid)
		for m := await(t, what, got); m.Body != "first"; m = await(t, what, got) {
			if _, ok := m.Body.(Exit); !ok {
				t.Errorf("%s: got %+v", what, m)
			}
		}
		gone(t, rt, pid)
		_ = rt.Exit(other, Kill)
		end(t, rt)
	}
}

// A panic is the exit reason, with the stack of the process, also in a deferred function of one that is ended from outside.
func TestPanicInDirectStyleHasItsOwnStack(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	for _, pid := range []PID{
		direct(t, rt, func(self *Self) error { self.Yield(); blowUp(); return nil }),
		direct(t, rt, func(self *Self) error { defer blowUp(); self.Receive(); return nil }),
	} {
		if _, err := rt.Info(pid); err == nil {
			_ = rt.Exit(pid, Shutdown)
		}
		reason, err := rt.Wait(context.Background(), pid)
		var p *Panic
		if reason == NoProc && err == nil {
			continue // the first one has ended already
		}
		if !errors.As(reason, &p) || p.Value != "boom" || !strings.Contains(string(p.Stack), "blowUp") {
			t.Errorf("reason %v, %v", reason, err)
		}
	}
}

func blowUp() { panic("boom") }

func TestMethodsOfSelfRefuseOtherGoroutines(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	inside(t, rt, func(self *Self) error {
		done := make(chan bool)
		go func() {
			defer close(done)
			if err := self.Send(self.PID(), 1); !errors.Is(err, ErrWrongGoroutine) {
				t.Errorf("Send: %v", err)
			}
			if _, err := self.Spawn(Of(ignore)); !errors.Is(err, ErrWrongGoroutine) {
				t.Errorf("Spawn: %v", err)
			}
			for name, f := range map[string]func(){
				"Receive": func() { self.Receive() },
				"Call":    func() { self.Call(self.PID(), 1, Forever) },
				"Sleep":   func() { self.Sleep(1) },
			} {
				func() {
					defer func() {
						if v := recover(); v != any(ErrWrongGoroutine) {
							t.Errorf("%s: %v", name, v)
						}
					}()
					f()
				}()
			}
		}()
		<-done
		if m, ok := self.ReceiveTimeout(0); ok {
			t.Errorf("got %+v", m)
		}
		return nil
	})
}

// Suspended processes end with the runtime and leave no goroutine.
func TestSuspendedProcessesLeaveNoGoroutine(t *testing.T) {
	base := runtime.NumGoroutine()
	rt := begin(t, Config{Workers: 2})
	for range scale(10_000) {
		direct(t, rt, func(self *Self) error { self.Receive(); return nil })
	}
	stats(t, rt)
	end(t, rt)
	leftover(t, base)
}

// One that blocks on a channel is a stuck handler like any other: the others go on, and so does it.
func TestDirectProcessMayBlockOnAChannel(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Millisecond})
	let, done := make(chan bool), make(chan bool)
	direct(t, rt, func(self *Self) error {
		<-let
		numbers(self, 3)
		for i := range 3 {
			if m := self.Receive(); m.Body != i+1 {
				t.Errorf("got %+v", m)
			}
		}
		close(done)
		return nil
	})
	answers(t, rt)
	close(let)
	await(t, "it goes on", done)
}
