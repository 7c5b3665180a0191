package proc

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

func TestWaitReturnsTheReason(t *testing.T) {
	value := ExitValue{7}
	rt := begin(t, Config{Workers: 2})
	for want, f := range map[error]func(c *Ctx, m Message) error{
		Normal:    func(*Ctx, Message) error { return Normal },
		value:     func(*Ctx, Message) error { return value },
		Killed:    func(c *Ctx, _ Message) error { return c.Exit(c.Self(), Kill) },
		ErrGoexit: func(*Ctx, Message) error { runtime.Goexit(); return nil },
		Shutdown:  func(c *Ctx, _ Message) error { return c.Exit(c.Self(), Shutdown) },
	} {
		pid := handler(t, rt, f)
		const waiters = 20
		reasons := make(chan error, waiters)
		for range waiters {
			go func() {
				reason, err := rt.Wait(t.Context(), pid)
				reasons <- errors.Join(reason, err)
			}()
		}
		until(t, "all of them wait", func() bool { return len(info(t, rt, pid).MonitoredBy) == waiters })
		send(t, rt, pid, nil)
		for range waiters {
			if reason := await(t, "the reason", reasons); !errors.Is(reason, want) {
				t.Errorf("Wait: %v, want %v", reason, want)
			}
		}
		gone(t, rt, pid)
		if reason, err := rt.Wait(t.Context(), pid); reason != NoProc || err != nil {
			t.Errorf("Wait for a process that has ended: %v, %v", reason, err)
		}
	}
	if reason, err := rt.Wait(t.Context(), 0); reason != NoProc || err != nil {
		t.Errorf("Wait for nobody: %v, %v", reason, err)
	}
}

func TestWaitHonoursItsContext(t *testing.T) {
	rt, other := begin(t, Config{Workers: 1}), begin(t, Config{Workers: 1})
	pid := handler(t, rt, ignore)
	soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if reason, err := rt.Wait(soon, pid); reason != nil || !errors.Is(err, ErrTimeout) {
		t.Errorf("Wait with a deadline: %v, %v", reason, err)
	}
	over, cancelOver := context.WithCancel(t.Context())
	cancelOver()
	if reason, err := rt.Wait(over, pid); reason != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a context that is done: %v, %v", reason, err)
	}
	until(t, "nobody watches any more", func() bool { return len(info(t, rt, pid).MonitoredBy) == 0 })
	foreign := handler(t, other, ignore)
	if _, err := rt.Wait(t.Context(), foreign); !errors.Is(err, ErrWrongRuntime) {
		t.Errorf("Wait for a process of another runtime: %v", err)
	}
	if _, err := rt.Alive(t.Context(), foreign); !errors.Is(err, ErrWrongRuntime) {
		t.Errorf("Alive of a process of another runtime: %v", err)
	}
	if _, err := rt.Call(t.Context(), foreign, 1); !errors.Is(err, ErrWrongRuntime) {
		t.Errorf("Call to a process of another runtime: %v", err)
	}
}

// The question takes its turn behind what was sent before: after Kill the answer is always false.
func TestAliveIsFalseAfterKill(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		rt := begin(t, Config{Workers: workers})
		for i := range scale(700) {
			var opts []SpawnOption
			if i%2 == 0 {
				opts = []SpawnOption{WithMailboxBound(1, DropNewest)}
			}
			pid := handler(t, rt, ignore, opts...)
			if i%3 == 0 {
				send(t, rt, pid, nil)
			}
			if alive, err := rt.Alive(t.Context(), pid); !alive || err != nil {
				t.Fatalf("Alive: %v, %v", alive, err)
			}
			_ = rt.Exit(pid, Kill)
			if alive, err := rt.Alive(t.Context(), pid); alive || err != nil {
				t.Fatalf("Alive after Kill: %v, %v", alive, err)
			}
		}
		inside(t, rt, func(self *Self) error {
			for range scale(700) {
				pid, err := self.Spawn(Of(ignore))
				if err != nil {
					return err
				}
				if !self.Alive(pid) || !self.Alive(self.PID()) {
					return errors.New("Alive: false of a process that lives")
				}
				_ = self.Exit(pid, Kill)
				if self.Alive(pid) {
					return errors.New("Alive: true after Kill")
				}
			}
			return nil
		})
	}
}

// A process inside a handler answers when that returns.
func TestAliveWaitsForTheHandler(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	in, hold := make(chan struct{}), make(chan struct{})
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		in <- struct{}{}
		<-hold
		return Normal
	})
	send(t, rt, pid, nil)
	await(t, "the handler", in)
	soon, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
	defer cancel()
	if _, err := rt.Alive(soon, pid); !errors.Is(err, ErrTimeout) {
		t.Errorf("Alive of a process inside a handler: %v, want ErrTimeout", err)
	}
	answer := make(chan bool, 1)
	go func() {
		alive, _ := rt.Alive(t.Context(), pid)
		answer <- alive
	}()
	close(hold)
	if await(t, "the answer", answer) && rt.lives(pid) {
		// It may be asked before its handler has returned Normal, and afterwards: but then it is gone.
		until(t, "it ends", func() bool { return !rt.lives(pid) })
	}
}

// A goroutine that calls has an address for the reply. For everything else it is nobody.
func TestAPortIsNoProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	over := make(chan error, 1)
	callee := direct(t, rt, func(self *Self) error {
		m := self.Receive()
		k, _ := self.Caller()
		over <- func() error {
			if err := self.Send(m.From, "hello"); err != ErrNoProc {
				return errors.Join(errors.New("Send"), err)
			}
			if err := self.Link(m.From); err != ErrNoProc {
				return errors.Join(errors.New("Link"), err)
			}
			ref, err := self.Monitor(m.From)
			if err != nil {
				return err
			}
			if d, ok := self.Receive().Body.(Down); !ok || d.Monitor != ref || d.Reason != NoProc {
				return errors.New("Monitor did not say that it is nobody")
			}
			self.TrapExit(true)
			if err := self.Link(m.From); err != nil {
				return err
			}
			if e, ok := self.Receive().Body.(Exit); !ok || e.From != m.From || e.Reason != NoProc {
				return errors.New("Link did not say that it is nobody")
			}
			if err := self.Unlink(m.From); err != nil {
				return err
			}
			if self.Alive(m.From) {
				return errors.New("Alive")
			}
			if _, err := self.InfoOf(m.From, Forever); !errors.Is(err, ErrNoProc) {
				return errors.Join(errors.New("InfoOf"), err)
			}
			if _, err := self.Call(m.From, 1, Forever); !errors.Is(err, ErrNoProc) {
				return errors.Join(errors.New("Call"), err)
			}
			return errors.Join(self.Exit(m.From, Kill), self.ReplyTo(k, 5))
		}()
		return nil
	})
	if v, err := rt.Call(t.Context(), callee, nil); v != 5 || err != nil {
		t.Errorf("Call: %v, %v", v, err)
	}
	if err := await(t, "the callee", over); err != nil {
		t.Error(err)
	}
}
