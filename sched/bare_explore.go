//go:build explore

package sched

// Bare returns a worker that no goroutine runs. It holds a core of s, as a rule the zero Scheduler, of which queues and clock work,
// but no timers. It is for explorations of packages that build on this one.
func Bare(s *Scheduler, core int) *Worker {
	return &Worker{core: &Core{id: core, sched: s, ticks: &s.tick}}
}
