package mpsc

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// removers are the ways to empty a queue; each hands what it gets to f and returns when it has come to the end.
var removers = []struct {
	name   string
	remove func(q *Queue[int], f func(int))
}{
	{"Pop", func(q *Queue[int], f func(int)) {
		for v, ok := q.Pop(); ok; v, ok = q.Pop() {
			f(v)
		}
	}},
	{"Drain", func(q *Queue[int], f func(int)) {
		var buf [7]int
		for n := len(buf); n == len(buf); {
			n = q.Drain(buf[:])
			for _, v := range buf[:n] {
				f(v)
			}
		}
	}},
	{"DrainAll", func(q *Queue[int], f func(int)) { q.DrainAll(f) }},
}

// numbers returns the integers from first to first+n-1.
func numbers(first, n int) []int {
	vs := make([]int, n)
	for i := range vs {
		vs[i] = first + i
	}
	return vs
}

func TestQueueZeroValueIsAnEmptyQueue(t *testing.T) {
	var q Queue[int]
	if !q.Empty() {
		t.Error("a new queue is not empty")
	}
	if v, ok := q.Pop(); ok {
		t.Errorf("Pop gives %d", v)
	}
	if n := q.Drain(make([]int, 4)); n != 0 {
		t.Errorf("Drain gives %d elements", n)
	}
	if n := q.DrainAll(func(v int) { t.Errorf("DrainAll gives %d", v) }); n != 0 {
		t.Errorf("DrainAll counts %d elements", n)
	}
	q.PushAll(nil)
	if !q.Empty() {
		t.Error("an empty batch makes the queue non-empty")
	}
	q.Push(1)
	if q.Empty() {
		t.Error("empty with an element in it")
	}
	if v, ok := q.Pop(); !ok || v != 1 {
		t.Errorf("Pop gives %d, %t instead of the element", v, ok)
	}
	if !q.Empty() {
		t.Error("not empty after its only element was removed")
	}
}

// Every method, in random order, against a slice.
func TestQueueDoesWhatASliceDoes(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var q Queue[int]
		var model []int
		next := 0
		remove := func(op string, got []int) {
			if len(got) > len(model) || !slices.Equal(got, model[:len(got)]) {
				t.Fatalf("seed %d: %s gives %v, in the queue were %v", seed, op, got, model)
			}
			model = model[len(got):]
		}
		for range 200 {
			switch random.IntN(9) {
			case 0, 1, 2:
				q.Push(next)
				model = append(model, next)
				next++
			case 3:
				vs := numbers(next, random.IntN(1+random.IntN(4*segmentLen)))
				q.PushAll(vs)
				model = append(model, vs...)
				next += len(vs)
			case 4, 5:
				if v, ok := q.Pop(); ok {
					remove("Pop", []int{v})
				} else if len(model) > 0 {
					t.Fatalf("seed %d: Pop gives nothing, in the queue were %v", seed, model)
				}
			case 6, 7:
				buf := make([]int, random.IntN(2*segmentLen))
				n := q.Drain(buf)
				if n != min(len(buf), len(model)) {
					t.Fatalf("seed %d: Drain gives %d of %d elements, with room for %d", seed, n, len(model), len(buf))
				}
				remove("Drain", buf[:n])
			case 8:
				var got []int
				if n := q.DrainAll(func(v int) { got = append(got, v) }); n != len(got) || n != len(model) {
					t.Fatalf("seed %d: DrainAll gives %d and counts %d of %d elements", seed, len(got), n, len(model))
				}
				remove("DrainAll", got)
			}
			if q.Empty() != (len(model) == 0) {
				t.Fatalf("seed %d: Empty is %t with %d elements", seed, q.Empty(), len(model))
			}
		}
	}
}

// A producer that is held up between claiming its slot and publishing it is played by claiming slots by hand.
func TestQueueHeldUpProducerHoldsUpNobody(t *testing.T) {
	for _, r := range removers {
		t.Run("by="+r.name, func(t *testing.T) {
			var q Queue[int]
			type claim struct {
				s *segment[int]
				n uint32
			}
			var held []claim
			next := 0
			for i := range 10 * segmentLen {
				if i%(segmentLen+1) == 1 {
					tail := q.tail.Add(1)
					id, n := splitTail(tail)
					s, n := q.locate(id, n)
					held = append(held, claim{s, n - 1})
				}
				q.Push(i)
				if i%3 == 0 {
					r.remove(&q, func(v int) {
						if v != next {
							t.Fatalf("%d came when %d was due", v, next)
						}
						next++
					})
					if next != i+1 {
						t.Fatalf("only %d of %d elements came while %d pushes are held up", next, i+1, len(held))
					}
					if q.Empty() != (len(held) == 0) {
						t.Fatalf("Empty is %t while %d pushes are held up", q.Empty(), len(held))
					}
				}
			}
			r.remove(&q, func(int) { next++ })
			if next != 10*segmentLen {
				t.Fatalf("only %d of %d elements came", next, 10*segmentLen)
			}
			// They go on, the last one first, which brings them out in that order, as each push is seen to return.
			for i := len(held) - 1; i >= 0; i-- {
				c := held[i]
				sl := &c.s.slots[c.n]
				sl.v = -i
				sl.stamp.Store(c.s.mark)
				got := 0
				r.remove(&q, func(v int) {
					if v != -i {
						t.Fatalf("%d came when the held up %d was due", v, -i)
					}
					got++
				})
				if got != 1 {
					t.Fatalf("the held up push %d came %d times", -i, got)
				}
			}
			if !q.Empty() {
				t.Error("not empty after everything was removed")
			}
			if len(q.scan.holes) != 0 || q.scan.nextOld != len(q.scan.old) {
				t.Error("holes are left after everything was removed")
			}
		})
	}
}

// Held up producers do not keep segments from going round once they are done.
func TestQueueUsesSegmentsAgainAfterHolesAreFilled(t *testing.T) {
	var q Queue[int]
	for round := range 50 {
		id, n := splitTail(q.tail.Add(1))
		s, n := q.locate(id, n)
		q.PushAll(numbers(0, 3*segmentLen))
		if got := q.DrainAll(nil); got != 3*segmentLen {
			t.Fatalf("round %d: %d elements came instead of %d", round, got, 3*segmentLen)
		}
		s.slots[n-1].stamp.Store(s.mark)
		if got := q.DrainAll(nil); got != 1 {
			t.Fatalf("round %d: %d elements came instead of the held up one", round, got)
		}
	}
	if ids := int(q.dir.used.Load()); ids > 12 {
		t.Errorf("%d segments were needed where 5 are in use at a time", ids)
	}
}

func TestQueueDrainAllEndsThoughElementsKeepComing(t *testing.T) {
	var q Queue[int]
	q.PushAll(numbers(0, 3*segmentLen))
	n := q.DrainAll(func(v int) { q.Push(v) })
	if n < 3*segmentLen || n > 6*segmentLen {
		t.Errorf("DrainAll gave %d elements, of which %d were there", n, 3*segmentLen)
	}
	if n := q.DrainAll(nil); n != 3*segmentLen {
		t.Errorf("%d elements are left instead of %d", n, 3*segmentLen)
	}
}

func TestQueueDrainAllFunctionMayRemoveOrPanic(t *testing.T) {
	var q Queue[int]
	total := 5 * segmentLen
	q.PushAll(numbers(0, total))
	var got []int
	for len(got) < total {
		func() {
			defer func() { _ = recover() }()
			q.DrainAll(func(v int) {
				got = append(got, v)
				switch v % 5 {
				case 0:
					if v, ok := q.Pop(); ok {
						got = append(got, v)
					}
				case 2:
					buf := make([]int, segmentLen)
					got = append(got, buf[:q.Drain(buf)]...)
				case 4:
					panic("held against nobody")
				}
			})
		}()
	}
	if !slices.Equal(got, numbers(0, total)) {
		t.Errorf("came: %v", got)
	}
	if !q.Empty() {
		t.Error("not empty after everything was removed")
	}
}
