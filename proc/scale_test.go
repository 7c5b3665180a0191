package proc

import (
	"context"
	"errors"
	"testing"
)

// A process with very many links ends, and they with it, without a step whose cost grows with the square of their number; others
// go on being answered meanwhile.
func TestEndOfAProcessWithVeryManyLinksHarmsNobody(t *testing.T) {
	n := scale(200_000)
	rt := begin(t, Config{Workers: 2})
	echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
	ready, told := make(chan bool), make(chan int, 1)
	hub := handler(t, rt, func(c *Ctx, m Message) error {
		if m.Body == "begin" {
			for range n {
				if _, err := c.SpawnLink(Of(ignore)); err != nil {
					return err
				}
			}
			ready <- true
		}
		return nil
	})
	direct(t, rt, func(self *Self) error {
		self.Monitor(hub)
		ready <- true
		if d, ok := self.Receive().Body.(Down); !ok || d.Reason != errFault {
			t.Errorf("the end: %+v", d)
		}
		told <- 1
		return nil
	})
	await(t, "the monitor", ready)
	send(t, rt, hub, "begin")
	await(t, "all links", ready)
	until(t, "all links are seen", func() bool { // when the handler has returned
		i, err := rt.Info(hub)
		return err == nil && len(i.Links) == n
	})
	_ = rt.Exit(hub, errFault)
	for answers := 0; ; answers++ {
		if v, err := rt.Call(context.Background(), echo, answers); v != answers || err != nil {
			t.Fatalf("a call meanwhile: %v, %v", v, err)
		}
		select {
		case <-told:
			until(t, "all have ended", func() bool {
				var s Stats
				rt.ReadStats(&s)
				return s.Processes == 1 // echo
			})
			return
		default:
		}
	}
}

// Very many processes that are linked to each other all die of one death.
func TestVeryManyLinkedProcessesDieAtOnce(t *testing.T) {
	n := scale(100_000)
	rt := begin(t, Config{Workers: 2})
	echo := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(m.Body) })
	// A chain: each spawns the next one, linked.
	var chain func(left int) Factory
	done := make(chan bool)
	chain = func(left int) Factory {
		return Of(func(c *Ctx, m Message) error {
			if left == 0 {
				done <- true
				return nil
			}
			next, err := c.SpawnLink(chain(left - 1))
			if err != nil {
				return err
			}
			return c.Send(next, nil)
		})
	}
	head := spawn(t, rt, chain(n))
	send(t, rt, head, nil)
	await(t, "the chain", done)
	reason, err := error(nil), error(nil)
	heard := make(chan bool)
	go func() {
		reason, err = rt.Wait(context.Background(), head)
		close(heard)
	}()
	_ = rt.Exit(head, errFault)
	await(t, "the end of the head", heard)
	if err != nil || !errors.Is(reason, errFault) && !errors.Is(reason, NoProc) {
		t.Errorf("it ended with %v, %v", reason, err)
	}
	for answers := 0; ; answers++ {
		if v, err := rt.Call(context.Background(), echo, answers); v != answers || err != nil {
			t.Fatalf("a call meanwhile: %v, %v", v, err)
		}
		var s Stats
		if rt.ReadStats(&s); s.Processes == 1 {
			return
		}
	}
}
