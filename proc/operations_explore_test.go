//go:build explore

package proc

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/internal/explore"
)

// What a message costs in operations on shared words, which is most of what it costs at all: docs/benchmarks.md tells where the
// time of a hop goes by these figures. The looks at the clock that fall into the stretch are the fraction allowed for. Blocks have two
// messages in this build, so a queued message has a larger part of a block's operations than in a normal one.
func TestExploredBuildCountsTheOperationsOfAMessage(t *testing.T) {
	const n = 20_000
	count := func(name string, messages int, want explore.Operations, run func(rt *Runtime) func()) {
		t.Helper()
		rt := begin(t, Config{Workers: 1})
		do := run(rt)
		do() // what is done once
		got := explore.Count(do)
		per := func(v int64) float64 { return float64(v) / float64(messages) }
		t.Logf("%s: %.2f loads, %.2f stores, %.2f swaps, %.2f compare-and-swaps, %.2f additions, %.2f plain writes", name,
			per(got.Loads), per(got.Stores), per(got.Swaps), per(got.CompareAndSwaps), per(got.Adds), per(got.Plain))
		for _, x := range []struct {
			kind      string
			got, want int64
		}{
			{"loads", got.Loads, want.Loads}, {"stores", got.Stores, want.Stores}, {"swaps", got.Swaps, want.Swaps},
			{"compare-and-swaps", got.CompareAndSwaps, want.CompareAndSwaps}, {"additions", got.Adds, want.Adds},
			{"plain writes", got.Plain, want.Plain},
		} {
			if v := per(x.got); v > float64(x.want)+0.3 {
				t.Errorf("%s: %.2f %s a message, want %d", name, v, x.kind, x.want)
			}
		}
	}
	count("hop of a ring", n, explore.Operations{Loads: 6, CompareAndSwaps: 2, Plain: 4}, func(rt *Runtime) func() {
		done := make(chan struct{}, 1)
		pids := make([]PID, 503)
		for i := range pids {
			pids[i] = handler(t, rt, func(c *Ctx, m Message) error {
				if m.Word == 0 {
					done <- struct{}{}
					return nil
				}
				return c.SendWord(pids[(i+1)%len(pids)], nil, m.Word-1)
			})
		}
		return func() {
			if err := rt.SendWord(pids[0], nil, n); err != nil {
				t.Fatal(err)
			}
			await(t, "the last hop", done)
		}
	})
	count("message to a process with others queued", n, explore.Operations{Loads: 7, Plain: 5}, func(rt *Runtime) func() {
		done := make(chan struct{}, 1)
		seen := 0
		sink := handler(t, rt, func(c *Ctx, m Message) error {
			if seen++; seen%n == 0 {
				done <- struct{}{}
			}
			return nil
		})
		source := handler(t, rt, func(c *Ctx, m Message) error {
			for range 100 {
				if err := c.SendWord(sink, nil, 1); err != nil {
					return err
				}
			}
			if m.Word == 1 {
				return nil
			}
			return c.SendWord(c.Self(), nil, m.Word-1)
		})
		return func() {
			if err := rt.SendWord(source, nil, n/100); err != nil {
				t.Fatal(err)
			}
			await(t, "the last message", done)
		}
	})
	count("call and reply", n, explore.Operations{Loads: 16, CompareAndSwaps: 4, Plain: 8}, func(rt *Runtime) func() {
		done := make(chan struct{}, 1)
		callee := handler(t, rt, func(c *Ctx, m Message) error { return c.Reply(nil) })
		left := 0
		var again func(c *Ctx, v any, err error) error
		again = func(c *Ctx, v any, err error) error {
			if err != nil {
				return err
			}
			if left--; left == 0 {
				done <- struct{}{}
				return nil
			}
			return c.Await(callee, nil, time.Hour, again)
		}
		caller := handler(t, rt, func(c *Ctx, m Message) error {
			left = n
			return c.Await(callee, nil, time.Hour, again)
		})
		return func() {
			send(t, rt, caller, nil)
			await(t, "the last reply", done)
		}
	})
	count("spawn, first message, end", n, explore.Operations{Loads: 23, Stores: 1, Swaps: 1, Plain: 10}, func(rt *Runtime) func() {
		done := make(chan struct{}, 1)
		ended := 0
		f := Of(func(*Ctx, Message) error {
			if ended++; ended%n == 0 {
				done <- struct{}{}
			}
			return Normal
		})
		parent := handler(t, rt, func(c *Ctx, m Message) error {
			for range 50 {
				pid, err := c.Spawn(f)
				if err == nil {
					err = c.Send(pid, nil)
				}
				if err != nil {
					return err
				}
			}
			if m.Word == 1 {
				return nil
			}
			return c.SendWord(c.Self(), nil, m.Word-1)
		})
		return func() {
			if err := rt.SendWord(parent, nil, n/50); err != nil {
				t.Fatal(err)
			}
			await(t, "the last end", done)
		}
	})
}
