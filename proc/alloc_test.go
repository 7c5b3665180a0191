package proc

import (
	"runtime"
	"testing"
)

// allocations counts what f allocates, in the whole program, per message; the least of several tries, because what others do
// (the monitor, the test itself) is counted too.
func allocations(messages int, f func()) (least float64) {
	least = 1e9
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, float64(after.Mallocs-before.Mallocs)/float64(messages))
	}
	return least
}

type ball struct{ _ int }

// Sending and receiving what needs no box allocates nothing once the free lists are filled: on one worker, between workers, from
// a goroutine, with a pointer, a small number, an empty struct or a word.
func TestMessagesDoNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	const n = 20_000
	bodies := map[string]any{"nil": nil, "pointer": &ball{}, "small number": 7, "empty struct": struct{}{}}
	for name, body := range bodies {
		for _, workers := range []int{1, 2} {
			rt := begin(t, Config{Workers: workers})
			done := make(chan struct{}, 4)
			var peers [2]PID
			for i := range peers {
				peers[i] = handler(t, rt, func(c *Ctx, m Message) error {
					if m.Word == 0 {
						done <- struct{}{}
						return nil
					}
					return c.SendWord(peers[1-i], body, m.Word-1)
				})
			}
			pingPong := func() {
				if err := rt.SendWord(peers[0], body, n); err != nil {
					t.Fatal(err)
				}
				await(t, "the last message", done)
			}
			sink := handler(t, rt, func(c *Ctx, m Message) error {
				if m.Word == n {
					done <- struct{}{}
				}
				return nil
			})
			flooder := handler(t, rt, func(c *Ctx, m Message) error {
				from := m.Word
				for i := range uint64(500) {
					c.SendWord(sink, body, from+i+1)
				}
				if from+500 < n {
					return c.SendWord(c.Self(), nil, from+500)
				}
				return nil
			})
			flood := func() {
				if err := rt.SendWord(flooder, nil, 0); err != nil {
					t.Fatal(err)
				}
				await(t, "the last message", done)
			}
			goroutine := func() {
				for i := range uint64(n) {
					if err := rt.SendWord(sink, body, i+1); err != nil {
						t.Fatal(err)
					}
				}
				await(t, "the last message", done)
			}
			for what, f := range map[string]func(){"ping-pong": pingPong, "flood": flood, "goroutine": goroutine} {
				f()
				if a := allocations(n, f); a > 0.01 {
					t.Errorf("%s of %s on %d workers: %.3f allocations a message", what, name, workers, a)
				}
			}
			end(t, rt)
		}
	}
}

func TestATurnDoesNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	const n = 20_000
	rt := begin(t, Config{Workers: 1})
	done := make(chan struct{}, 1)
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		if m.Word == 0 {
			done <- struct{}{}
			return nil
		}
		c.Consume(4000) // a turn of its own for each message
		return c.SendWord(c.Self(), nil, m.Word-1)
	})
	f := func() {
		if err := rt.SendWord(pid, nil, n); err != nil {
			t.Fatal(err)
		}
		await(t, "the last message", done)
	}
	f()
	if a := allocations(n, f); a > 0.01 {
		t.Errorf("%.3f allocations a turn", a)
	}
}
