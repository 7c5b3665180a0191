//go:build explore

package proc

import (
	"sync"
	"sync/atomic"

	"github.com/thrum-go/thrum/internal/explore"
	"github.com/thrum-go/thrum/sched"
)

// In this build explored threads wait for locks and channels by way of the explorer, and an exploration can stand in the
// scheduler's place. All else is as in seam.go.

// mutex is a sync.Mutex that explored threads may hold across operations.
type mutex struct {
	outside sync.Mutex
	held    atomic.Bool // by an explored thread
}

func (m *mutex) Lock() {
	if !explore.Active() {
		m.outside.Lock()
		return
	}
	explore.Wait(func() bool { return !m.held.Load() })
	m.held.Swap(true)
}

func (m *mutex) Unlock() {
	if !explore.Active() {
		m.outside.Unlock()
		return
	}
	m.held.Store(false)
}

// model stands in the scheduler's place where it is set.
type model struct {
	scheduled func(c *Ctx, t sched.Task)
	submitted func(p *process)
}

func (c *Ctx) schedule(t sched.Task, p sched.Priority) {
	if f := c.rt.model.scheduled; f != nil {
		f(c, t)
		return
	}
	c.w.Schedule(t, p)
}

func (rt *Runtime) resubmit(p *process) {
	if f := rt.model.submitted; f != nil {
		f(p)
		return
	}
	_ = rt.sched.Submit(p)
}

func (c *Ctx) stamp() uint32 { return stampOf(c.w) }

func put[T any](ch chan T, v T) {
	if explore.Active() {
		explore.Wait(func() bool { return len(ch) < cap(ch) })
	}
	ch <- v
}

func get[T any](ch chan T) (v T) {
	if explore.Active() {
		explore.Wait(func() bool { return len(ch) > 0 })
	}
	return <-ch
}
