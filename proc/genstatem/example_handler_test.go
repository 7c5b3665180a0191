package genstatem_test

import (
	"context"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genstatem"
)

// door is the same lock with one handler for all states, which are the lights that it shows.
type door struct{ code, pressed string }

type light int

const (
	red light = iota // locked
	green
)

func (d *door) Init(*genstatem.Ctx[light]) (light, error) { return red, nil }

func (d *door) HandleEvent(c *genstatem.Ctx[light], s light, e genstatem.Event) error {
	switch digit, _ := e.Body.(string); {
	case e.Kind == genstatem.StateTimeout:
		d.pressed = ""
		return c.Next(red)
	case s == green:
		return c.Postpone() // until it is red
	case e.Kind == genstatem.CallEvent:
		return c.Reply("red")
	default:
		if d.pressed += digit; d.pressed == d.code {
			fmt.Println("green")
			c.SetTimeout(genstatem.StateTimeout, 10*time.Millisecond, nil)
			return c.Next(green)
		}
		return c.SetTimeout(genstatem.EventTimeout, 30*time.Second, nil)
	}
}

// One handler for all states.
func Example_handler() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer rt.Shutdown(ctx)
	pid, err := genstatem.Start(rt.Client(ctx), func() genstatem.Handler[light] { return &door{code: "42"} })
	if err != nil {
		fmt.Println(err)
		return
	}
	ref := genstatem.RefOf[string, string, string](pid)
	for _, digit := range []string{"4", "2"} {
		genstatem.Cast(rt, ref, digit)
	}
	fmt.Println(genstatem.CallContext(ctx, rt, ref, "which light?")) // when it is red again
	// Output:
	// green
	// red <nil>
}
