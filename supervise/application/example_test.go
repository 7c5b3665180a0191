package application_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
	"github.com/thrum-go/thrum/supervise/application"
)

// clock is a worker that tells the time, three times; then it does what a SIGTERM would do.
type clock struct {
	every time.Duration
	told  int
	quit  func()
}

type tick struct{}

func (k *clock) Init(c *proc.Ctx) error {
	_, err := c.SendEvery(k.every, c.Self(), tick{})
	return err
}

func (k *clock) Handle(c *proc.Ctx, m proc.Message) error {
	if _, ok := m.Body.(tick); ok && k.told < 3 {
		if k.told++; k.told == 3 {
			k.quit()
		}
		fmt.Println("tick", k.told)
	}
	return nil
}

// A whole program: two applications, of which one needs the other.
func Example() {
	ctx, quit := context.WithCancel(context.Background())
	store := application.App{
		Name: "store",
		Start: func(ctx context.Context) (proc.Factory, error) {
			fmt.Println("store starts")
			return supervise.New(supervise.Flags{})
		},
		Stop: func(context.Context) error { fmt.Println("store stops"); return nil },
	}
	web := application.App{
		Name:  "web",
		Needs: []string{"store"},
		Env:   map[string]any{"every": time.Millisecond},
		Start: func(ctx context.Context) (proc.Factory, error) {
			fmt.Println("web starts")
			every, err := application.Env[time.Duration](ctx, "every")
			if err != nil {
				return nil, err
			}
			return supervise.New(supervise.Flags{}, supervise.Spec{
				ID:      "clock",
				Factory: func() proc.Machine { return &clock{every: every, quit: quit} },
			})
		},
		Stop: func(context.Context) error { fmt.Println("web stops"); return nil },
	}

	if err := application.Run(ctx, web, store); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the end")
	// Output:
	// store starts
	// web starts
	// tick 1
	// tick 2
	// tick 3
	// web stops
	// store stops
	// the end
}
