package mpsc

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
)

// BenchmarkQueue moves elements from producers to a consumer, each on a goroutine of its own, and checks that they all
// arrive in order. A producer is at most 1024 elements ahead of what the consumer has acknowledged, so that the
// queue stays in the cache and no contestant gains by growing. Time is per element.
func BenchmarkQueue(b *testing.B) {
	for _, producers := range []int{1, 2, 4, 16} {
		for _, r := range rivals {
			b.Run(fmt.Sprintf("producers=%d/queue=%s", producers, r.name), func(b *testing.B) {
				const window, ack = 1024, 128
				q := r.new()
				acked := make([]struct {
					n atomic.Int64
					_ [56]byte
				}, producers)
				each := b.N/producers + 1
				for p := range producers {
					go func() {
						for i := range each {
							for i%ack == 0 && i-int(acked[p].n.Load()) > window-ack {
								runtime.Gosched()
							}
							q.Push(uint64(p)<<32 | uint64(i))
						}
					}()
				}
				next := make([]uint64, producers)
				for got := 0; got < each*producers; {
					n := q.DrainAll(func(v uint64) {
						p, i := v>>32, v&(1<<32-1)
						if i != next[p] {
							b.Fatalf("element %d of producer %d came when %d was due", i, p, next[p])
						}
						next[p]++
						if next[p]%ack == 0 {
							acked[p].n.Store(int64(next[p]))
						}
					})
					if n == 0 {
						runtime.Gosched()
					}
					got += n
				}
			})
		}
	}
}

// BenchmarkQueueBurst pushes a burst of elements and removes it, in one goroutine: nothing is contended. Time is per
// element, for both.
func BenchmarkQueueBurst(b *testing.B) {
	for _, burst := range []int{1, 64, 1024} {
		for _, r := range rivals {
			b.Run(fmt.Sprintf("burst=%d/queue=%s", burst, r.name), func(b *testing.B) {
				q := r.new()
				var sum uint64
				add := func(v uint64) { sum += v }
				b.ReportAllocs()
				for n := 0; n < b.N; n += burst {
					for i := range burst {
						q.Push(uint64(i))
					}
					q.DrainAll(add)
				}
			})
		}
	}
}

// BenchmarkQueueMethods compares the ways in and out of a Queue, as BenchmarkQueueBurst does with 64 elements.
func BenchmarkQueueMethods(b *testing.B) {
	const burst = 64
	var batch, buf [burst]uint64
	var sum uint64
	add := func(v uint64) { sum += v }
	push := func(q *Queue[uint64]) {
		for i := range uint64(burst) {
			q.Push(i)
		}
	}
	drain := func(q *Queue[uint64]) { q.Drain(buf[:]) }
	for _, m := range []struct {
		in, out   string
		push, pop func(q *Queue[uint64])
	}{
		{"Push", "Pop", push, func(q *Queue[uint64]) {
			for v, ok := q.Pop(); ok; v, ok = q.Pop() {
				sum += v
			}
		}},
		{"Push", "Drain", push, drain},
		{"Push", "DrainAll", push, func(q *Queue[uint64]) { q.DrainAll(add) }},
		{"PushAll", "Drain", func(q *Queue[uint64]) { q.PushAll(batch[:]) }, drain},
	} {
		b.Run(fmt.Sprintf("in=%s/out=%s", m.in, m.out), func(b *testing.B) {
			q := new(Queue[uint64])
			b.ReportAllocs()
			for n := 0; n < b.N; n += burst {
				m.push(q)
				m.pop(q)
			}
		})
	}
	b.Run("in=none/out=Pop", func(b *testing.B) {
		q := new(Queue[uint64])
		q.Push(0)
		q.Pop()
		for b.Loop() {
			q.Pop()
		}
	})
	b.Run("in=none/out=Empty", func(b *testing.B) {
		q := new(Queue[uint64])
		q.Push(0)
		q.Pop()
		for b.Loop() {
			q.Empty()
		}
	})
}
