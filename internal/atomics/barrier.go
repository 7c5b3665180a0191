//go:build !explore

package atomics

import (
	"runtime"
	"sync"
)

// barrierStats receives what runtime.ReadMemStats has to say, which nobody reads: the call is made for its side
// effect. Guarded by its mutex, since ReadMemStats writes it.
var barrierStats struct {
	sync.Mutex
	runtime.MemStats
}

// Barrier is a full memory barrier on every thread that runs Go code: what any of them did before it, in program
// order, is visible to everybody afterwards, and what they do afterwards sees everything from before.
//
// It is the dear half of an asymmetric handshake, Dekker's protocol with both fences on one side:
//
//	owner, often, at every operation        taker, when the owner has been stuck for 10 ms
//	  mark.Set()       plain store            taken.Store(true)
//	  if taken.Load()  give way               Barrier()
//	  work on plain memory                    if !mark.Read() the memory is mine
//	  mark.Clear()     plain store            else try again later
//
// With a fence between the owner's store and its load, one of the two would always see the other. That fence costs
// an owner 5 ns or more each time; Barrier carries it out on the owner's behalf. The stop is a point in the owner's program
// order. If its Set came before the stop, the mark is visible to the taker's Read. If it comes after, so does the
// load, which then sees taken. Either way they cannot both proceed. When the taker reads the mark as clear, the
// owner's last Clear is visible and with it, as stores keep their order, all of the owner's work.
//
// The barrier is a stop of the world: each thread running Go code is brought to a safe point and hands in its P by
// atomic operations on its own processor, which drains its store buffer; a thread inside a system call or C has
// done so on its way in, and waits on its way out. runtime.ReadMemStats is the cheapest call in Go's public
// interface that always stops the world and, unlike GOMAXPROCS and SetGCPercent, does not wait for a running garbage
// collection to end. It takes 70 µs with all cores busy. Callers pause every goroutine of the program, so call it
// only when something has gone wrong already. Any goroutine may call it, except one that holds what another
// needs to reach a safe point.
//
// Linux's membarrier(2) would do the same without stopping anybody, but one mechanism for all systems is worth more
// than its speed here.
func Barrier() {
	barrierStats.Lock()
	defer barrierStats.Unlock()
	runtime.ReadMemStats(&barrierStats.MemStats)
}
