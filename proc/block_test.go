package proc

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// While a process is in Blocking, the others of its worker go on: they let it go, so if they did not this test would hang.
func TestOthersGoOnWhileAProcessIsInBlocking(t *testing.T) {
	// Nobody is noticed as stuck here: it is Blocking that gives the worker away.
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	let := make(chan struct{})
	events := make(chan string, 10)
	var opener PID
	sleeper := handler(t, rt, func(c *Ctx, m Message) error {
		if m.Body != nil {
			events <- m.Body.(string)
			return nil
		}
		c.Send(opener, nil)
		events <- "before"
		c.Blocking(func() {
			events <- "blocking"
			<-let
		})
		events <- "after"
		return c.Send(c.Self(), "by itself")
	})
	opener = handler(t, rt, func(c *Ctx, m Message) error {
		events <- "another process"
		c.Send(sleeper, "by another")
		close(let)
		return nil
	})
	send(t, rt, sleeper, nil)
	var got []string
	for range 6 {
		got = append(got, await(t, "an event", events))
	}
	// What is blocking and the other process are on different goroutines: their order is not ours to say.
	if got[1] == "another process" {
		got[1], got[2] = got[2], got[1]
	}
	if want := []string{"before", "blocking", "another process", "after", "by another", "by itself"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

func TestEveryOperationWorksAfterBlocking(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	got := make(chan any, 10)
	to := handler(t, rt, func(c *Ctx, m Message) error { got <- m.Body; return nil })
	machine := Func(func(c *Ctx, m Message) error { got <- "become"; return nil })
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		for range 2 { // a second time it has no core to give away
			c.Blocking(func() {})
		}
		c.Send(to, "send")
		child, err := c.Spawn(Of(func(c *Ctx, m Message) error { got <- m.Body; return Normal }))
		if err != nil {
			return err
		}
		c.Send(child, "spawn")
		timer, err := c.SendAfter(time.Hour, to, "never")
		if err != nil || !c.Cancel(timer) || c.Cancel(timer) {
			got <- fmt.Sprintf("timer: %v", err)
		}
		if _, err := c.SendAfter(0, to, "timer"); err != nil {
			return err
		}
		if i := c.Info(); i.PID != c.Self() {
			got <- fmt.Sprintf("info: %+v", i)
		}
		if err := c.Offload(func() (any, error) { return "offload", nil }); err != nil {
			return err
		}
		c.Consume(1)
		_ = c.ShouldYield()
		return c.Become(machine)
	})
	send(t, rt, pid, nil)
	seen := map[any]int{}
	for range 4 { // send, spawn, timer, and the result of Offload met by the new machine
		seen[await(t, "what a process did after Blocking", got)]++
	}
	for _, want := range []string{"send", "spawn", "timer", "become"} {
		if seen[want] != 1 {
			t.Errorf("%s: %d times; got %v", want, seen[want], seen)
		}
	}
}

func TestManyProcessesInBlockingAtOnce(t *testing.T) {
	const n = 200
	rt := begin(t, Config{Workers: 2})
	inside, let, out := make(chan struct{}, n), make(chan struct{}), make(chan struct{}, n)
	for range n {
		pid := handler(t, rt, func(c *Ctx, m Message) error {
			c.Blocking(func() { inside <- struct{}{}; <-let })
			out <- struct{}{}
			return nil
		})
		send(t, rt, pid, nil)
	}
	for range n {
		await(t, "a process in Blocking", inside)
	}
	answers(t, rt)
	close(let)
	for range n {
		await(t, "a process after Blocking", out)
	}
	if s := stats(t, rt); s.SpareWorkers != 0 || s.StuckTotal != 0 {
		t.Errorf("%d spare workers, %d stuck", s.SpareWorkers, s.StuckTotal)
	}
}

func TestOffloadDeliversItsResultOrItsEnd(t *testing.T) {
	fault := errors.New("a fault")
	for _, c := range []struct {
		name  string
		f     func() (any, error)
		check func(OffloadResult) bool
	}{
		{"value", func() (any, error) { return 42, nil }, func(r OffloadResult) bool { return r.Value == 42 && r.Err == nil }},
		{"error", func() (any, error) { return nil, fault }, func(r OffloadResult) bool { return r.Value == nil && r.Err == fault }},
		{"both", func() (any, error) { return 1, fault }, func(r OffloadResult) bool { return r.Value == 1 && r.Err == fault }},
		{"panic", func() (any, error) { panic("offloaded") }, func(r OffloadResult) bool {
			var p *Panic
			return errors.As(r.Err, &p) && p.Value == "offloaded" && len(p.Stack) > 0
		}},
		{"panic with an error", func() (any, error) { panic(fault) }, func(r OffloadResult) bool { return errors.Is(r.Err, fault) }},
		{"panic of nil", func() (any, error) { panic(nil) }, func(r OffloadResult) bool { return isPanic("nil")(r.Err) }},
		{"Goexit", func() (any, error) { runtime.Goexit(); return 1, nil }, func(r OffloadResult) bool { return errors.Is(r.Err, ErrGoexit) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			rt := begin(t, Config{Workers: 1})
			got := make(chan Message, 2)
			pid := handler(t, rt, func(x *Ctx, m Message) error {
				if m.Body == nil {
					return x.Offload(c.f)
				}
				got <- m
				return nil
			})
			send(t, rt, pid, nil)
			m := await(t, "the result", got)
			r, ok := m.Body.(OffloadResult)
			if !ok || !c.check(r) || m.From != pid {
				t.Errorf("message %+v", m)
			}
			end(t, rt)
			if len(got) != 0 {
				t.Error("a second result came")
			}
		})
	}
}

// The handler does not wait for what it offloads, nor does anyone else.
func TestProcessGoesOnWhileItsOffloadRuns(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	let := make(chan struct{})
	events := make(chan any, 4)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if m.Body == nil {
			return c.Offload(func() (any, error) { <-let; return "result", nil })
		}
		if r, ok := m.Body.(OffloadResult); ok {
			events <- r.Value
		} else {
			events <- m.Body
		}
		return nil
	})
	send(t, rt, pid, nil)
	send(t, rt, pid, "meanwhile")
	if e := await(t, "a message during Offload", events); e != "meanwhile" {
		t.Fatalf("%v came first", e)
	}
	answers(t, rt)
	close(let)
	if e := await(t, "the result", events); e != "result" {
		t.Fatalf("%v in place of the result", e)
	}
}

func TestOffloadOfAProcessThatHasEndedBecomesADeadLetter(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	letters := watch(rt)
	let := make(chan struct{})
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if err := c.Offload(func() (any, error) { <-let; return "late", nil }); err != nil {
			return err
		}
		return Normal
	})
	send(t, rt, pid, nil)
	gone(t, rt, pid)
	close(let)
	s := stats(t, rt) // the runtime is not at rest while an offloaded function runs
	l := letters()
	if s.DeadLetters != 1 || len(l) != 1 || l[0].To != pid {
		t.Fatalf("%d dead letters are counted, watched: %v", s.DeadLetters, l)
	}
	if r, ok := l[0].Message.Body.(OffloadResult); !ok || r.Value != "late" {
		t.Errorf("letter %+v", l[0])
	}
}
