package genstatem

import (
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// answering replies to every call.
type answering struct{}

func (answering) Init(*Ctx[int]) (int, error) { return 0, nil }
func (answering) HandleEvent(c *Ctx[int], s int, e Event) error {
	return c.Reply(e.Body)
}

type answers struct{}

func (*answers) Init(*Ctx[int]) (int, error)          { return 0, nil }
func (*answers) reply(c *Ctx[int], e Event) error     { return c.Reply(e.Body) }
func (*answers) switching(c *Ctx[int], e Event) error { c.Next(1 - c.m.state); return c.Reply(e.Body) }
func (*answers) timing(c *Ctx[int], e Event) error {
	c.SetTimeout(StateTimeout, time.Hour, nil)
	return c.Reply(e.Body)
}

// asking makes b.N calls to the process to, one after the other.
func asking(b *testing.B, rt *proc.Runtime, to proc.PID) {
	b.Helper()
	done := make(chan error)
	body := any(struct{}{})
	b.ReportAllocs()
	b.ResetTimer()
	_, err := rt.Go(func(self *proc.Self) error {
		for range b.N {
			if _, err := self.Call(to, body, proc.Forever); err != nil {
				done <- err
				return nil
			}
		}
		done <- nil
		return nil
	})
	ok(b, err)
	ok(b, <-done)
}

// A call: to a bare process, to machines in both modes, and to machines that do something besides.
func BenchmarkCall(b *testing.B) {
	for _, x := range []struct {
		name string
		f    proc.Factory
	}{
		{"bare", proc.Of(func(c *proc.Ctx, m proc.Message) error { return c.Reply(m.Body) })},
		{"handler", Factory(func() Handler[int] { return answering{} })},
		{"states", Factory(func() Handler[int] { return StateFuncs[int, *answers]{0: (*answers).reply}.Of(&answers{}) })},
		{"next", Factory(func() Handler[int] {
			return StateFuncs[int, *answers]{0: (*answers).switching, 1: (*answers).switching}.Of(&answers{})
		})},
		{"timeout", Factory(func() Handler[int] { return StateFuncs[int, *answers]{0: (*answers).timing}.Of(&answers{}) })},
	} {
		b.Run(x.name, func(b *testing.B) {
			rt := begin(b)
			pid, err := rt.Spawn(x.f)
			ok(b, err)
			asking(b, rt, pid)
		})
	}
}
