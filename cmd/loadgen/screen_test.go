package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
)

// seen is a state in which everything is known.
func seen(workers int) *state {
	s := &state{began: time.Unix(100, 0), place: "[1/3] ", after: 10 * time.Second}
	s.enter("[1/3] ring procs=503 \x1b[31mé", bench.Event{Label: "ring", Row: 1, Rows: 1, Phase: "thrum", Round: 2, Rounds: 3, Left: 65 * time.Second}, true)
	s.entered = time.Unix(100, 0)
	for i := range 90 {
		x := bench.Interval{Begin: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Phase: "thrum", Round: 2, Messages: int64(1e6 * (i % 7)),
			Backlog: 12, Lag: 1_200_000, Dropped: 1, Figures: &bench.LatencyFigures{Count: 5000, P50: new(int64(850)), P99: new(int64(12_100)), Max: 4_200_000}}
		for w := range workers {
			x.Busy = append(x.Busy, float64(w%11)/10)
		}
		s.note(x)
	}
	return s
}

func TestFrameTellsWhatIsKnown(t *testing.T) {
	e := newEmulator(100, 20)
	s := screen{out: e, size: func() (int, int, bool) { return 100, 20, true }}
	s.show(seen(2), time.Unix(105, 0))
	want := `[1/3] ring procs=503 ?[31mé  round 2 of 3, thrum  5s, about 1m10s left
rate     5.00M msg/s   ▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃▄▅▇█ ▁▃
latency  p50 850ns  p99 12.1µs  max 4.20ms
workers  0  ░░░░░░░░░░ 0%    1  █░░░░░░░░░ 10%
load     backlog 12  lag 1.20ms  dropped 90`
	if got := e.text(); !sameFrame(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	e.inOrder(t)
}

// sameFrame compares frames but for the sparkline, which has a test of its own.
func sameFrame(got, want string) bool {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if x, y := strings.Split(a[i], "   ▇")[0], strings.Split(b[i], "   ▇")[0]; x != y && !strings.HasPrefix(a[i], "rate     5.00M msg/s   ") {
			return false
		}
	}
	return len(a) == len(b)
}

func TestSparklineShowsTheLastSixtyRates(t *testing.T) {
	s := &state{}
	for i := range 100 {
		s.note(bench.Interval{Begin: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Phase: "thrum", Round: 1, Messages: int64(i), Busy: []float64{1}})
	}
	c := canvas{cols: 200}
	c.sparkline(s)
	got := []rune(string(c.buf))
	if len(got) != history || got[history-1] != '█' || got[0] != c.height(40, 99) {
		t.Errorf("%q", string(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i] < got[i-1] {
			t.Errorf("rates rise, the line falls: %q", string(got))
		}
	}
	for v, want := range map[float64]rune{0: ' ', 0.01: '▁', 50: '▅', 100: '█'} {
		if got := c.height(v, 100); got != want {
			t.Errorf("%g of 100 is %q, want %q", v, got, want)
		}
	}
}

func TestFrameNeverWrapsNorScrolls(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 7, 16, 17, 256} {
		for _, ascii := range []bool{false, true} {
			for cols := 1; cols < 140; cols += 3 {
				for _, rows := range []int{1, 2, 4, 6, 9, 30} {
					e := newEmulator(cols, rows)
					size := cols
					s := screen{out: e, size: func() (int, int, bool) { return size, rows, true }, color: true, ascii: ascii}
					io.WriteString(e, "$\r\n")
					view := seen(workers)
					s.show(view, time.Unix(105, 0))
					scrolled, row := e.scrolled, e.row
					for n := range 3 {
						view.seq++
						size = max(1, cols-n) // narrower than the terminal is no worse than as wide
						s.show(view, time.Unix(105+int64(n), 0))
					}
					name := fmt.Sprintf("%d workers on %d x %d", workers, cols, rows)
					if e.scrolled != scrolled || e.row != row {
						t.Fatalf("%s: it scrolled %d lines, the cursor went from row %d to %d", name, e.scrolled-scrolled, row, e.row)
					}
					e.inOrder(t)
					if cols > 1 && (e.text() == "$" || e.text() == "") {
						t.Fatalf("%s: nothing is shown", name)
					}
					s.clear()
					if got := e.text(); got != "$" && !(rows == 1 && got == "") && got != "" {
						t.Fatalf("%s: %q is left behind", name, got)
					}
					e.inOrder(t)
					if t.Failed() {
						t.Fatal(name)
					}
				}
			}
		}
	}
}

// TestFrameBeginsWhereItBeganBefore holds what lets a frame survive a resized terminal: no frame goes up from where
// the one before it has left the cursor.
func TestFrameBeginsWhereItBeganBefore(t *testing.T) {
	var out strings.Builder
	cols := 100
	s := screen{out: &out, size: func() (int, int, bool) { return cols, 20, true }}
	view := seen(2)
	for n := range 4 {
		out.Reset()
		view.seq++
		cols -= 15
		s.show(view, time.Unix(105, 0))
		before, _, ok := strings.Cut(out.String(), "[1/3]")
		if !ok || strings.Contains(before, "A") {
			t.Errorf("frame %d begins with %q", n, before)
		}
	}
	out.Reset()
	s.clear()
	if out.String() != "\r"+codeEraseDown {
		t.Errorf("it clears with %q", out.String())
	}
}

func TestNothingIsPaintedTwice(t *testing.T) {
	e := newEmulator(80, 20)
	cols := 80
	s := screen{out: e, size: func() (int, int, bool) { return cols, 20, true }}
	view := seen(2)
	for _, c := range []struct {
		what   string
		change func()
		now    int64
		want   bool
	}{
		{"first", func() {}, 105, true}, {"nothing", func() {}, 105, false}, {"a second", func() {}, 106, true},
		{"word of something", func() { view.seq++ }, 106, true}, {"another size", func() { cols = 70 }, 106, true}, {"nothing", func() {}, 106, false},
	} {
		c.change()
		if got := s.show(view, time.Unix(c.now, 0)); got != c.want {
			t.Errorf("after %s: painted %t, want %t", c.what, got, c.want)
		}
	}
}

func TestPaintingAllocatesNothing(t *testing.T) {
	s := screen{out: io.Discard, size: func() (int, int, bool) { return 100, 20, true }, color: true}
	known, view := seen(8), &state{}
	now := time.Unix(105, 0)
	s.show(known, now)
	if n := testing.AllocsPerRun(100, func() {
		known.seq++
		view.copy(known)
		s.show(view, now)
	}); n != 0 {
		t.Errorf("%g objects are allocated by a frame", n)
	}
}

func TestPlainLineIsPaintedOver(t *testing.T) {
	e := newEmulator(80, 5)
	s := screen{out: e, plain: true, color: true, size: func() (int, int, bool) { t.Error("the size is asked for"); return 0, 0, false }}
	view := seen(2)
	s.show(view, time.Unix(105, 0))
	if got := e.text(); got != "[1/3] ring procs=503 ?[31mé: round 2 of 3, thrum  5.00M msg/s  5s" {
		t.Errorf("%q", got)
	}
	view.head, view.n = "[1/3] x", 0
	view.seq++
	s.show(view, time.Unix(105, 0))
	if got := e.text(); got != "[1/3] x: round 2 of 3, thrum  5s" {
		t.Errorf("%q", got)
	}
	s.clear()
	if e.text() != "" || e.scrolled > 0 || len(e.unknown) > 0 {
		t.Errorf("%q is left, unknown codes %q", e.text(), e.unknown)
	}
}

func TestStateIgnoresTheEndsOfRoundsAndTwins(t *testing.T) {
	s := &state{}
	at := func(from, to time.Duration, phase string, messages int64) bench.Interval {
		x := bench.Interval{Begin: from, End: to, Phase: phase, Round: 1, Messages: messages, Busy: []float64{1}}
		if phase == "twin" {
			x.Busy = nil
		}
		return x
	}
	s.note(at(0, time.Second, "thrum", 1000))
	s.note(at(time.Second, time.Second+time.Millisecond, "thrum", 0))
	s.note(at(2*time.Second, 3*time.Second, "twin", 0))
	if s.n != 1 || s.rates[0] != 1000 {
		t.Errorf("%d rates are kept: %v", s.n, s.rates[:s.n])
	}
}

func TestAmountsAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7: "7", 999: "999", 999.7: "1.00k", 1000: "1.00k", 45_234_567: "45.2M", 999_900_000: "1.00G", 123_456: "123k"} {
		c := canvas{cols: 80}
		if c.amount(v); string(c.buf) != want {
			t.Errorf("%g is %q, want %q", v, c.buf, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 59 * time.Second: "59s", 65 * time.Second: "1m05s", time.Hour + 2*time.Minute: "1h02m"} {
		c := canvas{cols: 80}
		if c.span(d); string(c.buf) != want {
			t.Errorf("%v is %q, want %q", d, c.buf, want)
		}
	}
}
