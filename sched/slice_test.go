package sched

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// sliced is a scheduler of one worker on which time goes by only where a task works.
type sliced struct {
	*Scheduler
	now   atomic.Int64
	order []string // who has worked, each time some 10 µs, or had a turn; the tasks' own
}

func beginSliced(t *testing.T) *sliced {
	t.Helper()
	if Shuffled {
		t.Skip("queues are left at random")
	}
	s := &sliced{}
	s.Scheduler = begin(t, Config{Workers: 1, StuckAfter: time.Hour, clock: s.now.Load})
	return s
}

// work is a task that works 10 µs at a time, until its time is up, as often as said; each time it calls f.
func (s *sliced) work(name string, p Priority, times int, f func(w *Worker, n int)) *job {
	n := 0
	return &job{p: p, run: func(w *Worker) Next {
		for n < times {
			n++
			s.now.Add(int64(10 * time.Microsecond))
			s.order = append(s.order, name)
			if f != nil {
				f(w, n)
			}
			if w.Look() {
				return Spent
			}
		}
		return Done
	}}
}

// run has f queue tasks, and returns what all of them have done.
func (s *sliced) run(t *testing.T, f func(w *Worker)) []string {
	t.Helper()
	done := make(chan struct{})
	submit(t, s.Scheduler, once(func(w *Worker) {
		f(w)
		w.Schedule(&job{p: Low, run: func(w *Worker) Next {
			if c := w.core; c.mask&normalMask != 0 || c.lifo != nil { // a turn of Low in between
				return Yield
			}
			close(done)
			return Done
		}}, Low)
	}))
	await(t, "the end of all tasks", done)
	return s.order
}

// spans are the lengths of the stretches in which a task worked alone, in pieces of 10 µs.
func spans(order []string) (out []string, length []int) {
	for i, name := range order {
		if i > 0 && order[i-1] == name {
			length[len(length)-1]++
			continue
		}
		out, length = append(out, name), append(length, 1)
	}
	return out, length
}

// One that wakes waits for a look at the clock, not for the rest of a slice; who gave way has that rest next, before others that compute.
func TestATurnOfOneThatComputesGivesWayToOneThatWakes(t *testing.T) {
	s := beginSliced(t)
	order := s.run(t, func(w *Worker) {
		w.core.credit = TurnReductions
		w.core.pushSpent(s.work("a", Normal, 40, func(w *Worker, n int) {
			if n == 8 {
				w.Schedule(s.work("woken", Normal, 1, nil), Normal)
			}
		}), Normal)
		w.core.pushSpent(s.work("b", Normal, 40, nil), Normal)
	})
	names, length := spans(order)
	if got := strings.Join(names, " "); got != "a woken a b a b" {
		t.Errorf("order %s, %v", got, length)
	}
	if length[0] != 8 {
		t.Errorf("the turn went on for %d pieces of work after one that waits had woken", length[0]-8)
	}
	// The first look of a turn only says that it has begun: a turn in two parts has two of them.
	if whole := length[3]; length[0]+length[2] < whole || length[0]+length[2] > whole+1 {
		t.Errorf("the turn that was cut had %d pieces of work in all, the one that was not %d", length[0]+length[2], whole)
	}
}

// Those who wake all the time owe the others a turn at times, and that one is whole.
func TestATurnThatIsOwedIsNotCut(t *testing.T) {
	s := beginSliced(t)
	var ping, pong *job
	rounds := 0
	play := func(other **job) func(w *Worker) Next {
		return func(w *Worker) Next {
			w.Used += TurnReductions / 10
			if rounds++; rounds < 100 {
				w.Schedule(*other, Normal)
			}
			s.order = append(s.order, "play")
			return Done
		}
	}
	ping, pong = &job{run: play(&pong)}, &job{run: play(&ping)}
	order := s.run(t, func(w *Worker) {
		w.core.pushSpent(s.work("a", Normal, 60, nil), Normal)
		w.Schedule(ping, Normal)
	})
	names, length := spans(order)
	turns := 0
	for i, name := range names {
		if name != "a" {
			continue
		}
		turns++
		if least := int(s.cfg.Slice / (10 * time.Microsecond)); turns < 3 && length[i] < least {
			t.Errorf("a turn that was owed had %d pieces of work, want at least %d", length[i], least)
		}
	}
	if turns != 3 {
		t.Errorf("not in turns: %v %v", names, length)
	}
}

// Those that wake again and again, with pauses in which one that computes has the worker, get no more for a turn that they cut:
// for each slice of the spent ones they have their credit once.
func TestPiecesOfATurnCountAsOne(t *testing.T) {
	s := beginSliced(t)
	const pieces = 600
	woken, waits := 0, false
	order := s.run(t, func(w *Worker) {
		w.core.credit = TurnReductions
		w.core.pushSpent(s.work("a", Normal, pieces, func(w *Worker, _ int) {
			if waits {
				return
			}
			waits = true
			w.Schedule(once(func(w *Worker) {
				w.Used += TurnReductions / 4
				waits = false
				woken++
			}), Normal)
		}), Normal)
	})
	if whole := int(s.cfg.Slice / (10 * time.Microsecond)); len(order) != pieces || woken*whole/4 > pieces+2*whole {
		t.Errorf("%d pieces of work, and %d turns of those that wake, want four at most for %d pieces", len(order), woken, whole)
	}
	if woken < pieces/20 {
		t.Errorf("no turn gave way: %d woke", woken)
	}
}

// A higher priority cuts any turn; who gave way goes on before its equals.
func TestATurnGivesWayToAHigherPriority(t *testing.T) {
	for _, c := range []struct{ low, high Priority }{{Normal, High}, {Normal, Max}, {Low, High}, {High, Max}} {
		s := beginSliced(t)
		order := s.run(t, func(w *Worker) {
			w.core.pushFresh(s.work("a", c.low, 15, func(w *Worker, n int) {
				if n == 5 {
					w.Schedule(s.work("urgent", c.high, 1, nil), c.high)
				}
			}), c.low)
			if c.low == Normal {
				w.core.pushFresh(s.work("b", c.low, 5, nil), c.low)
			}
		})
		names, length := spans(order)
		want := []string{"a", "urgent", "a"}
		if c.low == Normal {
			want = append(want, "b")
		}
		if !slices.Equal(names, want) || length[0] != 5 {
			t.Errorf("%v under %v: order %v %v", c.high, c.low, names, length)
		}
	}
}

func TestATaskInFrontOfAQueueIsTakenFirst(t *testing.T) {
	var f fifo
	a := make([]*job, 200)
	for i := range a {
		a[i] = &job{}
	}
	for i := range 100 { // grows while the head is in the middle, and wraps
		f.push(a[100+i])
		f.pushFront(a[99-i])
		if i%7 == 3 {
			if got := f.pop(); got != Task(a[99-i]) {
				t.Fatalf("after %d: another one came first", i)
			}
			f.pushFront(a[99-i])
		}
	}
	for i := range a {
		if got := f.pop(); got != Task(a[i]) {
			t.Fatalf("place %d: another task", i)
		}
	}
	if f.n != 0 {
		t.Errorf("%d are left", f.n)
	}
}
