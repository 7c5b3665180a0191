package difftest

import (
	"slices"
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// machine is a process as a state machine, which takes every message as it comes and keeps a mailbox of its own.
type machine struct {
	*proc.Ctx
	*actor
	mail    []letter
	waiting term // nil, or what it waits for
	script  script
}

// script is what a process that handles one message at a time has still to do.
type script struct {
	rest    []term
	tokens  []string
	fetched bool // everything that had arrived when the next instruction was due has been handled
}

type letter struct {
	m      proc.Message
	caller proc.Caller
	isCall bool
}

func (s *machine) Init(c *proc.Ctx) error {
	s.Ctx, s.actor.style = c, s
	return s.begin(c.Self(), c)
}

func (s *machine) Handle(c *proc.Ctx, m proc.Message) error {
	s.Ctx = c
	switch b := m.Body.(type) {
	case pingMsg:
		return c.Send(s.w.controller, pongMsg{s.me, b.round})
	case askMsg:
		return c.Send(s.w.controller, toldMsg{s.me})
	case doMsg:
		return s.turn(b.instr)
	case contMsg:
		return s.goOn()
	}
	s.w.came(m)
	k, isCall := c.Caller()
	s.mail = append(s.mail, letter{m, k, isCall})
	s.look()
	return nil
}

func (s *machine) turn(instr term) (end error) {
	if s.detaches() {
		s.Blocking(func() {})
	}
	switch i := instr.(tuple); op(i) {
	case "recv", "take":
		s.ack(s.recv(i[1]), "idle")
	case "wait":
		s.ack("wait", "waits")
		s.waiting = i[1]
		s.look()
	case "peek":
		var tokens []string
		for _, l := range s.mail {
			tokens = append(tokens, s.shown(l.m))
		}
		s.ack(set(tokens), "idle")
	case "call":
		return awaits(&s.Ctx, s.actor, i)
	case "script":
		s.begins()
		s.script = script{rest: i[1].(list)}
		return s.goOn()
	default:
		token, end := s.exec(instr)
		if end != nil {
			return end
		}
		s.ack(token, "idle")
	}
	return nil
}

// goOn executes the script up to where other messages come first.
func (s *machine) goOn() error {
	for x := &s.script; len(x.rest) > 0; {
		i := x.rest[0]
		if o := op(i); (o == "take" || o == "yield") && !x.fetched {
			x.fetched = true
			return s.Send(s.self(), contMsg{})
		}
		x.fetched = false
		x.rest = x.rest[1:]
		token := "empty"
		if op(i) == "take" {
			if at := s.first(i.(tuple)[1]); at >= 0 {
				token = s.take(at)
			}
		} else {
			var end error
			if token, end = s.exec(i); end != nil {
				return end
			}
		}
		x.tokens = append(x.tokens, token)
	}
	s.ack(strings.Join(s.script.tokens, ";"), "idle")
	return nil
}

// awaits makes a call as a state machine does.
func awaits(mine **proc.Ctx, a *actor, i tuple) error {
	pid, timeout, ok := a.callee(i)
	if !ok {
		return nil
	}
	err := (*mine).Await(pid, reqMsg{num(i, 1)}, timeout, func(c *proc.Ctx, v any, err error) error {
		*mine = c
		a.returned(i, v, err)
		return nil
	})
	if err != nil { // the callee is dead, or the caller itself
		a.returned(i, nil, err)
	}
	return nil
}

// look wakes the process when what it waits for is there.
func (s *machine) look() {
	if s.waiting == nil {
		return
	}
	if i := s.first(s.waiting); i >= 0 {
		s.waiting = nil
		s.event(s.take(i))
	}
}

func (s *machine) first(pattern term) int {
	return slices.IndexFunc(s.mail, func(l letter) bool { return s.matches(pattern, l.m) })
}

func (s *machine) take(i int) string {
	l := s.mail[i]
	s.mail = slices.Delete(s.mail, i, i+1)
	s.took(l.m, l.caller, l.isCall)
	return s.shown(l.m)
}

func (s *machine) recv(pattern term) string {
	i := s.first(pattern)
	if _, one := pattern.(tuple); one {
		if i < 0 {
			return "empty"
		}
		return s.take(i)
	}
	// The marks in front of what is taken, all if it is nothing, go too: see first in testdata/interp.erl.
	front := len(s.mail)
	if i >= 0 {
		front = i
	}
	rest := slices.Clone(s.mail[front:])
	s.mail = append(slices.DeleteFunc(s.mail[:front], func(l letter) bool { return isMark(l.m) }), rest...)
	if i = s.first(pattern); i < 0 {
		return "empty"
	}
	if !unordered(s.mail[i].m) {
		return s.take(i)
	}
	var tokens []string
	for i < len(s.mail) {
		switch m := s.mail[i].m; {
		case isMark(m):
			s.mail = slices.Delete(s.mail, i, i+1)
			return set(tokens)
		case unordered(m) && s.matches(pattern, m):
			tokens = append(tokens, s.take(i))
		default:
			i++
		}
	}
	return set(tokens)
}

func (s *machine) flushed(ref proc.MonitorRef) {
	s.mail = slices.DeleteFunc(s.mail, func(l letter) bool {
		d, ok := l.m.Body.(proc.Down)
		return ok && d.Monitor == ref
	})
}

func (s *machine) Alive(proc.PID) bool { panic("not in a state machine") }
