//go:build explore

package proc

import "testing"

// monBook is what a process knows of one of its monitors.
type monBook struct {
	ref     MonitorRef
	of      int
	came    bool // to the other while that lived
	off     bool // Demonitor was in time
	flushed bool // or the message has been removed
}

func (n *actor) monitorArrives(from *actor, ref uint64) {
	if n.dead || n.p.doomed() {
		return
	}
	for i := range from.mons {
		if from.mons[i].ref == MonitorRef(ref) {
			from.mons[i].came = true
		}
	}
}

// downs returns how many Down messages of a monitor are in the mailbox, and the reason of the last one.
func (n *actor) downs(ref MonitorRef) (count int, reason error) {
	n.each(func(m *Message) {
		if d, ok := m.Body.(Down); ok && d.Monitor == ref {
			count++
			reason = d.Reason
		}
	})
	return count, reason
}

// queued reports whether one is still to be handled.
func (n *actor) queued(ref MonitorRef) (yes bool) {
	n.p.mb.Each(func(m *Message) bool {
		d, ok := m.Body.(Down)
		yes = ok && d.Monitor == ref
		return !yes
	})
	return yes
}

// monitorsAtRest: every monitor that was not ended in time has had its one message if the other has ended, and is known on both sides
// if not.
func (w *wire) monitorsAtRest(n *actor) {
	for i := range n.mons {
		m := &n.mons[i]
		o := w.actors[m.of]
		count, reason := n.downs(m.ref)
		active := !o.dead && !m.off
		want := 0
		if o.dead && !m.off && !m.flushed {
			want = 1
		}
		if count != want {
			w.failf("down: %c has %d messages of monitor %d of %c, want %d: demonitored %t, flushed %t", n.name(), count, m.ref, o.name(), want, m.off, m.flushed)
		}
		should := NoProc
		if m.came {
			should = o.reason
		}
		if count > 0 && reason != should {
			w.failf("down: %c is told that %c ended for %v, want %v", n.name(), o.name(), reason, should)
		}
		if _, ok := n.p.cold.ties.monitors.get(m.ref); ok != active {
			w.failf("rest: monitor %d of %c by %c is in its books: %t", m.ref, o.name(), n.name(), ok)
		}
		if o.dead {
			continue
		}
		ok := false
		if r := o.p.cold; r != nil && r.ties != nil {
			_, ok = r.ties.watchers.get(watching{n.pid, uint64(m.ref)})
		}
		if ok != active {
			w.failf("rest: monitor %d of %c by %c is in the books of the watched: %t", m.ref, o.name(), n.name(), ok)
		}
	}
	if r := n.p.cold; r != nil && r.ties != nil {
		for k := range r.ties.watchers.all() {
			if w.actorAt(k.by).dead {
				w.failf("rest: %c thinks that it is watched by %c, which has ended", n.name(), w.actorAt(k.by).name())
			}
		}
	}
}

func doMonitor(of int) wireOp {
	return wireOp{name: "monitor " + string(rune('A'+of)), do: func(n *actor) {
		n.mons = append(n.mons, monBook{ref: MonitorRef(n.p.rare().refs + 1), of: of})
		if ref, err := n.c.Monitor(n.w.actors[of].pid); err != nil || ref != n.mons[len(n.mons)-1].ref {
			n.w.failf("monitor: %v, %v", ref, err)
		}
	}}
}

// demonitor ends the k-th monitor of the process.
func doDemonitor(k int, flush bool) wireOp {
	name := "demonitor"
	if flush {
		name = "demonitor and flush"
	}
	return wireOp{name: name, do: func(n *actor) {
		if k >= len(n.mons) {
			return
		}
		m := &n.mons[k]
		over := m.off || m.flushed
		had, _ := n.downs(m.ref)
		var inTime bool
		if flush {
			inTime = n.c.DemonitorFlush(m.ref)
			has, _ := n.downs(m.ref)
			m.flushed = m.flushed || has < had
		} else {
			inTime = n.c.Demonitor(m.ref)
		}
		m.off = m.off || inTime
		switch {
		case inTime != (had == 0 && !over):
			n.w.failf("demonitor: in time: %t, with %d messages", inTime, had)
		case flush && n.queued(m.ref):
			n.w.failf("demonitor: a message is left")
		}
	}}
}

var monitorPrograms = []wireProgram{
	{name: "monitor against end", scripts: []wireScript{{ops: []wireOp{doMonitor(1)}}, {ops: []wireOp{doEnd(errBoom)}}}},
	{name: "demonitor", scripts: []wireScript{{ops: []wireOp{doMonitor(1), doMonitor(1), doDemonitor(0, false), doMonitor(1), doDemonitor(2, true)}}, {}}},
	{name: "monitor, demonitor against end", scripts: []wireScript{{ops: []wireOp{doMonitor(1), doDemonitor(0, false)}}, {ops: []wireOp{doEnd(Normal)}}}},
	{name: "monitor, demonitor and flush against end", scripts: []wireScript{{ops: []wireOp{doMonitor(1), doDemonitor(0, true)}}, {ops: []wireOp{doEnd(Normal)}}}},
	{name: "three monitors against end", scripts: []wireScript{
		{ops: []wireOp{doMonitor(1), doMonitor(1), doDemonitor(0, false), doMonitor(1), doDemonitor(1, true)}}, {ops: []wireOp{doEnd(errBoom)}}}},
	{name: "watcher ends too", scripts: []wireScript{
		{ops: []wireOp{doMonitor(1), doDemonitor(0, false), doMonitor(1), doEnd(errBoom)}}, {ops: []wireOp{doMonitor(0), doEnd(errBoom)}}}},
	{name: "two watchers", scripts: []wireScript{
		{ops: []wireOp{doMonitor(2), doDemonitor(0, false), doMonitor(2)}}, {ops: []wireOp{doMonitor(2), doEnd(errBoom)}}, {ops: []wireOp{doMonitor(0), doEnd(errBoom)}}}},
	{name: "everybody watches everybody", scripts: []wireScript{
		{ops: []wireOp{doMonitor(1), doMonitor(2)}}, {ops: []wireOp{doMonitor(0), doEnd(Normal)}}, {ops: []wireOp{doMonitor(0), doDemonitor(0, true), doMonitor(1)}}}},
	{name: "links and monitors", scripts: []wireScript{
		{trap: true, ops: []wireOp{doLink(1), doMonitor(1), doUnlink(1), doDemonitor(0, true)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
}

func TestExploreEveryMonitorIsToldOnce(t *testing.T) { searchAll(t, monitorPrograms) }
