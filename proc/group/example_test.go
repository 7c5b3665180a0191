package group_test

import (
	"context"
	"fmt"
	"log"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// guest joins a room when it begins. It need not leave: when it ends it is no longer there.
type guest struct {
	rooms *group.Scope[string]
	heard chan<- any
}

func (g *guest) Init(c *proc.Ctx) error { return g.rooms.Join("bar", c.Self()) }

func (g *guest) Handle(c *proc.Ctx, m proc.Message) error {
	if m.Body == "fire" {
		return proc.Normal
	}
	g.heard <- m.Body
	return nil
}

// Processes are found by the groups they have joined. A process that monitors a group is told who comes and goes.
func Example() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	rooms, err := group.Start[string](rt, "rooms")
	if err != nil {
		log.Fatal(err)
	}
	here, heard := make(chan int), make(chan any)
	if _, err := rt.Go(func(doorman *proc.Self) error {
		_, now, err := rooms.Monitor(doorman, "bar")
		if err != nil {
			return err
		}
		for n := now.Len(); ; {
			here <- n
			if e := doorman.Receive().Body.(group.Event[string]); e.Joined {
				n += len(e.PIDs)
			} else {
				n -= len(e.PIDs)
			}
		}
	}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("in the bar:", <-here)
	for range 3 {
		if _, err := rt.Spawn(func() proc.Machine { return &guest{rooms, heard} }); err != nil {
			log.Fatal(err)
		}
		fmt.Println("in the bar:", <-here)
	}
	fmt.Println("told:", rooms.Publish(rt, "bar", "last orders"))
	for range 3 {
		fmt.Println("heard:", <-heard)
	}
	rooms.Publish(rt, "bar", "fire")
	for range 3 {
		fmt.Println("in the bar:", <-here)
	}
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// in the bar: 0
	// in the bar: 1
	// in the bar: 2
	// in the bar: 3
	// told: 3
	// heard: last orders
	// heard: last orders
	// heard: last orders
	// in the bar: 2
	// in the bar: 1
	// in the bar: 0
}
