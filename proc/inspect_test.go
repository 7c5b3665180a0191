package proc

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// named is a machine whose state has a name. pause is called when that is asked for.
type named struct{ pause func() }

func (n *named) Handle(c *Ctx, m Message) error {
	if f, ok := m.Body.(func(*Ctx) error); ok {
		return f(c)
	}
	if e, ok := m.Body.(Exit); ok {
		return e.Reason
	}
	return nil
}

func (n *named) StateName() string {
	if n.pause != nil {
		n.pause()
	}
	return "resting"
}

// Info tells everything that a process is tied to.
func TestInfoTellsTheTiesOfAProcess(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	over := make(chan PID, 1)
	other := handler(t, rt, ignore)
	parent := handler(t, rt, func(c *Ctx, m Message) error {
		pid, err := c.SpawnLink(func() Machine { return &named{} }, WithName("it"), WithTrapExit(), WithPriority(PriorityHigh))
		over <- pid
		return err
	})
	send(t, rt, parent, nil)
	pid := await(t, "the process", over)
	bare := info(t, rt, pid)
	send(t, rt, pid, func(c *Ctx) error {
		_, err1 := c.Monitor(other)
		_, err2 := c.MonitorName("nobody") // is told at once
		_, err3 := c.Request(other, 1, Forever)
		return errors.Join(err1, err2, err3, c.Link(other))
	})
	watcher := handler(t, rt, func(c *Ctx, m Message) error {
		_, err := c.Monitor(pid)
		return err
	})
	send(t, rt, watcher, nil)
	stats(t, rt)
	i := info(t, rt, pid)
	links := slices.Sorted(slices.Values(i.Links))
	if want := slices.Sorted(slices.Values([]PID{parent, other})); !slices.Equal(links, want) {
		t.Errorf("links %v, want %v", links, want)
	}
	if !slices.Equal(i.Monitors, []PID{other}) || !slices.Equal(i.MonitoredBy, []PID{watcher}) {
		t.Errorf("monitors %v, monitored by %v", i.Monitors, i.MonitoredBy)
	}
	if i.Parent != parent || i.Name != "it" || i.State != "resting" || !i.TrapExit || i.Priority != PriorityHigh || i.Requests != 1 || i.Status != Waiting {
		t.Errorf("%+v", i)
	}
	if i.Memory <= bare.Memory {
		t.Errorf("%d bytes, without the links %d", i.Memory, bare.Memory)
	}
	if i := info(t, rt, other); i.Calls != 1 || !slices.Equal(i.MonitoredBy, []PID{pid}) || !slices.Equal(i.Links, []PID{pid}) {
		t.Errorf("the other side: %+v", i)
	}
	d := info(t, rt, direct(t, rt, func(self *Self) error { self.Receive(); return nil }))
	if !strings.Contains(d.Type, "TestInfoTellsTheTiesOfAProcess") {
		t.Errorf("the type of a process in direct style is %q, not its function", d.Type)
	}
}

// RequestInfo and InfoOf are answered by who lives, and end with the reason of who does not.
func TestInfoOfAnotherProcess(t *testing.T) {
	rt, foreign := begin(t, Config{Workers: 2}), begin(t, Config{Workers: 1})
	stranger := handler(t, foreign, ignore)
	inside(t, rt, func(self *Self) error {
		for _, opts := range awaitOptions {
			pid, err := self.Spawn(func() Machine { return &named{} }, opts...)
			if err != nil {
				return err
			}
			for n := range 3 {
				if err := self.Send(pid, nil); err != nil {
					return err
				}
				if i, err := self.InfoOf(pid, Forever); err != nil || i.PID != pid || i.State != "resting" && i.Type != "starting" || i.Messages > n+1 {
					return fmt.Errorf("InfoOf: %+v, %v", i, err)
				}
			}
			_ = self.Exit(pid, Kill)
			if _, err := self.InfoOf(pid, Forever); !errors.Is(err, Killed) && !errors.Is(err, ErrNoProc) {
				return fmt.Errorf("InfoOf after Kill: %v", err)
			}
		}
		if _, err := self.InfoOf(self.PID(), Forever); !errors.Is(err, ErrCallingSelf) {
			return fmt.Errorf("InfoOf oneself: %v", err)
		}
		if _, err := self.InfoOf(stranger, Forever); !errors.Is(err, ErrWrongRuntime) {
			return fmt.Errorf("InfoOf a stranger: %v", err)
		}
		if _, err := self.InfoOf(stranger, 0); err == nil {
			return errors.New("a timeout of zero is not refused")
		}
		if i := self.Info(); i.Status != Running || i.PID != self.PID() {
			return fmt.Errorf("Info of oneself: %+v", i)
		}
		return nil
	})
	busy := make(chan struct{})
	in := make(chan struct{})
	pid := handler(t, rt, func(c *Ctx, m Message) error { in <- struct{}{}; <-busy; return nil })
	send(t, rt, pid, nil)
	await(t, "the handler", in)
	inside(t, rt, func(self *Self) error {
		if _, err := self.InfoOf(pid, time.Millisecond); !errors.Is(err, ErrTimeout) {
			return fmt.Errorf("InfoOf a process inside a handler: %v", err)
		}
		return nil
	})
	close(busy)
}

// While questions are answered more messages come: they stay behind those that came before.
func TestInfoRequestKeepsTheOrderOfMessages(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	asked, proceed, in, hold := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	got := make(chan uint64, 10)
	n := &named{}
	pid := spawn(t, rt, func() Machine { return n })
	send(t, rt, pid, func(c *Ctx) error {
		return c.Become(Func(func(c *Ctx, m Message) error {
			if m.Word == 0 {
				in <- struct{}{}
				<-hold
				return c.Become(&noting{named{func() { asked <- struct{}{}; <-proceed }}, got})
			}
			return nil
		}))
	})
	stats(t, rt)
	send(t, rt, pid, nil)
	await(t, "the handler", in)
	p := rt.table.find(pid)
	ask := func() {
		rt.signal(pid, Message{From: markSignal, Body: &signal{kind: sigInfo, answer: make(chan Info, 1)}})
	}
	ask()
	ask()
	for i := uint64(1); i <= 3; i++ {
		if err := rt.SendWord(pid, nil, i); err != nil {
			t.Fatal(err)
		}
	}
	if p.mb.State().Empty() {
		t.Fatal("nothing is in the inbox")
	}
	close(hold)
	await(t, "the first question", asked)
	for i := uint64(4); i <= 6; i++ {
		if err := rt.SendWord(pid, nil, i); err != nil {
			t.Fatal(err)
		}
	}
	proceed <- struct{}{}
	await(t, "the second question", asked)
	proceed <- struct{}{}
	for i := uint64(1); i <= 6; i++ {
		if w := await(t, "a message", got); w != i {
			t.Errorf("message %d in place of %d", w, i)
		}
	}
}

// noting notes its messages.
type noting struct {
	named
	got chan uint64
}

func (n *noting) Handle(c *Ctx, m Message) error { n.got <- m.Word; return nil }
