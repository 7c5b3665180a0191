package profiles

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

// choosy puts everything aside: its messages wait for as long as anybody looks.
func choosy(self *proc.Self) error {
	self.ReceiveMatch(func(proc.Message) bool { return false })
	return nil
}

func TestMailboxWaitIsTheQueueSummedOverTime(t *testing.T) {
	rt, ctx := begin(t)
	pid, err := rt.Go(choosy, proc.WithName("choosy"))
	if err != nil {
		t.Fatal(err)
	}
	const n = 10
	for range n {
		if err := rt.Send(pid, 1); err != nil {
			t.Fatal(err)
		}
	}
	for { // until they have come
		i, err := rt.Info(pid)
		if err != nil {
			t.Fatal(err)
		}
		if i.Messages == n {
			break
		}
	}
	tree, err := MeasureTree(ctx, rt, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Readings < 2 || tree.Window <= 0 {
		t.Fatalf("%d readings in %v", tree.Readings, tree.Window)
	}
	if got := tree.Root.Total.Wait; got != n*tree.Window {
		t.Errorf("ten messages have waited for %v in %v", got, tree.Window)
	}
	dir := t.TempDir()
	write := func(name string, t2 *Tree) string {
		file := filepath.Join(dir, name)
		f, err := os.Create(file)
		if err == nil {
			err = t2.WriteProfile(f)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	later, err := MeasureTree(ctx, rt, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	first, second := write("first", tree), write("second", later)
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go tool here")
	}
	for _, args := range [][]string{
		{"-sample_index=mailbox_wait"}, {"-sample_index=messages"}, {"-sample_index=messages", "-tagfocus=" + proc.LabelType + "=choosy"},
		{"-sample_index=mailbox_wait", "-base", first},
	} {
		args = append(append([]string{"tool", "pprof", "-top", "-nodefraction=0"}, args...), second)
		out, err := exec.Command(tool, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "choosy (") {
			t.Errorf("go %q: %v\n%s", args, err, out)
		}
	}
	for _, index := range []string{"run", "restarts"} {
		if out, err := exec.Command(tool, "tool", "pprof", "-top", "-sample_index="+index, first).CombinedOutput(); err != nil {
			t.Errorf("-sample_index=%s: %v\n%s", index, err, out)
		}
	}
}

// What has ended is where it was, if its parent lives, and the tree's times are those of the samples.
func TestRunTimeIsPlacedBelowTheParent(t *testing.T) {
	p := arrange([]proc.Info{{PID: 1, Type: "A"}, {PID: 2, Parent: 1, Type: "B", Name: "b"}})
	p.ran([]proc.RunTime{
		{PID: 2, Type: "B", Time: 1}, {PID: 3, Type: "C", Parent: 1, Time: 2}, {PID: 4, Type: "C", Parent: 9, Time: 4}, {Type: "D", Time: 8},
		{PID: 5, Type: "*profiles.surveyor", Time: 16},
	})
	p.root.sum()
	for want, path := range map[time.Duration][]string{
		1: {"A", "b (B)"}, 2: {"A", "C"}, 3: {"A"}, 4: {FrameGone, "C"}, 8: {"D"}, 16: {FrameSelf},
	} {
		if n := find(p.root, path...); n == nil || n.Total.Run != want {
			t.Errorf("%v: %+v, want %d", path, n, want)
		}
	}
	if p.root.Total.Run != 31 {
		t.Errorf("%d in all", p.root.Total.Run)
	}
}

// crasher ends when it is told to.
type crasher struct{}

func (crasher) Handle(_ *proc.Ctx, m proc.Message) error { return m.Body.(error) }

func TestTreeHasRestartsAndWaitsForNoSupervisor(t *testing.T) {
	rt, err := proc.New(proc.Config{Workers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer func() { _ = rt.Shutdown(ctx) }()
	sup, err := supervise.Start(rt.Client(ctx), supervise.Flags{Intensity: 10, Period: time.Hour},
		[]supervise.Spec{{ID: "c", Factory: func() proc.Machine { return crasher{} }}}, proc.WithName("front"))
	if err != nil {
		t.Fatal(err)
	}
	const n = 3
	for i := range n {
		for begun := false; !begun; { // until it has been begun for the i-th time
			root, err := supervise.Supervisors(rt.Client(ctx), sup)
			if err != nil {
				t.Fatal(err)
			}
			if ch := root.Children[0]; ch.Restarts == i && ch.Status == supervise.StatusRunning {
				begun = rt.Send(ch.PID, context.Canceled) == nil
			}
		}
	}
	for {
		tree, err := ReadTree(ctx, rt)
		if err != nil {
			t.Fatal(err)
		}
		if tree.Root.Total.Restarts == n {
			if f := find(tree.Root, "front (*supervise.supervisor)"); f == nil || f.Total.Restarts != n {
				t.Errorf("front has %+v", f)
			}
			break
		}
	}
}

func TestMeasureTreeRefusesClearly(t *testing.T) {
	rt, ctx := begin(t)
	if _, err := MeasureTree(ctx, nil, time.Second); err == nil || !strings.Contains(err.Error(), "rt is nil") {
		t.Errorf("nil runtime: %v", err)
	}
	if _, err := MeasureTree(ctx, rt, 0); err == nil || !strings.Contains(err.Error(), "window is 0s") {
		t.Errorf("no window: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := MeasureTree(cancelled, rt, time.Hour); err == nil {
		t.Error("an ended context is no error")
	}
}
