package profiles

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// Names of the files that Capture writes, for go tool pprof and, the trace, go tool trace.
const (
	FileCPU       = "cpu.pprof"       // samples of the duration, labelled by process type
	FileHeap      = "heap.pprof"      // what lives at the end of it
	FileAllocs    = "allocs.pprof"    // what has been allocated during it
	FileMutex     = "mutex.pprof"     // waits for locks during it
	FileBlock     = "block.pprof"     // waits of goroutines during it
	FileGoroutine = "goroutine.pprof" // goroutines at its end
	FileTrace     = "trace.out"       // the last part of it
	FileTree      = "processes.pprof" // the processes at its end, see MeasureTree
	FileSpawns    = "spawns.pprof"    // who has spawned those that live at its end, if spawns are sampled: see Spawns
)

// ErrBusy is returned when a CPU profile or an execution trace is already being taken: a program can take one of each at a time.
var ErrBusy = errors.New("already being taken in this program, which can take one at a time")

// Options say what Capture takes. The zero value is right for a program without a proc.Runtime.
type Options struct {
	// Duration is how long the profiles are taken for; 0 means 10 s.
	Duration time.Duration

	// Runtime is the runtime whose process types label the CPU samples and whose processes make the process-tree profile, with their run time and
	// mailbox waits as MeasureTree has them; nil for neither. Its labels are switched on meanwhile (proc.Runtime.SetProfileLabels), and put back.
	Runtime *proc.Runtime

	// Runtimes are further ones, which may come and go meanwhile; nil for none.
	Runtimes *Runtimes

	// Trace is how much of the end of Duration is traced: an execution trace of a busy program has tens of MB a second. 0
	// means a second, or Duration if that is shorter; below 0 means no trace.
	Trace time.Duration

	// Overwrite replaces files of these names in the folder, when all new ones are complete. Without it they are an error.
	Overwrite bool

	// MutexFraction is how many waits for locks there are to a sample (runtime.SetMutexProfileFraction); 0 means 10. Below 0 leaves the
	// rate as the program has set it.
	MutexFraction int

	// BlockRate is how long goroutines wait for a sample on average (runtime.SetBlockProfileRate), to the ns; 0 means 10 µs. Go does not tell
	// which rate was set before, so Capture leaves none behind: below 0 keeps the rate that the program has set.
	BlockRate time.Duration
}

func (o *Options) complete() error {
	switch {
	case o.Duration < 0:
		return fmt.Errorf("profiles: Capture: Options.Duration is %v; it must be above 0, or 0 for 10s", o.Duration)
	case o.Duration == 0:
		o.Duration = 10 * time.Second
	}
	if o.Trace == 0 {
		o.Trace = min(time.Second, o.Duration)
	}
	if o.Trace > o.Duration {
		return fmt.Errorf("profiles: Capture: Options.Trace is %v; it must not be longer than Duration, which is %v", o.Trace, o.Duration)
	}
	if o.MutexFraction == 0 {
		o.MutexFraction = 10
	}
	if o.BlockRate == 0 {
		o.BlockRate = 10 * time.Microsecond
	}
	return nil
}

// invite makes Runtime one of Runtimes. end must be called.
func (o *Options) invite() (end func()) {
	if o.Runtime == nil {
		return func() {}
	}
	if o.Runtimes == nil {
		o.Runtimes = &Runtimes{}
	}
	leave := o.Runtimes.Begin(o.Runtime)
	return func() { leave() }
}

// files lists what is written, in the order of the constants.
func (o *Options) files() []string {
	f := []string{FileCPU, FileHeap, FileAllocs, FileMutex, FileBlock, FileGoroutine}
	if o.Trace > 0 {
		f = append(f, FileTrace)
	}
	if o.Runtimes != nil {
		f = append(f, FileTree)
		if o.Runtimes.sampling() {
			f = append(f, FileSpawns)
		}
	}
	return f
}

// Capture takes all profiles of the next o.Duration into the folder dir, which is made if there is none, and returns the paths of the
// files. It runs the garbage collector before and after, without which heap profiles are out of date. Any goroutine may call it but a handler.
//
// When it fails it leaves nothing behind: no file, no profile that goes on, no rate or label that it has set.
//
// Errors: ErrBusy, when a CPU profile or a trace is being taken; ctx's error, when that ends first; a bad field of o; files of these
// names in dir, without Overwrite; what the system says of dir; ReadTree's; Runtimes of which profiles are being taken.
func Capture(ctx context.Context, dir string, o Options) (paths []string, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	defer o.invite()()
	if dir == "" {
		return nil, errors.New(`profiles: Capture: dir is ""; give the folder for the files`)
	}
	_, err = os.Stat(dir)
	made := errors.Is(err, os.ErrNotExist)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("profiles: Capture: dir: %w", err)
	}
	defer func() {
		if err != nil && made {
			_ = os.Remove(dir) // only if it is empty
		}
	}()
	for _, name := range o.files() {
		if o.Overwrite {
			break
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, fmt.Errorf("profiles: Capture: dir %s already has a file %s; give a new or an empty folder", dir, name)
		}
	}
	// The files get their names when all of them are complete.
	tmp, err := os.MkdirTemp(dir, ".capture-*")
	if err != nil {
		return nil, fmt.Errorf("profiles: Capture: dir: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := capture(ctx, tmp, &o); err != nil {
		return nil, fmt.Errorf("profiles: Capture: %w", err)
	}
	for _, name := range o.files() {
		if _, err := os.Lstat(filepath.Join(tmp, name)); name == FileSpawns && err != nil {
			continue // the sampling began too late
		}
		to := filepath.Join(dir, name)
		err := setAside(to, filepath.Join(tmp, name+old))
		if err == nil {
			err = os.Rename(filepath.Join(tmp, name), to)
		}
		if err != nil {
			for _, p := range append(paths, to) {
				_ = os.Remove(p)
				_ = os.Rename(filepath.Join(tmp, filepath.Base(p)+old), p) // if there was one
			}
			return nil, fmt.Errorf("profiles: Capture: %w", err)
		}
		paths = append(paths, to)
	}
	return paths, nil
}

// old is added to the names of files that are being replaced, until all are.
const old = ".old"

// setAside renames the file that is to be replaced, if there is one.
func setAside(file, aside string) error {
	switch found, err := os.Lstat(file); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case found.IsDir():
		return fmt.Errorf("%s is a folder; a file is to be there", file)
	}
	return os.Rename(file, aside)
}

// grown are the profiles that Go keeps since the program began, of which the difference is wanted.
var grown = []struct{ file, name string }{{FileAllocs, "allocs"}, {FileMutex, "mutex"}, {FileBlock, "block"}}

func capture(ctx context.Context, dir string, o *Options) (err error) {
	if o.MutexFraction > 0 {
		old := runtime.SetMutexProfileFraction(o.MutexFraction)
		defer runtime.SetMutexProfileFraction(old)
	}
	if o.BlockRate > 0 {
		runtime.SetBlockProfileRate(int(o.BlockRate.Nanoseconds()))
		defer runtime.SetBlockProfileRate(0)
	}
	runtime.GC()
	var before []*profile.Profile
	for _, g := range grown {
		p, err := read(g.name)
		if err != nil {
			return err
		}
		before = append(before, p)
	}
	tree, spawns, err := o.follow(ctx, func() error { return during(ctx, dir, o) })
	if err == nil && tree != nil {
		err = write(filepath.Join(dir, FileTree), tree.WriteProfile)
	}
	if err == nil && spawns != nil {
		err = write(filepath.Join(dir, FileSpawns), spawns.Write)
	}
	if err != nil {
		return err
	}
	runtime.GC()
	for i, g := range grown {
		p, err := since(g.name, before[i])
		if err == nil {
			p.DurationNanos = o.Duration.Nanoseconds()
			err = write(filepath.Join(dir, g.file), p.Write)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range []struct{ file, name string }{{FileHeap, "heap"}, {FileGoroutine, "goroutine"}} {
		if err := write(filepath.Join(dir, p.file), func(w io.Writer) error { return pprof.Lookup(p.name).WriteTo(w, 0) }); err != nil {
			return err
		}
	}
	return nil
}

// follow measures the processes while f goes on.
func (o *Options) follow(ctx context.Context, f func() error) (*Tree, *profile.Profile, error) {
	if o.Runtimes == nil {
		return nil, nil, f()
	}
	if err := o.Runtimes.start(o.Duration); err != nil {
		return nil, nil, err
	}
	failed := f()
	stop, cancel := ctx, context.CancelFunc(func() {})
	if failed != nil {
		stop, cancel = context.WithCancel(ctx)
		cancel() // nobody wants a last reading
	}
	defer cancel()
	spawns, err := o.Runtimes.spawns()
	t, e := o.Runtimes.stop(stop)
	return t, spawns, cmp.Or(failed, err, e)
}

// during takes the CPU profile and, in the last part of it, the trace.
func during(ctx context.Context, dir string, o *Options) (err error) {
	cpu, err := os.Create(filepath.Join(dir, FileCPU))
	if err != nil {
		return err
	}
	defer closed(cpu, &err)
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return fmt.Errorf("a CPU profile is %w: %w", ErrBusy, err)
	}
	defer pprof.StopCPUProfile()
	if o.Trace <= 0 {
		return pause(ctx, o.Duration)
	}
	// A trace that is being taken already is better known at once than at the end.
	if trace.IsEnabled() {
		if err := traceOnce(io.Discard); err != nil {
			return err
		}
	}
	if err := pause(ctx, o.Duration-o.Trace); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, FileTrace))
	if err != nil {
		return err
	}
	defer closed(out, &err)
	if err := startTrace(out); err != nil {
		return err
	}
	defer trace.Stop()
	return pause(ctx, o.Trace)
}

// traceOnce starts and stops a trace: trace.IsEnabled does not tell a trace from a flight recorder, which may run beside one.
func traceOnce(w io.Writer) error {
	if err := startTrace(w); err != nil {
		return err
	}
	trace.Stop()
	return nil
}

func startTrace(w io.Writer) error {
	if err := trace.Start(w); err != nil {
		return fmt.Errorf("an execution trace is %w: %w", ErrBusy, err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func read(name string) (*profile.Profile, error) {
	var b bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&b, 0); err != nil {
		return nil, err
	}
	return profile.ParseData(b.Bytes())
}

// since reads the profile and takes away what it was before.
func since(name string, before *profile.Profile) (*profile.Profile, error) {
	now, err := read(name)
	if err != nil {
		return nil, err
	}
	before.Scale(-1)
	now.TimeNanos, before.TimeNanos = 0, 0
	d, err := profile.Merge([]*profile.Profile{now, before})
	if err != nil {
		return nil, fmt.Errorf("%s profile: %w", name, err)
	}
	d.TimeNanos = time.Now().UnixNano()
	return d, nil
}

func write(path string, to func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer closed(f, &err)
	return to(f)
}

func closed(f *os.File, err *error) {
	if e := f.Close(); *err == nil {
		*err = e
	}
}
