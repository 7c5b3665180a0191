package supervise

import (
	"fmt"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// HealthReport says how a supervision tree is.
type HealthReport struct {
	// Healthy: every supervisor of the tree has answered and is neither starting, restarting nor stopping, and so are the workers, as their
	// supervisors see them. A child that is StatusNotRunning by intent (it has ended for good, was stopped by TerminateChild, or had nothing to do) is no fault.
	Healthy bool
	// Ready: the supervisor at the root has started its first children, with all that those have started, and is not ending.
	Ready bool
	// Problems is what is not healthy, the upper first.
	Problems []Problem
}

// String returns "healthy", or the problems, one on each line.
func (h HealthReport) String() string {
	if h.Healthy {
		return "healthy"
	}
	list := make([]string, len(h.Problems))
	for i, p := range h.Problems {
		list[i] = p.String()
	}
	return strings.Join(list, "\n")
}

// Problem is a process that is not as it should be.
type Problem struct {
	// Path is made of the ids from the root down, as in root/db/conn-3. The root is its registered name, or "root"; children of a SimpleOneForOne have
	// their PID behind the id.
	Path   string
	PID    proc.PID // zero when it has no process
	Status Status
	Reason error // why it has ended or could not be restarted, the last time; nil when that is not known
}

// String returns path, status and reason, as in "root/db/conn-3: restarting: connection refused".
func (p Problem) String() string {
	if p.Reason == nil {
		return fmt.Sprintf("%s: %v", p.Path, p.Status)
	}
	return fmt.Sprintf("%s: %v: %v", p.Path, p.Status, p.Reason)
}

// Health asks the supervisor sup and the supervisors below it how their children are. It asks as Tree does, in the same time, but workers are not asked: what their
// supervisors know of them counts.
//
// Errors: those of Tree. A supervisor that does not answer in time is a Problem, also at the root.
func Health(k proc.Client, sup proc.PID) (HealthReport, error) {
	n, err := read(k, sup, false)
	if err != nil {
		return HealthReport{}, err
	}
	var h HealthReport
	h.Ready = n.answered && !n.first && n.Status == StatusRunning
	h.add(n, n.ID)
	h.Healthy = len(h.Problems) == 0
	return h, nil
}

// add adds the problems of a node and those below it.
func (h *HealthReport) add(n *Node, path string) {
	if n.Status != StatusRunning && (n.Status != StatusNotRunning || n.PID != 0) { // one with a PID has ended since its supervisor was asked
		h.Problems = append(h.Problems, Problem{path, n.PID, n.Status, n.Reason})
	}
	for _, ch := range n.Children {
		h.add(ch, path+"/"+ch.label())
	}
}
