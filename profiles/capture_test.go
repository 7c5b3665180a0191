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

// Files are replaced all or none.
func TestCaptureThatCannotReplaceAFileReplacesNone(t *testing.T) {
	_, ctx := begin(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileCPU), []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, FileMutex, "kept"), 0o777); err != nil {
		t.Fatal(err)
	}
	o := Options{Duration: 10 * time.Millisecond, Overwrite: true}
	if _, err := Capture(ctx, dir, o); err == nil || !strings.Contains(err.Error(), FileMutex+" is a folder") {
		t.Errorf("a folder in the way: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, FileCPU)); string(b) != "old" {
		t.Errorf("%s is now %d bytes; %v", FileCPU, len(b), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left in the folder: %v", left)
	}
	if err := os.RemoveAll(filepath.Join(dir, FileMutex)); err != nil {
		t.Fatal(err)
	}
	paths, err := Capture(ctx, dir, o)
	if left, _ := os.ReadDir(dir); err != nil || len(left) != len(paths) {
		t.Errorf("%v; files %q, left in the folder: %v", err, paths, left)
	}
	if b, err := os.ReadFile(filepath.Join(dir, FileCPU)); string(b) == "old" {
		t.Errorf("%s was not replaced: %v", FileCPU, err)
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
