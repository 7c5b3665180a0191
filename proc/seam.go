//go:build !explore

package proc

import (
	"sync"

	"github.com/thrum-go/thrum/sched"
)

// What explorations put a model in the place of is called by way of this file: the scheduler, locks that are held across
// atomic operations, the channel of a port. See seam_explore.go.

type mutex = sync.Mutex

// model is nothing here.
//
//lint:ignore U1000 in builds with the tag explore it is used
type model struct{}

// schedule queues a task that has become ready on this core.
func (c *Ctx) schedule(t sched.Task, p sched.Priority) { c.w.Schedule(t, p) }

// resubmit puts a public process into the shared queue. After the scheduler has stopped there is nothing left to run it.
func (rt *Runtime) resubmit(p *process) { _ = rt.sched.Submit(p) }

// stamp is stampOf where the core may not be held: it reads the clock.
func (c *Ctx) stamp() uint32 { return uint32(c.rt.sched.Clock() >> stampBits) }

// put and get are a send to a channel and a receipt from one.
func put[T any](ch chan T, v T)  { ch <- v }
func get[T any](ch chan T) (v T) { return <-ch }
