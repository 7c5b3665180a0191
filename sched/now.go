package sched

// Now returns about the present time in ns since the scheduler began, without reading the clock: on a worker with its core held it is
// some 20 µs late as a rule, and after a handler that has run for long as late as the monitor, a millisecond or two; after more than NowLate,
// Scheduler.Stale tells.
func (w *Worker) Now() int64 { return max(w.core.now, w.core.sched.mon.now.Load()) }

// Clock returns the time at which the core last read its clock, in ns since the scheduler began. The core must be held.
func (w *Worker) Clock() int64 { return w.core.now }

// Clock returns the time in ns since the scheduler began. Any goroutine may call it.
func (s *Scheduler) Clock() int64 { return s.clock() }
