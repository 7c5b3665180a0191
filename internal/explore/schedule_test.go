package explore_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

func chooser(x *explore.Exec) {
	w := new(word)
	x.Go("a", func() {
		w.add(1)
		if explore.Choose(3) == 2 && w.load() == 2 {
			x.Failf("chosen")
		}
	})
	x.Go("b", func() { w.add(1) })
}

func TestScheduleCanBeWrittenByHand(t *testing.T) {
	for schedule, fails := range map[string]bool{
		"a=2ba": true,
		"ba=2":  true,
		"ba=1":  false,
		"a=2ab": false,
		"a=2b":  true, // the rest follows by itself
		"":      false,
	} {
		r := explore.Replay(&logOnly{t}, explore.Config{}, schedule, chooser)
		if (r.Failure != nil) != fails {
			t.Errorf("schedule %q: %v", schedule, r.Failure)
		}
		if len(r.Trace) < 2 {
			t.Errorf("schedule %q: trace %v", schedule, r.Trace)
		}
	}
}

func TestScheduleThatDoesNotFitIsReported(t *testing.T) {
	for schedule, want := range map[string]string{
		"A":      "must be steps",
		"a0":     "must be steps",
		"a-1":    "must be steps",
		"=":      "must be steps",
		"=1":     "value where a thread",
		"c":      "thread c cannot run",
		"b2":     "thread b cannot run",
		"a=3":    "value below 3",
		"ab":     "value below 3",
		"a=1b3":  "threads ended before",
		"a=1b=0": "threads ended before",
	} {
		r := explore.Replay(&logOnly{t}, explore.Config{}, schedule, chooser)
		if r.Failure == nil || !strings.Contains(r.Failure.Message, want) {
			t.Errorf("schedule %q: %v, want %q", schedule, r.Failure, want)
		}
	}
}

// Every failing schedule that an exploration can meet replays to the same steps, whatever the mode it was found in.
func TestScheduleReplaysInEveryMode(t *testing.T) {
	for _, cfg := range []explore.Config{{}, {Preemptions: 1}, {Reduce: true}, {Random: true, Seed: 7}} {
		mustFail(t, cfg, chooser)
	}
}

func TestRandomExplorationIsDeterminedByItsSeed(t *testing.T) {
	run := func(seed uint64) explore.Result {
		return explore.Run(nil, explore.Config{Random: true, Seed: seed}, aba(true))
	}
	differ := false
	for seed := range uint64(5) {
		a, b := run(seed), run(seed)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("seed %d: %v, then %v", seed, a, b)
		}
		differ = differ || a.Executions != run(seed+1).Executions
	}
	if !differ {
		t.Error("all seeds give the same executions")
	}
}

func TestRandomExplorationHonoursItsBounds(t *testing.T) {
	r := explore.Run(t, explore.Config{Random: true, MaxExecutions: 300, Preemptions: explore.NoPreemption}, func(x *explore.Exec) {
		var log history
		for _, name := range []string{"a", "b"} {
			w := new(word)
			x.Go(name, func() {
				for range 3 {
					w.add(1)
					log.add(name)
				}
			})
		}
		x.After(func() {
			if log.s != "aaabbb" && log.s != "bbbaaa" {
				x.Failf("a preemption in %s", log.s)
			}
		})
	})
	if r.Executions != 300 || r.Complete {
		t.Errorf("%d executions, complete: %t", r.Executions, r.Complete)
	}
}

func TestTraceTellsThreadsWordsRemarksAndPlaces(t *testing.T) {
	r := explore.Replay(t, explore.Config{}, "bab", func(x *explore.Exec) {
		var s [2]*explore.Semaphore
		for i := range s {
			s[i] = explore.NewSemaphore(1)
		}
		x.Name(s[0], "first")
		x.Go("one", func() {
			s[0].Release()
			explore.Notef("put %d", 1)
		})
		x.Go("two", func() {
			explore.Notef("before all steps")
			s[1].Release()
			s[0].TryAcquire()
			explore.Notef("taken")
			explore.Notef("done")
		})
	})
	want := []explore.Event{
		{Thread: "two", Word: "w1"},
		{Thread: "one", Word: "first", Note: "put 1"},
		{Thread: "two", Word: "first", Note: "taken; done"},
	}
	if len(r.Trace) != len(want) {
		t.Fatalf("trace\n%s", explore.FormatTrace(r.Trace))
	}
	for i, e := range r.Trace {
		if e.Thread != want[i].Thread || e.Word != want[i].Word || e.Note != want[i].Note || !strings.HasPrefix(e.Where, "schedule_test.go:") {
			t.Errorf("step %d is %+v, want %+v", i+1, e, want[i])
		}
	}
	if table := explore.FormatTrace(r.Trace); strings.Count(table, "\n") != 3 || !strings.Contains(table, "TryAcquire first") {
		t.Errorf("table\n%s", table)
	}
}
