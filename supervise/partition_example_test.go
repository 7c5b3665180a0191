package supervise_test

import (
	"context"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// Four counters; each user belongs to one of them.
func ExamplePartitions() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()

	p, err := supervise.NewPartitions(rt, supervise.PartitionConfig{
		Count: 4,
		New:   func(int) proc.Machine { return &counter{} },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := p.Start(rt.Client(ctx)); err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		v, err := rt.Call(ctx, supervise.PartitionOf(p, "ann"), "next")
		fmt.Println(v, err)
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
}
