// Package xs is the one place that touches xsync v3, which is frozen: moving to a later major version is an edit of
// this file alone.
package xs

import "github.com/puzpuzpuz/xsync/v3"

// Handover passes values between any number of goroutines without a lock and without waiting: a full queue refuses,
// an empty one says so. It carries whole batches (a chain of free nodes), never single messages.
type Handover[T any] struct {
	q *xsync.MPMCQueueOf[T]
}

// NewHandover returns a queue for at most capacity values; capacity is at least 1.
func NewHandover[T any](capacity int) *Handover[T] {
	return &Handover[T]{q: xsync.NewMPMCQueueOf[T](capacity)}
}

// Put hands v over and reports whether there was room.
func (h *Handover[T]) Put(v T) bool { return h.q.TryEnqueue(v) }

// Get takes the oldest value and reports whether there was one.
func (h *Handover[T]) Get() (T, bool) { return h.q.TryDequeue() }
