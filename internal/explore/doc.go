// Package explore runs a small concurrent program under every interleaving of its threads, within a bound: a model
// checker for the lock-free parts of the library, after the example of loom and CHESS.
//
// Threads are coroutines of which one runs at a time. Before each operation on a shared word a thread announces it
// (Point), and the explorer decides who carries out the next step. It follows one execution to its end, then goes back to the
// last decision that has an alternative, and so on until there is none. Go's atomics are sequentially consistent, so for code
// without data races these interleavings are all that can happen; under -race each explored execution is also searched
// for data races. What is not sequentially consistent here is the plain flag of an asymmetric handshake; [Buffered]
// and [Barrier] model it with store buffers.
//
// The real code is explored, not a copy of it: it takes its atomics from internal/atomics, whose types announce their
// operations under the build tag explore.
//
//	func TestNothingIsLostInTheQueue(t *testing.T) { // in a file with //go:build explore
//		explore.Run(t, explore.Config{Name: "queue"}, func(x *explore.Exec) {
//			q := newQueue()
//			x.Go("producer", func() { q.push(1) })
//			x.Go("producer", func() { q.push(2) })
//			got := 0
//			x.Go("consumer", func() {
//				for range 2 {
//					explore.Wait(func() bool { return !q.empty() })
//					got += q.pop()
//				}
//			})
//			x.After(func() {
//				if got != 3 {
//					x.Failf("got %d, want 3", got)
//				}
//			})
//		})
//	}
//
// A failure is reported with a schedule, which [Replay] repeats step by step.
//
// There is one exploration at a time in a process, and while it runs every operation on an instrumented word is taken
// for one of the running thread. So tests that explore must not call t.Parallel, nor leave goroutines behind that use
// instrumented words. Threads must not block on anything the explorer does not know, such as a channel or
// a mutex that is held across an operation: that would block all of them for ever. They use [Semaphore] and [Wait]
// instead, and spin with [Yield].
package explore
