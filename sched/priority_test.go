package sched

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// recorded runs start as one turn on the only worker, and returns the names that the tasks it queues note down, once n have come.
func recorded(t *testing.T, n int, start func(w *Worker, note func(name string, p Priority, then Next) *job)) (order []string) {
	t.Helper()
	// Nothing but the queues decides here: no take-over, and a worker that looks at the clock finds nothing to do.
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	names := make(chan string, n)
	submit(t, s, once(func(w *Worker) {
		start(w, func(name string, p Priority, then Next) *job {
			return &job{p: p, run: func(w *Worker) Next {
				select {
				case names <- name:
				default:
					return Done // enough
				}
				return then
			}}
		})
	}))
	for range n {
		order = append(order, await(t, "a task", names))
	}
	return order
}

func TestMaxRunsBeforeHighBeforeNormalBeforeLow(t *testing.T) {
	if Shuffled {
		t.Skip("priorities are strict on each worker, not for what is offered to others")
	}
	levels := []Priority{Low, Normal, High, Max}
	order := recorded(t, 40, func(w *Worker, note func(string, Priority, Next) *job) {
		for i := range 40 {
			p := levels[i%4]
			w.Schedule(note(p.String(), p, Done), p)
		}
	})
	if !slices.IsSortedFunc(order, func(a, b string) int {
		rank := map[string]int{"max": 0, "high": 1, "normal": 2, "low": 2}
		return rank[a] - rank[b]
	}) {
		t.Errorf("order %v", order)
	}
}

// However many turns those above want, those below get none.
func TestHigherLevelsAreStrict(t *testing.T) {
	for _, top := range []Priority{High, Max} {
		order := recorded(t, 1000, func(w *Worker, note func(string, Priority, Next) *job) {
			w.Schedule(note("normal", Normal, Spent), Normal)
			w.Schedule(note("low", Low, Spent), Low)
			w.Schedule(note("woken", top, Yield), top)
			w.Schedule(note("spent", top, Spent), top)
		})
		if slices.Contains(order, "normal") || slices.Contains(order, "low") {
			t.Errorf("%v: one below has run", top)
		}
		for _, name := range []string{"woken", "spent"} {
			if !slices.Contains(order, name) {
				t.Errorf("%v: the %s one never ran", top, name)
			}
		}
	}
}

func TestLowGetsOneTurnForEightOfNormal(t *testing.T) {
	const n = 900
	order := recorded(t, n, func(w *Worker, note func(string, Priority, Next) *job) {
		for range 3 {
			w.Schedule(note("normal", Normal, Yield), Normal)
			w.Schedule(note("low", Low, Yield), Low)
		}
	})
	low, run := 0, 0
	for i, name := range order {
		if name == "low" {
			low++
			run = 0
		} else if run++; run > lowEvery {
			t.Fatalf("%d turns of normal in a row before turn %d", run, i)
		}
	}
	if low < n/(lowEvery+2) || low > n/lowEvery+1 {
		t.Errorf("%d of %d turns were of low, want one in nine", low, n)
	}
}

func TestLowRunsWhenThereIsNothingElse(t *testing.T) {
	order := recorded(t, 20, func(w *Worker, note func(string, Priority, Next) *job) {
		w.Schedule(note("low", Low, Spent), Low)
	})
	if got := strings.Join(order, ""); got != strings.Repeat("low", 20) {
		t.Errorf("order %v", order)
	}
}

// A task that wakes runs before the many that have used up a turn, so it is served soon however many compute.
func TestWokenTaskRunsBeforeSpentOnes(t *testing.T) {
	const spent = 100
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	events := make(chan string, 4*spent)
	rounds := 0
	for range spent {
		submit(t, s, &job{run: func(w *Worker) Next {
			w.Used += TurnReductions / 100
			if rounds++; rounds == 5*spent { // by now all of them are in the queue of the spent
				w.Schedule(once(func(*Worker) { events <- "woken" }), Normal)
				events <- "wakes"
			} else if rounds > 5*spent {
				events <- "spent"
			}
			if rounds > 6*spent {
				return Done
			}
			return Spent
		}})
	}
	if e := await(t, "the wake-up", events); e != "wakes" {
		t.Fatal(e)
	}
	before := 0
	for await(t, "the woken task", events) != "woken" {
		before++
	}
	if before > 1 { // one at the most: the woken may just have used their credit
		t.Errorf("%d spent tasks ran before the woken one", before)
	}
	until(t, "the scheduler is quiet", s.Quiet)
}

// Tasks that wake all the time have a credit of a turn's reductions; then a spent one runs. Neither can starve the other.
func TestNeitherWokenNorSpentTasksStarve(t *testing.T) {
	for _, p := range []Priority{Low, Normal, High, Max} {
		for _, used := range []int32{1, 10, TurnReductions} {
			s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
			var turns, longest, in [2]int // in: turns in a row
			const total = 100_000
			stopped := make(chan struct{}, 40)
			task := func(kind int, uses int32, next Next) *job {
				return &job{p: p, run: func(w *Worker) Next {
					w.Used += uses
					turns[kind]++
					in[kind]++
					in[1-kind] = 0
					longest[kind] = max(longest[kind], in[kind])
					if turns[0]+turns[1] >= total {
						stopped <- struct{}{}
						return Done
					}
					return next
				}}
			}
			submit(t, s, once(func(w *Worker) { // all at once, so that both kinds are there all the time
				for range 20 {
					w.Schedule(task(0, used, Yield), p)
					w.Schedule(task(1, TurnReductions, Spent), p)
				}
			}))
			for range 40 {
				await(t, "the end", stopped)
			}
			until(t, "the scheduler is quiet", s.Quiet)
			// Woken tasks may use the reductions of one turn, and those of the last of them, before a spent one runs.
			if most := TurnReductions/int(used+1) + 2; longest[0] > most && longest[0] > 64 {
				t.Errorf("%v: %d turns of woken tasks in a row while spent ones wait, want %d at the most", p, longest[0], most)
			}
			if turns[0] == 0 || turns[1] == 0 || longest[1] > 64 {
				t.Errorf("%v, %d reductions: %d turns of woken tasks, %d of spent ones, %d in a row", p, used, turns[0], turns[1], longest[1])
			}
		}
	}
}

// Two tasks that wake each other stay on the worker, while the message is in the cache: three times in a row, then another one
// has its turn.
func TestLIFOSlotIsUsedThreeTimesInARowAtMost(t *testing.T) {
	if Shuffled {
		t.Skip("a policy that is off when choices are shuffled")
	}
	s := begin(t, Config{Workers: 1, StuckAfter: time.Hour})
	const n = 1000
	names := make(chan string, n)
	note := func(name string) bool {
		select {
		case names <- name:
			return true
		default:
			return false
		}
	}
	submit(t, s, once(func(w *Worker) {
		var pair [2]*job
		for i := range pair {
			pair[i] = &job{run: func(w *Worker) Next {
				if note("pair") {
					w.Schedule(pair[1-i], Normal)
				}
				return Done
			}}
		}
		other := &job{}
		other.run = func(w *Worker) Next {
			if !note("other") {
				return Done
			}
			return Yield
		}
		w.Schedule(other, Normal)
		w.Schedule(pair[0], Normal)
	}))
	in, longest := 0, 0
	for range n {
		if await(t, "a turn", names) == "pair" {
			in++
			longest = max(longest, in)
		} else {
			in = 0
		}
	}
	until(t, "the scheduler is quiet", s.Quiet)
	// Three from the slot, and one that was put behind the other when its three were over.
	if longest > lifoMax+1 || longest < lifoMax {
		t.Errorf("%d turns of the pair in a row, want %d or %d", longest, lifoMax, lifoMax+1)
	}
}

func TestPriorityNamesAndValidity(t *testing.T) {
	for p, name := range map[Priority]string{Low: "low", Normal: "normal", High: "high", Max: "max", Max + 1: "invalid", 255: "invalid"} {
		if p.String() != name || p.Valid() != (p <= Max) {
			t.Errorf("%d: %v, valid %v", uint8(p), p, p.Valid())
		}
	}
}
