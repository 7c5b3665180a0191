package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
)

// abut checks that every interval has a length, begins where the one before it ended or later, and that shares are some.
func abut(t *testing.T, all []Interval, workers int) {
	t.Helper()
	end := time.Duration(0)
	for n, i := range all {
		if i.Begin < end || i.End <= i.Begin {
			t.Errorf("interval %d is from %v to %v, the one before ended at %v", n, i.Begin, i.End, end)
		}
		end = i.End
		if i.Busy == nil {
			continue
		}
		if len(i.Busy) != workers {
			t.Errorf("interval %d has %d workers, want %d", n, len(i.Busy), workers)
		}
		for _, b := range i.Busy {
			if b < 0 || b > 1 {
				t.Errorf("interval %d: a worker was busy for %g of it", n, b)
			}
		}
	}
}

func TestRoundShorterThanAnIntervalGivesOne(t *testing.T) {
	w, _ := Find("ring")
	var told []Interval
	all, err := w.Measure(t.Context(), Params{Workers: 2, Procs: 10, Duration: 20 * time.Millisecond, Rounds: 3},
		Watch{Interval: time.Hour, Observe: func(i Interval) { told = append(told, i) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || len(all[0].Intervals) != len(told) {
		t.Fatalf("%d rows, %d intervals told", len(all), len(told))
	}
	m := all[0]
	abut(t, told, 2)
	type key struct {
		phase string
		round int
	}
	seen := map[key]int{}
	for _, i := range m.Intervals {
		seen[key{i.Phase, i.Round}]++
		switch {
		case i.Phase == "twin" && (i.Messages != 0 || i.Busy != nil):
			t.Errorf("a twin's interval counts something: %+v", i)
		case i.Phase == "thrum" && i.Messages < *m.Messages:
			t.Errorf("round %d of %d messages has an interval of %d", i.Round, *m.Messages, i.Messages)
		}
	}
	for k, want := range map[key]int{{"warm-up", 0}: 2, {"thrum", 1}: 1, {"twin", 1}: 1, {"thrum", m.Rounds}: 1, {"twin", m.Rounds}: 1} {
		if seen[k] != want {
			t.Errorf("%d intervals of %v, want %d", seen[k], k, want)
		}
	}
}

func TestEveryWorkloadCanBeWatched(t *testing.T) {
	for _, w := range settings() {
		t.Run(w.name, func(t *testing.T) {
			all, err := w.Measure(t.Context(), w.p, Watch{Interval: time.Millisecond, Observe: func(Interval) {}})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if !m.OK {
					t.Errorf("%s: %v", m.Label, m.Violations)
				}
				abut(t, m.Intervals, m.Params.Workers)
				var messages int64
				for _, i := range m.Intervals {
					messages += i.Messages
				}
				if messages == 0 {
					t.Errorf("%s: nothing was handled in %d intervals", m.Label, len(m.Intervals))
				}
			}
		})
	}
}

func TestNobodyWatchesUnlessAsked(t *testing.T) {
	w, _ := Find("ping")
	all, err := w.RunRounds(t.Context(), Params{Messages: 1000, Rounds: 1}, nil)
	if err != nil || len(all) != 1 || all[0].Intervals != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestSamplerTellsWhatWasDoneBetweenTwoLooks holds the arithmetic, with figures and a clock of its own.
func TestSamplerTellsWhatWasDoneBetweenTwoLooks(t *testing.T) {
	now := 5 * time.Second
	stats := proc.Stats{Workers: make([]proc.Counters, 2)}
	stats.Messages = 100
	stats.Workers[0].BusyTime = time.Second
	var told []Interval
	look := &lookout{phase: "thrum", round: 2, tell: func(i Interval) { told = append(told, i) }}
	s := newSampler(look, func(dst *proc.Stats) { *dst = stats }, func() time.Duration { return now })
	for _, step := range []struct {
		messages uint64
		busy     time.Duration
		length   time.Duration
	}{{1000, 500 * time.Millisecond, time.Second}, {500, 4 * time.Second, 2 * time.Second}, {7, 0, 0}} {
		stats.Messages += step.messages
		stats.Workers = append([]proc.Counters(nil), stats.Workers...)
		stats.Workers[0].BusyTime += step.busy
		now += step.length
		s.sample()
		s.sample() // at the same instant tells nothing
	}
	now += time.Second / 4
	go s.run(nil)
	s.end()
	want := []Interval{
		{Begin: 5 * time.Second, End: 6 * time.Second, Messages: 1000, Busy: []float64{0.5, 0}},
		{Begin: 6 * time.Second, End: 8 * time.Second, Messages: 500, Busy: []float64{1, 0}},
		{Begin: 8 * time.Second, End: 8250 * time.Millisecond, Messages: 7, Busy: []float64{0, 0}},
	}
	if len(told) != len(want) {
		t.Fatalf("%d intervals are told, want %d: %+v", len(told), len(want), told)
	}
	for n, i := range told {
		w := want[n]
		if i.Begin != w.Begin || i.End != w.End || i.Messages != w.Messages || i.Busy[0] != w.Busy[0] || i.Busy[1] != w.Busy[1] || i.Phase != "thrum" || i.Round != 2 {
			t.Errorf("interval %d is %+v, want %+v", n, i, w)
		}
	}
}

func TestInterruptedFirstRoundKeepsItsIntervals(t *testing.T) {
	w, _ := Find("ring")
	for _, phase := range []string{"warm-up", "thrum"} {
		t.Run(phase, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			all, err := w.Measure(ctx, Params{Procs: 10, Duration: 24 * time.Hour, Rounds: 1}, Watch{
				Interval: time.Millisecond,
				Observe: func(i Interval) {
					if i.Phase == phase {
						cancel()
					}
				},
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want that of the context", err)
			}
			if len(all) != 1 || all[0].Rounds != 0 || len(all[0].Intervals) == 0 || !all[0].OK || all[0].Label != "ring procs=10" {
				t.Errorf("want a row without rounds, with intervals, got %+v", all)
			}
		})
	}
}

func TestInterruptedRunKeepsThrumsSideOfTheFirstRound(t *testing.T) {
	w, _ := Find("ring")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	all, err := w.Measure(ctx, Params{Procs: 10, Messages: 1000, Rounds: 3}, Watch{Progress: func(e Event) {
		if e.Phase == "twin" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that of the context", err)
	}
	if len(all) != 1 || all[0].Rounds != 1 || all[0].NsPerMsg == nil || all[0].Ratio != nil || len(all[0].Samples) != 1 {
		t.Errorf("want Thrum's figures without a ratio, got %+v", all)
	}
}

func TestJoinedIntervalsHoldWhatBothHeld(t *testing.T) {
	rec := func(ns ...int64) *meter.Recorder {
		r := meter.NewRecorder()
		for _, v := range ns {
			r.Record(v)
		}
		return r
	}
	a := Interval{Begin: 0, End: time.Second, Phase: "thrum", Messages: 10, Busy: []float64{1, 0}, Lag: 5, Dropped: 1, Backlog: 9, Latency: rec(10, 20)}
	b := Interval{Begin: time.Second, End: 4 * time.Second, Phase: "thrum", Messages: 5, Busy: []float64{0, 1}, Lag: 3, Dropped: 2, Backlog: 4, Latency: rec(30)}
	j := a.Join(b)
	if j.Begin != 0 || j.End != 4*time.Second || j.Messages != 15 || j.Busy[0] != 0.25 || j.Busy[1] != 0.75 || j.Lag != 5 || j.Dropped != 3 || j.Backlog != 4 ||
		j.Latency.Count() != 3 || j.Latency.Max() != 30 {
		t.Errorf("%+v", j)
	}
	if j.Rate() != 3.75 || (Interval{}).Rate() != 0 {
		t.Errorf("rate %g", j.Rate())
	}
	for _, j := range []Interval{a.Keep().Join(b), a.Join(b.Keep()), a.Keep().Join(b.Keep())} {
		if j.Latency != nil || j.Figures == nil || j.Figures.Count != 3 || j.Figures.Max != 30 || j.Figures.P50 != nil {
			t.Errorf("%+v", j.Figures)
		}
	}
	if a.Messages != 10 || a.Busy[0] != 1 || a.Latency.Count() != 2 {
		t.Error("joining changed what was joined")
	}
}

func TestKeptIntervalsAreBoundedAndLoseNothing(t *testing.T) {
	var kept []Interval
	const n = 5*keptIntervals + 3
	for i := range n {
		round := 1
		if i >= n/2 {
			round = 2
		}
		at := time.Duration(i)
		kept = KeepInterval(kept, Interval{Begin: at, End: at + 1, Phase: "thrum", Round: round, Messages: int64(round)})
	}
	if len(kept) > keptIntervals {
		t.Errorf("%d are kept, at most %d should be", len(kept), keptIntervals)
	}
	sums := map[int]int64{}
	end := time.Duration(0)
	for _, i := range kept {
		if i.Begin != end {
			t.Fatalf("one begins at %d, the one before ended at %d", i.Begin, end)
		}
		end = i.End
		sums[i.Round] += i.Messages
	}
	if sums[1] != n/2 || sums[2] != 2*(n-n/2) || end != n {
		t.Errorf("sums %v up to %d", sums, end)
	}
}

func TestWhoeverLooksAtTheRuntimeMeanwhileBreaksNoCheck(t *testing.T) {
	for _, w := range settings() {
		t.Run(w.name, func(t *testing.T) {
			began, ended := 0, 0
			surveys := 0
			watch := Watch{Runtime: func(rt *proc.Runtime) func() int {
				began++
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan int)
				go func() {
					n := 0
					for ctx.Err() == nil && n < 100 {
						n++
						if err := profiles.Survey(ctx, rt, func(*proc.Info) {}); err != nil && ctx.Err() == nil {
							t.Error(err)
						}
					}
					over <- n
				}()
				return func() int {
					ended++
					cancel()
					n := <-over
					surveys += n
					return n
				}
			}}
			all, err := w.Measure(t.Context(), w.p, watch)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if !m.OK {
					t.Errorf("%s: %v", m.Label, m.Violations)
				}
			}
			if began == 0 || ended != began || surveys == 0 {
				t.Errorf("%d runtimes have begun and %d ended, %d surveys", began, ended, surveys)
			}
		})
	}
}
