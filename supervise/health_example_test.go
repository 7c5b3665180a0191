package supervise_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// A connection that cannot be made again is named with its path and the reason.
func ExampleHealth() {
	rt, _ := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()
	k := rt.Client(ctx)

	conn := proc.Of(func(*proc.Ctx, proc.Message) error { return errors.New("connection lost") })
	db, _ := supervise.Nested("db", supervise.Flags{Backoff: &supervise.Backoff{Min: time.Hour, Max: time.Hour}},
		supervise.Spec{ID: "conn-3", Factory: conn, Options: []proc.SpawnOption{proc.WithName("conn-3")}})
	sup, _ := supervise.Start(k, supervise.Flags{}, []supervise.Spec{db})
	h, err := supervise.Health(k, sup)
	fmt.Println(h, h.Ready, err)

	pid, _ := rt.Whereis("conn-3")
	_ = rt.Send(pid, "fail")
	_, _ = rt.Wait(ctx, pid)
	for h, err = supervise.Health(k, sup); h.Healthy && err == nil; { // until its supervisor has been told
		h, err = supervise.Health(k, sup)
	}
	fmt.Println(h, err)
	// Output:
	// healthy true <nil>
	// root/db/conn-3: restarting: connection lost <nil>
}
