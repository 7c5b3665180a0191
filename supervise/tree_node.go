package supervise

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// Status is what a process of a supervision tree is doing.
type Status uint8

const (
	// StatusRunning: its start is done and it has not ended.
	StatusRunning Status = iota
	// StatusStarting: its Init is not done, or its turn to be started comes.
	StatusStarting
	// StatusRestarting: it has ended and is to be started again, or that is being done.
	StatusRestarting
	// StatusStopping: it was asked to end.
	StatusStopping
	// StatusNotRunning: it has no process and none is to be started: it has ended for good, was stopped by TerminateChild, or its start has
	// found that there is nothing to do. Or it has ended since its supervisor was asked.
	StatusNotRunning
	// StatusUnreachable: its supervisor says that it runs, but it has not answered in time.
	StatusUnreachable
)

// String returns the status in lower case.
func (s Status) String() string {
	return name(int(s), "running", "starting", "restarting", "stopping", "not running", "unreachable")
}

// Node is a process of a supervision tree, with those below it. It is a copy: nothing changes it later.
type Node struct {
	ID       string   // in its supervisor; in the root its registered name, or "root"
	PID      proc.PID // zero when it has no process
	Type     Type     // as its Spec says; Supervisor in the root
	Machine  string   // the Go type of its machine, as proc.Info has it; empty when it did not tell
	Name     string   // registered, or empty
	Restart  Restart  // not in the root
	Strategy Strategy // of a supervisor that has answered
	Status   Status
	// Restarts is how often it was begun again after it had ended by itself, with the tries that failed. It counts from the start of its supervisor, which does
	// not count those that are restarted with a sibling.
	Restarts int
	// Reason is why it has ended or could not be restarted, the last time that it was to be restarted; nil when that never was. A *proc.Panic is without its stack.
	Reason   error
	Children []*Node // in the order of start
	// More is how many children are not among Children: workers of a SimpleOneForOne that run, beyond the first thousand.
	More int

	root     bool
	answered bool // a supervisor
	first    bool
	dynamic  bool // a child of a SimpleOneForOne
}

// label returns the ID, or for one of many with the same the PID too.
func (n *Node) label() string {
	if !n.dynamic || n.PID == 0 && n.ID != "" {
		return n.ID
	}
	if n.PID == 0 {
		return "-"
	}
	return n.ID + n.PID.String()
}

// treeShown is how many children of a SimpleOneForOne String shows.
const treeShown = 10

// String returns the tree as text, a line for each process: its id, PID, name in brackets, the Go type of its machine, its strategy or restart type, its status
// if that is not running, and its restarts if there were any. Of a SimpleOneForOne's children it shows ten, and those that do not run first.
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b, "", "")
	return b.String()
}

func (n *Node) write(b *strings.Builder, lead, below string) {
	b.WriteString(lead)
	b.WriteString(n.ID)
	if n.PID != 0 {
		fmt.Fprintf(b, " %v", n.PID)
	}
	if n.Name != "" && n.Name != n.ID {
		fmt.Fprintf(b, " [%s]", n.Name)
	}
	switch {
	case n.answered:
		fmt.Fprintf(b, " supervisor %v", n.Strategy)
	case n.Type == Supervisor:
		b.WriteString(" supervisor")
	case n.Machine != "":
		b.WriteString(" " + n.Machine)
	}
	if !n.root {
		fmt.Fprintf(b, " %v", n.Restart)
	}
	if n.Status != StatusRunning {
		fmt.Fprintf(b, ", %v", n.Status)
	}
	if n.Restarts > 0 {
		fmt.Fprintf(b, ", %d restarts", n.Restarts)
	}
	if n.Reason != nil && n.Status != StatusRunning {
		fmt.Fprintf(b, ": %s", strconv.Quote(n.Reason.Error()))
	}
	b.WriteByte('\n')
	list, left := n.shown()
	for i, ch := range list {
		if i == len(list)-1 && left == 0 {
			ch.write(b, below+"└─ ", below+"   ")
		} else {
			ch.write(b, below+"├─ ", below+"│  ")
		}
	}
	if left > 0 {
		fmt.Fprintf(b, "%s└─ and %d more\n", below, left)
	}
}

// shown returns the children to print and how many are left out.
func (n *Node) shown() (list []*Node, left int) {
	if n.Strategy != SimpleOneForOne || len(n.Children)+n.More <= treeShown {
		return n.Children, n.More
	}
	for _, runs := range []bool{false, true} {
		for _, ch := range n.Children {
			if (ch.Status == StatusRunning) == runs && len(list) < treeShown {
				list = append(list, ch)
			}
		}
	}
	return list, len(n.Children) + n.More - len(list)
}

// MarshalJSON makes an object of the node, with the fields id, pid (as PID.String writes it), type (worker, supervisor), machine, name, restart, strategy, status,
// restarts, reason, children and more. Except id, type, status and restarts a field is left out when it says nothing; restart is left out of the root,
// strategy of what is no supervisor that has answered. The names and texts do not change.
func (n *Node) MarshalJSON() ([]byte, error) {
	o := struct {
		ID       string  `json:"id"`
		PID      string  `json:"pid,omitempty"`
		Type     string  `json:"type"`
		Machine  string  `json:"machine,omitempty"`
		Name     string  `json:"name,omitempty"`
		Restart  string  `json:"restart,omitempty"`
		Strategy string  `json:"strategy,omitempty"`
		Status   string  `json:"status"`
		Restarts int     `json:"restarts"`
		Reason   string  `json:"reason,omitempty"`
		Children []*Node `json:"children,omitempty"`
		More     int     `json:"more,omitempty"`
	}{ID: n.ID, Type: n.Type.String(), Machine: n.Machine, Name: n.Name, Status: n.Status.String(), Restarts: n.Restarts, Children: n.Children, More: n.More}
	if n.PID != 0 {
		o.PID = n.PID.String()
	}
	if !n.root {
		o.Restart = n.Restart.String()
	}
	if n.answered {
		o.Strategy = n.Strategy.String()
	}
	if n.Reason != nil {
		o.Reason = n.Reason.Error()
	}
	return json.Marshal(o)
}
