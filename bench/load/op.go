package load

import "sync/atomic"

// op is one operation on its way. The generator writes it, the system hands it on as the
// body of messages, whoever completes it puts it into a sink, and the generator takes it
// from there to use it again.
type op struct {
	next *op    // in a sink or in the generator's stock
	kind *tally // what it counts for
	live atomic.Bool

	due, begun, done int64  // instants
	seq              uint64 // its number between the generator and its first receiver
	who              int    // of its target's processes: the first receiver
}

// sink takes completed operations from the processes that share it; the generator takes
// all of them at once, so a node cannot come back while somebody holds it.
type sink struct {
	head atomic.Pointer[op]
	_    [56]byte // a cache line each
}

// put adds an operation and reports whether the sink was empty.
func (s *sink) put(o *op) (first bool) {
	for {
		head := s.head.Load()
		o.next = head
		if s.head.CompareAndSwap(head, o) {
			return head == nil
		}
	}
}

// take empties the sink.
func (s *sink) take() *op {
	if s.head.Load() == nil {
		return nil
	}
	return s.head.Swap(nil)
}

// complete is called by whoever has done the last of an operation, once. shard spreads
// those who do so over the sinks.
func (w *world) complete(o *op, what string, shard int) {
	if !o.live.CompareAndSwap(true, false) {
		w.failf(what, "completion", "an operation was completed twice")
		return
	}
	o.done = w.env.now()
	if w.sinks[uint(shard)%uint(len(w.sinks))].put(o) && w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}
