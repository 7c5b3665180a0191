package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/profiles"
	"github.com/thrum-go/thrum/supervise"
)

// Bounds of a tree.
const (
	maxDepth    = 100
	maxChildren = 10_000
	maxRoots    = 32 // supervisors without a supervisor that are asked for their trees, those with most processes first
	treeTime    = 4 * time.Second
)

// supervisorType is what a survey calls the machine of a supervisor of package supervise.
const supervisorType = "*supervise.supervisor"

func (s *Pages) tree(r *http.Request) (any, func(io.Writer), error) {
	depth, err := number(r, "depth", 20, 1, maxDepth)
	if err != nil {
		return nil, nil, err
	}
	children, err := number(r, "children", 50, 1, maxChildren)
	if err != nil {
		return nil, nil, err
	}
	reading, err := s.look.fresh(r.Context())
	if err != nil {
		return nil, nil, err
	}
	b := newBuilder(reading)
	ctx, cancel := context.WithTimeout(r.Context(), treeTime)
	defer cancel()
	for _, sup := range b.roots() {
		err := s.look.alone(ctx, func() (begun, asked int, err error) {
			n, err := supervise.Tree(s.rt.Client(ctx), sup)
			if err == nil {
				b.add(n)
			}
			return 1, 0, err
		})
		if errors.Is(err, proc.ErrShutdown) || r.Context().Err() != nil {
			return nil, nil, cmp.Or(r.Context().Err(), err)
		}
		// One that has ended meanwhile, or does not answer, is shown by what the reading says.
	}
	b.rest()
	b.root.sum()
	b.root.prune(depth, children)
	t := &Tree{Head: s.head("tree"), Root: b.root.Node}
	return t, func(w io.Writer) {
		fmt.Fprint(w, "processes\tqueue\treductions\toldest\tmemory\t\n")
		t.Root.write(w, 0)
	}, nil
}

// builder makes the tree of a reading: supervisors say themselves what their children are, and every other process is below the one that has
// spawned it, with its equals.
type builder struct {
	reading *profiles.Reading
	root    *branch
	known   map[proc.PID]*branch // supervisors and their children
}

// branch is a node while the tree grows.
type branch struct {
	*Node
	below []*branch
	kinds map[string]*branch // groups below it
	depth int
}

func newBuilder(r *profiles.Reading) *builder {
	return &builder{reading: r, root: &branch{Node: &Node{Label: profiles.FrameRoot}}, known: map[proc.PID]*branch{}}
}

// roots returns the supervisors that no supervisor has spawned.
func (b *builder) roots() []proc.PID {
	below := map[proc.PID]int{}
	b.reading.All(func(e profiles.Entry) bool {
		if e.Type == supervisorType {
			if up, ok := b.reading.Find(e.Parent); !ok || up.Type != supervisorType {
				below[e.PID] += 0
			}
		}
		return true
	})
	if len(below) > maxRoots {
		b.reading.All(func(e profiles.Entry) bool {
			if _, ok := below[e.Parent]; ok {
				below[e.Parent]++
			}
			return true
		})
	}
	var pids []proc.PID
	for pid := range below {
		pids = append(pids, pid)
	}
	slices.SortFunc(pids, func(x, y proc.PID) int { return cmp.Or(cmp.Compare(below[y], below[x]), cmp.Compare(x, y)) })
	return pids[:min(len(pids), maxRoots)]
}

// add adds what a supervisor says of itself and of those below it.
func (b *builder) add(n *supervise.Node) {
	if b.known[n.PID] == nil { // a supervisor that another process of its tree has spawned may come twice
		b.supervised(b.root, n, true)
	}
}

func (b *builder) supervised(up *branch, n *supervise.Node, root bool) {
	d := &branch{Node: &Node{Label: cmp.Or(n.ID, "(child)"), Type: n.Machine, Restarts: n.Restarts, More: n.More}, depth: up.depth + 1}
	up.below = append(up.below, d)
	if n.PID != 0 {
		d.PID = n.PID.String()
		b.known[n.PID] = d
		if e, ok := b.reading.Find(n.PID); ok {
			d.count(e)
		}
	}
	if n.Machine == supervisorType {
		d.Strategy = n.Strategy.String()
	}
	if !root {
		d.Restart = n.Restart.String()
	}
	if n.Status != supervise.StatusRunning {
		d.Status = n.Status.String()
	}
	if n.Reason != nil {
		d.Reason = n.Reason.Error()
	}
	if root && n.Name == "" {
		d.Label = n.Machine
	}
	for _, c := range n.Children {
		b.supervised(d, c, false)
	}
}

// count adds a process to what a node says of itself.
func (n *Node) count(e profiles.Entry) {
	n.Processes++
	n.Queue += e.Messages
	n.Reductions += e.Reductions
	n.Oldest = max(n.Oldest, e.Oldest)
	n.Memory += e.Memory
}

// rest places the processes that no supervisor has told of. Those that a supervisor has left out, as it has too many, are groups below it.
func (b *builder) rest() {
	placed := map[proc.PID]*branch{} // parents only, which are few beside the others
	var place func(pid proc.PID, depth int) *branch
	place = func(pid proc.PID, depth int) *branch {
		if d := b.known[pid]; d != nil {
			return d
		}
		if d := placed[pid]; d != nil {
			return d
		}
		e, ok := b.reading.Find(pid)
		var d *branch
		switch {
		case pid == 0:
			return b.root
		case !ok:
			return b.root.group(profiles.FrameGone, "")
		case depth >= maxDepth:
			d = b.root.group(profiles.FrameDeeper, "")
		default:
			d = place(e.Parent, depth+1).group(e.Name, e.Type)
		}
		placed[pid] = d
		return d
	}
	b.reading.All(func(e profiles.Entry) bool {
		if b.known[e.PID] != nil {
			return true
		}
		var up *branch
		if e.Status == proc.Stuck {
			up = b.root.group(profiles.FrameStuck, "")
		} else {
			up = place(e.Parent, 0)
		}
		d := up.group(e.Name, e.Type)
		d.PID = ""
		if d.count(e); d.Processes == 1 {
			d.PID = e.PID.String()
		}
		return true
	})
}

// group returns the node of the processes of a name or a type below up.
func (up *branch) group(name, typ string) *branch {
	if up.depth >= maxDepth {
		return up
	}
	if len(up.kinds) >= maxChildren {
		name = "" // further names are counted by type
	}
	key := name + "\x00" + typ
	d := up.kinds[key]
	if d == nil {
		d = &branch{Node: &Node{Label: cmp.Or(name, typ), Type: typ}, depth: up.depth + 1}
		if up.kinds == nil {
			up.kinds = map[string]*branch{}
		}
		up.kinds[key] = d
		up.below = append(up.below, d)
	}
	return d
}

// sum adds what is below each node to it.
func (d *branch) sum() {
	for _, c := range d.below {
		c.sum()
		d.Processes += c.Processes
		d.Queue += c.Queue
		d.Reductions += c.Reductions
		d.Oldest = max(d.Oldest, c.Oldest)
		d.Memory += c.Memory
	}
}

// prune leaves out what is too deep or too many: of a supervisor's children those that run without restarts go first, then those with
// the fewest processes. The order of those that stay is that of their start.
func (d *branch) prune(depth, children int) {
	shown := d.below
	if depth == 0 {
		shown = nil
	} else if len(shown) > children {
		shown = slices.Clone(shown)
		slices.SortStableFunc(shown, func(x, y *branch) int {
			return cmp.Or(-cmp.Compare(x.trouble(), y.trouble()), cmp.Compare(y.Processes, x.Processes))
		})
		keep := map[*branch]bool{}
		for _, c := range shown[:children] {
			keep[c] = true
		}
		shown = slices.DeleteFunc(slices.Clone(d.below), func(c *branch) bool { return !keep[c] })
	}
	// What a supervisor has left out is in the group of its type, unless that was started meanwhile.
	d.More = len(d.below) - len(shown)
	for _, c := range shown {
		c.prune(depth-1, children)
		d.Children = append(d.Children, c.Node)
	}
}

func (d *branch) trouble() int {
	if d.Status != "" {
		return 2
	}
	return min(d.Restarts, 1)
}

// Line returns what to say of the node after its figures.
func (n *Node) Line() string {
	var b strings.Builder
	b.WriteString(plain(n.Label))
	if n.PID != "" {
		b.WriteString(" " + n.PID)
	}
	if n.Type != "" && n.Type != n.Label {
		b.WriteString(" " + n.Type)
	}
	for _, s := range []string{n.Strategy, n.Restart} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	if n.Status != "" {
		b.WriteString(", " + n.Status)
	}
	switch {
	case n.Restarts == 1:
		b.WriteString(", 1 restart")
	case n.Restarts > 1:
		fmt.Fprintf(&b, ", %d restarts", n.Restarts)
	}
	if n.Reason != "" {
		fmt.Fprintf(&b, ", last for %q", n.Reason)
	}
	return b.String()
}

func (n *Node) write(w io.Writer, depth int) {
	fmt.Fprintf(w, "%d\t%d\t%d\t%v\t%d\t%s%s\n", n.Processes, n.Queue, n.Reductions, n.Oldest, n.Memory, strings.Repeat("  ", depth), n.Line())
	for _, c := range n.Children {
		c.write(w, depth+1)
	}
	if n.More > 0 {
		fmt.Fprintf(w, "\t\t\t\t\t%sand %s more\n", strings.Repeat("  ", depth+1), grouped(n.More))
	}
}

// grouped writes a number with commas.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
