package profiles

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// spin uses n units of processor time.
func spin(n int) (x uint64) {
	for i := range n * 20_000 {
		x = x*6364136223846793005 + uint64(i)
	}
	return x
}

var sunk uint64

type heavy struct{}

func (heavy) Handle(c *proc.Ctx, m proc.Message) error {
	sunk += spin(4)
	return c.Send(m.Body.(proc.PID), c.Self())
}

// A machine does 80 % of the work and a process in direct style the rest, in turns, so that the split does not depend on what else the
// machine has to do.
func TestCPUSamplesAreLabelledByProcessType(t *testing.T) {
	rt, ctx := begin(t)
	big, err := rt.Spawn(func() proc.Machine { return heavy{} })
	if err != nil {
		t.Fatal(err)
	}
	small, err := rt.Go(func(self *proc.Self) error {
		for {
			sunk += spin(1)
			if err := self.Send(big, self.PID()); err != nil {
				return err
			}
			self.Receive()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := Capture(ctx, t.TempDir(), Options{Duration: 4 * time.Second, Trace: -1, Runtime: rt})
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range []proc.PID{small, big} {
		_ = rt.Exit(pid, proc.Kill)
	}
	f, err := os.Open(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	var mine, all int64
	for _, s := range p.Sample {
		l := s.Label[proc.LabelType]
		if len(l) == 0 {
			continue
		}
		all += s.Value[0]
		if l[0] == "profiles.heavy" {
			mine += s.Value[0]
		}
	}
	if all < 40 {
		t.Skipf("only %d samples: the machine had no time for us", all)
	}
	// Five points, and three standard deviations of so many samples.
	share, slack := 100*float64(mine)/float64(all), 5+300*0.4/sqrt(float64(all))
	if share < 80-slack || share > 80+slack {
		t.Errorf("%.1f %% of %d samples, want 80 ± %.1f", share, all, slack)
	}
	if rt.SetProfileLabels(false) {
		t.Error("labels are still on")
	}
}

func sqrt(x float64) float64 {
	r := x
	for range 40 {
		r = (r + x/r) / 2
	}
	return r
}

func TestCaptureTakesAllProfilesInOneGo(t *testing.T) {
	rt, ctx := begin(t)
	if _, err := rt.Spawn(func() proc.Machine { return leaf{} }); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	o := Options{Duration: 50 * time.Millisecond, Runtime: rt}
	paths, err := Capture(ctx, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) != 8 {
		t.Errorf("files: %q", paths)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == FileTrace {
			if !strings.HasPrefix(string(b), "go 1.") {
				t.Errorf("%s is no trace", path)
			}
		} else if _, err := profile.ParseData(b); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, _ := os.ReadDir(dir); len(got) != 8 {
		t.Errorf("left in the folder: %v", got)
	}
	if _, err := Capture(ctx, dir, o); err == nil || !strings.Contains(err.Error(), "already has a file "+FileCPU) {
		t.Errorf("again into the same folder: %v", err)
	}
}

func TestCaptureThatFailsLeavesNothingBehind(t *testing.T) {
	rt, ctx := begin(t)
	dir := filepath.Join(t.TempDir(), "new")
	o := Options{Duration: time.Hour, Runtime: rt}
	none := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the folder is there: %v", what, err)
		}
		if rt.SetProfileLabels(false) {
			t.Errorf("%s: labels are still on", what)
		}
	}
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Skip("a CPU profile of this test is being taken")
	}
	_, err := Capture(ctx, dir, o)
	pprof.StopCPUProfile()
	none("a CPU profile is on", err, ErrBusy)

	if err := trace.Start(io.Discard); err != nil {
		t.Skip("a trace of this test is being taken")
	}
	_, err = Capture(ctx, dir, o)
	trace.Stop()
	none("a trace is on", err, ErrBusy)

	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = Capture(short, dir, o)
	none("the context ends", err, context.DeadlineExceeded)

	for _, bad := range []struct {
		o    Options
		want string
	}{{Options{Duration: -1}, "Options.Duration"}, {Options{Duration: 1, Trace: 2}, "Options.Trace"}} {
		if _, err := Capture(ctx, dir, bad.o); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%+v: %v", bad.o, err)
		}
	}
	if _, err := Capture(ctx, "", o); err == nil || !strings.Contains(err.Error(), `dir is ""`) {
		t.Errorf("no dir: %v", err)
	}
}
