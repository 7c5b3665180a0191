package mpsc

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// Producers push single elements and batches while the consumer removes: nothing is lost, nothing comes twice, each
// producer's elements come in order, and batches stay together.
func TestQueueKeepsOrderAndBatchesOfEachProducer(t *testing.T) {
	const each = 10_000
	for _, producers := range []int{1, 2, 8} {
		for _, r := range removers {
			t.Run(fmt.Sprintf("producers=%d/by=%s", producers, r.name), func(t *testing.T) {
				var q Queue[int]
				var wg sync.WaitGroup
				for p := range producers {
					wg.Go(func() {
						random := rand.New(rand.NewPCG(uint64(p), 2))
						for i := 0; i < each; {
							n := 1
							if random.IntN(4) == 0 {
								n = min(1+random.IntN(2*segmentLen+3), each-i)
							}
							// Bits: producer, place in the producer's sequence, how many follow in the batch.
							vs := make([]int, n)
							for k := range vs {
								vs[k] = p<<40 | (i+k)<<16 | (n - 1 - k)
							}
							if n == 1 {
								q.Push(vs[0])
							} else {
								q.PushAll(vs)
							}
							clear(vs) // they remain the producer's
							i += n
						}
					})
				}
				next := make([]int, producers)
				total, follow, inBatch := 0, 0, 0
				for total < producers*each {
					before := total
					r.remove(&q, func(v int) {
						p, i, n := v>>40, v>>16&(1<<24-1), v&(1<<16-1)
						if i != next[p] {
							t.Fatalf("element %d of producer %d came when %d was due", i, p, next[p])
						}
						if follow > 0 && (p != inBatch || n != follow-1) {
							t.Fatalf("element %d of producer %d came within a batch of producer %d", i, p, inBatch)
						}
						follow, inBatch = n, p
						next[p]++
						total++
					})
					if total == before {
						runtime.Gosched()
					}
				}
				wg.Wait()
				r.remove(&q, func(v int) { t.Fatalf("%#x came after everything had come", v) })
				if !q.Empty() {
					t.Error("not empty after everything was removed")
				}
			})
		}
	}
}

// A push that returned before another began comes out first, whoever the producers are.
func TestQueueKeepsOrderOfPushesThatDoNotOverlap(t *testing.T) {
	const producers, total = 4, 20_000
	var q Queue[int]
	var wg sync.WaitGroup
	turn := make(chan int, 1) // whoever has it may push the number in it
	turn <- 0
	for range producers {
		wg.Go(func() {
			for {
				n := <-turn
				if n < total {
					q.Push(n)
				}
				turn <- n + 1
				if n >= total {
					return
				}
			}
		})
	}
	for next := 0; next < total; {
		v, ok := q.Pop()
		if !ok {
			runtime.Gosched()
			continue
		}
		if v != next {
			t.Fatalf("%d came when %d was due", v, next)
		}
		next++
	}
	wg.Wait()
}

// Empty, asked by others while the queue is in use, is never true when an element is waiting all the time.
func TestQueueEmptyIsNotTrueWhileAnElementWaits(t *testing.T) {
	var q Queue[int]
	q.Push(0)
	q.Pop()
	q.Push(0)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if q.Empty() {
					t.Error("empty, though there is an element at all times")
					return
				}
			}
		})
	}
	for i := range 20_000 {
		q.Push(i + 1)
		if v, ok := q.Pop(); !ok || v != i {
			t.Errorf("Pop gives %d, %t when %d was due", v, ok, i)
			break
		}
	}
	close(stop)
	wg.Wait()
}
