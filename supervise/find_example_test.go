package supervise_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// One process for each user, started when somebody first asks for it.
func ExampleFindOrStart() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()

	users, err := supervise.Start(rt.Client(ctx), supervise.Flags{Strategy: supervise.SimpleOneForOne},
		[]supervise.Spec{{New: func(any) proc.Machine { return &counter{} }, Restart: supervise.Transient}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// user may be called by any number of goroutines at a time.
	user := func(name string) (proc.PID, error) {
		if pid, ok := rt.Whereis("user/" + name); ok {
			return pid, nil
		}
		return supervise.FindOrStart(rt.Client(ctx), users, "user/"+name, name)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			ann, err := user("ann")
			if err == nil {
				_, err = rt.Call(ctx, ann, "next")
			}
			if err != nil {
				fmt.Println(err)
			}
		})
	}
	wg.Wait()
	ann, err := user("ann")
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := rt.Call(ctx, ann, "next")
	fmt.Println(n, err)
	// Output: 4 <nil>
}
