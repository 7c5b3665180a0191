package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// Bounds of what is told of one process.
const (
	maxTies    = 100
	maxParents = 100
	askTime    = 5 * time.Second
)

func (s *Pages) process(r *http.Request) (any, func(io.Writer), error) {
	pid, err := s.which(r)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	i, err := s.info(ctx, pid)
	if err != nil {
		return nil, nil, fmt.Errorf("profiles/web: process %v: %w", pid, err)
	}
	d := &Details{
		Head: s.head("process"), Process: brief(i), State: i.State, Priority: priority(i.Priority), TrapExit: i.TrapExit, Calls: i.Calls, Requests: i.Requests,
		Parents: []Process{}, Links: ties(i.Links), Monitors: ties(i.Monitors), MonitoredBy: ties(i.MonitoredBy),
	}
	for up := i.Parent; up != 0 && len(d.Parents) < maxParents; {
		p, err := s.info(ctx, up)
		if err != nil {
			d.Parents = append(d.Parents, Process{PID: up.String(), Status: "ended"})
			break
		}
		d.Parents = append(d.Parents, brief(p))
		up = p.Parent
	}
	return d, d.text, nil
}

// which returns the process that is asked for.
func (s *Pages) which(r *http.Request) (proc.PID, error) {
	text, name := r.FormValue("pid"), r.FormValue("name")
	switch {
	case (text == "") == (name == ""):
		return 0, badRequest{"give either pid, as pid=1.42.3, or name"}
	case name != "":
		pid, ok := s.rt.Whereis(name)
		if !ok {
			return 0, fmt.Errorf("profiles/web: name %q: %w", name, proc.ErrNoProc)
		}
		return pid, nil
	}
	var runtime, index, life uint64
	bare := strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
	// The bits are those that the type proc.PID lays down.
	if _, err := fmt.Sscanf(bare, "%d.%d.%d", &runtime, &index, &life); err == nil {
		pid := proc.PID(life<<40 | runtime<<27 | index)
		if pid != 0 && pid.String() == "<"+bare+">" && s.rt.Owns(pid) {
			return pid, nil
		}
	}
	return 0, badRequest{fmt.Sprintf("pid is %q; it must be one of this runtime, as 1.42.3", text)}
}

// info is Runtime.Info that gives up with ctx.
func (s *Pages) info(ctx context.Context, pid proc.PID) (proc.Info, error) {
	type answer struct {
		i   proc.Info
		err error
	}
	got := make(chan answer, 1)
	go func() {
		i, err := s.rt.Info(pid)
		got <- answer{i, err}
	}()
	select {
	case a := <-got:
		return a.i, a.err
	case <-ctx.Done():
		return proc.Info{}, ctx.Err()
	}
}

func brief(i proc.Info) Process {
	p := Process{
		PID: i.PID.String(), Type: i.Type, Name: i.Name, Status: i.Status.String(), Reductions: i.Reductions, Queue: i.Messages, Oldest: i.Oldest,
		Memory: i.Memory, Bound: i.Bound, Rejected: i.Turned,
	}
	if i.Parent != 0 {
		p.Parent = i.Parent.String()
	}
	return p
}

func ties(pids []proc.PID) Ties {
	t := Ties{Count: len(pids), PIDs: []string{}}
	for _, p := range pids[:min(len(pids), maxTies)] {
		t.PIDs = append(t.PIDs, p.String())
	}
	return t
}

func priority(p proc.Priority) string {
	switch p {
	case proc.PriorityLow:
		return "low"
	case proc.PriorityNormal:
		return "normal"
	case proc.PriorityHigh:
		return "high"
	case proc.PriorityMax:
		return "max"
	}
	return fmt.Sprint(uint8(p))
}

func (d *Details) text(w io.Writer) {
	for _, l := range d.Lines() {
		fmt.Fprintf(w, "%s\t%s\n", l[0], l[1])
	}
}

// Lines returns what is known, as pairs of a title and a text, for people.
func (d *Details) Lines() [][2]string {
	lines := [][2]string{{"pid", d.PID}, {"type", d.Type}}
	add := func(title, text string, show bool) {
		if show {
			lines = append(lines, [2]string{title, text})
		}
	}
	add("name", plain(d.Name), d.Name != "")
	add("status", d.Status, true)
	add("state", plain(d.State), d.State != "")
	add("priority", d.Priority, true)
	add("traps exits", "yes", d.TrapExit)
	add("reductions", fmt.Sprint(d.Reductions), true)
	add("queue", fmt.Sprintf("%d messages, the oldest for %v", d.Queue, d.Oldest), true)
	add("bound", fmt.Sprintf("%d messages; %d rejected or dropped", d.Bound, d.Rejected), d.Bound > 0)
	add("memory", fmt.Sprintf("%d bytes", d.Memory), true)
	add("calls", fmt.Sprintf("%d taken and not replied to, %d waited for", d.Calls, d.Requests), true)
	for i, p := range d.Parents {
		title := "parent"
		if i > 0 {
			title = strings.Repeat(" ", min(i, 20)) + "its parent"
		}
		add(title, strings.TrimSpace(fmt.Sprintf("%s %s %s", p.PID, plain(p.Name), p.Type)), true)
	}
	for _, t := range []struct {
		title string
		ties  Ties
	}{{"links", d.Links}, {"monitors", d.Monitors}, {"monitored by", d.MonitoredBy}} {
		text := strings.Join(t.ties.PIDs, " ")
		if more := t.ties.Count - len(t.ties.PIDs); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		add(t.title, text, t.ties.Count > 0)
	}
	return lines
}
