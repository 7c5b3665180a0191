package supervise

import (
	"slices"

	"github.com/thrum-go/thrum/proc"
)

// snapshotRequest asks a supervisor for what it is doing. It is served at once, also while children start or stop.
type snapshotRequest struct{}

// snapshot is what a supervisor knows at one moment, between two messages.
type snapshot struct {
	name     string
	machine  string
	strategy Strategy
	first    bool // its first children have not all been started
	ending   bool
	children []Node // without what only the children themselves know
	more     int    // children that run and are left out
}

// treeDynamic is how many children that run a snapshot of a SimpleOneForOne of workers has; those that do not run are all in it.
const treeDynamic = 1000

func (s *supervisor) snapshot(c *proc.Ctx, _ snapshotRequest) *snapshot {
	info := c.Info()
	p := &snapshot{name: info.Name, machine: info.Type, strategy: s.flags.Strategy, first: s.op.kind == opFirst, ending: s.reason != nil}
	some := s.dynamic() && s.template.Type == Worker
	p.children = make([]Node, 0, min(len(s.children), treeDynamic))
	shown := 0
	for _, ch := range s.children {
		n := Node{ID: ch.spec.ID, PID: ch.pid, Type: ch.spec.Type, Restart: ch.spec.Restart, Status: s.statusOf(ch)}
		if some && n.Status == StatusRunning {
			if shown++; shown > treeDynamic {
				p.more++
				continue
			}
		}
		if n.Status != StatusRunning && n.Status != StatusStopping && n.Status != StatusStarting {
			n.PID = 0
		}
		if ch.rare != nil {
			n.Restarts, n.Reason = ch.began, ch.last
		}
		p.children = append(p.children, n)
	}
	return p
}

// statusOf says what a child is doing.
func (s *supervisor) statusOf(ch *child) Status {
	switch ch.state {
	case starting:
		if ch.again {
			return StatusRestarting
		}
		return StatusStarting
	case running:
		if ch.died != nil { // its turn to be seen to has not come
			if ch.spec.Restart == Temporary {
				return StatusNotRunning
			}
			return StatusRestarting
		}
		return StatusRunning
	case stopping:
		return StatusStopping
	case restarting:
		return StatusRestarting
	}
	if ch.again || s.toStart(ch) {
		return StatusStarting
	}
	return StatusNotRunning
}

// toStart reports whether what the supervisor is doing will come to start a child that does not run.
func (s *supervisor) toStart(ch *child) bool {
	o := &s.op
	switch o.kind {
	case opFirst, opAdd, opAgain:
		return slices.Contains(o.list[o.at:], ch)
	case opRestart:
		if o.stops {
			return ch.spec.Restart != Temporary && slices.Contains(s.children[o.from:], ch)
		}
		return slices.Contains(o.list[o.at:], ch)
	}
	return false
}

// note keeps why a child is to be restarted, without the stack of a panic.
func (ch *child) note(reason error) {
	if p, ok := reason.(*proc.Panic); ok {
		reason = &proc.Panic{Value: p.Value}
	}
	ch.extra().last = reason
}
