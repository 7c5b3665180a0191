package proc_test

import (
	"context"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
)

type pair struct{ x, y int }

type stop struct{}

// adder is a process in direct style that answers calls.
func adder(self *proc.Self) error {
	for {
		switch b := self.Receive().Body.(type) {
		case pair:
			self.Reply(b.x + b.y)
		case stop:
			return nil
		}
	}
}

// A process in direct style calls another, and is told when that ends.
func ExampleRuntime_Go() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rt.Go(func(self *proc.Self) error {
		server, ref, err := self.SpawnMonitor(proc.Direct(adder))
		if err != nil {
			return err
		}
		sum, err := self.Call(server, pair{1, 2}, time.Second)
		fmt.Println(sum, err)
		self.Send(server, stop{})
		m := self.ReceiveMatch(func(m proc.Message) bool {
			down, ok := m.Body.(proc.Down)
			return ok && down.Monitor == ref
		})
		fmt.Println(m.Body.(proc.Down).Reason)
		return nil
	})
	rt.Shutdown(context.Background())
	// Output:
	// 3 <nil>
	// proc: exit: normal
}

// A goroutine calls a process by its name.
func ExampleRuntime_Call() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Shutdown(context.Background())
	rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		name, ok := m.Body.(string)
		if !ok {
			return nil
		}
		return c.Reply("hello, " + name)
	}), proc.WithName("greeter"))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	answer, err := rt.CallName(ctx, "greeter", "Joe")
	fmt.Println(answer, err)
	_, err = rt.CallName(ctx, "nobody", "Joe")
	fmt.Println(err)
	// Output:
	// hello, Joe <nil>
	// proc: nobody has the name "nobody"
}

// A state machine that asks another process before it answers. Nothing else is handled meanwhile.
func ExampleCtx_Await() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Shutdown(context.Background())
	prices, _ := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(42) }))
	shop, _ := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		amount := m.Body.(int)
		return c.Await(prices, "apple", time.Second, func(c *proc.Ctx, price any, err error) error {
			if err != nil {
				return err
			}
			return c.Reply(amount * price.(int))
		})
	}))
	fmt.Println(rt.Call(context.Background(), shop, 3))
	// Output: 126 <nil>
}
