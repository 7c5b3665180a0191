package proc

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/thrum-go/thrum/mpsc"
	"github.com/thrum-go/thrum/sched"
)

// spin keeps its worker busy until the runtime's clock says at.
func spin(rt *Runtime, at time.Duration) {
	for rt.since() < at {
	}
}

// within runs f on the core that owns the process pid, which must be idle, or on any if it is so.
func within(t *testing.T, rt *Runtime, pid PID, f func(p *process)) {
	t.Helper()
	stats(t, rt)
	done := make(chan struct{})
	p := rt.table.find(pid)
	rt.sched.OnCore(0, func(*sched.Worker) {
		f(p)
		close(done)
	})
	await(t, "a look at the process", done)
}

// idler asks for the receive timeout that it is sent and notes what it gets.
type idler struct {
	got   chan string
	again time.Duration // asked for after each ReceiveTimeout, if not 0
	set   time.Duration // when the last one was asked for, since the runtime began
	after chan time.Duration
}

func newIdler() *idler {
	return &idler{got: make(chan string, 1000), after: make(chan time.Duration, 1000)}
}

func (i *idler) Handle(c *Ctx, m Message) error {
	switch b := m.Body.(type) {
	case time.Duration:
		i.set = c.rt.since()
		i.got <- "set"
		return c.ReceiveTimeout(b)
	case ReceiveTimeout:
		if m.From != 0 || m.Word != 0 {
			return fmt.Errorf("a receive timeout from %v with %d", m.From, m.Word)
		}
		i.after <- c.rt.since() - i.set
		i.got <- "timeout"
		if i.again > 0 {
			i.set = c.rt.since()
			return c.ReceiveTimeout(i.again)
		}
	case string:
		i.got <- b
	}
	return nil
}

// comes receives what is wanted, in this order.
func comes(t *testing.T, got chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		if s := await(t, w, got); s != w {
			t.Errorf("%q in place of %q", s, w)
		}
	}
}

func TestReceiveTimeoutComesOnceAndNeverEarly(t *testing.T) {
	for kind, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 2})
		i := newIdler()
		pid := spawn(t, rt, func() Machine { return i }, opts...)
		for _, d := range []time.Duration{time.Microsecond, time.Millisecond, 5 * time.Millisecond} {
			send(t, rt, pid, d)
			comes(t, i.got, "set", "timeout")
			if after := await(t, "the time", i.after); after < d {
				t.Errorf("%s: a receive timeout of %v came after %v", kind, d, after)
			}
			spin(rt, rt.since()+d+time.Millisecond) // a second one would be due
			stats(t, rt)
			if len(i.got) != 0 {
				t.Errorf("%s: after the timeout came %q", kind, <-i.got)
			}
		}
	}
}

// Any message cancels it, one that comes from the handler itself too; it does not come back.
func TestAnyMessageCancelsAReceiveTimeout(t *testing.T) {
	const d = 2 * time.Millisecond
	for kind, opts := range awaitOptions {
		for what, cancel := range map[string]func(rt *Runtime, pid PID, a Alias) error{
			"message": func(rt *Runtime, pid PID, _ Alias) error { return rt.Send(pid, "m") },
			"alias":   func(rt *Runtime, _ PID, a Alias) error { return rt.SendAlias(a, "m") },
			"timer":   func(rt *Runtime, pid PID, _ Alias) error { _, err := rt.SendAfter(0, pid, "m"); return err },
			"reply": func(rt *Runtime, pid PID, a Alias) error {
				return rt.Send(pid, func(c *Ctx) error {
					echo, err := c.Spawn(Of(func(c *Ctx, m Message) error { return c.Reply(nil) }))
					if err != nil {
						return err
					}
					if err := c.ReceiveTimeout(time.Hour); err != nil {
						return err
					}
					_, err = c.Request(echo, nil, Forever)
					return err
				})
			},
		} {
			rt := begin(t, Config{Workers: 2})
			got, alias := make(chan string, 10), make(chan Alias, 1)
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				switch b := m.Body.(type) {
				case nil:
					alias <- c.Alias(AliasExplicit)
					return c.ReceiveTimeout(time.Hour)
				case func(*Ctx) error:
					return b(c)
				case string, Reply:
					got <- "m"
				case ReceiveTimeout:
					got <- "timeout"
				case time.Duration:
					got <- "set"
					if err := c.Send(c.Self(), "m"); err != nil {
						return err
					}
					return c.ReceiveTimeout(b)
				}
				return nil
			}, opts...)
			send(t, rt, pid, nil)
			a := await(t, "the alias", alias)
			armed := func() (yes bool) {
				within(t, rt, pid, func(p *process) { yes = p.cold.armed })
				return yes
			}
			until(t, "the timeout is armed", armed)
			var timer Timer
			within(t, rt, pid, func(p *process) { timer = p.cold.idle.Timer })
			if timer.Remaining() == 0 {
				t.Errorf("%s, %s: no timer runs", kind, what)
			}
			if err := cancel(rt, pid, a); err != nil {
				t.Fatal(err)
			}
			comes(t, got, "m")
			if armed() || timer.Remaining() != 0 {
				t.Errorf("%s: a %s has not cancelled the timeout: %v remain", kind, what, timer.Remaining())
			}
			send(t, rt, pid, d)
			comes(t, got, "set", "m")
			spin(rt, rt.since()+2*d)
			send(t, rt, pid, "m")
			comes(t, got, "m")
		}
	}
}

// A message that is there when the time is up comes, and no timeout, though the process has not run since it came.
func TestMessageGoesBeforeAReceiveTimeoutThatIsDue(t *testing.T) {
	const d = 2 * time.Millisecond
	rounds := 0
	for kind, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		i := newIdler()
		pid := spawn(t, rt, func() Machine { return i }, opts...)
		for range 10 {
			send(t, rt, pid, d)
			comes(t, i.got, "set")
			until(t, "it has nothing to do", func() bool { return rt.table.find(pid).mb.State().Kind() == mpsc.Idle })
			inTime := make(chan bool, 1)
			busy := handler(t, rt, func(c *Ctx, m Message) error {
				p := rt.table.find(pid) // nothing else runs: this is the only worker
				armed := p.mb.State().Kind() == mpsc.Idle && p.cold.armed
				err := c.Send(pid, "m")
				spin(rt, rt.since()+2*d) // the timer is due
				inTime <- armed
				return err
			})
			send(t, rt, busy, nil)
			if await(t, "the busy handler", inTime) {
				rounds++
				comes(t, i.got, "m")
			} else {
				comes(t, i.got, "timeout", "m")
			}
			stats(t, rt)
			if len(i.got) != 0 {
				t.Errorf("%s: after the message %q came", kind, <-i.got)
			}
		}
	}
	if rounds == 0 {
		t.Error("the timeout was always over before the message came")
	}
}

// With zero it comes at once, but only when there is no message.
func TestReceiveTimeoutOfZero(t *testing.T) {
	for kind, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 2})
		var log []string
		over := make(chan []string, 1)
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			switch m.Body {
			case nil:
				log = nil
				_ = c.Send(c.Self(), "a")
				_ = c.Send(c.Self(), "b")
				return c.ReceiveTimeout(0) // cancelled by a
			case "b":
				log = append(log, "b")
				return c.ReceiveTimeout(0)
			case ReceiveTimeout{}:
				over <- append(log, "timeout")
				return nil
			}
			log = append(log, m.Body.(string))
			return nil
		}, opts...)
		for range 3 {
			send(t, rt, pid, nil)
			if got := await(t, "the timeout", over); !slices.Equal(got, []string{"a", "b", "timeout"}) {
				t.Errorf("%s: %q", kind, got)
			}
		}
		stats(t, rt)
		if len(over) != 0 {
			t.Errorf("%s: another timeout came", kind)
		}
	}
}

// Who asks in every handler gets it again and again.
func TestReceiveTimeoutIsSetAgain(t *testing.T) {
	for _, opts := range awaitOptions {
		rt := begin(t, Config{Workers: 2})
		i := newIdler()
		i.again = 200 * time.Microsecond
		pid := spawn(t, rt, func() Machine { return i }, opts...)
		send(t, rt, pid, i.again)
		comes(t, i.got, "set", "timeout", "timeout", "timeout", "timeout", "timeout")
		for range 5 {
			if after := await(t, "the time", i.after); after < i.again {
				t.Errorf("a receive timeout of %v came after %v", i.again, after)
			}
		}
	}
}

// A process that is ended while its timeout runs takes its timer along.
func TestReceiveTimeoutEndsWithItsProcess(t *testing.T) {
	for kind, opts := range awaitOptions {
		for _, reason := range []error{Kill, ExitValue{1}, Shutdown} {
			rt := begin(t, Config{Workers: 2})
			i := newIdler()
			pid := spawn(t, rt, func() Machine { return i }, opts...)
			send(t, rt, pid, time.Hour)
			comes(t, i.got, "set")
			var timer Timer
			within(t, rt, pid, func(p *process) { timer = p.cold.idle.Timer })
			if timer.Remaining() == 0 {
				t.Errorf("%s: no timer runs", kind)
			}
			if err := rt.Exit(pid, reason); err != nil {
				t.Fatal(err)
			}
			gone(t, rt, pid)
			if timer.Remaining() != 0 {
				t.Errorf("%s: the timer of a process that has ended runs", kind)
			}
		}
	}
}

// Messages that come around the time: after one the timeout does not come, and after the timeout it is not set any more.
func TestReceiveTimeoutIsExact(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for kind, opts := range awaitOptions {
			rt := begin(t, Config{Workers: workers})
			const d = 300 * time.Microsecond
			over := make(chan error, 1)
			set, timeouts := false, 0
			pid := handler(t, rt, func(c *Ctx, m Message) error {
				if m.Body != (ReceiveTimeout{}) {
					set = true
					if m.Body == "last" {
						over <- nil
						return nil
					}
					return c.ReceiveTimeout(d)
				}
				if !set {
					over <- errors.New("a timeout came that was not set, or twice")
				}
				timeouts++
				set = false
				return nil
			}, opts...)
			r := seeded(uint64(workers))
			for range 40 {
				send(t, rt, pid, nil)
				time.Sleep(time.Duration(r.below(int(2 * d))))
			}
			send(t, rt, pid, "last")
			if err := await(t, "the end", over); err != nil {
				t.Errorf("%d workers, %s: %v", workers, kind, err)
			}
			if timeouts == 0 {
				t.Errorf("%d workers, %s: no timeout", workers, kind)
			}
		}
	}
}

func TestReceiveTimeoutRefusesANegativeTime(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	over := make(chan error, 1)
	send(t, rt, handler(t, rt, func(c *Ctx, m Message) error { over <- c.ReceiveTimeout(-1); return nil }), nil)
	if err := await(t, "the answer", over); err == nil {
		t.Error("a negative time is not refused")
	}
}
