//go:build !explore && (race || !amd64)

package atomics

import "sync/atomic"

// Mark is a flag that one thread, its owner, writes and that another thread reads after a [Barrier]. The zero value
// is clear. Ownership may pass from one thread to another only by way of an atomic write of the old owner that the
// new one has seen.
//
// In this build the stores are atomic. Under the race detector, because plain ones would rightly be reported. On
// processors with a weaker memory order than amd64, because a plain Clear could become visible before the owner's
// earlier stores; a store-release is what is needed, and on arm64 that is what an atomic store compiles to.
type Mark struct {
	// Written by the owner, read by anyone.
	v uint32
}

// Set raises the mark. Only the owner may call it.
func (m *Mark) Set() { atomic.StoreUint32(&m.v, 1) }

// Clear lowers the mark. Only the owner may call it. A reader that sees the mark clear also sees what the owner
// wrote before.
func (m *Mark) Clear() { atomic.StoreUint32(&m.v, 0) }

// Read reports whether the mark is set. The owner may call it at any time; another thread learns something from it
// only after a Barrier.
func (m *Mark) Read() bool { return atomic.LoadUint32(&m.v) != 0 }
