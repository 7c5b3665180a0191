package profiles

import (
	"runtime/trace"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// The following tell what an instrument costs while it is on and has nothing to tell, as BenchmarkProfileLabels does of labels.

func BenchmarkSystemMonitor(b *testing.B) {
	m := &proc.SystemMonitor{LongTurn: time.Hour, LongQueue: 1 << 30, Stuck: true, Func: func(proc.SystemEvent) {}}
	paced(b, func(rt *proc.Runtime, on bool) {
		if on {
			_, _ = rt.SetSystemMonitor(m)
		} else {
			_, _ = rt.SetSystemMonitor(nil)
		}
	})
}

func BenchmarkFlightRecorder(b *testing.B) {
	var r *trace.FlightRecorder
	paced(b, func(_ *proc.Runtime, on bool) {
		if on {
			r = trace.NewFlightRecorder(trace.FlightRecorderConfig{})
			if err := r.Start(); err != nil {
				b.Error(err)
			}
		} else if r != nil {
			r.Stop()
			r = nil
		}
	})
	if r != nil {
		r.Stop()
	}
}

func BenchmarkRunMeter(b *testing.B) {
	var m *proc.RunMeter
	paced(b, func(rt *proc.Runtime, on bool) {
		if on {
			m = rt.MeasureRunTime()
		} else if m != nil {
			m.Stop()
			m = nil
		}
	})
	if m != nil {
		m.Stop()
	}
}

// breeder begins a process a message, and counts those.
type breeder struct{ *pacer }

func (s *breeder) Handle(c *proc.Ctx, _ proc.Message) error {
	if _, err := c.Spawn(ending); err != nil {
		return err
	}
	s.count(c, 1)
	return c.SendWord(c.Self(), nil, 0)
}

type mayfly struct{}

func (mayfly) Init(*proc.Ctx) error                 { return proc.Normal }
func (mayfly) Handle(*proc.Ctx, proc.Message) error { return nil }

var ending = func() proc.Machine { return mayfly{} }

// BenchmarkSpawnSampling is of one spawn in 1,024 and in 64: a message is a process that begins and ends.
func BenchmarkSpawnSampling(b *testing.B) {
	for name, every := range map[string]int{"every=1024": 1024, "every=64": 64} {
		b.Run(name, func(b *testing.B) {
			pacedBy(b, func(rt *proc.Runtime, on bool) {
				if on {
					_, _ = rt.SetSpawnSampling(every)
				} else {
					_, _ = rt.SetSpawnSampling(0)
				}
			}, func(p *pacer, spawn func(proc.Machine) proc.PID, send func(to, word proc.PID)) {
				send(spawn(&breeder{p}), 0)
			})
		})
	}
}
