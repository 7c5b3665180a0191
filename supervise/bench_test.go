package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func benchWorld(b *testing.B) (*proc.Runtime, proc.Client) {
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	b.Cleanup(func() {
		if err := rt.Shutdown(ctx); err != nil {
			b.Error(err)
		}
		cancel()
	})
	return rt, rt.Client(ctx)
}

// restarted is a child that tells when it has begun, and ends when it is told to.
type restarted struct {
	to proc.PID
}

func (m *restarted) Init(c *proc.Ctx) error {
	if m.to != 0 {
		_ = c.SendWord(m.to, nil, uint64(c.Self()))
	}
	return nil
}

func (m *restarted) Handle(_ *proc.Ctx, msg proc.Message) error {
	if msg.Word == 1 {
		return errBoom
	}
	return nil
}

// BenchmarkRestart is the time from one child's crash to the next one's, with 100 children: each new child asks the driver for the next
// victim, which is told to end, or killed.
func BenchmarkRestart(b *testing.B) {
	for _, how := range []string{"error", "kill"} {
		b.Run(how, func(b *testing.B) {
			rt, k := benchWorld(b)
			const n = 100
			pids := make([]proc.PID, 0, n)
			done := make(chan struct{})
			left := b.N
			r := rand.New(rand.NewPCG(1, 2))
			dead := -1
			driver, err := rt.Spawn(proc.Of(func(c *proc.Ctx, m proc.Message) error {
				pid := proc.PID(m.Word)
				if dead >= 0 {
					pids[dead] = pid
				} else if len(pids) < n {
					if pids = append(pids, pid); len(pids) < n {
						return nil
					}
					close(done)
					return nil
				}
				if pid != 0 {
					if left--; left == 0 {
						close(done)
						return nil
					}
				}
				dead = r.IntN(n)
				if how == "kill" {
					return c.Exit(pids[dead], proc.Kill)
				}
				return c.SendWord(pids[dead], nil, 1)
			}))
			if err != nil {
				b.Fatal(err)
			}
			specs := make([]Spec, n)
			for i := range specs {
				specs[i] = Spec{ID: fmt.Sprint(i), Factory: func() proc.Machine { return &restarted{to: driver} }}
			}
			sup, err := Start(k, Flags{Intensity: 1 << 40, Period: time.Nanosecond}, specs)
			if err != nil {
				b.Fatal(err)
			}
			<-done
			done = make(chan struct{})
			b.ReportAllocs()
			b.ResetTimer()
			dead = 0
			victim := pids[0]
			_ = rt.Exit(victim, proc.Kill)
			<-done
			b.StopTimer()
			if err := Stop(k, sup, proc.Shutdown); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkDynamic starts and stops a million children of one supervisor by one call each.
func BenchmarkDynamic(b *testing.B) {
	const n = 1_000_000
	rt, k := benchWorld(b)
	args := make([]any, n)
	_ = rt
	var up, down time.Duration
	for range b.N {
		sup, err := Start(k, Flags{Strategy: SimpleOneForOne}, []Spec{{New: func(any) proc.Machine { return &quiet{} }}})
		if err != nil {
			b.Fatal(err)
		}
		t := time.Now()
		results, err := StartDynamicMany(k, sup, args)
		if err != nil || results[n-1].PID == 0 {
			b.Fatal(err)
		}
		up += time.Since(t)
		t = time.Now()
		if err := Stop(k, sup, proc.Shutdown); err != nil {
			b.Fatal(err)
		}
		down += time.Since(t)
	}
	b.ReportMetric(float64(up.Nanoseconds())/float64(b.N)/n, "ns/start")
	b.ReportMetric(float64(down.Nanoseconds())/float64(b.N)/n, "ns/stop")
}
