package difftest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// model is Erlang's rules for signals as a small abstract machine. Every pair of processes has a queue of its own, first in
// first out; nothing orders what is in different ones, nor what the runtime says of dead processes. A step of the machine is that a process executes its next
// instruction, or that the oldest signal of some pair is received. What the rules leave open, the machine does in every way.
//
// Sources: otp-semantics of Erlang's reference manual, "Processes"; the link protocol of erts/doc, "Distribution Protocol".
type model struct {
	bug     string           // a rule that is broken on purpose; see simulate_test.go
	procs   []mproc          // by number; 0 is the runtime itself
	queues  [][]msignal      // from*len(procs)+to
	names   map[string]int   // who has a name
	aliases map[int]maliased // by number
	clients map[int]int      // who has made a request; shared by all states, since it never changes
}

type mproc struct {
	born, alive, trap bool
	reason            string // of its end
	mail              []string
	links             []mlink // sorted by peer
	monitors          []mmonitor
	watchers          []mwatch
	refs              []int // all monitors that it has made
	requests, callers []int // the requests that it has made, and those that it can reply to
	unlinks           int   // how many it has asked for
	script            []term
	tokens            []string // what the script has logged
}

type mlink struct{ peer, unlink int } // unlink: 0 active, else the number of the unlink whose acknowledgement is awaited
type mmonitor struct {
	ref, target int
	object      string
	call        int // the request it belongs to, 0 when it is an ordinary monitor
}
type mwatch struct{ by, ref int }

type maliased struct {
	owner  int
	once   bool
	active bool
}

type msignal struct {
	kind  string // msg, alias, link, unlink, ack, linkexit, exit, monitor, demonitor, down
	n     int    // of the alias, unlink or monitor
	text  string // the message, or the reason
	death bool   // sent at the end of its sender
	as    int    // the dead process for which the runtime answers
}

func newModel(p program) *model {
	n := 0
	for _, r := range p.roots {
		n = max(n, num(r, 0))
	}
	for _, s := range p.steps {
		n = max(n, num(s, 0))
		i := s.(tuple)[1]
		if op(i) == "par" {
			for _, s := range i.(tuple)[1].(list) {
				n = max(n, num(s, 0))
			}
		}
		for _, i := range flatten(i) {
			if op(i) == "spawn" {
				n = max(n, num(i, 1))
			}
		}
	}
	m := &model{procs: make([]mproc, n+1), queues: make([][]msignal, (n+1)*(n+1)), names: map[string]int{}, aliases: map[int]maliased{},
		clients: map[int]int{}}
	for _, r := range p.roots {
		_, trap := opt(r.(tuple)[1], "trap")
		m.procs[num(r, 0)] = mproc{born: true, alive: true, trap: trap}
	}
	return m
}

// flatten lists the instructions in an instruction.
func flatten(i term) []term {
	var all []term
	switch op(i) {
	case "par":
		for _, s := range i.(tuple)[1].(list) {
			for _, i := range s.(tuple)[1].(list) {
				all = append(all, flatten(i)...)
			}
		}
		return all
	}
	return []term{i}
}

func (m *model) clone() *model {
	c := &model{bug: m.bug, procs: slices.Clone(m.procs), queues: slices.Clone(m.queues), names: map[string]int{}, aliases: map[int]maliased{},
		clients: m.clients}
	for i := range c.procs { // slices are only ever appended to or replaced, so they can be shared up to their length
		p := &c.procs[i]
		p.mail, p.links, p.monitors, p.watchers = slices.Clip(p.mail), slices.Clip(p.links), slices.Clip(p.monitors), slices.Clip(p.watchers)
		p.tokens, p.refs = slices.Clip(p.tokens), slices.Clip(p.refs)
		p.requests, p.callers = slices.Clip(p.requests), slices.Clip(p.callers)
	}
	for i := range c.queues {
		c.queues[i] = slices.Clip(c.queues[i])
	}
	for k, v := range m.names {
		c.names[k] = v
	}
	for k, v := range m.aliases {
		c.aliases[k] = v
	}
	return c
}

// key tells states apart.
func (m *model) key() string {
	b := make([]byte, 0, 512)
	str := func(s string) { b = append(append(b, s...), 0) }
	nr := func(n int) { b = append(strconv.AppendInt(b, int64(n), 36), 1) }
	flag := func(f bool) {
		if f {
			b = append(b, 'y')
		} else {
			b = append(b, 'n')
		}
	}
	for i := range m.procs {
		p := &m.procs[i]
		flag(p.born)
		flag(p.alive)
		flag(p.trap)
		str(p.reason)
		nr(len(p.script))
		for _, s := range p.mail {
			str(s)
		}
		b = append(b, '/')
		for _, l := range p.links {
			nr(l.peer)
			nr(l.unlink)
		}
		b = append(b, '/')
		for _, x := range p.monitors {
			nr(x.ref)
		}
		b = append(b, '/')
		for _, x := range p.watchers {
			nr(x.ref)
		}
		b = append(b, '/')
		for _, s := range p.tokens {
			str(s)
		}
		b = append(b, '/')
		for _, k := range p.callers {
			nr(k)
		}
		b = append(b, '|')
	}
	for i, q := range m.queues {
		if len(q) == 0 {
			continue
		}
		nr(i)
		for _, s := range q {
			str(s.kind)
			nr(s.n)
			str(s.text)
			nr(s.as)
		}
		b = append(b, '|')
	}
	for _, n := range names {
		nr(m.names[n])
	}
	for a := range len(m.aliases) + 1 {
		x, ok := m.aliases[a]
		flag(ok)
		flag(x.active)
	}
	return string(b)
}

func (m *model) queue(from, to int) *[]msignal { return &m.queues[from*len(m.procs)+to] }

func (m *model) send(from, to int, s msignal) {
	q := m.queue(from, to)
	*q = append(*q, s)
}

// die ends a process: its name is free, links are told, then monitors.
func (m *model) die(n int, reason string) {
	p := &m.procs[n]
	p.alive, p.reason, p.script, p.mail, p.tokens = false, reason, nil, nil, nil
	for name, owner := range m.names {
		if owner == n && m.bug != "a name outlives its process" {
			delete(m.names, name)
		}
	}
	links := func() {
		for _, l := range p.links {
			if l.unlink == 0 {
				m.send(n, l.peer, msignal{kind: "linkexit", text: reason, death: true})
			}
		}
	}
	if m.bug != "DOWN before EXIT" {
		links()
	}
	for i, w := range p.watchers {
		s := msignal{kind: "down", n: w.ref, text: reason, death: true}
		if m.bug == "DOWN has another reason" && reason == "killed" {
			s.text = "kill"
		}
		if m.bug != "one DOWN is lost" || i == 0 {
			m.send(n, w.by, s)
		}
		if m.bug == "DOWN comes twice" {
			m.send(n, w.by, s)
		}
	}
	if m.bug == "DOWN before EXIT" {
		links()
	}
	for a, x := range m.aliases {
		if x.owner == n && x.active {
			x.active = false
			m.aliases[a] = x
		}
	}
	p.links, p.monitors, p.watchers, p.requests, p.callers, p.unlinks = nil, nil, nil, nil, nil, 0
}

func (p *mproc) link(peer int) int {
	return slices.IndexFunc(p.links, func(l mlink) bool { return l.peer == peer })
}

// linkTo makes an active link on this side, whatever there was.
func (p *mproc) linkTo(peer int) {
	p.unlinkFrom(peer)
	i := 0
	for i < len(p.links) && p.links[i].peer < peer {
		i++
	}
	p.links = slices.Insert(slices.Clone(p.links), i, mlink{peer: peer})
}

func (p *mproc) unlinkFrom(peer int) {
	p.links = without(p.links, func(l mlink) bool { return l.peer == peer })
}

// without leaves the slice as it is, since other states may share it.
func without[T any](s []T, drop func(T) bool) []T {
	if !slices.ContainsFunc(s, drop) {
		return s
	}
	return slices.DeleteFunc(slices.Clone(s), drop)
}

// receive has the process to receive the signal at place i of the queue from another; see choices.
func (m *model) receive(from, to, i int) {
	q := m.queue(from, to)
	s := (*q)[i]
	*q = slices.Delete(slices.Clone(*q), i, i+1)
	p := &m.procs[to]
	if !p.alive {
		m.unanswered(from, to, s)
		return
	}
	if s.as > 0 {
		from = s.as
	}
	switch s.kind {
	case "msg":
		p.mail = append(p.mail, s.text)
	case "alias":
		if a := m.aliases[s.n]; a.active || m.bug == "an alias outlives unalias" {
			p.mail = append(p.mail, s.text)
			if a.once && m.bug != "a reply alias works twice" {
				a.active = false
				m.aliases[s.n] = a
			}
		}
	case "reply":
		i := slices.IndexFunc(p.monitors, func(x mmonitor) bool { return x.call == s.n })
		if i < 0 {
			if m.bug == "a late reply comes" || m.bug == "two replies come" {
				p.mail = append(p.mail, s.text)
			}
			return
		}
		p.mail = append(p.mail, s.text)
		m.endMonitor(to, i)
	case "link":
		if p.link(from) < 0 && m.bug != "a link has one direction" {
			p.linkTo(from)
		}
	case "unlink":
		if i := p.link(from); i >= 0 && p.links[i].unlink == 0 {
			p.unlinkFrom(from)
		}
		m.send(to, from, msignal{kind: "ack", n: s.n})
	case "ack":
		if i := p.link(from); i >= 0 && p.links[i].unlink == s.n {
			p.unlinkFrom(from)
		}
	case "linkexit":
		switch i := p.link(from); {
		case m.bug == "an inactive link takes exits":
		case m.bug == "unlink lets one EXIT pass" && i >= 0:
		case i < 0 || p.links[i].unlink != 0:
			return
		}
		p.unlinkFrom(from)
		switch {
		case m.bug == "noproc ends nobody" && s.text == "noproc" && !p.trap:
		case m.bug == "two links are two" && p.trap && s.text != "noproc":
			p.mail = append(p.mail, fmt.Sprintf("exit(p%d,%s)", from, s.text), fmt.Sprintf("exit(p%d,%s)", from, s.text))
		case p.trap:
			p.mail = append(p.mail, fmt.Sprintf("exit(p%d,%s)", from, s.text))
		case s.text != "normal":
			m.die(to, s.text)
		}
	case "exit":
		switch {
		case s.text == "kill" && m.bug == "kill stays kill":
			m.die(to, "kill")
		case s.text == "kill" && !(m.bug == "kill can be trapped" && p.trap):
			m.die(to, "killed")
		case p.trap && m.bug == "a trapped exit is forgotten":
		case p.trap:
			p.mail = append(p.mail, fmt.Sprintf("exit(p%d,%s)", from, s.text))
		case s.text != "normal" || m.bug == "normal ends others":
			m.die(to, s.text)
		}
	case "monitor":
		p.watchers = append(p.watchers, mwatch{from, s.n})
	case "demonitor":
		p.watchers = without(p.watchers, func(w mwatch) bool { return w.ref == s.n })
	case "down":
		i := slices.IndexFunc(p.monitors, func(x mmonitor) bool { return x.ref == s.n })
		if i < 0 {
			if m.bug == "DOWN after demonitor" || m.bug == "DOWN comes twice" {
				p.mail = append(p.mail, fmt.Sprintf("down(r%d,p%d,%s)", s.n, from, s.text))
			}
			return
		}
		if x := p.monitors[i]; x.call > 0 {
			p.mail = append(p.mail, fmt.Sprintf("rep(%d,down,%s,%s)", x.call, x.object, s.text))
		} else {
			p.mail = append(p.mail, fmt.Sprintf("down(r%d,%s,%s)", s.n, x.object, s.text))
		}
		p.monitors = without(p.monitors, func(x mmonitor) bool { return x.ref == s.n })
	}
}

// endMonitor has a process give up the monitor at place i.
func (m *model) endMonitor(n, i int) {
	p := &m.procs[n]
	x := p.monitors[i]
	m.send(n, x.target, msignal{kind: "demonitor", n: x.ref})
	p.monitors = slices.Delete(slices.Clone(p.monitors), i, i+1)
}

// unanswered is what a signal to a dead process leads to.
func (m *model) unanswered(from, to int, s msignal) {
	switch s.kind {
	case "link":
		m.send(0, from, msignal{kind: "linkexit", text: "noproc", as: to})
	case "monitor":
		m.send(0, from, msignal{kind: "down", n: s.n, text: "noproc", as: to})
	}
}

// choices is how many signals of a queue can be received next: the oldest, or any of several DOWN signals of the same end,
// or of what the runtime says.
func choices(from int, q []msignal) int {
	if from == 0 {
		return len(q)
	}
	n := 1
	for n < len(q) && q[n-1].kind == "down" && q[n].kind == "down" && q[n-1].death && q[n].death {
		n++
	}
	return n
}

func (m *model) String() string {
	var b strings.Builder
	for n, p := range m.procs {
		if p.born {
			fmt.Fprintf(&b, "p%d alive=%v %s trap=%v links=%v monitors=%v watchers=%v mail=%v\n", n, p.alive, p.reason, p.trap, p.links, p.monitors,
				p.watchers, p.mail)
		}
	}
	return b.String()
}
