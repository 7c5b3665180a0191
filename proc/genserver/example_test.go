package genserver_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genserver"
)

// An account holds an amount of money. Its requests are amounts to take out, its casts amounts to pay in.
type account struct {
	genserver.Base[int, int, int]
	balance int
}

var errPoor = errors.New("not enough money")

func (a *account) HandleCall(_ *genserver.Ctx, out int, _ genserver.From[int]) (int, error) {
	if out > a.balance {
		return 0, genserver.ErrorReply(errPoor)
	}
	a.balance -= out
	return a.balance, nil
}

func (a *account) HandleCast(_ *genserver.Ctx, in int) error {
	a.balance += in
	return nil
}

func (a *account) Terminate(_ *genserver.Ctx, reason error) { fmt.Println("closed with", a.balance) }

func newAccount() genserver.Server[int, int, int] { return &account{} }

func Example() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	defer rt.Shutdown(ctx)

	ref, err := genserver.Start(rt.Client(ctx), newAccount, genserver.WithName("account"))
	if err != nil {
		panic(err)
	}
	_ = genserver.Cast(rt, ref, 100)
	fmt.Println(genserver.CallContext(ctx, rt, ref, 30))
	_, err = genserver.CallContext(ctx, rt, ref, 300)
	fmt.Println(errors.Is(err, errPoor))
	fmt.Println(genserver.Stop(rt.Client(ctx), ref.PID, proc.Normal))
	// Output:
	// 70 <nil>
	// true
	// closed with 70
	// <nil>
}

// A server that does its work elsewhere replies later.
type worker struct {
	genserver.Base[string, int, int]
}

func (*worker) HandleCall(c *genserver.Ctx, text string, from genserver.From[int]) (int, error) {
	rt := c.Runtime()
	go func() { _ = from.Reply(rt, len(text)) }()
	return 0, genserver.NoReply
}

func ExampleNoReply() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	defer rt.Shutdown(ctx)

	ref, err := genserver.Start(rt.Client(ctx), func() genserver.Server[string, int, int] { return &worker{} })
	if err != nil {
		panic(err)
	}
	fmt.Println(genserver.CallContext(ctx, rt, ref, "hello"))
	// Output: 5 <nil>
}
