package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/pprof/profile"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/profiles"
)

// profiling is what the command profile was asked for.
type profiling struct {
	dir, merge                              string
	all, force                              bool
	duration                                span
	procs, messages, rounds, size, inflight count
	style                                   string
	spawns                                  count
}

func newProfile(o *options, stdout, stderr *os.File) *cobra.Command {
	a := &profiling{duration: span(5 * time.Second), spawns: 1024}
	cmd := &cobra.Command{
		Use:   "profile NAME | --all",
		Short: "Take all profiles of a workload in one go",
		Long: `Profile runs Thrum's side of a workload, without its twin, and takes all profiles of
the same seconds: CPU (labelled by process type), heap, allocations, mutex, block,
goroutines, an execution trace of the last second, and the processes by supervision path
with their run time and the waits of their messages. The files go to DIR/NAME.

Profiles cost time: the figures of a workload are what "loadgen run" says.`,
		Example: `  loadgen profile ring
  loadgen profile tree -o slow -d 10s --procs 1000
  loadgen profile --all --merge lib.pgo`,
		Args: func(cmd *cobra.Command, args []string) error {
			if !a.all {
				return oneWorkload(cmd, args)
			}
			if len(args) > 0 {
				return usagef("--all is for all workloads; leave either it or %q out", args[0])
			}
			return nil
		},
		ValidArgsFunction: completeWorkloads,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd.Flags(), args, o)
			if err != nil {
				return err
			}
			return a.run(settings, o, stdout, stderr)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&a.dir, "output", "o", "profiles", "folder for the results, in which each workload has one of its own")
	flags.BoolVar(&a.all, "all", false, "all workloads, one after the other")
	flags.BoolVar(&a.force, "force", false, "replace files that are there already")
	flags.StringVar(&a.merge, "merge", "", "make one CPU profile of all, each with the same weight, for the compiler: go build -pgo=FILE")
	flags.Var(&a.spawns, "spawns", "keep the stack of who has spawned it for one process in so many, which says who has spawned those that live at the end")
	flags.VarP(&a.duration, bench.Duration, "d", "time for the profiles of a workload")
	flags.VarP(&a.messages, bench.Messages, "n", "messages a round (default as many as fit a fifth of the duration)")
	flags.Var(&o.workers, bench.Workers, "workers (default GOMAXPROCS)")
	flags.Var(&a.procs, bench.Procs, "processes; what they do depends on the workload")
	flags.Var(&a.size, bench.Size, "how many of what a workload has besides processes; see list")
	flags.Var(&a.inflight, bench.Inflight, "messages, calls or tokens under way at a time; see list")
	flags.StringVar(&a.style, bench.Style, "", "which of a workload's forms; see list")
	flags.Var(&a.rounds, bench.Rounds, "rounds in the duration")
	flags.Var(&o.seed, bench.Seed, "seed of random choices (default 1)")
	return cmd
}

// settings returns what is to be run, all of it checked.
func (a *profiling) settings(flags *pflag.FlagSet, args []string, o *options) ([]bench.Setting, error) {
	if d := time.Duration(a.duration); d < 100*time.Millisecond || d > time.Hour {
		return nil, usagef("--duration is %v; profiles take 100ms to 1h", d)
	}
	if a.spawns > 1<<30 {
		return nil, usagef("--spawns is %d; it takes 1 to %d", a.spawns, 1<<30)
	}
	if !a.all {
		w, _ := bench.Find(args[0])
		p := bench.Params{
			Workers: int(o.workers), Procs: int(a.procs), Messages: int64(a.messages), Rounds: int(a.rounds), Seed: uint64(o.seed),
			Size: int64(a.size), Style: a.style, Inflight: int(a.inflight),
		}
		return a.checked([]bench.Setting{{Workload: w, Params: p}})
	}
	for _, name := range []string{bench.Messages, bench.Procs, bench.Size, bench.Inflight, bench.Style, bench.Rounds} {
		if flags.Changed(name) {
			return nil, usagef("--%s is for one workload; name it in place of --all", name)
		}
	}
	var all []bench.Setting
	for _, w := range bench.All() {
		p := bench.Params{}
		if w.Takes(bench.Workers) {
			p.Workers = int(o.workers)
		}
		if w.Takes(bench.Seed) {
			p.Seed = uint64(o.seed)
		}
		all = append(all, bench.Setting{Workload: w, Params: p})
	}
	return a.checked(all)
}

func (a *profiling) checked(all []bench.Setting) ([]bench.Setting, error) {
	if a.merge != "" && !a.force {
		if _, err := os.Lstat(a.merge); err == nil {
			return nil, usagef("--merge is %q, which exists already; --force replaces it", a.merge)
		}
	}
	for i := range all {
		s := &all[i]
		if s.Workload.Takes(bench.Duration) {
			s.Params.Duration = time.Duration(a.duration)
		}
		if _, err := s.Workload.Resolve(s.Params); err != nil {
			return nil, paramUsage(err)
		}
		if a.force {
			continue
		}
		dir := filepath.Join(a.dir, s.Workload.Name)
		if found, err := filepath.Glob(filepath.Join(dir, "*")); err == nil && len(found) > 0 {
			return nil, usagef("--output: %s has files already, such as %s; give another folder, or --force to replace them", dir, filepath.Base(found[0]))
		}
	}
	return all, nil
}

// aroundProfiles is about what it takes to warm a workload up and to write its profiles.
const aroundProfiles = time.Second

// run takes the profiles of one setting after the other. What is complete when it is interrupted stays, and is merged.
func (a *profiling) run(settings []bench.Setting, o *options, stdout, stderr *os.File) error {
	live := newProgress(stderr, o)
	defer live.stop()
	ctx, release := interruptible(live, func() {
		left, _ := filepath.Glob(filepath.Join(a.dir, "*", ".capture-*"))
		for _, dir := range left {
			_ = os.RemoveAll(dir)
		}
	})
	defer release()
	var taken []string
	each := time.Duration(a.duration)
	if a.all && !o.quiet {
		whole := time.Duration(len(settings)) * (each + aroundProfiles)
		fmt.Fprintf(stderr, "loadgen: %d workloads, profiles of %v each: some %v in all\n", len(settings), each, whole.Round(10*time.Second))
	}
	for i, s := range settings {
		after := time.Duration(len(settings)-i-1) * (each + aroundProfiles)
		t, err := a.take(ctx, s, live.watch(i+1, len(settings), after, false))
		if err == nil {
			err = live.aside(func() error { return t.print(stdout, a.all) })
			taken = append(taken, t.file(profiles.FileCPU))
		}
		if err == nil {
			continue
		}
		live.stop()
		var check *bench.CheckError
		switch {
		case ctx.Err() != nil:
			return errors.Join(errInterrupted, a.merged(taken, stdout))
		case errors.As(err, &check):
			for _, v := range check.Violations {
				fmt.Fprintf(stderr, "loadgen: check failed: %v\n", v)
			}
			return errViolation
		default:
			return fmt.Errorf("profiling %s: %w", s.Workload.Name, err)
		}
	}
	live.stop()
	return a.merged(taken, stdout)
}

// taken are the profiles of one workload.
type taken struct {
	name   string
	rounds int
	span   time.Duration
	paths  []string
}

func (t *taken) file(name string) string {
	for _, p := range t.paths {
		if filepath.Base(p) == name {
			return p
		}
	}
	return ""
}

// take runs the workload until its profiles are taken.
func (a *profiling) take(ctx context.Context, s bench.Setting, watch bench.Watch) (*taken, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runtimes := profiles.Runtimes{SampleSpawns: int(a.spawns)}
	watch.Runtime = runtimes.Begin
	warm, over := make(chan struct{}), make(chan error, 1)
	t := &taken{name: s.Workload.Name, span: time.Duration(a.duration)}
	go func() {
		var err error
		t.rounds, err = s.Workload.Repeat(ctx, s.Params, watch, func() { close(warm) })
		if err != nil {
			cancel() // so the profiles end as well
		}
		over <- err
	}()
	var failed error
	select {
	case <-warm:
		t.paths, failed = profiles.Capture(ctx, filepath.Join(a.dir, s.Workload.Name), profiles.Options{
			Duration: t.span, Runtimes: &runtimes, Overwrite: a.force,
		})
	case <-ctx.Done():
		failed = ctx.Err()
	}
	cancel()
	if err := <-over; err != nil {
		return nil, err
	}
	return t, failed
}

// merged writes the merged profile, if one is wanted.
func (a *profiling) merged(files []string, stdout *os.File) error {
	if a.merge == "" || len(files) == 0 {
		return nil
	}
	var cpu []*profile.Profile
	for _, name := range files {
		p, err := readProfile(name)
		if err != nil {
			return err
		}
		cpu = append(cpu, p)
	}
	p, err := profiles.Library(cpu...)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(a.merge), ".merge-*")
	if err != nil {
		return fmt.Errorf("--merge: %w", err)
	}
	err = p.Write(tmp)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), a.merge)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("--merge: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d CPU profiles in one, each with the same weight; go build -pgo=%s\n", a.merge, len(files), a.merge)
	return err
}

func readProfile(name string) (*profile.Profile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}
