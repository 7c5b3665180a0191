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

// Map is a hash map whose reads take no lock. Any goroutine may call its methods.
type Map[K comparable, V any] struct {
	m *xsync.MapOf[K, V]
}

// NewMap returns an empty map.
func NewMap[K comparable, V any]() Map[K, V] { return Map[K, V]{xsync.NewMapOf[K, V]()} }

// Load returns the value of k.
func (m Map[K, V]) Load(k K) (V, bool) { return m.m.Load(k) }

// Store sets the value of k.
func (m Map[K, V]) Store(k K, v V) { m.m.Store(k, v) }

// Delete removes k.
func (m Map[K, V]) Delete(k K) { m.m.Delete(k) }

// Len returns the number of keys.
func (m Map[K, V]) Len() int { return m.m.Size() }

// Range calls f with each key until it returns false. One that is set or removed meanwhile may or may not be seen.
func (m Map[K, V]) Range(f func(K, V) bool) { m.m.Range(f) }
