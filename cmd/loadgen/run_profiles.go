package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/meter"
	"github.com/thrum-go/thrum/profiles"
)

// runProfiles are the profiles of a whole run, with the names and the meaning that they have in go test.
type runProfiles struct {
	cpu, mem, mutex, block, trace string
	traceOn, traceOut             string
}

func (p *runProfiles) define(flags *pflag.FlagSet) {
	flags.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile of the run, twin included, to the file")
	flags.StringVar(&p.mem, "memprofile", "", "write what was allocated in the run to the file")
	flags.StringVar(&p.mutex, "mutexprofile", "", "write the waits for locks to the file")
	flags.StringVar(&p.block, "blockprofile", "", "write the waits of goroutines to the file")
	flags.StringVar(&p.trace, "trace", "", "write an execution trace of the run to the file: some ten MB a second")
	flags.StringVar(&p.traceOn, "trace-on", "", "write the last seconds of an execution trace once, when a latency passes the threshold, as 'latency>5ms'")
	flags.StringVar(&p.traceOut, "trace-out", "slow.trace", "file for --trace-on, which must not exist")
}

// threshold reads --trace-on; 0 for none.
func (p *runProfiles) threshold() (time.Duration, error) {
	if p.traceOn == "" {
		return 0, nil
	}
	text, ok := strings.CutPrefix(strings.ReplaceAll(p.traceOn, " ", ""), "latency>")
	d, err := time.ParseDuration(text)
	if !ok || err != nil || d <= 0 {
		return 0, usagef("--trace-on is %q; it takes 'latency>TIME', as 'latency>5ms'", p.traceOn)
	}
	return d, nil
}

// latencies refuses --trace-on for workloads that record none.
func (p *runProfiles) latencies(w *bench.Workload) error {
	if p.traceOn == "" || w.Figure == bench.P99 {
		return nil
	}
	var with []string
	for _, w := range bench.All() {
		if w.Figure == bench.P99 {
			with = append(with, w.Name)
		}
	}
	return usagef("--trace-on needs latencies, and %s records none; %s do, and every load with --rate or --inflight", w.Name, strings.Join(with, ", "))
}

// during takes the profiles while f runs. Files get their names when they are complete; if the command line was wrong, none is written.
func (p *runProfiles) during(stderr io.Writer, f func() error) error {
	limit, err := p.threshold()
	if err != nil {
		return err
	}
	if limit > 0 {
		if _, err := os.Lstat(p.traceOut); err == nil {
			return usagef("--trace-out is %q, which exists already; give a new file", p.traceOut)
		}
	}
	t := &recording{}
	defer t.drop()
	if err := t.begin(p); err != nil {
		return err
	}
	var w *profiles.Watcher
	if limit > 0 {
		if w, err = profiles.Watch(profiles.WatchOptions{Threshold: limit, Path: p.traceOut}); err != nil {
			return usagef("--trace-out: %v", err)
		}
		defer meter.Alarm(limit, w.Latency)()
	}
	err = f()
	if w != nil {
		cause, failed := w.Stop()
		err = errors.Join(err, failed)
		if cause != "" && failed == nil {
			fmt.Fprintf(stderr, "loadgen: %s has what was before a %s; go tool trace %s\n", p.traceOut, cause, p.traceOut)
		}
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return err
	}
	return errors.Join(err, t.end(p))
}

// recording is what of the profiles is under way.
type recording struct {
	files      []*recorded
	cpu, trace bool
}

type recorded struct {
	flag, path string
	tmp        *os.File
}

func (t *recording) open(flag, path string) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".loadgen-*")
	if err != nil {
		return nil, usagef("--%s is %q: the file cannot be written: %v", flag, path, cause(err))
	}
	t.files = append(t.files, &recorded{flag, path, f})
	return f, nil
}

func (t *recording) begin(p *runProfiles) error {
	for _, x := range []struct{ flag, path string }{
		{"cpuprofile", p.cpu}, {"memprofile", p.mem}, {"mutexprofile", p.mutex}, {"blockprofile", p.block}, {"trace", p.trace},
	} {
		if x.path == "" {
			continue
		}
		f, err := t.open(x.flag, x.path)
		if err != nil {
			return err
		}
		switch x.flag {
		case "cpuprofile":
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			t.cpu = true
		case "mutexprofile":
			runtime.SetMutexProfileFraction(1)
		case "blockprofile":
			runtime.SetBlockProfileRate(1)
		case "trace":
			if err := trace.Start(f); err != nil {
				return err
			}
			t.trace = true
		}
	}
	return nil
}

// halt ends what goes on by itself.
func (t *recording) halt() {
	if t.cpu {
		pprof.StopCPUProfile()
	}
	if t.trace {
		trace.Stop()
	}
	t.cpu, t.trace = false, false
	runtime.SetMutexProfileFraction(0)
	runtime.SetBlockProfileRate(0)
}

// end writes the rest and gives the files their names.
func (t *recording) end(p *runProfiles) (failed error) {
	t.halt()
	for _, f := range t.files {
		var err error
		switch f.flag {
		case "memprofile":
			runtime.GC()
			err = pprof.Lookup("allocs").WriteTo(f.tmp, 0)
		case "mutexprofile":
			err = pprof.Lookup("mutex").WriteTo(f.tmp, 0)
		case "blockprofile":
			err = pprof.Lookup("block").WriteTo(f.tmp, 0)
		}
		err = errors.Join(err, f.tmp.Chmod(0o644), f.tmp.Close())
		if err == nil {
			err = os.Rename(f.tmp.Name(), f.path)
		}
		if err != nil {
			_ = os.Remove(f.tmp.Name())
			failed = errors.Join(failed, fmt.Errorf("--%s: %w", f.flag, err))
		}
	}
	t.files = nil
	return failed
}

// drop ends what is under way and leaves nothing behind.
func (t *recording) drop() {
	if len(t.files) > 0 {
		t.halt()
	}
	for _, f := range t.files {
		_ = f.tmp.Close()
		_ = os.Remove(f.tmp.Name())
	}
}
