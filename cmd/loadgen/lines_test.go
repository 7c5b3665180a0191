package main

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// told returns what is written for a row of such intervals, a line each.
func told(t *testing.T, o *options, long bool, left time.Duration, all []bench.Interval) []string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	lines := make(chan []string)
	go func() {
		var got []string
		for s := bufio.NewScanner(r); s.Scan(); {
			got = append(got, s.Text())
		}
		lines <- got
	}()
	p := newProgress(w, o)
	watch := p.watch(1, 1, 0, long)
	for n, i := range all {
		if n == 0 || i.Phase != all[n-1].Phase || i.Round != all[n-1].Round {
			watch.Progress(bench.Event{Label: "ring", Row: 1, Rows: 1, Phase: i.Phase, Round: i.Round, Rounds: 2, Left: left})
		}
		watch.Observe(i)
	}
	p.stop()
	w.Close()
	return <-lines
}

// seconds returns n intervals of a second each, in a round.
func seconds(n, round int) []bench.Interval {
	var all []bench.Interval
	for i := range n {
		all = append(all, bench.Interval{Begin: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Phase: "thrum", Round: round, Messages: 45_200_000, Busy: []float64{0.98, 0.5}})
	}
	return all
}

func TestLongIntervalsHaveALineEach(t *testing.T) {
	all := append(seconds(2, 1), bench.Interval{Begin: 2 * time.Second, End: 5 * time.Second, Phase: "twin", Round: 1})
	got := told(t, &options{}, true, 10*time.Second, all)
	want := []string{
		"[1/1] ring",
		"  1.0s  round 1 of 2, thrum  45.2M msg/s  busy 98% 50%",
		"  2.0s  round 1 of 2, thrum  45.2M msg/s  busy 98% 50%",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestLoadAndLatencyAreInTheLine(t *testing.T) {
	i := seconds(1, 1)[0]
	i.Figures = &bench.LatencyFigures{Count: 100, P50: new(int64(1500)), Max: 4_000_000}
	i.Backlog, i.Lag, i.Dropped = 3, 2*time.Millisecond, 7
	got := told(t, &options{}, true, 10*time.Second, []bench.Interval{i})
	if len(got) != 2 || !strings.HasSuffix(got[1], "busy 98% 50%  p50 1.50µs  max 4.00ms  backlog 3  lag 2.00ms  dropped 7") {
		t.Errorf("%q", got)
	}
}

func TestLongRowHasSixtyLinesAtMostUnlessAsked(t *testing.T) {
	all := seconds(600, 1)
	if got := told(t, &options{}, true, 10*time.Minute, all); len(got) != 1+maxLines {
		t.Errorf("%d lines, want %d", len(got), 1+maxLines)
	}
	if got := told(t, &options{interval: span(time.Second)}, false, 10*time.Minute, all); len(got) != 1+600 {
		t.Errorf("%d lines, want one for each of 600 intervals", len(got))
	}
}

func TestShortRoundsAndTheStandardSetHaveALineForTheRow(t *testing.T) {
	half := func(round int) bench.Interval {
		i := seconds(1, round)[0]
		i.End /= 2
		return i
	}
	for name, got := range map[string][]string{
		"short rounds": told(t, &options{}, true, 10*time.Second, []bench.Interval{half(0), half(1), half(2)}),
		"standard set": told(t, &options{}, false, 10*time.Second, seconds(5, 1)),
		"quiet":        append([]string{"[1/1] ring"}, told(t, &options{quiet: true}, true, 10*time.Second, seconds(5, 1))...),
	} {
		if len(got) != 1 || got[0] != "[1/1] ring" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
