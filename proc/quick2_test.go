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

func benchPairs(b *testing.B, pairs int) {
	rt, _ := New(Config{Workers: workers})
	defer rt.Shutdown(context.Background())
	done := make(chan struct{}, pairs)
	var all []PID
	for range pairs {
		a, _ := rt.Spawn(func() Machine { return &pp{done: done} })
		c, _ := rt.Spawn(func() Machine { return &pp{peer: a, done: done} })
		all = append(all, c)
	}
	b.ResetTimer()
	per := uint64(b.N/pairs + 1)
	for _, p := range all {
		rt.SendWord(p, nil, per)
	}
	for range pairs {
		<-done
	}
	b.StopTimer()
	if testing.Verbose() {
		var s Stats
		rt.ReadStats(&s)
		for _, w := range s.Workers {
			b.Logf("%+v", w)
		}
	}
}

type pp struct {
	peer PID
	done chan struct{}
}

func (p *pp) Handle(c *Ctx, m Message) error {
	if m.Word == 0 {
		p.done <- struct{}{}
		return nil
	}
	if p.peer == 0 {
		c.SendWord(m.From, nil, m.Word-1)
		return nil
	}
	c.SendWord(p.peer, nil, m.Word-1)
	return nil
}

func BenchmarkPairs(b *testing.B) { benchPairs(b, 64) }
