package explore

import "unsafe"

// Semaphore counts units that threads put and take: the model of a channel of that capacity without values, and so
// of everything that parks. For a worker that parks on a channel of one:
//
//	real                                          explored
//	select { case ch <- struct{}{}: default: }    s.Release()
//	<-ch                                          s.Acquire()
//	select { case <-ch: default: }                s.TryAcquire()
//
// It synchronises as the channel would, also for the race detector. It is used by explored threads, and before and
// after them; a Semaphore must not be shared by goroutines that run in parallel.
type Semaphore struct {
	units, capacity int
}

// NewSemaphore returns a semaphore without units that holds at most capacity of them (at least 1).
func NewSemaphore(capacity int) *Semaphore {
	if capacity < 1 {
		panic("explore: NewSemaphore: capacity must be at least 1")
	}
	return &Semaphore{capacity: capacity}
}

// Release puts a unit and reports whether there was room for it. It never blocks.
func (s *Semaphore) Release() bool {
	if t := currentThread(); t != nil {
		raceRelease(s)
		return t.announce(op{kind: kindRelease, addr: address(s), sem: s}) != 0
	}
	return s.put() != 0
}

// Acquire takes a unit, and blocks the thread until there is one. Outside of an explored thread it panics if there is
// none.
func (s *Semaphore) Acquire() {
	if t := currentThread(); t != nil {
		t.announce(op{kind: kindAcquire, addr: address(s), sem: s})
		raceAcquire(s)
		return
	}
	if s.take() == 0 {
		panic("explore: Semaphore.Acquire outside of an explored thread, and there is no unit")
	}
}

// TryAcquire takes a unit if there is one and reports whether there was. It never blocks.
func (s *Semaphore) TryAcquire() bool {
	if t := currentThread(); t != nil {
		ok := t.announce(op{kind: kindTryAcquire, addr: address(s), sem: s}) != 0
		raceAcquire(s)
		return ok
	}
	return s.take() != 0
}

// The units belong to the explorer, whichever thread made the semaphore: nothing for the race detector to see.
//
//go:norace
func (s *Semaphore) available() bool { return s.units > 0 }

//go:norace
func (s *Semaphore) take() int {
	if s.units == 0 {
		return 0
	}
	s.units--
	return 1
}

//go:norace
func (s *Semaphore) put() int {
	if s.units == s.capacity {
		return 0
	}
	s.units++
	return 1
}

// address identifies a word; nothing is ever read through it.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }
