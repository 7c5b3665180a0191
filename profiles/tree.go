package profiles

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Values are what a process-tree profile says of the processes at one place.
type Values struct {
	Processes  int           `json:"processes"`
	Messages   int           `json:"messages"`   // queued in their mailboxes
	Reductions uint64        `json:"reductions"` // used since they began
	Oldest     time.Duration `json:"oldest"`     // how long the oldest message has waited, in ns in JSON: the longest among the processes
	Memory     int           `json:"memory"`     // bytes that the runtime has for them; without what their machines hold
	Restarts   int           `json:"restarts"`   // by their supervisors, since those began; see Tree

	// Of a window, see MeasureTree; 0 without one. In ns in JSON.
	Run  time.Duration `json:"run"`          // on workers, of those that have ended too
	Wait time.Duration `json:"mailbox_wait"` // of all their messages together
}

func (v *Values) add(o Values) {
	v.Processes += o.Processes
	v.Messages += o.Messages
	v.Reductions += o.Reductions
	v.Oldest = max(v.Oldest, o.Oldest)
	v.Memory += o.Memory
	v.Restarts += o.Restarts
	v.Run += o.Run
	v.Wait += o.Wait
}

// Node is a place in a Tree: the processes of one type, or the one of a registered name, below the same path of parents.
type Node struct {
	Frame    string   `json:"frame"`          // "name (type)", or the type alone, or one of the frames in parentheses: see Tree
	Type     string   `json:"type,omitempty"` // as in proc.Info; "" for the frames in parentheses
	Name     string   `json:"name,omitempty"` // registered, or ""
	PID      proc.PID `json:"pid,omitempty"`  // the process, if there is but one here; else zero
	Own      Values   `json:"own"`            // of the processes here
	Total    Values   `json:"total"`          // of these and all below them
	Children []*Node  `json:"children,omitempty"`

	frame frame
	at    map[frame]*Node
	up    *Node
	depth int
	named int
}

// Frames that stand for no process.
const (
	FrameRoot   = "(runtime)"      // above everything
	FrameGone   = "(parent gone)"  // above processes whose parent has ended
	FrameStuck  = "(stuck)"        // above processes whose handlers do not return: nothing else is known of them
	FrameDeeper = "(deeper)"       // stands for all that is more than 100 parents deep
	FrameCycle  = "(parent cycle)" // above processes that are their own ancestors, which a snapshot should not show
	FrameSelf   = "(profiles)"     // above the processes that do the reading, whose run time is shown with the others'
)

// Bounds of a Tree, so that it stays readable, and small, whatever the processes are.
const (
	maxDepth = 100
	maxNamed = 1000 // registered names below one node; further ones are counted with the nameless of their type
)

type frame struct{ typ, name string }

func (f frame) String() string {
	if f.name == "" {
		return f.typ
	}
	return f.name + " (" + f.typ + ")"
}

// Tree is what the processes of a runtime were at one moment, put together by supervision path: each below the process that has spawned it
// with a link, a monitor or a name (Info.Parent), with equals below the same path counted as one Node. Processes without such a parent are
// directly below FrameRoot.
//
// Restarts are those that the supervisors of package supervise tell of, at the place of the child, or of the supervisor while the child
// has no process. A supervisor that has not answered within a second is left out.
type Tree struct {
	At       time.Time     `json:"at"`       // when the reading began, the last one if there were several
	Window   time.Duration `json:"window"`   // that Run and Wait are of, in ns in JSON; 0 for none
	Readings int           `json:"readings"` // in the window
	Root     *Node         `json:"root"`     // its Frame is FrameRoot

	// Begun is how many processes the reading has begun in the runtime and ended again.
	Begun int `json:"-"`
}

// ReadTree asks every process of rt what it is doing (Runtime.Info) and makes a Tree of the answers. Each answer is right for its moment;
// they are not all of one moment. Processes that end meanwhile are left out. Run and Wait are 0; MeasureTree has them.
//
// It costs O(processes) time and memory, whatever their mailboxes hold. A
// process inside a handler is waited for until the handler returns or has been found stuck (proc.Config.StuckAfter). Any goroutine may call it
// but a handler.
//
// Errors: rt is nil; proc.ErrShutdown; ctx's error, when that ends before the reading.
func ReadTree(ctx context.Context, rt *proc.Runtime) (*Tree, error) {
	if rt == nil {
		return nil, errors.New("profiles: ReadTree: rt is nil; give the runtime whose processes are meant")
	}
	t := &Tree{At: time.Now(), Begun: 1}
	infos, err := readInfos(ctx, rt)
	if err != nil {
		return nil, fmt.Errorf("profiles: ReadTree: %w", err)
	}
	p := arrange(infos)
	t.Begun += p.restarts(ctx, rt, infos)
	t.Root = p.root
	t.Root.sum()
	return t, nil
}

// readInfos returns what all processes say.
func readInfos(ctx context.Context, rt *proc.Runtime) ([]proc.Info, error) {
	var infos []proc.Info
	if err := survey(ctx, rt, func(i *proc.Info) { infos = append(infos, *i) }); err != nil {
		return nil, err
	}
	return infos, nil
}

// build makes the tree.
func build(infos []proc.Info) *Node {
	root := arrange(infos).root
	root.sum()
	return root
}

// places says where processes are in a tree whose totals are not there yet.
type places struct {
	root *Node
	of   map[proc.PID]*Node
}

// arrange puts the processes where they belong. It takes O(len(infos)) steps: each is placed once, below its parent's node.
func arrange(infos []proc.Info) places {
	root := &Node{Frame: FrameRoot}
	at := make(map[proc.PID]int, len(infos))
	for i := range infos {
		at[infos[i].PID] = i
	}
	const walking = -1
	placed := make([]*Node, len(infos))
	state := make([]int8, len(infos))
	var path []int // of processes to place, children before their parents; not a recursion, as chains may be a million long
	for i := range infos {
		path = path[:0]
		var below *Node
		for j := i; below == nil; {
			if placed[j] != nil {
				below = placed[j]
				break
			}
			if state[j] == walking {
				below = root.special(FrameCycle)
				// The cycle is cut above the process where it was entered: that one is on the path already.
				break
			}
			state[j] = walking
			path = append(path, j)
			k, known := at[infos[j].Parent]
			switch {
			case infos[j].Status == proc.Stuck:
				below = root.special(FrameStuck)
			case infos[j].Parent == 0:
				below = root
			case !known:
				below = root.special(FrameGone)
			default:
				j = k
			}
		}
		for n := len(path) - 1; n >= 0; n-- {
			below = below.child(&infos[path[n]])
			placed[path[n]] = below
		}
	}
	of := make(map[proc.PID]*Node, len(infos))
	for i := range infos {
		of[infos[i].PID] = placed[i]
	}
	return places{root, of}
}

// special returns the child of the root with a frame that stands for no process.
func (n *Node) special(name string) *Node {
	return n.under(frame{typ: name}, "")
}

// child counts a process below n, and returns its node.
func (n *Node) child(i *proc.Info) *Node {
	if n.depth >= maxDepth {
		n = n.deeper()
	} else {
		f := frame{i.Type, i.Name}
		if i.Name != "" && n.at[f] == nil {
			if n.named++; n.named > maxNamed {
				f.name = ""
			}
		}
		n = n.under(f, i.Type)
	}
	if n.Own.Processes == 0 {
		n.PID = i.PID
	} else {
		n.PID = 0
	}
	n.Own.add(Values{Processes: 1, Messages: i.Messages, Reductions: i.Reductions, Oldest: i.Oldest, Memory: i.Memory})
	return n
}

// deeper returns the node below n, which is as deep as a tree gets, that everything further counts in.
func (n *Node) deeper() *Node {
	if n.Frame == FrameDeeper {
		return n
	}
	return n.under(frame{typ: FrameDeeper}, "")
}

func (n *Node) under(f frame, typ string) *Node {
	c := n.at[f]
	if c == nil {
		c = &Node{Frame: f.String(), Type: typ, Name: f.name, frame: f, up: n, depth: n.depth + 1}
		if n.at == nil {
			n.at = make(map[frame]*Node)
		}
		n.at[f] = c
		n.Children = append(n.Children, c)
	}
	return c
}

// below returns the node for a process of the type, without a name, whose parent is at n.
func (n *Node) below(typ string) *Node {
	if n.depth >= maxDepth {
		return n.deeper()
	}
	return n.under(frame{typ: typ}, typ)
}

// absorb adds what f makes of the values of o and all below it to the same places of n.
func (n *Node) absorb(o *Node, f func(Values) Values) {
	n.Own.add(f(o.Own))
	for _, c := range o.Children {
		n.under(c.frame, c.Type).absorb(c, f)
	}
}

// sum fills in the totals, and sorts children: those with most processes first.
func (n *Node) sum() {
	n.Total = n.Own
	for _, c := range n.Children {
		c.sum()
		n.Total.add(c.Total)
	}
	slices.SortFunc(n.Children, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(b.Total.Processes, a.Total.Processes), strings.Compare(a.Frame, b.Frame))
	})
	n.at = nil
}

// All calls yield with each node of the tree, parents before children.
func (t *Tree) All(yield func(*Node) bool) {
	t.Root.all(yield)
}

func (n *Node) all(yield func(*Node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, c := range n.Children {
		if !c.all(yield) {
			return false
		}
	}
	return true
}
