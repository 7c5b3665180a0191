//go:build explore

package mpsc

import (
	"fmt"
	"slices"

	"github.com/thrum-go/thrum/internal/atomics"
	"github.com/thrum-go/thrum/internal/explore"
)

// queueScenario is a Queue in use by a few threads: what one execution of an exploration carries out. Elements are
// numbered 100*producer + sequence.
type queueScenario struct {
	warm      int      // elements pushed and removed before, so that there are segments to use again
	left      int      // elements pushed before and left; they count as those of producer 0
	producers [][]int  // for each, the lengths of its pushes: 1 is a Push, n a PushAll
	consumer  []string // "pop", "drain" (with a buffer of 2), "all"
	observed  bool     // all threads watch which pushes have returned, and check the order across producers
}

// queueRun is one execution of a scenario.
type queueRun struct {
	scenario  queueScenario
	x         *explore.Exec
	q         Queue[int]
	got       []int            // consumer's
	returned  []atomics.Uint32 // how many pushes of each producer have returned; written by that producer
	notBefore [][]int          // for each producer: what it saw of returned before its first push
}

func (s queueScenario) body(x *explore.Exec) {
	r := &queueRun{scenario: s, x: x}
	n := len(s.producers) + 1
	r.returned = make([]atomics.Uint32, n)
	r.notBefore = make([][]int, n)
	for range s.warm {
		r.q.Push(-1)
	}
	r.q.DrainAll(nil)
	for i := range s.left {
		r.q.Push(i)
	}
	x.Name(&r.q.tail, "tail")
	x.Name(&r.q.hot, "hot")
	x.Name(&r.q.dir.spare.top, "spare")
	x.Name(&r.q.dir.vacant.top, "vacant")
	x.Name(&r.q.drained, "drained")
	for i, pushes := range s.producers {
		x.Go(fmt.Sprintf("producer %d", i+1), func() { r.produce(i+1, pushes) })
	}
	if len(s.consumer) > 0 {
		x.Go("consumer", r.consume)
	}
	x.After(r.check)
}

func (r *queueRun) produce(p int, pushes []int) {
	if r.scenario.observed {
		r.notBefore[p] = r.look()
	}
	next := 100 * p
	for i, n := range pushes {
		if n == 1 {
			r.q.Push(next)
		} else {
			batch := make([]int, n)
			for k := range batch {
				batch[k] = next + k
			}
			r.q.PushAll(batch)
		}
		next += n
		if r.scenario.observed {
			r.returned[p].Store(uint32(i + 1))
		}
	}
}

// look returns how many elements of each producer are known to have been pushed.
func (r *queueRun) look() []int {
	seen := make([]int, len(r.returned))
	seen[0] = r.scenario.left
	for i := range r.scenario.producers {
		for _, n := range r.scenario.producers[i][:r.returned[i+1].Load()] {
			seen[i+1] += n
		}
	}
	return seen
}

func (r *queueRun) consume() {
	for _, how := range r.scenario.consumer {
		var there []int
		if r.scenario.observed {
			there = r.look()
		}
		atEnd := true
		switch how {
		case "pop":
			if v, ok := r.q.Pop(); ok {
				r.got = append(r.got, v)
				atEnd = false
			}
		case "drain":
			buf := make([]int, 2)
			n := r.q.Drain(buf)
			r.got = append(r.got, buf[:n]...)
			atEnd = n < len(buf)
		case "all":
			r.q.DrainAll(func(v int) { r.got = append(r.got, v) })
		}
		if atEnd && there != nil {
			for p, n := range there {
				if n > r.count(p) {
					r.x.Failf("the consumer got to the end with %v, but producer %d had pushed %d", r.got, p, n)
				}
			}
		}
	}
}

func (r *queueRun) count(p int) (n int) {
	for _, v := range r.got {
		if v/100 == p {
			n++
		}
	}
	return n
}

// check holds what came out, and what is left, against what went in.
func (r *queueRun) check() {
	r.q.DrainAll(func(v int) { r.got = append(r.got, v) })
	if !r.q.Empty() {
		r.x.Failf("not empty after everything was removed")
	}
	s := r.scenario
	at := make(map[int]int)
	total := s.left
	next := make([]int, len(s.producers)+1)
	for i, v := range r.got {
		p := v / 100
		if v < 0 || p >= len(next) || v%100 != next[p] {
			r.x.Failf("lost, doubled or out of order: %v", r.got)
		}
		next[p]++
		at[v] = i
	}
	for i, pushes := range s.producers {
		first := 100 * (i + 1)
		for _, n := range pushes {
			if at[first+n-1] != at[first]+n-1 {
				r.x.Failf("the batch of %d from %d on was torn apart: %v", n, first, r.got)
			}
			first += n
			total += n
		}
	}
	if len(r.got) != total {
		r.x.Failf("%d elements came out of %d: %v", len(r.got), total, r.got)
	}
	for p := 1; p < len(next) && s.observed; p++ {
		for o, n := range r.notBefore[p] {
			if o != p && n > 0 && at[100*o+n-1] > at[100*p] {
				r.x.Failf("%d was pushed before %d and came out after it: %v", 100*o+n-1, 100*p, r.got)
			}
		}
	}
	if d := slices.Max(next); d > 100 {
		r.x.Failf("too many elements for their numbering")
	}
}

// neverEmpty is a queue with an element in it at all times, and one who asks. The pushes and removals are as many as it
// takes to bring back a value that the tail has had before.
func neverEmpty(x *explore.Exec) {
	var q Queue[int]
	q.Push(-1)
	q.Pop()
	q.Push(0)
	x.Name(&q.tail, "tail")
	x.Name(&q.drained, "drained")
	x.Name(&q.revoked, "revoked")
	x.Go("user", func() {
		for i := range 3 * segmentLen {
			q.Push(i + 1)
			if v, ok := q.Pop(); !ok || v != i {
				x.Failf("Pop gives %d, %t when %d was due", v, ok, i)
			}
		}
	})
	x.Go("observer", func() {
		if q.Empty() {
			x.Failf("Empty is true, and there was an element at all times")
		}
	})
}

// queueExplorations are complete within their bounds. Between them they meet the seeded bugs.
var queueExplorations = []struct {
	name string
	cfg  explore.Config
	body func(*explore.Exec)
}{
	{"new queue", explore.Config{Reduce: true},
		queueScenario{producers: [][]int{{1}, {1}}, consumer: []string{"pop", "pop"}}.body},
	{"used queue", explore.Config{Reduce: true},
		queueScenario{warm: 4, producers: [][]int{{1}, {1}}, consumer: []string{"pop", "pop"}}.body},
	{"element left", explore.Config{Reduce: true},
		queueScenario{warm: 4, left: 1, producers: [][]int{{1}, {1}}, consumer: []string{"pop", "pop"}}.body},
	{"producers alone", explore.Config{Preemptions: explore.Unbounded},
		queueScenario{warm: 4, left: 1, producers: [][]int{{1}, {1}}}.body},
	{"asking whether empty", explore.Config{Preemptions: 3}, neverEmpty},
	{"segments go round", explore.Config{Preemptions: 2},
		queueScenario{warm: 6, producers: [][]int{{1, 1, 1}, {1, 1, 1, 1}}, consumer: []string{"all"}}.body},
	{"three producers", explore.Config{Preemptions: 2},
		queueScenario{warm: 4, producers: [][]int{{1, 1}, {1, 1}, {1}}, consumer: []string{"pop", "all"}, observed: true}.body},
	{"two pushes each", explore.Config{Preemptions: 3},
		queueScenario{warm: 4, producers: [][]int{{1, 1}, {1, 1}}, consumer: []string{"all", "all"}, observed: true}.body},
	{"batches", explore.Config{Preemptions: 3},
		queueScenario{warm: 4, left: 1, producers: [][]int{{2}, {1, 3}}, consumer: []string{"drain", "all"}}.body},
	{"four preemptions", explore.Config{Preemptions: 4},
		queueScenario{warm: 4, left: 1, producers: [][]int{{1}, {1}}, consumer: []string{"all", "all"}}.body},
}
