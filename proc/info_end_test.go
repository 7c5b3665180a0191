package proc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// Info of a process that is at its Terminate: from a process there is none, as it does not live any more; a goroutine is shown what there is still,
// stuck while it has no core, or told that it has ended.
func TestInfoOfAProcessInTerminate(t *testing.T) {
	for _, reason := range []error{errFault, errFirst} { // its own end, and one by a signal
		rt := begin(t, Config{Workers: 2, StuckAfter: time.Millisecond})
		s := &slowEnd{make(chan struct{}), make(chan struct{})}
		pid := spawn(t, rt, func() Machine { return s }, WithName("ending"))
		stats(t, rt)
		if reason == errFault {
			send(t, rt, pid, nil)
		} else if err := rt.Exit(pid, reason); err != nil {
			t.Fatal(err)
		}
		await(t, "Terminate", s.inside)
		if i, err := rt.Info(pid); err != nil || i.PID != pid || i.Status != Stuck || i.Type != "*proc.slowEnd" {
			t.Errorf("%v: Info in Terminate: %+v, %v", reason, i, err)
		}
		answer := make(chan error, 1)
		asked := make(chan bool)
		direct(t, rt, func(self *Self) error {
			id, err := self.Request(pid, 1, Forever)
			if err != nil {
				return err
			}
			self.Blocking(func() { close(asked) })
			if _, err = self.InfoOf(pid, Forever); err == nil {
				err = errors.New("it has been described")
			}
			if r, ok := self.Receive().Body.(Reply); !ok || r.Request != id || r.Err == nil {
				err = fmt.Errorf("the call has ended with %+v", r)
			}
			answer <- err
			return nil
		})
		await(t, "the question", asked)
		close(s.let)
		if err := await(t, "the answer", answer); !errors.Is(err, ErrNoProc) {
			t.Errorf("%v: InfoOf in Terminate: %v", reason, err)
		}
		if _, err := rt.Info(pid); !errors.Is(err, ErrNoProc) {
			t.Errorf("%v: Info after the end: %v", reason, err)
		}
		end(t, rt)
	}
}

// While messages wait Oldest grows, whichever way they wait, and it is that of the oldest: newer ones do not make it smaller. When they have been
// handled it is 0.
func TestOldestGrowsWhileMessagesWait(t *testing.T) {
	for name, f := range map[string]func(to PID) Factory{
		"postponed": func(PID) Factory {
			return Of(func(c *Ctx, m Message) error {
				if m.Body == "all" {
					return c.Become(Func(ignore))
				}
				return c.Postpone(m)
			})
		},
		"during Await": func(to PID) Factory {
			awaits := false
			return Of(func(c *Ctx, m Message) error {
				if awaits {
					return nil
				}
				awaits = true
				return c.Await(to, 1, Forever, func(*Ctx, any, error) error { return nil })
			})
		},
		"passed over": func(PID) Factory {
			return Direct(func(self *Self) error {
				self.ReceiveMatch(func(m Message) bool { return m.Body == "all" })
				for {
					self.Receive()
				}
			})
		},
	} {
		rt := begin(t, Config{Workers: 1})
		to, calls := keeper(t, rt)
		pid := spawn(t, rt, f(to))
		before := time.Now()
		for range 3 {
			send(t, rt, pid, "x")
		}
		stats(t, rt) // they are where they wait
		const rest = 50 * time.Millisecond
		waiting := time.Now()
		<-time.After(rest) // nothing runs meanwhile, and the messages wait all the same
		last := info(t, rt, pid).Oldest
		if last < rest-3*time.Millisecond || last > time.Since(before)+time.Second {
			t.Errorf("%s: Oldest is %v after %v of rest, %v at the most", name, last, time.Since(waiting), time.Since(before))
		}
		for steps := 0; steps < 5; {
			send(t, rt, pid, "y")
			i := info(t, rt, pid)
			if i.Oldest < last {
				t.Fatalf("%s: Oldest has become less: %v, %v", name, last, i.Oldest)
			}
			if i.Oldest > last {
				steps++
			}
			last = i.Oldest
			if i.Oldest > time.Since(before)+time.Second {
				t.Fatalf("%s: Oldest is %v after %v", name, i.Oldest, time.Since(before))
			}
			if time.Since(before) > patience {
				t.Fatalf("%s: Oldest is still %v", name, i.Oldest)
			}
		}
		send(t, rt, pid, "all")
		select {
		case k := <-calls:
			_ = rt.ReplyTo(k, nil)
		default:
		}
		until(t, name+": all have been handled", func() bool { return info(t, rt, pid).Messages == 0 })
		if i := info(t, rt, pid); i.Oldest != 0 {
			t.Errorf("%s: Oldest is %v without a message", name, i.Oldest)
		}
		end(t, rt)
	}
}
