package supervise_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// The processes of a supervision tree.
func ExampleTree() {
	rt, _ := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()
	k := rt.Client(ctx)

	newCounter := func() proc.Machine { return &counter{} }
	db, _ := supervise.Nested("db", supervise.Flags{Strategy: supervise.RestForOne}, supervise.Spec{ID: "conn", Factory: newCounter})
	sup, _ := supervise.Start(k, supervise.Flags{}, []supervise.Spec{db, {ID: "web", Factory: newCounter, Restart: supervise.Transient}})

	root, err := supervise.Tree(k, sup)
	if err != nil {
		fmt.Println(err)
		return
	}
	var show func(n *supervise.Node, indent string)
	show = func(n *supervise.Node, indent string) {
		fmt.Printf("%s%s %v %s %v\n", indent, n.ID, n.Type, n.Machine, n.Status)
		for _, ch := range n.Children {
			show(ch, indent+"  ")
		}
	}
	show(root, "") // fmt.Print(root) has the PIDs too
	// Output:
	// root supervisor *supervise.supervisor running
	//   db supervisor *supervise.supervisor running
	//     conn worker *supervise_test.counter running
	//   web worker *supervise_test.counter running
}
