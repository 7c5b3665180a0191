package profiles

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/trace"
	"strings"
	"testing"
	"time"

	"github.com/thrum-go/thrum/proc"
)

func watch(t *testing.T, o WatchOptions) *Watcher {
	t.Helper()
	w, err := Watch(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.Stop() })
	return w
}

// written waits for the trace, and returns what it was written for.
func written(t *testing.T, w *Watcher, path string) string {
	t.Helper()
	select {
	case <-w.Done():
	case <-time.After(patience):
		t.Fatal("no trace was written")
	}
	cause, err := w.Stop()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(b), "go 1.") {
		t.Fatalf("no trace: %v", err)
	}
	return cause
}

func TestFlightRecorderIsWrittenOnceWhenALatencyPassesTheThreshold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slow.trace")
	w := watch(t, WatchOptions{Threshold: time.Second, Path: path})
	w.Latency(time.Second - 1)
	if _, err := Watch(WatchOptions{Threshold: 1, Path: path + "2"}); !errors.Is(err, ErrBusy) {
		t.Errorf("a second recorder: %v", err)
	}
	w.Latency(time.Second)
	w.Latency(time.Hour)
	if cause := written(t, w, path); cause != "latency of 1s" {
		t.Errorf("written for a %s", cause)
	}
	if _, err := Watch(WatchOptions{Threshold: 1, Path: path}); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("onto a file: %v", err)
	}
}

func TestFlightRecorderIsWrittenForALongTurn(t *testing.T) {
	rt, _ := begin(t)
	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	if err := fr.Start(); err != nil {
		t.Fatal(err)
	}
	defer fr.Stop()
	path := filepath.Join(t.TempDir(), "slow.trace")
	w := watch(t, WatchOptions{Threshold: 2 * time.Millisecond, Path: path, Recorder: fr})
	if _, err := rt.SetSystemMonitor(&proc.SystemMonitor{LongTurn: time.Millisecond, Stuck: true, Func: w.Event}); err != nil {
		t.Fatal(err)
	}
	pid, err := rt.Spawn(proc.Of(func(*proc.Ctx, proc.Message) error {
		for begun := time.Now(); time.Since(begun) < 5*time.Millisecond; {
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Send(pid, nil); err != nil {
		t.Fatal(err)
	}
	if cause := written(t, w, path); !strings.Contains(cause, pid.String()) {
		t.Errorf("the cause %q does not name %v", cause, pid)
	}
	if !fr.Enabled() {
		t.Error("the program's own recorder was stopped")
	}
}

func TestWatchRefusesClearly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slow.trace")
	for want, o := range map[string]WatchOptions{
		"Threshold is 0s": {Path: path},
		`Path is ""`:      {Threshold: 1},
		"Recorder does not run": {
			Threshold: 1, Path: path, Recorder: trace.NewFlightRecorder(trace.FlightRecorderConfig{}),
		},
		"Path: ": {Threshold: 1, Path: filepath.Join(path, "none")},
	} {
		if _, err := Watch(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	w := watch(t, WatchOptions{Threshold: 1, Path: path})
	if cause, err := w.Stop(); cause != "" || err != nil {
		t.Errorf("a watcher that saw nothing: %q, %v", cause, err)
	}
}
