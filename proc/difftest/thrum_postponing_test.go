package difftest

import (
	"strings"

	"github.com/thrum-go/thrum/proc"
)

// postponing is a process as a state machine that postpones every message until an instruction asks for one. Then it becomes
// itself, so that the postponed messages come once more, and takes what it was asked for.
type postponing struct {
	*proc.Ctx
	*actor
	scan   *scan
	script *script // nil when there is none
}

// scan is a look at the whole mailbox, oldest message first.
type scan struct {
	pattern  term // nil: look only
	waits    bool // until something fits
	tokens   []string
	one, set bool // a single message; a set that is open until a mark
	done     bool
}

// scanned comes behind the postponed messages.
type scanned struct{}

func (s *postponing) Init(c *proc.Ctx) error {
	s.Ctx, s.actor.style = c, s
	return s.begin(c.Self(), c)
}

func (s *postponing) Handle(c *proc.Ctx, m proc.Message) error {
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
	case scanned:
		result := s.scan.result()
		s.scan = nil
		if s.script != nil {
			s.script.tokens = append(s.script.tokens, result)
			return s.goOn()
		}
		s.ack(result, "idle")
		return nil
	}
	s.w.came(m)
	if s.scan != nil && !s.scan.done && s.look(m) {
		return nil
	}
	return c.Postpone(m)
}

func (s *postponing) turn(instr term) (end error) {
	if s.detaches() {
		s.Blocking(func() {})
	}
	switch i := instr.(tuple); op(i) {
	case "recv", "take":
		_, one := i[1].(tuple)
		return s.scans(&scan{pattern: i[1], one: one})
	case "wait":
		s.ack("wait", "waits")
		return s.scans(&scan{pattern: i[1], one: true, waits: true})
	case "peek":
		return s.scans(&scan{})
	case "call":
		return awaits(&s.Ctx, s.actor, i)
	case "script":
		s.actor.begins()
		s.script = &script{rest: i[1].(list)}
		return s.goOn()
	}
	token, end := s.exec(instr)
	if end != nil {
		return end
	}
	s.ack(token, "idle")
	return nil
}

// goOn executes the script up to where other messages come first.
func (s *postponing) goOn() error {
	for x := s.script; len(x.rest) > 0; {
		i := x.rest[0]
		x.rest = x.rest[1:]
		if op(i) == "take" {
			return s.scans(&scan{pattern: i.(tuple)[1], one: true})
		}
		token, end := s.exec(i)
		if end != nil {
			return end
		}
		x.tokens = append(x.tokens, token)
		if op(i) == "yield" {
			return s.Send(s.self(), contMsg{})
		}
	}
	tokens := s.script.tokens
	s.script = nil
	s.ack(strings.Join(tokens, ";"), "idle")
	return nil
}

func (s *postponing) scans(how *scan) error {
	s.scan = how
	if err := s.Become(s); err != nil {
		return err
	}
	if !how.waits {
		return s.Send(s.self(), scanned{})
	}
	return nil
}

// look reports whether the message has been taken.
func (s *postponing) look(m proc.Message) bool {
	how := s.scan
	switch {
	case how.pattern == nil:
		how.tokens = append(how.tokens, s.shown(m))
		return false
	case !how.one && isMark(m):
		how.done = how.set
		return true
	case !s.matches(how.pattern, m) || how.set && !unordered(m):
		return false
	}
	k, isCall := s.Caller()
	s.took(m, k, isCall)
	how.tokens = append(how.tokens, s.shown(m))
	how.set = !how.one && unordered(m)
	how.done = !how.set
	if how.waits {
		s.event(s.shown(m))
		s.scan = nil
	}
	return true
}

func (h *scan) result() string {
	switch {
	case h.pattern == nil || h.set:
		return set(h.tokens)
	case len(h.tokens) == 0:
		return "empty"
	}
	return h.tokens[0]
}

func (s *postponing) flushed(proc.MonitorRef) {}

func (s *postponing) Alive(proc.PID) bool { panic("not in a state machine") }
