package genevent_test

import (
	"context"
	"fmt"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

// Alarm is what happens.
type Alarm struct {
	Text  string
	Grave bool
}

// printer prints alarms.
type printer struct{}

func (printer) HandleEvent(_ *proc.Ctx, a Alarm) error {
	fmt.Println("alarm:", a.Text)
	return nil
}

// counter counts grave alarms, and says how many there were.
type counter struct{ grave int }

func (k *counter) HandleEvent(_ *proc.Ctx, a Alarm) error {
	if a.Grave {
		k.grave++
	}
	return nil
}

func (k *counter) HandleCall(_ *proc.Ctx, _ any) (any, error) { return k.grave, nil }

func (k *counter) Terminate(_ *proc.Ctx, why any) any {
	fmt.Println("counter ends:", why)
	return k.grave
}

func Example() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	defer rt.Shutdown(ctx)

	k := rt.Client(ctx)
	alarms, err := genevent.Start[Alarm](k)
	if err != nil {
		panic(err)
	}
	_ = genevent.Add(k, alarms, "print", printer{})
	_ = genevent.Add(k, alarms, "count", &counter{})

	_ = genevent.Notify(rt, alarms, Alarm{"door open", false})
	_ = genevent.SyncNotify(k, alarms, Alarm{"disk full", true})

	n, err := genevent.Call[int](k, alarms, "count", nil)
	fmt.Println("grave:", n, err)
	last, err := genevent.Delete(k, alarms, "count", "not needed any more")
	fmt.Println("last:", last, err)
	ids, err := genevent.Which(k, alarms)
	fmt.Println(ids, err)
	// Output:
	// alarm: door open
	// alarm: disk full
	// grave: 1 <nil>
	// counter ends: not needed any more
	// last: 1 <nil>
	// [print] <nil>
}
