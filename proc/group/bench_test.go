package group_test

import (
	"math/rand/v2"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/group"
)

// thousand is a scope with a group of 1,000.
func thousand(b *testing.B) (*proc.Runtime, *group.Scope[string], []proc.PID) {
	b.Helper()
	rt, s := scope[string](b)
	p := idle(b, rt, 1000)
	ok(b, s.Join("g", p...))
	b.ReportAllocs()
	b.ResetTimer()
	return rt, s, p
}

// Members alone, and one of them, as a pool of workers takes it.
func BenchmarkMembers(b *testing.B) {
	b.Run("read", func(b *testing.B) {
		_, s, _ := thousand(b)
		n := 0
		for b.Loop() {
			n += s.Members("g").Len()
		}
	})
	b.Run("pick", func(b *testing.B) {
		_, s, _ := thousand(b)
		for b.Loop() {
			l := s.Members("g")
			if l.At(rand.IntN(l.Len())) == 0 {
				b.Fatal("nobody")
			}
		}
	})
	b.Run("iterate1000", func(b *testing.B) {
		_, s, _ := thousand(b)
		var sum proc.PID
		for b.Loop() {
			for pid := range s.Members("g").All() {
				sum += pid
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		_, s, _ := thousand(b)
		b.RunParallel(func(pb *testing.PB) {
			n := 0
			for pb.Next() {
				n += s.Members("g").Len()
			}
		})
	})
}

// Publish to 1,000 members, from a goroutine and from a process: 1,000 sends, and 1,000 messages handled meanwhile.
func BenchmarkPublish1000(b *testing.B) {
	b.Run("goroutine", func(b *testing.B) {
		rt, s, _ := thousand(b)
		for b.Loop() {
			if n := s.Publish(rt, "g", nil); n != 1000 {
				b.Fatal(n)
			}
		}
	})
	b.Run("process", func(b *testing.B) {
		rt, s, _ := thousand(b)
		done := make(chan bool)
		direct(b, rt, func(self *proc.Self) error {
			defer close(done)
			for range b.N {
				if n := s.Publish(self, "g", nil); n != 1000 {
					b.Error(n)
				}
				self.Yield()
			}
			return nil
		})
		<-done
	})
	b.Run("machine", func(b *testing.B) {
		rt, s, _ := thousand(b)
		done := make(chan bool)
		left := b.N
		pid, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
			if n := s.Publish(c, "g", nil); n != 1000 {
				b.Error(n)
			}
			if left--; left == 0 {
				close(done)
				return proc.Normal
			}
			return c.Send(c.Self(), nil)
		}))
		ok(b, err)
		ok(b, rt.Send(pid, nil))
		<-done
	})
}

// A process that joins and leaves: alone, beside 1,000 others, and with a monitor of the group.
func BenchmarkJoinLeave(b *testing.B) {
	pair := func(b *testing.B, s *group.Scope[string], pid proc.PID) {
		for b.Loop() {
			if s.Join("g", pid) != nil || s.Leave("g", pid) != nil {
				b.Fatal("refused")
			}
		}
	}
	b.Run("member", func(b *testing.B) { // of the scope by another group
		_, s, p := thousand(b)
		pair(b, s, p[500])
	})
	b.Run("stranger", func(b *testing.B) { // monitored and demonitored each time
		rt, s, _ := thousand(b)
		pair(b, s, idle(b, rt, 1)[0])
	})
	b.Run("monitored", func(b *testing.B) {
		rt, s, p := thousand(b)
		ready := make(chan bool)
		direct(b, rt, func(self *proc.Self) error {
			_, _, err := s.Monitor(self, "g")
			if err != nil {
				b.Error(err)
			}
			close(ready)
			for {
				self.Receive()
			}
		})
		<-ready
		pair(b, s, p[500])
	})
	b.Run("middle", func(b *testing.B) { // whoever leaves is in the middle of the list
		_, s, p := thousand(b)
		i := 0
		for b.Loop() {
			pid := p[i%1000]
			i += 7
			if s.Leave("g", pid) != nil || s.Join("g", pid) != nil {
				b.Fatal("refused")
			}
		}
	})
}

// Processes that join one group one after the other, and then end, all at once: the time is that of one process.
func BenchmarkJoinOneGroup(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(map[int]string{1_000: "1000", 100_000: "100000"}[n], func(b *testing.B) {
			rt, s := scope[string](b)
			p := idle(b, rt, n)
			b.ReportAllocs()
			for b.Loop() {
				for _, pid := range p {
					if s.Join("g", pid) != nil {
						b.Fatal("refused")
					}
				}
				b.StopTimer()
				ok(b, s.Leave("g", p...))
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/join")
		})
	}
}
