package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
)

// print says what was taken, what the CPU did, and how to go on.
func (t *taken) print(w io.Writer, brief bool) error {
	p, err := readProfile(t.file(profiles.FileCPU))
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v, rounds that came to their end: %d\n", t.name, t.span, t.rounds)
	dir := filepath.Dir(t.paths[0])
	var names []string
	for _, path := range t.paths {
		names = append(names, filepath.Base(path))
	}
	fmt.Fprintf(&b, "  %s%c: %s\n\n", dir, filepath.Separator, strings.Join(names, " "))
	functions, types, all := shares(p)
	top(&b, "function", functions, all)
	b.WriteByte('\n')
	top(&b, "process type", types, all)
	if rationed(types, all) {
		b.WriteString("  Types that take turns more often than every 2 µs are labelled for a part of the time: what share each has of the labelled time is right.\n")
	}
	if !brief {
		cpu, tree := t.file(profiles.FileCPU), t.file(profiles.FileTree)
		fmt.Fprintf(&b, `
go on with
  go tool pprof -http=: %s
  go tool pprof -http=: -tagroot %s %s
  go tool pprof -top -cum -nodefraction=0 -sample_index=run %s
  go tool pprof -top -cum -nodefraction=0 -sample_index=mailbox_wait %s
`, cpu, proc.LabelType, cpu, tree, tree)
		if spawns := t.file(profiles.FileSpawns); spawns != "" {
			fmt.Fprintf(&b, "  go tool pprof -top %s\n", spawns)
		}
		if trace := t.file(profiles.FileTrace); trace != "" {
			fmt.Fprintf(&b, "  go tool trace %s\n", trace)
		}
	}
	b.WriteByte('\n')
	_, err = io.WriteString(w, b.String())
	return err
}

// share is what something has of the processor's time, in ns.
type share struct {
	name string
	ns   int64
}

// withoutType is what no process has done: the scheduler between two turns, the garbage collector, who does the measuring.
const withoutType = "(no label)"

// rationed reports whether so much has no label that the runtime must have saved on labels.
func rationed(types []share, all int64) bool {
	for _, t := range types {
		if t.name == withoutType {
			return 2*t.ns > all && len(types) > 1
		}
	}
	return false
}

// shares adds the samples of a CPU profile up by the function that they are in and by process type, largest first.
func shares(p *profile.Profile) (functions, types []share, all int64) {
	f, t := map[string]int64{}, map[string]int64{}
	for _, s := range p.Sample {
		ns := s.Value[len(s.Value)-1]
		all += ns
		if len(s.Location) > 0 && len(s.Location[0].Line) > 0 && s.Location[0].Line[0].Function != nil {
			f[short(s.Location[0].Line[0].Function.Name)] += ns
		}
		typ := withoutType
		if l := s.Label[proc.LabelType]; len(l) > 0 {
			typ = l[0]
		}
		t[typ] += ns
	}
	return sorted(f), sorted(t), all
}

// short leaves out of a function's name what is the same in all, and type arguments, which may fill several lines.
func short(name string) string {
	name = strings.TrimPrefix(name, "github.com/thrum-go/thrum/")
	if from, to := strings.Index(name, "["), strings.LastIndex(name, "]"); from >= 0 && from < to {
		name = name[:from] + "[...]" + name[to+1:]
	}
	return name
}

func sorted(m map[string]int64) (all []share) {
	for name, ns := range m {
		all = append(all, share{name, ns})
	}
	slices.SortFunc(all, func(a, b share) int { return cmp.Or(cmp.Compare(b.ns, a.ns), strings.Compare(a.name, b.name)) })
	return all
}

const topLines = 10

func top(w io.Writer, what string, all []share, total int64) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "  CPU\t\t  %s\n", what)
	for _, s := range all[:min(topLines, len(all))] {
		fmt.Fprintf(tw, "  %v\t%.1f %%\t  %s\n", time.Duration(s.ns), 100*float64(s.ns)/float64(max(total, 1)), s.name)
	}
	_ = tw.Flush()
	if len(all) == 0 {
		fmt.Fprintln(w, "  no samples: it used too little of the processor")
	}
}
