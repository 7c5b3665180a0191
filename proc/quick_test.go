package proc

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"
)

type hopper struct {
	next PID
	done chan struct{}
}

func (h *hopper) Handle(c *Ctx, m Message) error {
	if p, ok := m.Body.(*PID); ok {
		h.next = *p
		return nil
	}
	if m.Word == 0 {
		close(h.done)
		return nil
	}
	c.SendWord(h.next, nil, m.Word-1)
	return nil
}

func benchRing(b *testing.B, n int) {
	rt, err := New(Config{Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	defer rt.Shutdown(context.Background())
	done := make(chan struct{})
	pids := make([]PID, n)
	for i := range pids {
		pids[i], _ = rt.Spawn(func() Machine { return &hopper{done: done} })
	}
	for i := range pids {
		rt.Send(pids[i], &pids[(i+1)%n])
	}
	b.ReportAllocs()
	b.ResetTimer()
	rt.SendWord(pids[0], nil, uint64(b.N))
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		b.Fatal("hang")
	}
}

func BenchmarkPing(b *testing.B)    { benchRing(b, 2) }
func BenchmarkRing503(b *testing.B) { benchRing(b, 503) }
func BenchmarkRing10k(b *testing.B) { benchRing(b, 10000) }

type sink struct {
	n, want uint64
	done    chan struct{}
}

func (s *sink) Handle(c *Ctx, m Message) error {
	s.n++
	if s.n == s.want {
		close(s.done)
	}
	return nil
}

type flooder struct {
	to   PID
	left uint64
}

func (f *flooder) Init(c *Ctx) error { return c.Send(c.Self(), nil) }
func (f *flooder) Handle(c *Ctx, m Message) error {
	for range 100 {
		if f.left == 0 {
			return nil
		}
		f.left--
		c.SendWord(f.to, nil, f.left)
	}
	c.Send(c.Self(), nil)
	return nil
}

func benchFan(b *testing.B, k int) {
	rt, _ := New(Config{Workers: workers})
	defer rt.Shutdown(context.Background())
	done := make(chan struct{})
	per := uint64(b.N/k + 1)
	to, _ := rt.Spawn(func() Machine { return &sink{want: per * uint64(k), done: done} })
	b.ReportAllocs()
	b.ResetTimer()
	for range k {
		rt.Spawn(func() Machine { return &flooder{to, per} })
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		var s Stats
		rt.ReadStats(&s)
		b.Fatalf("hang %+v", s)
	}
	if os.Getenv("V") != "" {
		var s Stats
		rt.ReadStats(&s)
		for _, w := range s.Workers {
			b.Logf("%+v", w)
		}
	}
}
func BenchmarkFlood(b *testing.B) { benchFan(b, 1) }
func BenchmarkFanin(b *testing.B) { benchFan(b, 100) }

var workers, _ = strconv.Atoi(os.Getenv("W"))
