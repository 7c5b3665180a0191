package proc

import (
	"context"
	"testing"
)

type spn struct {
	n, left int
	f       Factory
	done    chan struct{}
}

func (s *spn) Handle(c *Ctx, m Message) error {
	for s.left > 0 {
		s.left--
		pid, _ := c.Spawn(s.f)
		c.SendWord(pid, nil, uint64(s.left))
		if c.ShouldYield() {
			c.Send(c.Self(), nil)
			return nil
		}
	}
	return nil
}

func BenchmarkSpawn(b *testing.B) {
	rt, _ := New(Config{Workers: workers})
	defer rt.Shutdown(context.Background())
	done := make(chan struct{})
	child := Func(func(c *Ctx, m Message) error {
		if m.Word == 0 {
			close(done)
		}
		return Normal
	})
	var mm Machine = child
	pid, _ := rt.Spawn(func() Machine { return &spn{left: b.N, f: func() Machine { return mm }} })
	b.ReportAllocs()
	b.ResetTimer()
	rt.Send(pid, nil)
	<-done
}
