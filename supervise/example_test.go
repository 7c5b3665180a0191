package supervise_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// counter counts its calls; it crashes by a message that it does not know.
type counter struct{ n int }

func (m *counter) Handle(c *proc.Ctx, msg proc.Message) error {
	if msg.Body != "next" {
		panic("unknown message")
	}
	m.n++
	return c.Reply(m.n)
}

// A supervisor and its worker: when the worker crashes it is started again, from fresh state and under its name.
func Example() {
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()

	sup, err := supervise.Start(rt.Client(ctx),
		supervise.Flags{Strategy: supervise.OneForOne, Intensity: 5, Period: 10 * time.Second},
		[]supervise.Spec{{
			ID:       "worker",
			Factory:  func() proc.Machine { return &counter{} },
			Options:  []proc.SpawnOption{proc.WithName("counter")},
			Restart:  supervise.Permanent,
			Shutdown: 5000 * time.Millisecond,
		}},
		proc.WithName("supervisor_example"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		v, _ := rt.CallName(ctx, "counter", "next")
		fmt.Println(v)
	}

	first, _ := rt.Whereis("counter")
	_, err = rt.CallName(ctx, "counter", "crash")
	fmt.Println(err != nil)

	n, err := supervise.CountChildren(rt.Client(ctx), sup) // served when the worker runs again
	fmt.Println(n.Active, err)
	second, _ := rt.Whereis("counter")
	v, _ := rt.CallName(ctx, "counter", "next")
	fmt.Println(first != second, v)
	fmt.Println(supervise.Stop(rt.Client(ctx), sup, proc.Shutdown))
	// Output:
	// 1
	// 2
	// 3
	// true
	// 1 <nil>
	// true 1
	// <nil>
}
