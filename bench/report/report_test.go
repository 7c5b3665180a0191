package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// fixed is a report with every kind of row: one that is faster, one slower than
// its twin, latencies with and without enough samples, memory, a failed check.
func fixed() Report {
	return Report{
		Env: Env{
			Go: "go1.26.8", OS: "linux", Arch: "amd64", CPU: "AMD EPYC", CPUs: 2, GOMAXPROCS: 2, Clock: "tsc",
			Module: "github.com/thrum-go/thrum", Version: "v0.1.0", Revision: "0123456789abcdef0123456789abcdef01234567", Modified: true,
		},
		Config: Config{Tags: map[string]string{"branch": "main", "try": "two words"}},
		Results: rows([]bench.Result{
			{
				Workload: "ping", Label: "ping", Figure: bench.NsPerMsg, Rounds: 3, OK: true,
				Params:   bench.Params{Workers: 2, Procs: 2, Duration: 1500 * time.Millisecond, Rounds: 3},
				Messages: new(int64(4_000_000)), NsPerMsg: new(19.8372), AllocsPerMsg: new(0.0), Twin: new(121.338), Ratio: new(6.11669),
			},
			{
				Workload: "ring", Label: "ring procs=10000", Figure: bench.NsPerMsg, Rounds: 2, OK: true,
				Params:   bench.Params{Workers: 2, Procs: 10_000, Messages: 10_000, Duration: 1500 * time.Millisecond, Rounds: 3},
				Messages: new(int64(10_000)), NsPerMsg: new(410.2), AllocsPerMsg: new(0.00041), Twin: new(331.0), Ratio: new(0.80692),
			},
			{
				Workload: "big", Label: "big", Figure: bench.NsPerMsg, Rounds: 3, OK: false,
				Params:     bench.Params{Workers: 2, Procs: 512, Duration: time.Second, Rounds: 3, Seed: 7},
				Violations: []bench.Violation{{Workload: "big", Where: "process 6", What: "of process 13: message 2 modulo 256 came, 1 was due"}},
			},
			{
				Workload: "idle", Label: "idle", Figure: bench.BytesPerProc, Rounds: 1, OK: true,
				Params:       bench.Params{Workers: 2, Procs: 1_000_000, Duration: 3 * time.Second, Rounds: 1},
				BytesPerProc: new(181.26), Twin: new(2764.1), Ratio: new(15.2493),
				Details: []bench.Detail{{Name: "idle_cpu", Value: 0, Unit: "%"}, {Name: "wake_and_exit", Value: 212.53, Unit: "ns each"}},
			},
			{
				Workload: "fair", Label: "fair", Figure: bench.P99, Rounds: 1, OK: true,
				Params:   bench.Params{Workers: 2, Procs: 1000, Duration: 5 * time.Second, Rounds: 1},
				Messages: new(int64(18_204)), P50: new(int64(81_200)), P99: new(int64(412_000)), P999: new(int64(4_100_000)), Max: new(int64(13_700_000)),
				Twin: new(39.2e6), Ratio: new(95.1456),
				Details: []bench.Detail{{Name: "busy_loss", Value: -0.42, Unit: "%"}, {Name: "twin_busy_loss", Value: 3.1, Unit: "%"}},
			},
			{
				Workload: "blocking", Label: "blocking", Figure: bench.P99, Rounds: 1, OK: true,
				Params:   bench.Params{Workers: 2, Procs: 32, Duration: time.Second, Rounds: 1},
				Messages: new(int64(600)), P50: new(int64(850)), Max: new(int64(12_345_678)),
			},
			{
				Workload: "call", Label: "call direct", Figure: bench.NsPerMsg, Rounds: 3, OK: true,
				Params:   bench.Params{Workers: 2, Procs: 2, Duration: time.Second, Rounds: 3, Style: "direct"},
				Messages: new(int64(100_000)), NsPerMsg: new(212.4), AllocsPerMsg: new(0.0), Twin: new(250.1), Ratio: new(1.1775),
			},
			{
				Workload: "receive", Label: "receive", Figure: bench.NsPerMsg, Rounds: 5, OK: true, Self: true,
				Params:   bench.Params{Workers: 2, Duration: time.Second, Rounds: 5, Size: 100_000},
				Messages: new(int64(100_000)), NsPerMsg: new(212.4), AllocsPerMsg: new(0.0), Twin: new(205.1), Ratio: new(0.96563),
			},
			{
				Workload: "receive", Label: "receive", Figure: bench.NsPerMsg, Rounds: 5, OK: true, Self: true,
				Params:   bench.Params{Workers: 2, Duration: time.Second, Rounds: 5, Size: 200_000},
				Messages: new(int64(100_000)), NsPerMsg: new(480.0), AllocsPerMsg: new(0.0), Twin: new(205.1), Ratio: new(0.42729),
			},
		}...),
	}
}

// rows gives results two rounds, one a little slower than the other, and latencies
// to those that have percentiles.
func rows(results ...bench.Result) []bench.Measured {
	out := make([]bench.Measured, len(results))
	for i, r := range results {
		out[i] = bench.Measured{Result: r}
		if own := ownFigure(r); own != nil && r.Ratio != nil {
			for _, f := range []float64{0.99, 1.01} {
				out[i].Samples = append(out[i].Samples, bench.Round{string(r.Figure): *own * f, "twin_" + string(r.Figure): *r.Twin, "ratio": *r.Ratio / f})
			}
		}
		if r.Label == "ping" || r.Label == "fair" {
			out[i].Intervals = watched(r.Label == "fair")
		}
		if r.Max != nil {
			out[i].Latency = meter.NewRecorder()
			for _, ns := range []int64{810, 850, 850, 900, 81_200, 412_000, *r.Max} {
				out[i].Latency.Record(ns)
			}
		}
	}
	return out
}

// watched are intervals as a row has them: warming up, two rounds of Thrum and its twin. The row at a given rate knows
// its latencies.
func watched(rated bool) []bench.Interval {
	var out []bench.Interval
	at := time.Duration(0)
	add := func(length time.Duration, phase string, round int, messages int64, busy ...float64) {
		i := bench.Interval{Begin: at, End: at + length, Phase: phase, Round: round, Messages: messages, Busy: busy}
		if rated && busy != nil {
			i.Figures = &bench.LatencyFigures{Count: messages, P50: new(int64(messages * 10)), P99: new(int64(messages * 15)), Max: messages * 40}
			i.Backlog, i.Lag = messages/100, time.Duration(messages)*20
			if round == 2 {
				i.Dropped, i.Figures.P99 = 3, nil
			}
		}
		out = append(out, i)
		at += length
	}
	add(12*time.Millisecond, "warm-up", 0, 50_000, 0.5, 0)
	for round := 1; round <= 2; round++ {
		add(time.Second, "thrum", round, 45_000, 0.99, 0.25)
		add(time.Second, "thrum", round, 52_000, 1, 0.5)
		add(300*time.Millisecond, "thrum", round, 14_000, 0.97, 0.125)
		add(2*time.Second, "twin", round, 0)
	}
	return out
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestTextIsAsAgreed(t *testing.T) {
	r := fixed()
	r.Interrupted = true
	var b bytes.Buffer
	if err := r.WriteText(&b, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", b.Bytes())
	if bytes.Contains(b.Bytes(), []byte("\x1b")) {
		t.Error("escape codes without colour")
	}
}

// Whatever the width, every cell and word is there, and no line is too long but where a word is.
func TestTextFitsTheTerminal(t *testing.T) {
	words := func(s string) map[string]int {
		out := map[string]int{}
		for _, w := range strings.Fields(s) {
			out[w]++
		}
		return out
	}
	for name, r := range map[string]Report{"rounds": fixed(), "loads": loaded()} {
		r.Interrupted = true
		var whole bytes.Buffer
		if err := r.WriteText(&whole, Style{}); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{1, 40, 60, 80, 100, 132, 1000} {
			var b bytes.Buffer
			if err := r.WriteText(&b, Style{Width: width, Color: width == 80}); err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer(bold, "", yellow, "", red, "", plain, "").Replace(b.String())
			got := words(text)
			for w, n := range words(whole.String()) {
				if got[w] < n {
					t.Errorf("%s in %d columns: %q is there %d times, want %d", name, width, w, got[w], n)
				}
			}
			for l := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(l, "\n")); width >= 40 && n > width && !strings.Contains(l, "CHECK FAILED") && !strings.Contains(l, "NOT VALID") {
					t.Errorf("%s in %d columns: a line has %d: %q", name, width, n, l)
				}
			}
			if width == 1000 && text != whole.String() {
				t.Errorf("%s: in %d columns the text differs from that without a width", name, width)
			}
		}
	}
}

func TestColorOnlyPaints(t *testing.T) {
	var with, without bytes.Buffer
	if err := fixed().WriteText(&with, Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	if err := fixed().WriteText(&without, Style{}); err != nil {
		t.Fatal(err)
	}
	unpainted := strings.NewReplacer(bold, "", yellow, "", red, "", plain, "").Replace(with.String())
	if unpainted != without.String() {
		t.Errorf("colour changes the text:\n%s\n%s", unpainted, without.String())
	}
	for _, code := range []string{bold, yellow, red} {
		if !strings.Contains(with.String(), code) {
			t.Errorf("no %q in a report that has something to mark with it", code)
		}
	}
}

func TestJSONIsAsAgreed(t *testing.T) {
	r := fixed()
	r.Interrupted = true
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", b.Bytes())
}

// TestJSONResultsHaveOnlyAgreedFields holds the contract with programs that read
// the output: these names, and absent where they mean nothing.
func TestJSONResultsHaveOnlyAgreedFields(t *testing.T) {
	var b bytes.Buffer
	if err := fixed().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Results []map[string]any `json:"results"`
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	agreed := map[string]bool{}
	for _, name := range []string{"workload", "params", "messages", "ns_per_msg", "p50_ns", "p99_ns", "p999_ns", "max_ns",
		"allocs_per_msg", "bytes_per_proc", "twin_ns_per_msg", "ratio", "ok", "label", "figure", "self", "rounds", "latency", "intervals"} {
		agreed[name] = true
	}
	seen := map[string]bool{}
	for _, row := range doc.Results {
		for name, value := range row {
			seen[name] = true
			if !agreed[name] {
				t.Errorf("%v: field %q is not agreed", row["workload"], name)
			}
			if value == nil {
				t.Errorf("%v: field %q is null; it is to be absent", row["workload"], name)
			}
		}
	}
	for name := range agreed {
		if !seen[name] {
			t.Errorf("no result has the field %q", name)
		}
	}
}

func TestEmptyReportIsStillOne(t *testing.T) {
	r := Report{Env: fixed().Env, Interrupted: true}
	var text, js bytes.Buffer
	if err := r.WriteText(&text, Style{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "nothing was measured") || !strings.Contains(text.String(), "interrupted") {
		t.Errorf("an empty report does not say so:\n%s", text.String())
	}
	if err := r.WriteJSON(&js); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(js.String(), `"results": []`) {
		t.Errorf("results are not a list:\n%s", js.String())
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{figures(0), "0.00"}, {figures(8.214), "8.21"}, {figures(9.996), "10.0"}, {figures(19.84), "19.8"},
		{figures(99.96), "100"}, {figures(1234.6), "1,235"},
		{grouped(7), "7"}, {grouped(-1234567), "-1,234,567"}, {grouped(-123), "-123"}, {grouped(999_999), "999,999"},
		{latency(0), "0ns"}, {latency(999), "999ns"}, {latency(1_500), "1.50µs"}, {latency(12_345_678), "12.3ms"}, {latency(4_400_000_000), "4.40s"},
		{allocations(0), "0"}, {allocations(0.0004), "<0.001"}, {allocations(1), "1"}, {allocations(2.5), "2.5"},
		{quantity(-0.42), "-0.42"}, {quantity(0), "0"}, {quantity(97.04), "97"}, {quantity(1200), "1,200"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestEnvironmentKnowsItsMachine(t *testing.T) {
	e := Environment()
	if !strings.HasPrefix(e.Go, "go") && !strings.HasPrefix(e.Go, "devel") {
		t.Errorf("Go version %q", e.Go)
	}
	if e.CPUs < 1 || e.GOMAXPROCS < 1 || e.OS == "" || e.Arch == "" || e.Clock == "" {
		t.Errorf("incomplete: %+v", e)
	}
}
