package proc

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/sched"
)

// A process that waits for a worker for long is not in a handler that does not return, whatever else keeps the workers busy.
func TestInfoOfAStarvedProcessIsNotStuck(t *testing.T) {
	rt := begin(t, Config{Workers: 1, StuckAfter: time.Minute})
	stop := make(chan struct{})
	busy := handler(t, rt, func(c *Ctx, _ Message) error {
		select {
		case <-stop:
			return Normal
		default:
			return c.Send(c.Self(), nil)
		}
	}, WithPriority(PriorityMax))
	send(t, rt, busy, nil)
	starved := handler(t, rt, ignore, WithPriority(PriorityLow))
	for range 5 {
		i := info(t, rt, starved)
		if i.PID != starved || i.Status == Stuck || i.Status != Runnable && !sched.Shuffled { // shuffled, it gets a turn now and then
			t.Errorf("Info: %+v, want it to be runnable", i)
		}
	}
	close(stop)
	gone(t, rt, busy)
	until(t, "it has had its turn", func() bool { return info(t, rt, starved).Status == Waiting })
}
