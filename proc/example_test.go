package proc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// account is a process. Its fields need no lock: one message is handled at a time.
type account struct{ balance int }

type deposit struct{ amount int }

func (a *account) Handle(c *proc.Ctx, m proc.Message) error {
	switch body := m.Body.(type) {
	case deposit:
		a.balance += body.amount
		return nil
	default:
		return fmt.Errorf("account: unknown message %T", body) // ends this process, and no other
	}
}

// Terminate is optional.
func (a *account) Terminate(c *proc.Ctx, reason error) {
	fmt.Printf("balance %d, ended by %v\n", a.balance, reason)
}

// A process is spawned, gets three messages, and ends with the runtime, which lets it finish its work first.
func Example() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	pid, err := rt.Spawn(func() proc.Machine { return &account{} })
	if err != nil {
		log.Fatal(err)
	}
	for i := 1; i <= 3; i++ {
		if err := rt.Send(pid, deposit{i}); err != nil {
			log.Fatal(err)
		}
	}
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// balance 6, ended by proc: exit: shutdown
}

// A mailbox with a bound refuses what does not fit, and the sender is told. The message that is being handled does not
// count.
func ExampleWithMailboxBound() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	busy, release := make(chan bool), make(chan bool)
	printer := proc.Of(func(c *proc.Ctx, m proc.Message) error {
		fmt.Println("printing", m.Body)
		if m.Body == "first" {
			c.Blocking(func() { // a slow printer; other processes go on
				close(busy)
				<-release
			})
		}
		return nil
	})
	pid, err := rt.Spawn(printer, proc.WithMailboxBound(2, proc.Reject))
	if err != nil {
		log.Fatal(err)
	}
	if err := rt.Send(pid, "first"); err != nil {
		log.Fatal(err)
	}
	<-busy
	for _, page := range []string{"second", "third", "fourth"} {
		if err := rt.Send(pid, page); errors.Is(err, proc.ErrMailboxFull) {
			fmt.Println(page, "is refused")
		}
	}
	close(release)
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// printing first
	// fourth is refused
	// printing second
	// printing third
}

// A timer is a message that is sent later. Cancel says whether it was in time.
func ExampleRuntime_SendAfter() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	handled := make(chan bool)
	pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
		fmt.Println("got", m.Body)
		close(handled)
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	late, err := rt.SendAfter(time.Hour, pid, "late")
	if err != nil {
		log.Fatal(err)
	}
	soon, err := rt.SendAfter(time.Millisecond, pid, "soon")
	if err != nil {
		log.Fatal(err)
	}
	<-handled
	fmt.Println("late cancelled in time:", late.Cancel())
	fmt.Println("soon cancelled in time:", soon.Cancel())
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// got soon
	// late cancelled in time: true
	// soon cancelled in time: false
}

// resolver looks names up, which takes long, and stays able to handle other messages meanwhile.
type resolver struct{}

func (resolver) Handle(c *proc.Ctx, m proc.Message) error {
	switch body := m.Body.(type) {
	case string:
		return c.Offload(func() (any, error) {
			// Runs on a goroutine of its own and may block.
			return len(body), nil
		})
	case proc.OffloadResult:
		fmt.Println("result", body.Value, "error", body.Err)
		return proc.Normal
	}
	return nil
}

// What takes long or blocks runs on a goroutine, and its result is a message like any other.
func ExampleCtx_Offload() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	pid, err := rt.Spawn(func() proc.Machine { return resolver{} })
	if err != nil {
		log.Fatal(err)
	}
	if err := rt.Send(pid, "thrum"); err != nil {
		log.Fatal(err)
	}
	if err := rt.Shutdown(context.Background()); err != nil { // waits for it
		log.Fatal(err)
	}
	// Output:
	// result 5 error <nil>
}
