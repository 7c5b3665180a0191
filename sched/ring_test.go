package sched

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// number is a task that is only told apart.
type number struct {
	Func
	n int
}

func num(n int) Task { return &number{n: n} }

func nums(tasks []Task) (out []int) {
	for _, t := range tasks {
		out = append(out, t.(*number).n)
	}
	return out
}

func TestRingIsFirstInFirstOutAndRefusesWhenFull(t *testing.T) {
	var r ring
	l := local{&r}
	next, want := 0, 0
	for round := range 10 {
		for range ringLen {
			if !l.push(num(next)) {
				t.Fatalf("round %d: no room for task %d", round, next)
			}
			next++
		}
		if l.push(num(-1)) || r.len() != ringLen {
			t.Fatalf("a ring of %d took %d", ringLen, r.len())
		}
		for range ringLen - round { // so that the ends are somewhere else each time
			if got := l.pop().(*number).n; got != want {
				t.Fatalf("task %d in place of %d", got, want)
			}
			want++
		}
		for range round {
			l.pop()
			want++
		}
		if l.pop() != nil || r.len() != 0 {
			t.Fatal("an empty ring gave a task")
		}
	}
}

func TestStealTakesHalfTheOldestAndNoMoreThanFits(t *testing.T) {
	for _, c := range []struct{ n, buf, want int }{
		{0, 10, 0}, {1, 10, 1}, {2, 10, 1}, {3, 10, 2}, {10, 10, 5}, {11, 10, 6}, {100, 10, 10}, {ringLen, ringLen, ringLen / 2},
	} {
		if c.n > ringLen {
			continue // the explorer's ring is small
		}
		var r ring
		for i := range c.n {
			local{&r}.push(num(i))
		}
		buf := make([]Task, c.buf)
		got := thief{&r}.steal(buf)
		if got != c.want || r.len() != c.n-c.want {
			t.Errorf("of %d tasks %d were stolen, %d are left; want %d", c.n, got, r.len(), c.want)
		}
		for i, n := range nums(buf[:got]) {
			if n != i {
				t.Errorf("task %d was stolen in place of %d", n, i)
			}
		}
		if got > 0 && r.len() > 0 && (local{&r}.pop()).(*number).n != c.want {
			t.Error("the owner's next task is not the oldest left")
		}
	}
}

// One owner pushes and pops while thieves steal: every task comes out once, and what each of them gets is in order.
func TestRingLosesAndDoublesNothing(t *testing.T) {
	for _, thieves := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(thieves), func(t *testing.T) {
			var r ring
			n := scale(200_000)
			seen := make([]atomic.Int32, n)
			var stop atomic.Bool
			take := func(last *int, task Task) {
				x := task.(*number).n
				if x <= *last {
					t.Errorf("task %d came after %d", x, *last)
				}
				*last = x
				seen[x].Add(1)
			}
			var all sync.WaitGroup
			for range thieves {
				all.Go(func() {
					last := -1
					buf := make([]Task, ringLen/2)
					for !stop.Load() {
						got := thief{&r}.steal(buf)
						for i := range got {
							take(&last, buf[i])
							buf[i] = nil
						}
					}
				})
			}
			l := local{&r}
			rnd := rand.New(rand.NewPCG(uint64(thieves), 1))
			last := -1
			for i := 0; i < n; {
				if rnd.IntN(3) > 0 {
					if l.push(num(i)) {
						i++
						continue
					}
				}
				if task := l.pop(); task != nil {
					take(&last, task)
				}
			}
			for task := l.pop(); task != nil; task = l.pop() {
				take(&last, task)
			}
			stop.Store(true)
			all.Wait()
			for task := l.pop(); task != nil; task = l.pop() {
				take(&last, task)
			}
			for i := range seen {
				if c := seen[i].Load(); c != 1 {
					t.Fatalf("task %d came out %d times", i, c)
				}
			}
		})
	}
}

func TestFifoKeepsOrderAndGivesBackItsMemory(t *testing.T) {
	var f fifo
	var model []int
	rnd := rand.New(rand.NewPCG(1, 1))
	next := 0
	for step := range 200_000 {
		if rnd.IntN(200_000) > step || len(model) == 0 {
			f.push(num(next))
			model = append(model, next)
			next++
		} else {
			if got := f.pop().(*number).n; got != model[0] {
				t.Fatalf("task %d in place of %d", got, model[0])
			}
			model = model[1:]
		}
		if int(f.n) != len(model) {
			t.Fatalf("%d tasks, want %d", f.n, len(model))
		}
	}
	for f.n > 0 {
		f.pop()
	}
	for range 1 << 17 {
		f.push(num(0))
	}
	for f.n > 0 {
		f.pop()
	}
	if len(f.buf) > 1<<16 {
		t.Errorf("an empty queue keeps room for %d tasks", len(f.buf))
	}
}

// FuzzRingAgainstModel plays a program of pushes, pops and steals on the ring and on a slice.
func FuzzRingAgainstModel(f *testing.F) {
	f.Add([]byte{10, 1, 11, 2, 9, 3, 200})
	f.Add([]byte{255, 255, 1, 4, 3, 100, 2, 7})
	f.Fuzz(func(t *testing.T, program []byte) {
		var r ring
		l := local{&r}
		var model []int
		next := 0
		buf := make([]Task, ringLen)
		for _, op := range program {
			k := int(op / 4)
			switch op % 4 {
			case 0, 3:
				for range k * 2 {
					ok := l.push(num(next))
					if ok != (len(model) < ringLen) {
						t.Fatalf("push with %d tasks in the ring: %v", len(model), ok)
					}
					if ok {
						model = append(model, next)
						next++
					}
				}
			case 1:
				for range k {
					task := l.pop()
					if (task == nil) != (len(model) == 0) {
						t.Fatalf("pop of %d tasks: %v", len(model), task)
					}
					if task == nil {
						break
					}
					if got := task.(*number).n; got != model[0] {
						t.Fatalf("task %d in place of %d", got, model[0])
					}
					model = model[1:]
				}
			case 2:
				n := thief{&r}.steal(buf[:k])
				if want := min(k, (len(model)+1)/2); n != want {
					t.Fatalf("%d of %d tasks were stolen, want %d", n, len(model), want)
				}
				if got := nums(buf[:n]); !slices.Equal(got, model[:n]) {
					t.Fatalf("stolen %v, want %v", got, model[:n])
				}
				model = model[n:]
			}
			if r.len() != len(model) {
				t.Fatalf("the ring has %d tasks, want %d", r.len(), len(model))
			}
		}
	})
}
