package supervise

import (
	"errors"
	"fmt"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// ErrNoSupervisor says that the process is no supervisor of this package.
var ErrNoSupervisor = errors.New("supervise: process is no supervisor")

// Tree describes the supervisor sup and everything below it. (OTP: what observer shows as the tree of an application.)
//
// All processes are asked at once, each supervisor when its own has named it. Three quarters of the time that k has, or five seconds when that has
// no end, are for the answers; what has not answered by then is StatusUnreachable, and Tree returns the rest. A supervisor answers also while it starts or stops
// children, but not while it is suspended by package sys. What a supervisor says of its children is so at one moment; two supervisors may have been asked
// at different ones, so a process that has ended between is StatusNotRunning, and one that was started between is not there. It goes below children
// that have the Type Supervisor and are of this package. A process that is found twice, which only a Start function can bring about, has its children the first time only.
//
// A process that has been spawned and has not begun is StatusStarting, also at the root.
//
// Errors: ErrNoSupervisor; proc.ErrWrongRuntime; a *proc.CallError with proc.ErrNoProc when sup has ended; those of a call and of a start, such as
// that k waits no longer.
func Tree(k proc.Client, sup proc.PID) (*Node, error) { return read(k, sup, true) }

// Supervisors is Tree, but asks supervisors only: of workers it has what those say of them, and no Machine and Name. It costs the less the more workers
// there are.
func Supervisors(k proc.Client, sup proc.PID) (*Node, error) { return read(k, sup, false) }

// treeTime is how long the answers may take when the asker waits without end.
const treeTime = 5 * time.Second

// read has a process of its own ask, so that whoever waits in whatever way, all are asked at once.
func read(k proc.Client, sup proc.PID, workers bool) (*Node, error) {
	if sup == 0 || !k.Runtime().Owns(sup) {
		return nil, fmt.Errorf("supervise: supervisor %v: %w", sup, proc.ErrWrongRuntime)
	}
	pid, err := k.Start(func() proc.Machine { return &reader{workers: workers} })
	if err != nil {
		return nil, err
	}
	n, err := result[*Node](k.Call(pid, sup))
	if err != nil {
		_ = k.Runtime().Exit(pid, proc.Kill)
	}
	return n, err
}

// reader reads one tree and ends.
type reader struct {
	workers bool // are asked too
	caller  proc.Caller
	until   time.Time
	root    *Node
	open    map[proc.RequestID]question
	seen    map[proc.PID]bool // supervisors
}

// question is a request that is under way.
type question struct {
	node     *Node
	children bool // it is for a snapshot, not for an Info
}

// Init sees to it that the reader ends if whoever has started it does not get to ask.
func (r *reader) Init(c *proc.Ctx) error { return c.ReceiveTimeout(time.Minute) }

// Handle begins with a call, and goes on with the replies of the tree.
func (r *reader) Handle(c *proc.Ctx, m proc.Message) error {
	switch b := m.Body.(type) {
	case proc.ReceiveTimeout:
		return proc.Normal
	case proc.PID:
		r.begin(c, b)
	case proc.Reply:
		q, ok := r.open[b.Request]
		if !ok {
			return nil
		}
		delete(r.open, b.Request)
		r.answered(c, q, b)
	}
	if r.root == nil || len(r.open) > 0 {
		return nil
	}
	reply(c, r.caller, r.result())
	return proc.Normal
}

func (r *reader) begin(c *proc.Ctx, sup proc.PID) {
	r.caller, _ = c.Caller()
	wait := treeTime
	if d, ok := c.Deadline(); ok {
		wait = time.Until(d) * 3 / 4
	}
	r.until = time.Now().Add(wait)
	r.open, r.seen = map[proc.RequestID]question{}, map[proc.PID]bool{}
	r.root = &Node{ID: "root", PID: sup, Type: Supervisor, root: true}
	r.ask(c, r.root, false)
}

// result returns the root, or why there is none.
func (r *reader) result() any {
	n := r.root
	switch {
	case n.Status == StatusNotRunning:
		return &proc.CallError{To: n.PID, Err: proc.ErrNoProc}
	case n.Status == StatusRunning && !n.answered:
		return fmt.Errorf("%w: %v is a %s", ErrNoSupervisor, n.PID, n.Machine)
	}
	return n
}

// ask asks a process for its Info, or a supervisor for its children.
func (r *reader) ask(c *proc.Ctx, n *Node, children bool) {
	var id proc.RequestID
	err := error(proc.ErrTimeout)
	if wait := time.Until(r.until); wait > 0 {
		if children {
			id, err = c.Request(n.PID, snapshotRequest{}, wait)
		} else {
			id, err = c.RequestInfo(n.PID, wait)
		}
	}
	if err != nil {
		n.silent(err)
		return
	}
	r.open[id] = question{n, children}
}

// answered takes the reply to a question.
func (r *reader) answered(c *proc.Ctx, q question, b proc.Reply) {
	n := q.node
	if b.Err != nil {
		n.silent(b.Err)
		return
	}
	switch v := b.Value.(type) {
	case proc.Info:
		n.Machine, n.Name = v.Type, v.Name
		if v.Type == unborn {
			n.Machine = ""
			if n.Status == StatusRunning {
				n.Status = StatusStarting
			}
		}
		if n.root && v.Name != "" {
			n.ID = v.Name
		}
		switch {
		case n.Type != Supervisor || r.seen[n.PID]:
		case v.Type == supervisorType:
			r.seen[n.PID] = true
			r.ask(c, n, true)
		}
	case *snapshot:
		r.below(c, n, v)
	}
}

// supervisorType is what proc.Info calls the machine of a supervisor.
var supervisorType = fmt.Sprintf("%T", (*supervisor)(nil))

// unborn is what proc.Info calls the machine of a process whose factory has not been called.
const unborn = "starting"

// below takes what a supervisor says of its children, and asks those.
func (r *reader) below(c *proc.Ctx, n *Node, p *snapshot) {
	n.answered, n.Strategy, n.first, n.More = true, p.strategy, p.first, p.more
	if n.Status == StatusRunning {
		switch {
		case p.ending:
			n.Status = StatusStopping
		case p.first:
			n.Status = StatusStarting
		}
	}
	n.Children = make([]*Node, len(p.children))
	for i := range p.children {
		ch := &p.children[i]
		ch.dynamic = p.strategy == SimpleOneForOne
		n.Children[i] = ch
		if ch.PID != 0 && (r.workers || ch.Type == Supervisor) {
			r.ask(c, ch, false)
		}
	}
}

// silent notes that a process has not answered. Of one that begins or ends that is no news.
func (n *Node) silent(err error) {
	if n.Status != StatusRunning {
		return
	}
	switch {
	case errors.Is(err, proc.ErrTimeout), errors.Is(err, proc.ErrMailboxFull):
		n.Status = StatusUnreachable
	default:
		n.Status = StatusNotRunning
	}
}
