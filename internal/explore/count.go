package explore

import "sync/atomic"

// Operations are how often each kind of operation was carried out on shared words.
type Operations struct {
	Loads, Stores, Swaps, CompareAndSwaps, Adds int64 // atomic; all but loads are locked instructions on amd64
	Plain                                       int64 // writes of Buffered words, which are ordinary stores in a normal build
}

var (
	counting atomic.Bool
	counted  [Add + 1]atomic.Int64
	plain    atomic.Int64
)

// Count returns what all goroutines together carry out while f runs, outside of explored threads. One call at a time.
func Count(f func()) Operations {
	for i := range counted {
		counted[i].Store(0)
	}
	plain.Store(0)
	counting.Store(true)
	f()
	counting.Store(false)
	return Operations{
		Loads: counted[Load].Load(), Stores: counted[Store].Load(), Swaps: counted[Swap].Load(),
		CompareAndSwaps: counted[CompareAndSwap].Load(), Adds: counted[Add].Load(), Plain: plain.Load(),
	}
}

// count counts one operation, if Count is under way.
func count(k Kind) {
	if counting.Load() && k <= Add {
		counted[k].Add(1)
	}
}

// countPlain counts the write of a Buffered word.
func countPlain() {
	if counting.Load() {
		plain.Add(1)
	}
}
