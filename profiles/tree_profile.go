package profiles

import (
	"context"
	"fmt"
	"io"

	"github.com/google/pprof/profile"

	"github.com/thrum-go/thrum/proc"
)

// WriteTree writes the process-tree profile of rt to w, in the format of go tool pprof (gzipped protocol buffers): ReadTree and then
// Tree.WriteProfile. Its cost and errors are those of ReadTree, and w's.
func WriteTree(w io.Writer, rt *proc.Runtime) error {
	t, err := ReadTree(context.Background(), rt)
	if err != nil {
		return err
	}
	return t.WriteProfile(w)
}

// WriteProfile writes the tree as a pprof profile, gzipped. Errors are w's.
func (t *Tree) WriteProfile(w io.Writer) error {
	if err := t.Profile().Write(w); err != nil {
		return fmt.Errorf("profiles: process-tree profile: %w", err)
	}
	return nil
}

// Profile returns the tree as a pprof profile: one sample a Node that has values of its own, with the path from the root as its stack
// and the label proc.LabelType, as in CPU profiles. The values are
//
//	processes   count        processes
//	messages    count        queued in their mailboxes
//	reductions  count        used since they began
//	oldest      nanoseconds  how long the oldest message has waited, the longest of the processes of one stack
//	memory      bytes        that the runtime has for them, without what their machines hold
//	restarts    count        by their supervisors, since those began
//	run         nanoseconds  on workers, in the window (MeasureTree)
//	mailbox_wait nanoseconds of all their messages together, in the window
//
// to be chosen by -sample_index=messages and so on; processes is the default. pprof adds values up along a stack, so at a
// supervisor "oldest" is the sum over the paths below it. Two profiles are compared with -base: what has grown is what the
// second has more.
func (t *Tree) Profile() *profile.Profile {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{
			{Type: "processes", Unit: "count"},
			{Type: "messages", Unit: "count"},
			{Type: "reductions", Unit: "count"},
			{Type: "oldest", Unit: "nanoseconds"},
			{Type: "memory", Unit: "bytes"},
			{Type: "restarts", Unit: "count"},
			{Type: "run", Unit: "nanoseconds"},
			{Type: "mailbox_wait", Unit: "nanoseconds"},
		},
		DefaultSampleType: "processes",
		PeriodType:        &profile.ValueType{Type: "processes", Unit: "count"},
		Period:            1,
		TimeNanos:         t.At.UnixNano(),
		DurationNanos:     t.Window.Nanoseconds(),
		// There is no binary: a mapping that has all its names keeps pprof from looking for one.
		Mapping: []*profile.Mapping{{
			ID: 1, File: "thrum", HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true,
		}},
	}
	if t.Readings > 0 {
		p.Comments = []string{fmt.Sprintf("run and mailbox_wait are of %v, mailbox_wait from %d readings", t.Window, t.Readings)}
	}
	frames := make(map[string]*profile.Location)
	t.All(func(n *Node) bool {
		loc := frames[n.Frame]
		if loc == nil {
			f := &profile.Function{ID: uint64(len(p.Function)) + 1, Name: n.Frame, SystemName: n.Frame, Filename: n.Type}
			loc = &profile.Location{ID: f.ID, Mapping: p.Mapping[0], Address: f.ID, Line: []profile.Line{{Function: f}}}
			p.Function = append(p.Function, f)
			p.Location = append(p.Location, loc)
			frames[n.Frame] = loc
		}
		if n.Own == (Values{}) {
			return true
		}
		s := &profile.Sample{Value: []int64{
			int64(n.Own.Processes), int64(n.Own.Messages), int64(n.Own.Reductions), n.Own.Oldest.Nanoseconds(), int64(n.Own.Memory),
			int64(n.Own.Restarts), n.Own.Run.Nanoseconds(), n.Own.Wait.Nanoseconds(),
		}}
		for up := n; up != nil; up = up.up {
			s.Location = append(s.Location, frames[up.Frame])
		}
		if n.Type != "" {
			s.Label = map[string][]string{proc.LabelType: {n.Type}}
		}
		p.Sample = append(p.Sample, s)
		return true
	})
	return p
}
