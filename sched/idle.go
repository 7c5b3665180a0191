package sched

import (
	"math/bits"

	"github.com/thrum-go/thrum/internal/atomics"
)

// idle is who searches for work and who is parked. It decides whom to wake, and guarantees that no published work is
// left while a worker sleeps. README.md beside this file has the argument; the rules are:
//
//  1. Publishing: make the work visible in a shared queue, then call wake. wake wakes one worker, and only if nobody
//     searches and somebody is parked.
//  2. Parking: set the own bit, count oneself out of the searchers, then look at every shared queue once more.
//  3. Whoever lowers searching looks at the shared queues afterwards (park, found, and wake when it finds nobody):
//     a publisher may have relied on it.
//  4. Who clears a parked bit owns that worker's wake-up and counts it as searching: the waker on its behalf, before the signal,
//     so that a burst of work does not wake everybody; or the worker itself.
//
// Every write here is a full barrier, as all of Go's atomics are.
type idle struct {
	searching atomics.Int32 // anyone, by the rules above
	parked    [MaxWorkers/64 + 1]atomics.Uint64
	words     int // how many of parked are in use

	pending func() bool    // looks at every shared queue
	signal  func(core int) // wakes the worker of a core whose bit the caller has cleared
}

// hungry reports whether some worker has no work: a worker with a backlog should share it.
func (d *idle) hungry() bool { return d.searching.Load() != 0 || d.anyParked() }

func (d *idle) anyParked() bool {
	for i := range d.words {
		if d.parked[i].Load() != 0 {
			return true
		}
	}
	return false
}

// wake is called after work has been published.
func (d *idle) wake() {
	for {
		if d.searching.Load() != 0 && !bugHerd || !d.anyParked() {
			return
		}
		if bugHerd {
			d.searching.Add(1)
		} else if !d.searching.CompareAndSwap(0, 1) {
			return
		}
		if core, ok := d.claim(); ok {
			d.signal(core)
			return
		}
		// Nobody is parked after all. For a moment we looked like a searcher, and somebody may have trusted that.
		d.searching.Add(-1)
		if bugPhantom || !d.pending() {
			return
		}
	}
}

// claim clears the lowest parked bit: the load gathers on the first cores and the others can sleep.
func (d *idle) claim() (core int, ok bool) {
	for i := range d.words {
		for {
			m := d.parked[i].Load()
			if m == 0 {
				break
			}
			if d.parked[i].CompareAndSwap(m, m&(m-1)) {
				return i*64 + bits.TrailingZeros64(m), true
			}
		}
	}
	return 0, false
}

// clear takes back the core's own bit and reports whether it was still there; if not, a signal is on its way.
func (d *idle) clear(core int) bool {
	p, b := &d.parked[core/64], uint64(1)<<(core%64)
	for {
		m := p.Load()
		if m&b == 0 {
			return false
		}
		if p.CompareAndSwap(m, m&^b) {
			return true
		}
	}
}

// search counts the caller as searching unless half of the workers do so already.
func (d *idle) search(workers int) bool {
	for {
		n := d.searching.Load()
		if n > 0 && 2*int(n) >= workers {
			return false
		}
		if d.searching.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// found ends a search that has found work.
func (d *idle) found() {
	if d.searching.Add(-1) == 0 && !bugFound && d.pending() {
		d.wake()
	}
}

// park announces that the core's worker is about to sleep. It returns true when the worker must sleep until it is
// signalled, and false when there is work after all: the worker then counts as searching.
func (d *idle) park(core int, searching bool) bool {
	p, b := &d.parked[core/64], uint64(1)<<(core%64)
	if bugParkOrder {
		if searching {
			d.searching.Add(-1)
			searching = false
		}
		if d.pending() {
			d.searching.Add(1)
			return false
		}
	}
	for {
		m := p.Load()
		if p.CompareAndSwap(m, m|b) {
			break
		}
	}
	if searching {
		d.searching.Add(-1)
	}
	if bugParkOrder || bugRecheck {
		return true
	}
	if d.pending() && d.clear(core) {
		d.searching.Add(1)
		return false
	}
	return true
}

func (d *idle) isParked(core int) bool { return d.parked[core/64].Load()&(1<<(core%64)) != 0 }
