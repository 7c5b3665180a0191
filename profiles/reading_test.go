package profiles

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// pidAt makes a PID of a place in the process table and a life.
func pidAt(index, life int) proc.PID { return proc.PID(uint64(life)<<40 | 1<<27 | uint64(index)) }

func readingOf(at time.Time, before *Reading, rows ...row) *Reading {
	r := &Reading{At: at, types: []string{"T"}, rare: map[proc.PID]rare{}, rows: rows, Processes: len(rows)}
	r.compare(before)
	return r
}

func TestReadingTellsWhatWasDoneSinceTheOneBefore(t *testing.T) {
	a, b, c, d := pidAt(5, 1), pidAt(6, 1), pidAt(6, 2), pidAt(900, 1)
	now := time.Now()
	first := readingOf(now, nil,
		row{pid: a, reductions: 100, messages: 5}, row{pid: b, reductions: 1000, messages: 1}, row{pid: d, reductions: 7, messages: 3})
	if e, _ := first.Find(a); first.Span != 0 || e.Reductions != 100 || e.Growth != 5 || e.Growing != 0 {
		t.Errorf("the first reading: %v, %+v", first.Span, e)
	}
	second := readingOf(now.Add(time.Second), first, // b has ended, and c got its place
		row{pid: c, reductions: 10, messages: 2}, row{pid: a, reductions: 130, messages: 8}, row{pid: d, reductions: 7, messages: 1})
	for pid, want := range map[proc.PID]Entry{
		a: {Messages: 8, Growth: 3, Growing: 1, Reductions: 30},
		c: {Messages: 2, Growth: 2, Growing: 1, Reductions: 10},
		d: {Messages: 1, Growth: -2},
	} {
		want.PID, want.Type = pid, "T"
		if e, ok := second.Find(pid); !ok || e != want {
			t.Errorf("%+v, want %+v", e, want)
		}
	}
	if _, ok := second.Find(b); ok || second.Span != time.Second {
		t.Errorf("one that has ended is found, or the span is %v", second.Span)
	}
	third := readingOf(now.Add(2*time.Second), second, row{pid: a, reductions: 131, messages: 9})
	if e, _ := third.Find(a); e.Growing != 2 || e.Growth != 1 {
		t.Errorf("grows for the second time: %+v", e)
	}
}

func TestReadingTellsHowLongAProcessHasBeenStuck(t *testing.T) {
	a := pidAt(5, 1)
	now := time.Now()
	r := readingOf(now, nil, row{pid: a, reductions: 100, messages: 5})
	for i := range 4 {
		r = readingOf(now.Add(time.Duration(i)*time.Second), r, row{pid: a, status: proc.Stuck})
		if e, _ := r.Find(a); e.Stuck != time.Duration(i)*time.Second || e.Reductions != 0 || e.Growth != 0 {
			t.Errorf("at %d s: %+v", i, e)
		}
	}
	r = readingOf(now.Add(4*time.Second), r, row{pid: a, reductions: 200})
	if e, _ := r.Find(a); e.Stuck != 0 || e.Rejected != 0 {
		t.Errorf("it goes on: %+v", e)
	}
}

// A process of which a reading knows nothing, because it is stuck or waits for a worker, has done no more in the next one than it has.
func TestReadingAfterOneThatKnewNothingTellsWhatWasDone(t *testing.T) {
	for _, unknown := range []row{{status: proc.Stuck}, {status: proc.Runnable, blind: true}} {
		a := pidAt(5, 1)
		now := time.Now()
		unknown.pid = a
		first := readingOf(now, nil, row{pid: a, reductions: 1000, messages: 50})
		second := readingOf(now.Add(time.Second), first, unknown)
		if e, _ := second.Find(a); e.Reductions != 0 || e.Growth != 0 || e.Messages != 0 {
			t.Errorf("while nothing is known: %+v", e)
		}
		third := readingOf(now.Add(2*time.Second), second, row{pid: a, reductions: 1100, messages: 52})
		if e, _ := third.Find(a); e.Reductions != 100 || e.Growth != 2 || e.Messages != 52 {
			t.Errorf("afterwards: %+v", e)
		}
	}
}

func TestTopAgreesWithASortOfAll(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var rows []row
	for i := range 500 {
		rows = append(rows, row{
			pid: pidAt(i, 1+rnd.IntN(3)), reductions: uint64(rnd.IntN(50)), messages: rnd.Int32N(50), oldest: time.Duration(rnd.IntN(50)), memory: uint32(rnd.IntN(50)),
		})
	}
	r := readingOf(time.Now(), nil, rows...)
	keys := map[By]func(Entry) int{
		ByReductions: func(e Entry) int { return int(e.Reductions) }, ByMessages: func(e Entry) int { return e.Messages },
		ByGrowth: func(e Entry) int { return e.Growth }, ByOldest: func(e Entry) int { return int(e.Oldest) }, ByMemory: func(e Entry) int { return e.Memory },
	}
	if len(keys) != len(Bys) {
		t.Errorf("%d orders, %d of them tested", len(Bys), len(keys))
	}
	for by, key := range keys {
		all := slices.SortedFunc(r.All, func(a, b Entry) int { return cmp.Or(cmp.Compare(key(b), key(a)), cmp.Compare(a.PID, b.PID)) })
		for _, n := range []int{1, 7, 499, 500, 10_000} {
			top, err := r.Top(by, n)
			if err != nil || !slices.Equal(top, all[:min(n, len(all))]) {
				t.Errorf("by %s the first %d are %v, %v", by, n, top, err)
			}
		}
	}
}

func TestTopFindsTheBusyProcessByADifference(t *testing.T) {
	rt, ctx := begin(t)
	var busy proc.PID
	for i := range 50 {
		pid, err := rt.Start(ctx, func() proc.Machine { return leaf{} })
		if err != nil {
			t.Fatal(err)
		}
		if i == 25 {
			busy = pid
		}
	}
	use := func(pid proc.PID, n uint64) {
		for range n {
			_ = rt.Send(pid, nil)
		}
		for {
			i, err := rt.Info(pid)
			if err == nil && i.Reductions >= n {
				return
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	s := NewSampler(rt)
	for _, c := range []struct {
		pid proc.PID
		n   uint64
	}{{busy - 1, 1000}, {busy, 100}} {
		use(c.pid, c.n)
		r, err := s.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if top, err := r.Top(ByReductions, 1); err != nil || top[0].PID != c.pid || top[0].Reductions < c.n {
			t.Errorf("top is %+v, %v, want %v", top, err, c.pid)
		}
	}
}

func TestTopRefusesClearly(t *testing.T) {
	rt, ctx := begin(t)
	for want, f := range map[string]func() ([]Entry, error){
		"rt is nil":      func() ([]Entry, error) { return Top(ctx, nil, ByOldest, 1, 0) },
		"n is 0":         func() ([]Entry, error) { return Top(ctx, rt, ByOldest, 0, time.Hour) },
		`by is "x"`:      func() ([]Entry, error) { return Top(ctx, rt, "x", 1, time.Hour) },
		"oldest or":      func() ([]Entry, error) { return Top(ctx, rt, "x", 1, time.Hour) },
		"window is -1ns": func() ([]Entry, error) { return Top(ctx, rt, ByOldest, 1, -1) },
		"NewSampler":     func() ([]Entry, error) { _, err := (&Sampler{}).Read(ctx); return nil, err },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	short, cancel := context.WithCancel(ctx)
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := rt.Spawn(func() proc.Machine { return leaf{} }); err != nil {
		t.Fatal(err)
	}
	if _, err := Top(short, rt, ByOldest, 1, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkSampler(b *testing.B) {
	rt, err := proc.New(proc.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer rt.Shutdown(context.Background())
	const processes = 300_000
	for range processes {
		if _, err := rt.Start(b.Context(), func() proc.Machine { return leaf{} }); err != nil {
			b.Fatal(err)
		}
	}
	s := NewSampler(rt)
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Read(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if top, err := r.Top(ByReductions, 50); err != nil || len(top) != 50 {
			b.Fatal(top, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/processes, "ns/process")
}
