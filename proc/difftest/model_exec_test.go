package difftest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// exec has a process execute its next instruction. There may be several outcomes.
func (m *model) exec(me int) []*model {
	p := &m.procs[me]
	i := p.script[0].(tuple)
	p.script = p.script[1:]
	token, more := m.instr(me, i)
	for _, x := range append(more, m) {
		if q := &x.procs[me]; q.alive {
			q.tokens = append(q.tokens, token)
		}
	}
	return append(more, m)
}

// instr changes the state and returns what the instruction logs, with further states in which it may end.
func (m *model) instr(me int, i tuple) (token string, more []*model) {
	p := &m.procs[me]
	known := func(at int) (int, bool) {
		n := num(i, at)
		return n, n < len(m.procs) && m.procs[n].born
	}
	switch op(i) {
	case "yield", "spin":
		return "ok", nil
	case "send":
		to, ok := known(1)
		if !ok {
			return "skip", nil
		}
		m.send(me, to, msignal{kind: "msg", text: message(me, i)})
		return "ok", nil
	case "send_name":
		to := m.names[atom(i, 1)]
		if to == 0 {
			return "badarg", nil
		}
		m.send(me, to, msignal{kind: "msg", text: message(me, i)})
		return "ok", nil
	case "link":
		return m.link(me, i)
	case "unlink":
		to, ok := known(1)
		if !ok {
			return "skip", nil
		}
		if at := p.link(to); at >= 0 && p.links[at].unlink == 0 {
			p.unlinks++
			p.links = slices.Clone(p.links)
			p.links[at].unlink = p.unlinks
			m.send(me, to, msignal{kind: "unlink", n: p.unlinks})
			if m.bug == "unlink needs no acknowledgement" {
				p.unlinkFrom(to)
			}
		}
		return "true", nil
	case "monitor":
		to, ok := known(2)
		if !ok {
			return "skip", nil
		}
		m.monitor(me, num(i, 1), to, fmt.Sprintf("p%d", to))
		return "ok", nil
	case "monitor_name":
		m.monitor(me, num(i, 1), m.names[atom(i, 2)], atom(i, 2))
		return "ok", nil
	case "demonitor":
		return m.demonitor(me, i), nil
	case "exit":
		to, ok := known(1)
		switch reason := atom(i, 2); {
		case !ok:
			return "skip", nil
		case to == me && reason == "kill":
			m.die(me, "killed")
		case to == me && !p.trap:
			m.die(me, reason)
		default:
			m.send(me, to, msignal{kind: "exit", text: reason})
		}
		return "true", nil
	case "return":
		m.die(me, atom(i, 1))
		return "", nil
	case "trap":
		was := p.trap
		p.trap = atom(i, 1) == "true"
		return fmt.Sprint(was), nil
	case "register":
		to, ok := known(2)
		if !ok {
			return "skip", nil
		}
		taken := m.names[atom(i, 1)] != 0 || !m.procs[to].alive
		for _, owner := range m.names {
			taken = taken || owner == to
		}
		if taken {
			return "badarg", nil
		}
		m.names[atom(i, 1)] = to
		return "true", nil
	case "unregister":
		if m.names[atom(i, 1)] == 0 {
			return "badarg", nil
		}
		delete(m.names, atom(i, 1))
		return "true", nil
	case "whereis":
		if n := m.names[atom(i, 1)]; n > 0 {
			return fmt.Sprintf("p%d", n), nil
		}
		return "none", nil
	case "alias":
		m.aliases[num(i, 1)] = maliased{me, atom(i, 2) == "reply", true}
		return "ok", nil
	case "unalias":
		a, ok := m.aliases[num(i, 1)]
		if !ok {
			return "skip", nil
		}
		was := a.owner == me && a.active
		if was {
			a.active = false
			m.aliases[num(i, 1)] = a
		}
		return fmt.Sprint(was), nil
	case "send_alias":
		a, ok := m.aliases[num(i, 1)]
		if !ok {
			return "skip", nil
		}
		m.send(me, a.owner, msignal{kind: "alias", n: num(i, 1), text: message(me, i)})
		return "ok", nil
	case "request":
		to, ok := known(2)
		switch {
		case !ok:
			return "skip", nil
		case to == me:
			return "calling_self", nil
		}
		m.request(me, num(i, 1), to)
		return "ok", nil
	case "abandon":
		k := num(i, 1)
		if !slices.Contains(p.requests, k) {
			return "skip", nil
		}
		at := slices.IndexFunc(p.monitors, func(x mmonitor) bool { return x.call == k })
		if at >= 0 {
			m.endMonitor(me, at)
		}
		return fmt.Sprint(at >= 0), nil
	case "reply":
		k := num(i, 1)
		if !slices.Contains(p.callers, k) {
			return "skip", nil
		}
		m.send(me, m.clients[k], msignal{kind: "reply", n: k, text: fmt.Sprintf("rep(%d,%s)", k, atom(i, 2))})
		return "ok", nil
	case "spawn":
		return m.spawn(me, i), nil
	case "take":
		return m.take(me, i[1]), nil
	case "peek":
		return set(p.mail), nil
	}
	panic("the model does not know " + op(i))
}

func message(me int, i tuple) string { return fmt.Sprintf("m(p%d,%s,%d)", me, atom(i, 2), num(i, 3)) }

func (m *model) link(me int, i tuple) (token string, more []*model) {
	p, to := &m.procs[me], num(i, 1)
	if to >= len(m.procs) || !m.procs[to].born {
		return "skip", nil
	}
	if to == me {
		return "true", nil
	}
	at := p.link(to)
	switch {
	case at >= 0 && p.links[at].unlink == 0:
		return "true", nil
	case m.procs[to].alive:
		p.linkTo(to)
		m.send(me, to, msignal{kind: "link"})
		return "true", nil
	case !p.trap:
		return "noproc", nil
	}
	// The exit signal that says so may be that of a link, which an unlink takes back, or one like exit/2 sends (OTP 25 does
	// that, and it is there at once): the manual says only that it is sent.
	other := m.clone()
	m.send(0, me, msignal{kind: "exit", text: "noproc", as: to})
	q := &other.procs[me]
	q.linkTo(to)
	other.send(me, to, msignal{kind: "link"})
	return "true", []*model{other}
}

func (m *model) monitor(me, ref, to int, object string) {
	p := &m.procs[me]
	p.refs = append(p.refs, ref)
	if to == me {
		return // never fires, and demonitor does not find it
	}
	p.monitors = append(p.monitors, mmonitor{ref, to, object, 0})
	m.send(me, to, msignal{kind: "monitor", n: ref}) // to 0 when nobody has the name, which is always dead
}

// request is a monitor and a message; what comes of it ends the monitor.
func (m *model) request(me, k, to int) {
	p := &m.procs[me]
	ref := 1000 + k
	p.requests = append(p.requests, k)
	p.monitors = append(p.monitors, mmonitor{ref, to, fmt.Sprintf("p%d", to), k})
	m.clients[k] = me
	m.send(me, to, msignal{kind: "monitor", n: ref})
	m.send(me, to, msignal{kind: "msg", text: fmt.Sprintf("req(p%d,%d)", me, k)})
}

func (m *model) demonitor(me int, i tuple) string {
	p, ref, how := &m.procs[me], num(i, 1), atom(i, 2)
	if !slices.Contains(p.refs, ref) {
		return "skip"
	}
	at := slices.IndexFunc(p.monitors, func(x mmonitor) bool { return x.ref == ref })
	if at >= 0 {
		m.endMonitor(me, at)
	} else if how == "flush" && m.bug != "a flush takes nothing" {
		p.mail = without(p.mail, func(s string) bool { return strings.HasPrefix(s, fmt.Sprintf("down(r%d,", ref)) })
	}
	if how == "plain" {
		return "ok"
	}
	return fmt.Sprint(at >= 0)
}

// spawn makes a process that is linked and monitored from the beginning. What it does first, it does as others run.
func (m *model) spawn(me int, i tuple) string {
	n, opts := num(i, 1), i[2]
	c, p := &m.procs[n], &m.procs[me]
	c.born, c.alive = true, true
	if _, ok := opt(opts, "trap"); ok {
		c.script = append(c.script, tuple{"trap", "true"})
	}
	if reason, ok := opt(opts, "die"); ok {
		c.script = append(c.script, tuple{"return", reason})
	}
	if _, ok := opt(opts, "link"); ok && !(m.bug == "spawn links too late" && len(c.script) > 0) {
		c.linkTo(me)
		p.linkTo(n)
	}
	if r, ok := opt(opts, "monitor"); ok {
		c.watchers = append(c.watchers, mwatch{me, r.(int)})
		p.refs = append(p.refs, r.(int))
		p.monitors = append(p.monitors, mmonitor{r.(int), n, fmt.Sprintf("p%d", n), 0})
	}
	return "ok"
}

func (m *model) take(me int, pattern term) string {
	p := &m.procs[me]
	at := slices.IndexFunc(p.mail, func(s string) bool { return fits(pattern, s) })
	if at < 0 {
		return "empty"
	}
	s := p.mail[at]
	if strings.HasPrefix(s, "req(") {
		_, k, _ := strings.Cut(strings.TrimSuffix(s, ")"), ",")
		n, _ := strconv.Atoi(k)
		p.callers = append(p.callers, n)
	}
	p.mail = slices.Delete(slices.Clone(p.mail), at, at+1)
	return s
}

// fits says whether a pattern fits a message as it is written in traces.
func fits(pattern term, s string) bool {
	kind, arg := pattern, term(nil)
	if t, ok := pattern.(tuple); ok {
		kind, arg = t[0], t[1]
	}
	switch kind {
	case "any":
		return true
	case "tag":
		return strings.HasPrefix(s, "m(") && strings.Contains(s, fmt.Sprintf(",%s,", arg))
	case "exit":
		return strings.HasPrefix(s, "exit(") && (arg == nil || strings.HasPrefix(s, fmt.Sprintf("exit(p%d,", arg)))
	case "rep":
		return strings.HasPrefix(s, fmt.Sprintf("rep(%d,", arg))
	case "req":
		return strings.HasPrefix(s, "req(") && strings.HasSuffix(s, fmt.Sprintf(",%d)", arg))
	case "down":
		return strings.HasPrefix(s, "down(") && (arg == nil || strings.HasPrefix(s, fmt.Sprintf("down(r%d,", arg)))
	}
	return false
}
