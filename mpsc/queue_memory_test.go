package mpsc

import (
	"runtime"
	"testing"
	"weak"
)

func TestQueueDoesNotAllocateInSteadyState(t *testing.T) {
	var q Queue[any]
	burst := make([]any, min(1000, spareMin*segmentLen))
	for i := range burst {
		burst[i] = &q
	}
	buf := make([]any, 64)
	for name, f := range map[string]func(){
		"Push and Pop": func() {
			q.Push(&q)
			q.Pop()
		},
		"a burst of Push, and Drain": func() {
			for _, v := range burst {
				q.Push(v)
			}
			for q.Drain(buf) > 0 {
			}
		},
		"PushAll and DrainAll": func() {
			q.PushAll(burst)
			q.DrainAll(nil)
		},
		"short batches": func() {
			for range 10 {
				q.PushAll(burst[:3])
				q.DrainAll(nil)
			}
		},
	} {
		f()
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestQueueDoesNotRetainRemovedElements(t *testing.T) {
	type element struct{ _ *element } // a pointer, so that the tiny allocator has no part in it
	var q Queue[*element]
	var refs []weak.Pointer[element]
	push := func(n int) {
		for range n {
			e := new(element)
			refs = append(refs, weak.Make(e))
			q.Push(e)
			e = new(element)
			refs = append(refs, weak.Make(e))
			q.PushAll([]*element{e, e})
		}
	}
	for _, remove := range []func(){
		func() {
			for _, ok := q.Pop(); ok; _, ok = q.Pop() {
			}
		},
		func() {
			buf := make([]*element, 10)
			for q.Drain(buf) > 0 {
			}
		},
		func() { q.DrainAll(func(*element) {}) },
		func() { q.DrainAll(nil) },
	} {
		push(3*segmentLen - 1)
		remove()
	}
	runtime.GC()
	kept := 0
	for _, r := range refs {
		if r.Value() != nil {
			kept++
		}
	}
	// One may still lie in a register or in a dead stack slot.
	if kept > 1 {
		t.Errorf("%d of %d removed elements are still reachable", kept, len(refs))
	}
	runtime.KeepAlive(&q)
}

func TestQueueGivesMemoryBackAfterABurst(t *testing.T) {
	var q Queue[int]
	const segments = 2000
	for i := range segments * segmentLen {
		q.Push(i)
	}
	var refs []weak.Pointer[segment[int]]
	for id := uint32(1); id <= q.dir.used.Load(); id++ {
		refs = append(refs, weak.Make(q.dir.get(id)))
	}
	if len(refs) != segments {
		t.Fatalf("%d segments are in use instead of %d", len(refs), segments)
	}
	q.DrainAll(nil)
	runtime.GC()
	kept := 0
	for _, r := range refs {
		if r.Value() != nil {
			kept++
		}
	}
	if limit := maxSpares[int]() + 2; kept > limit { // and the last one, and one that may lie in a register
		t.Errorf("%d segments are kept, %d would be right", kept, limit)
	}
	for i := range segments * segmentLen {
		q.Push(i)
	}
	if ids := q.dir.used.Load(); ids > segments+1 {
		t.Errorf("%d ids for %d segments: those given back are not used again", ids, segments)
	}
	next := 0
	q.DrainAll(func(v int) {
		if v != next {
			t.Fatalf("%d came when %d was due", v, next)
		}
		next++
	})
}
