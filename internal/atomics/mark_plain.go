//go:build !explore && !race && amd64

package atomics

import "sync/atomic"

// Mark is a flag that one thread, its owner, writes with plain stores and that another thread reads after a
// [Barrier]. The zero value is clear. Ownership may pass from one thread to another only by way of an atomic write
// of the old owner that the new one has seen.
//
// Setting and clearing cost one MOV each and order nothing by themselves: an atomic Load that follows a Set may be
// carried out before the Set is visible elsewhere (store-load reordering, the only one amd64 does). What makes the
// flag usable is the reader's Barrier.
//
// The stores are plain but stay where they are written with respect to atomic operations and to stores: the
// compiler threads all of them through one chain of memory states. Of a Clear that is followed by a Set with
// nothing between, it may drop the Clear, which the handshake allows: the mark then merely stays set.
type Mark struct {
	// Written by the owner, plainly. Read by anyone; a reader that is not the owner calls Barrier first, which is
	// the partner of every write here.
	v uint32
}

// Set raises the mark. Only the owner may call it.
func (m *Mark) Set() { m.v = 1 }

// Clear lowers the mark. Only the owner may call it. On amd64 stores become visible in program order, so a reader
// that sees the mark clear also sees what the owner wrote before.
func (m *Mark) Clear() { m.v = 0 }

// Read reports whether the mark is set. The owner may call it at any time; another thread learns something from it
// only after a Barrier.
func (m *Mark) Read() bool { return atomic.LoadUint32(&m.v) != 0 }
