package proc

import (
	"fmt"
	"testing"
	"time"
)

// stages is a machine that becomes the next one with each message.
type stages struct {
	t     *testing.T
	stage int
	log   chan string
}

func (s *stages) Init(c *Ctx) error { s.log <- fmt.Sprintf("init %d", s.stage); return nil }
func (s *stages) Handle(c *Ctx, m Message) error {
	s.log <- fmt.Sprintf("handle %d", s.stage)
	if s.stage == 3 {
		return Normal
	}
	return c.Become(&stages{s.t, s.stage + 1, s.log})
}
func (s *stages) Terminate(c *Ctx, reason error) { s.log <- fmt.Sprintf("terminate %d", s.stage) }

func TestBecomeReplacesTheMachineFromTheNextMessageOn(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10, Reject)}} {
		rt := begin(t, Config{Workers: 1})
		log := make(chan string, 20)
		pid := spawn(t, rt, func() Machine { return &stages{t, 1, log} }, opts...)
		for range 3 {
			send(t, rt, pid, nil)
		}
		gone(t, rt, pid)
		for _, want := range []string{"init 1", "handle 1", "handle 2", "handle 3", "terminate 3"} {
			if got := await(t, want, log); got != want {
				t.Errorf("%q in place of %q", got, want)
			}
		}
		if len(log) != 0 {
			t.Errorf("then %q", <-log)
		}
	}
}

// plain is a machine of another type than stages, without Terminate.
type plain struct{}

func (plain) Handle(*Ctx, Message) error { return nil }

func TestBecomeChangesTheTypeInReports(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	pid := handler(t, rt, func(c *Ctx, m Message) error { return c.Become(plain{}) })
	if i, err := rt.Info(pid); err != nil || i.Type != "proc.Func" {
		t.Errorf("Info: %+v, %v", i, err)
	}
	send(t, rt, pid, nil)
	stats(t, rt)
	if i, err := rt.Info(pid); err != nil || i.Type != "proc.plain" {
		t.Errorf("Info: %+v, %v", i, err)
	}
}

func TestInitMayBecomeAnotherMachine(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan string, 1)
	pid := spawn(t, rt, func() Machine {
		return &initial{func(c *Ctx) error {
			return c.Become(Func(func(*Ctx, Message) error { got <- "the machine that Init made"; return nil }))
		}, got}
	})
	send(t, rt, pid, nil)
	if s := await(t, "a message", got); s != "the machine that Init made" {
		t.Error(s)
	}
}

type initial struct {
	init func(c *Ctx) error
	got  chan string
}

func (i *initial) Init(c *Ctx) error          { return i.init(c) }
func (i *initial) Handle(*Ctx, Message) error { i.got <- "the first machine"; return nil }

// A process that consumes its turn lets the others go first, though it has messages left.
func TestConsumeEndsTheTurn(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(100, Reject)}} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		order := make(chan string, 20)
		greedy := handler(t, rt, func(c *Ctx, m Message) error {
			order <- "greedy"
			c.Consume(4000)
			return nil
		}, opts...)
		modest := handler(t, rt, func(c *Ctx, m Message) error { order <- "modest"; return nil }, opts...)
		stats(t, rt)
		start := handler(t, rt, func(c *Ctx, m Message) error {
			for range 3 {
				c.Send(greedy, nil)
			}
			for range 3 {
				c.Send(modest, nil)
			}
			return nil
		})
		send(t, rt, start, nil)
		var got []string
		for range 6 {
			got = append(got, await(t, "a message", order))
		}
		last := 0
		for i, s := range got {
			if s == "modest" {
				last = i
			}
		}
		if got[5] != "greedy" || last == 5 {
			t.Errorf("order %v: the process that consumed its turn kept the worker", got)
		}
	}
}

func TestConsumeCountsInStatsAndInfo(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		c.Consume(1000)
		c.Consume(-500) // charges nothing
		c.Consume(0)
		return nil
	})
	for range 10 {
		send(t, rt, pid, nil)
	}
	s := stats(t, rt)
	i, err := rt.Info(pid)
	if err != nil || i.Reductions < 10*1001 || i.Reductions > 10*1001+100 {
		t.Errorf("Info: %d reductions, %v; want about 10010", i.Reductions, err)
	}
	if s.Reductions < 10*1001 || s.Reductions > 10*1001+200 {
		t.Errorf("Stats: %d reductions, want about 10010", s.Reductions)
	}
}

func TestShouldYieldOnceTheTurnIsUsedUp(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	busy := make(chan struct{}) // lets the monitor's clock run before the question
	burn := handler(t, rt, func(*Ctx, Message) error {
		time.Sleep(5 * time.Millisecond)
		busy <- struct{}{}
		return nil
	})
	type answer struct{ fresh, consumed bool }
	answers := make(chan answer, 1)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		a := answer{fresh: c.ShouldYield()}
		c.Consume(4000)
		a.consumed = c.ShouldYield()
		answers <- a
		return nil
	})
	// Two milliseconds may pass inside one handler on a busy machine: it must be false mostly, not each time.
	fresh := 0
	for range 10 {
		send(t, rt, burn, nil)
		await(t, "5 ms", busy)
		send(t, rt, pid, nil)
		a := await(t, "an answer", answers)
		if !a.consumed {
			t.Fatal("ShouldYield is false after 4,000 reductions")
		}
		if !a.fresh {
			fresh++
		}
	}
	if fresh == 0 {
		t.Error("ShouldYield is true at the beginning of every turn")
	}
	slow := make(chan bool)
	pid = handler(t, rt, func(c *Ctx, m Message) error {
		for end := time.Now().Add(patience); !c.ShouldYield() && time.Now().Before(end); {
		}
		slow <- c.ShouldYield()
		return nil
	})
	send(t, rt, pid, nil)
	if !await(t, "the end of a long handler", slow) {
		t.Error("ShouldYield never becomes true by time")
	}
}
