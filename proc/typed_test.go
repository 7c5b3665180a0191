package proc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

type (
	command interface{ command() }
	add     struct{ n int }
	total   struct{ ask string }
)

func (add) command()   {}
func (total) command() {}

// A typed address sends and calls as its PID does; a reply of another type is an error that names both.
func TestTypedSendAndCall(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	sum := 0
	ref := RefOf[command](handler(t, rt, func(c *Ctx, m Message) error {
		switch b := m.Body.(type) {
		case add:
			sum += b.n
		case total:
			switch b.ask {
			case "number":
				return c.Reply(sum)
			case "nothing":
				return c.Reply(nil)
			}
			return c.Reply(b.ask)
		}
		return nil
	}))
	if err := Send[command](rt, ref, add{1}); err != nil {
		t.Error(err)
	}
	send(t, rt, handler(t, rt, func(c *Ctx, m Message) error { return Send[command](c, ref, add{10}) }), nil)
	stats(t, rt)
	check := func(who string, number func() (int, error), text func() (int, error), face func() (fmt.Stringer, error), nothing func() (*int, error)) {
		if n, err := number(); n < 11 || err != nil {
			t.Errorf("%s: %d, %v", who, n, err)
		}
		n, err := text()
		wrong := (*ReplyTypeError)(nil)
		if !errors.As(err, &wrong) || n != 0 || wrong.To != ref.PID || wrong.Value != "text" || !strings.Contains(err.Error(), "is a string, want int") {
			t.Errorf("%s: a text in place of a number: %d, %v", who, n, err)
		}
		if f, err := face(); f != nil || err == nil || !strings.Contains(err.Error(), "want fmt.Stringer") {
			t.Errorf("%s: a text in place of a Stringer: %v, %v", who, f, err)
		}
		if p, err := nothing(); p != nil || err != nil {
			t.Errorf("%s: nil as a pointer: %v, %v", who, p, err)
		}
	}
	inside(t, rt, func(self *Self) error {
		if err := Send[command](self, ref, add{100}); err != nil {
			return err
		}
		check("Call",
			func() (int, error) { return Call[int, command](self, ref, total{"number"}, time.Hour) },
			func() (int, error) { return Call[int, command](self, ref, total{"text"}, time.Hour) },
			func() (fmt.Stringer, error) { return Call[fmt.Stringer, command](self, ref, total{"text"}, time.Hour) },
			func() (*int, error) { return Call[*int, command](self, ref, total{"nothing"}, time.Hour) })
		if _, err := Call[int, command](self, ref, add{1}, time.Millisecond); !errors.Is(err, ErrTimeout) {
			return fmt.Errorf("a call without reply: %v", err)
		}
		return nil
	})
	check("CallContext",
		func() (int, error) { return CallContext[int, command](t.Context(), rt, ref, total{"number"}) },
		func() (int, error) { return CallContext[int, command](t.Context(), rt, ref, total{"text"}) },
		func() (fmt.Stringer, error) {
			return CallContext[fmt.Stringer, command](t.Context(), rt, ref, total{"text"})
		},
		func() (*int, error) { return CallContext[*int, command](t.Context(), rt, ref, total{"nothing"}) })
	if _, err := CallContext[int, command](t.Context(), rt, RefOf[command](0), total{"number"}); !errors.Is(err, ErrNoProc) {
		t.Errorf("a call to nobody: %v", err)
	}
}
