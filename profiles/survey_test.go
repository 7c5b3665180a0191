package profiles

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

// surveyed returns what a survey says of each process.
func surveyed(t *testing.T, ctx context.Context, rt *proc.Runtime) map[proc.PID]proc.Info {
	t.Helper()
	got := map[proc.PID]proc.Info{}
	err := Survey(ctx, rt, func(i *proc.Info) {
		if _, twice := got[i.PID]; twice {
			t.Errorf("%v has answered twice", i.PID)
		}
		got[i.PID] = *i
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSurveyAsksEveryProcessOnceButItself(t *testing.T) {
	rt, ctx := begin(t)
	want := map[proc.PID]bool{}
	for range 3*surveyBatch + 7 {
		pid, err := rt.Spawn(func() proc.Machine { return leaf{} })
		if err != nil {
			t.Fatal(err)
		}
		want[pid] = true
	}
	for range 2 {
		got := surveyed(t, ctx, rt)
		for pid := range want {
			if i, ok := got[pid]; !ok || i.PID != pid {
				t.Fatalf("%v is missing among %d", pid, len(got))
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d answers, want %d", len(got), len(want))
		}
	}
}

func TestSurveyUsesNothingOfTheSurveyed(t *testing.T) {
	rt, ctx := begin(t)
	pid, err := rt.Start(ctx, func() proc.Machine { return leaf{} })
	if err != nil {
		t.Fatal(err)
	}
	first := surveyed(t, ctx, rt)[pid]
	if then := surveyed(t, ctx, rt)[pid]; then.Reductions != first.Reductions || then.Messages != 0 || then.Status != proc.Waiting {
		t.Errorf("first %+v, then %+v", first, then)
	}
}

// stubborn processes stay in their handlers until they are let go.
func stubborn(t *testing.T, rt *proc.Runtime, n int) (release func(), pids []proc.PID) {
	t.Helper()
	gate := make(chan struct{})
	var inside atomic.Int64
	entered := make(chan struct{})
	for range n {
		pid, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error {
			if inside.Add(1) == int64(n) {
				close(entered)
			}
			<-gate
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.Send(pid, nil); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	<-entered
	return func() { close(gate) }, pids
}

func TestSurveyTellsStuckProcessesFromOthers(t *testing.T) {
	rt, ctx := begin(t)
	release, stuck := stubborn(t, rt, 5)
	defer release()
	pid, err := rt.Start(ctx, func() proc.Machine { return leaf{} })
	if err != nil {
		t.Fatal(err)
	}
	got := surveyed(t, ctx, rt)
	for _, p := range stuck {
		if got[p].Status != proc.Stuck {
			t.Errorf("%+v is not stuck", got[p])
		}
	}
	if got[pid].Status != proc.Waiting || len(got) != 6 {
		t.Errorf("among %d the free one is %+v", len(got), got[pid])
	}
}

// flat processes never stop.
type flat struct{}

func (flat) Init(c *proc.Ctx) error                   { return c.Send(c.Self(), nil) }
func (flat) Handle(c *proc.Ctx, _ proc.Message) error { return c.Send(c.Self(), nil) }

func TestSurveyComesToItsEndWhileAllWorkersAreBusy(t *testing.T) {
	rt, ctx := begin(t)
	var pids []proc.PID
	for range 200 {
		pid, err := rt.Spawn(func() proc.Machine { return flat{} })
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	got := surveyed(t, ctx, rt)
	for _, pid := range pids {
		if got[pid].PID != pid {
			t.Errorf("%v is missing", pid)
		}
		_ = rt.Exit(pid, proc.Kill)
	}
}

func TestSurveyOfAFullRuntimeNeedsNoProcess(t *testing.T) {
	rt, err := proc.New(proc.Config{Workers: 1, MaxProcesses: 10, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for err = nil; err == nil; {
		_, err = rt.Start(ctx, func() proc.Machine { return leaf{} })
	}
	if !errors.Is(err, proc.ErrTooMany) {
		t.Fatal(err)
	}
	if got := surveyed(t, ctx, rt); len(got) != 10 {
		t.Errorf("%d answers, want 10", len(got))
	}
	if err := rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := Survey(ctx, rt, func(*proc.Info) {}); err != nil && !errors.Is(err, proc.ErrShutdown) {
		t.Errorf("after the shutdown: %v", err)
	}
}

func TestSurveyIsCancelled(t *testing.T) {
	rt, ctx := begin(t)
	release, _ := stubborn(t, rt, 1)
	defer release()
	short, cancel := context.WithCancel(ctx)
	for range 100 {
		if _, err := rt.Start(ctx, func() proc.Machine { return leaf{} }); err != nil {
			t.Fatal(err)
		}
	}
	err := Survey(short, rt, func(*proc.Info) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
}

func BenchmarkSurvey(b *testing.B) {
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
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := Survey(b.Context(), rt, func(*proc.Info) { n++ }); err != nil || n != processes {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/processes, "ns/process")
}
