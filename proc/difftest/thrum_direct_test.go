package difftest

import (
	"strings"
	"time"

	"github.com/thrum-go/thrum/proc"
)

// factory makes a process of a program in one of the styles.
func factory(a *actor, how string) proc.Factory {
	switch how {
	case "machine":
		return func() proc.Machine { return &machine{actor: a} }
	case "postponing":
		return func() proc.Machine { return &postponing{actor: a} }
	}
	return proc.Direct(func(self *proc.Self) error { return (&direct{self, a}).run() })
}

// direct is a process in direct style: its mailbox is the real one, from which it takes messages by selective receive.
type direct struct {
	*proc.Self
	a *actor
}

func (d *direct) run() error {
	d.a.style = d
	if reason := d.a.begin(d.PID(), d); reason != nil {
		return reason
	}
	for {
		m := d.ReceiveMatch(isControl)
		if end := d.control(m); end != nil {
			return end
		}
	}
}

func (d *direct) control(m proc.Message) (end error) {
	switch b := m.Body.(type) {
	case pingMsg:
		d.Send(d.a.w.controller, pongMsg{d.a.me, b.round})
	case askMsg:
		d.ReceiveMatchTimeout(0, func(m proc.Message) bool { d.a.w.came(m); return false })
		d.Send(d.a.w.controller, toldMsg{d.a.me})
	case doMsg:
		return d.turn(b.instr)
	}
	return nil
}

func (d *direct) turn(instr term) (end error) {
	a := d.a
	if a.detaches() {
		d.Blocking(func() {})
	}
	switch i := instr.(tuple); op(i) {
	case "recv", "take":
		a.ack(d.recv(i[1]), "idle")
	case "wait":
		a.ack("wait", "waits")
		return d.wait(i[1])
	case "peek":
		var tokens []string
		d.ReceiveMatchTimeout(0, func(m proc.Message) bool { tokens = append(tokens, a.shown(m)); return false })
		a.ack(set(tokens), "idle")
	case "call":
		if pid, timeout, ok := a.callee(i); ok {
			v, err := d.Call(pid, reqMsg{num(i, 1)}, timeout)
			a.returned(i, v, err)
		}
	case "script":
		return d.script(i[1].(list))
	default:
		token, end := a.exec(instr)
		if end != nil {
			return end
		}
		a.ack(token, "idle")
	}
	return nil
}

func (d *direct) script(instrs []term) (end error) {
	d.a.begins()
	var tokens []string
	for _, i := range instrs {
		token := "empty"
		switch op(i) {
		case "take":
			if m, ok := d.ReceiveMatchTimeout(0, func(m proc.Message) bool { return d.a.matches(i.(tuple)[1], m) }); ok {
				d.took(m)
				token = d.a.shown(m)
			}
		case "yield":
			d.Yield()
			token = "ok"
		default:
			if token, end = d.a.exec(i); end != nil {
				return end
			}
		}
		tokens = append(tokens, token)
	}
	d.a.ack(strings.Join(tokens, ";"), "idle")
	return nil
}

func (d *direct) recv(pattern term) string {
	take := func(fits func(proc.Message) bool) (m proc.Message, ok bool) {
		m, ok = d.ReceiveMatchTimeout(0, fits)
		if ok && !isMark(m) {
			d.took(m)
		}
		return m, ok
	}
	_, one := pattern.(tuple)
	m, ok := take(func(m proc.Message) bool { return d.a.matches(pattern, m) || !one && isMark(m) })
	for ok && isMark(m) {
		m, ok = take(func(m proc.Message) bool { return d.a.matches(pattern, m) || isMark(m) })
	}
	switch {
	case !ok:
		return "empty"
	case one, !unordered(m):
		return d.a.shown(m)
	}
	tokens := []string{d.a.shown(m)}
	for {
		m, ok := take(func(m proc.Message) bool { return isMark(m) || unordered(m) && d.a.matches(pattern, m) })
		if !ok || isMark(m) {
			return set(tokens)
		}
		tokens = append(tokens, d.a.shown(m))
	}
}

func (d *direct) wait(pattern term) (end error) {
	for {
		m := d.ReceiveMatch(func(m proc.Message) bool { return isControl(m) || d.a.matches(pattern, m) })
		if !isControl(m) {
			d.took(m)
			d.a.event(d.a.shown(m))
			return nil
		}
		if end := d.control(m); end != nil {
			return end
		}
	}
}

func (d *direct) took(m proc.Message) {
	k, isCall := d.Caller()
	d.a.took(m, k, isCall)
}

func (d *direct) Request(proc.PID, any, time.Duration) (proc.RequestID, error) {
	panic("not in direct style")
}

func (d *direct) Abandon(proc.RequestID) bool { panic("not in direct style") }

// StartTimer starts the timer as any goroutine can.
func (d *direct) StartTimer(after time.Duration, to proc.PID, body any) (proc.Timer, error) {
	return d.Runtime().StartTimer(after, to, body)
}

func (d *direct) SendAfterName(time.Duration, string, any) (proc.Timer, error) {
	panic("not in direct style")
}

func (d *direct) flushed(proc.MonitorRef) {}
