package mpsc

import (
	"sync"
	"sync/atomic"
)

type Queue[T any] struct {
	mu sync.Mutex
	q  []T
	n  atomic.Int64
}

func (q *Queue[T]) Push(v T) { q.mu.Lock(); q.q = append(q.q, v); q.n.Add(1); q.mu.Unlock() }
func (q *Queue[T]) Pop() (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.q) == 0 {
		return
	}
	v = q.q[0]
	q.q = q.q[1:]
	q.n.Add(-1)
	return v, true
}
func (q *Queue[T]) Empty() bool { return q.n.Load() == 0 }
