//go:build explore

package atomics

import "github.com/thrum-go/thrum/internal/explore"

// Mark is a flag that one thread, its owner, writes with plain stores and that another thread reads after a
// [Barrier]. The zero value is clear. Ownership may pass from one thread to another only by way of an atomic write
// of the old owner that the new one has seen.
//
// In an exploration its writes stay in the owner's store buffer for as long as the explorer likes; see
// explore.Buffered. Outside of one it is an atomic flag.
type Mark struct {
	word explore.Buffered
}

// Set raises the mark. Only the owner may call it.
func (m *Mark) Set() { m.word.Store(1) }

// Clear lowers the mark. Only the owner may call it.
func (m *Mark) Clear() { m.word.Store(0) }

// Read reports whether the mark is set. The owner may call it at any time; another thread learns something from it
// only after a Barrier.
func (m *Mark) Read() bool { return m.word.Load() != 0 }
