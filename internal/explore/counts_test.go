package explore_test

import (
	"fmt"
	"math/big"
	"sort"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// steps makes threads of the given numbers of steps, all on different words.
func steps(counts ...int) func(*explore.Exec) {
	return func(x *explore.Exec) {
		for i, n := range counts {
			w := new(word)
			x.Go(fmt.Sprintf("t%d", i), func() {
				for range n {
					w.add(1)
				}
			})
		}
	}
}

func multinomial(counts ...int) int {
	n, r := 0, big.NewInt(1)
	for _, k := range counts {
		for i := 1; i <= k; i++ {
			n++
			r.Mul(r, big.NewInt(int64(n)))
			r.Div(r, big.NewInt(int64(i)))
		}
	}
	return int(r.Int64())
}

func TestUnboundedExplorationCoversEachInterleavingOnce(t *testing.T) {
	for _, counts := range [][]int{{0}, {1}, {5}, {1, 1}, {3, 3}, {5, 5}, {6, 4}, {1, 2, 3}, {3, 2, 3}, {1, 2, 2, 1}, {1, 1, 1, 1, 1}, {0, 4, 4}} {
		r := explore.Run(t, explore.Config{}, steps(counts...))
		if want := multinomial(counts...); r.Executions != want || !r.Complete {
			t.Errorf("threads of %v steps: %d executions (complete: %t), want %d", counts, r.Executions, r.Complete, want)
		}
	}
}

// orders returns the number of orders of the steps in which a thread is left before its end at most limit times.
func orders(left []int, cur, limit int) (n int) {
	sum := 0
	for _, k := range left {
		sum += k
	}
	if sum == 0 {
		return 1
	}
	for i, k := range left {
		if k == 0 {
			continue
		}
		rest := limit
		if cur >= 0 && i != cur && left[cur] > 0 {
			if rest == 0 {
				continue
			}
			rest--
		}
		left[i]--
		n += orders(left, i, rest)
		left[i]++
	}
	return n
}

func TestPreemptionBoundIsRespectedExactly(t *testing.T) {
	for _, counts := range [][]int{{4, 4}, {6, 3}, {2, 3, 2}, {1, 2, 2, 1}} {
		for limit := range 6 {
			bound := limit
			if limit == 0 {
				bound = explore.NoPreemption
			}
			r := explore.Run(t, explore.Config{Preemptions: bound}, steps(counts...))
			if want := orders(counts, -1, limit); r.Executions != want || !r.Complete {
				t.Errorf("threads of %v steps, at most %d preemptions: %d executions (complete: %t), want %d",
					counts, limit, r.Executions, r.Complete, want)
			}
		}
	}
}

func TestEveryExecutionIsDifferent(t *testing.T) {
	seen := map[string]bool{}
	explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		var log history
		for _, name := range []string{"a", "b", "c"} {
			w := new(word)
			x.Go(name, func() {
				for range 3 {
					w.add(1)
					log.add(name)
				}
			})
		}
		x.After(func() {
			if seen[log.s] {
				x.Failf("the order %s came twice", log.s)
			}
			seen[log.s] = true
		})
	})
	if want := multinomial(3, 3, 3); len(seen) != want {
		t.Errorf("%d orders, want %d", len(seen), want)
	}
}

func TestChooseTriesAllValues(t *testing.T) {
	var got []string
	r := explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		x.Go("chooser", func() {
			a := explore.Choose(3)
			explore.Choose(1)
			b := explore.Choose(2 + a)
			got = append(got, fmt.Sprint(a, b))
		})
	})
	sort.Strings(got)
	if want := "[0 0 0 1 1 0 1 1 1 2 2 0 2 1 2 2 2 3]"; fmt.Sprint(got) != want || r.Executions != 9 {
		t.Errorf("values %v in %d executions, want %s in 9", got, r.Executions, want)
	}
}

func TestThreadsStartedByThreadsAreExplored(t *testing.T) {
	// The child's start is a step of its own: parent 2 steps after Go, child 1 + 2.
	r := explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		a, b := new(word), new(word)
		x.Go("parent", func() {
			a.add(1)
			x.Go("child", func() {
				b.add(1)
				b.add(1)
			})
			a.add(1)
			a.add(1)
		})
		x.After(func() {
			if a.load() != 3 || b.load() != 2 {
				x.Failf("a=%d b=%d", a.load(), b.load())
			}
		})
	})
	if want := multinomial(2, 3); r.Executions != want {
		t.Errorf("%d executions, want %d", r.Executions, want)
	}
}

func TestExecutionLimitEndsAnExplorationAsIncomplete(t *testing.T) {
	r := explore.Run(t, explore.Config{MaxExecutions: 10}, steps(5, 5))
	if r.Complete || r.Executions != 10 {
		t.Errorf("%d executions, complete: %t", r.Executions, r.Complete)
	}
	r = explore.Run(t, explore.Config{MaxExecutions: 252}, steps(5, 5))
	if !r.Complete || r.Executions != 252 {
		t.Errorf("%d executions, complete: %t, with a limit of exactly all", r.Executions, r.Complete)
	}
}
