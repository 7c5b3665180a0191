package proc

import (
	"testing"
	"time"
)

// A process that asks for a timeout of zero again and again does not keep others from their turns.
func TestTimeoutsOfZeroEndTheTurn(t *testing.T) {
	for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(10, Reject)}} {
		rt := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
		busy := handler(t, rt, func(c *Ctx, m Message) error { return c.ReceiveTimeout(0) }, opts...)
		send(t, rt, busy, nil)
		for range 10 {
			answers(t, rt)
		}
		if err := rt.Exit(busy, Kill); err != nil {
			t.Fatal(err)
		}
		gone(t, rt, busy)
	}
}

// Hibernate, called when the last of the postponed messages is handled again, gives back what is not used any more.
func TestHibernateWhilePostponedMessagesComeAgain(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	got := make(chan any, 10)
	postpones := true
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		switch {
		case m.Body == "again":
			postpones = false
			return c.Become(c.p.machine)
		case postpones:
			return c.Postpone(m)
		}
		c.Hibernate()
		got <- m.Body
		return nil
	})
	for _, b := range []any{1, 2, "again", 3} {
		send(t, rt, pid, b)
	}
	for _, want := range []any{1, 2, 3} {
		if b := await(t, "a message", got); b != want {
			t.Errorf("%v came in place of %v", b, want)
		}
	}
}
