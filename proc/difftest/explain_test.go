package difftest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxStates bounds the search for an explanation of one step.
const maxStates = 300_000

var errUndecided = errors.New("the search was given up")

// seen is what a trace says of one step.
type seen struct {
	tokens map[int][]string // of those that have come to the end of their scripts
	dead   map[int]string   // reasons
	mail   map[int][]string // after a race
	race   bool
}

// explainRace looks for a way through the model that leads to exactly what a trace says. It returns "" when there is one, else
// the first step for which there is none.
func explainRace(p program, t trace) (string, error) {
	steps, err := observations(p, t)
	if err != nil {
		return "", err
	}
	states := []*model{newModel(p)}
	for k, s := range p.steps {
		x := &explainer{seen: steps[k+1], visited: map[string]bool{}}
		actor, instr := num(s, 0), s.(tuple)[1]
		for _, m := range states {
			if !x.begin(m, actor, instr) {
				continue
			}
			if err := x.search(m); err != nil {
				return "", err
			}
		}
		if len(x.found) == 0 {
			return fmt.Sprintf("step %d: no order of signals leads to this: %s\nbefore it:\n%v", k+1, steps[k+1], states[0]), nil
		}
		states = x.found
	}
	return "", nil
}

func (s *seen) String() string {
	return fmt.Sprintf("logged %v, ended %v, mailboxes %v", s.tokens, s.dead, s.mail)
}

// observations sorts the lines of a trace by step.
func observations(p program, t trace) ([]*seen, error) {
	all := make([]*seen, len(p.steps)+1)
	for k := range all {
		all[k] = &seen{tokens: map[int][]string{}, dead: map[int]string{}, mail: map[int][]string{}}
		all[k].race = k > 0 && op(p.steps[k-1].(tuple)[1]) == "par"
	}
	for _, line := range t {
		f := strings.SplitN(line, " ", 4)
		if len(f) != 4 {
			return nil, fmt.Errorf("bad line in trace: %q", line)
		}
		step, err := strconv.Atoi(f[0])
		n, err2 := strconv.Atoi(strings.TrimPrefix(f[1], "p"))
		if err != nil || err2 != nil || step >= len(all) {
			return nil, fmt.Errorf("bad line in trace: %q", line)
		}
		switch s := all[step]; f[2] {
		case "=":
			s.tokens[n] = strings.Split(f[3], ";")
		case "x":
			s.dead[n] = f[3]
		case "@":
			s.mail[n] = strings.Fields(strings.Trim(f[3], "[]"))
		default:
			return nil, fmt.Errorf("the model has no %q", line)
		}
	}
	return all, nil
}

// explainer searches the states that one step can lead to.
type explainer struct {
	*seen
	before  []bool // who lived
	visited map[string]bool
	found   []*model
	ends    map[string]bool
}

// begin gives the processes their scripts. It reports whether the state is one in which they could begin.
func (x *explainer) begin(m *model, actor int, instr term) bool {
	x.before = make([]bool, len(m.procs))
	for n, p := range m.procs {
		x.before[n] = p.alive
	}
	if !x.race {
		if gone := slices.Equal(x.tokens[actor], []string{"gone"}); gone || !m.procs[actor].alive {
			return gone == !m.procs[actor].alive
		}
		m.procs[actor].script = []term{instr}
		return true
	}
	for _, s := range instr.(tuple)[1].(list) {
		if n := num(s, 0); m.procs[n].alive {
			m.procs[n].script = slices.Clone(s.(tuple)[1].(list))
		}
	}
	return true
}

func (x *explainer) search(m *model) error {
	if x.ends == nil {
		x.ends = map[string]bool{}
	}
	stack := []*model{m}
	visit := func(n *model) {
		if !x.possible(n) {
			return
		}
		if k := n.key(); !x.visited[k] {
			x.visited[k] = true
			stack = append(stack, n)
		}
	}
	for len(stack) > 0 {
		if len(x.visited) > maxStates {
			return errUndecided
		}
		m := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		moves := 0
		width := len(m.procs)
		if at := m.posthumous(); at >= 0 {
			// What a dead process receives concerns nobody but the sender of the answer: it can as well happen now.
			m.receive(at/width, at%width, 0)
			visit(m)
			continue
		}
		for n := range m.procs {
			if p := &m.procs[n]; p.alive && len(p.script) > 0 && !m.hasOwn(n) {
				moves++
				for _, next := range m.clone().exec(n) {
					visit(next)
				}
			}
		}
		for at, q := range m.queues {
			if len(q) == 0 {
				continue
			}
			moves++
			for i := range choices(at/width, q) {
				next := m.clone()
				next.receive(at/width, at%width, i)
				visit(next)
			}
		}
		if moves == 0 && x.agrees(m) {
			for n := range m.procs {
				m.procs[n].tokens = nil
			}
			if k := m.key(); !x.ends[k] {
				x.ends[k] = true
				x.found = append(x.found, m)
			}
		}
	}
	return nil
}

// posthumous is a queue to a process that is dead, -1 when there is none.
func (m *model) posthumous() int {
	for at, q := range m.queues {
		if len(q) > 0 && !m.procs[at%len(m.procs)].alive {
			return at
		}
	}
	return -1
}

// hasOwn says whether the next instruction must wait for what the process has sent to itself: a receive finds that.
func (m *model) hasOwn(n int) bool {
	o := op(m.procs[n].script[0])
	return (o == "take" || o == "peek") && len(*m.queue(n, n)) > 0
}

// possible says whether a state can still lead to what has been seen.
func (x *explainer) possible(m *model) bool {
	for n := range m.procs {
		p := &m.procs[n]
		if !p.born || n == 0 {
			continue
		}
		if !p.alive {
			if n < len(x.before) && x.before[n] && !x.diesOf(n, p.reason) {
				return false
			}
			if !x.before[n] && x.race && p.reason != "" && x.mail[n] != nil {
				return false
			}
			continue
		}
		want, ok := x.tokens[n]
		if _, dies := x.dead[n]; dies || !ok {
			continue
		}
		if len(p.tokens) > len(want) || !slices.Equal(p.tokens, want[:len(p.tokens)]) {
			return false
		}
		if x.race && !p.reads() {
			if mail := x.mail[n]; len(p.mail) > len(mail) || !slices.Equal(p.mail, mail[:len(p.mail)]) {
				return false
			}
		}
	}
	return true
}

// diesOf says whether a process that lived before the step has ended in it for this reason.
func (x *explainer) diesOf(n int, reason string) bool {
	want, ok := x.dead[n]
	return ok && want == reason
}

// reads says whether the script still takes messages away.
func (p *mproc) reads() bool {
	return slices.ContainsFunc(p.script, func(i term) bool {
		return op(i) == "take" || op(i) == "demonitor" && atom(i, 2) == "flush"
	})
}

// agrees says whether a state at rest is what has been seen.
func (x *explainer) agrees(m *model) bool {
	for n := range m.procs {
		p := &m.procs[n]
		if !p.born || n == 0 {
			continue
		}
		_, died := x.dead[n]
		if x.before[n] && died == p.alive {
			return false
		}
		if !p.alive {
			continue
		}
		if want, ok := x.tokens[n]; ok && !slices.Equal(p.tokens, want) {
			return false
		}
		if mail, ok := x.mail[n]; x.race && (!ok || !slices.Equal(p.mail, mail)) {
			return false
		}
	}
	for n := range x.mail {
		if !m.procs[n].alive {
			return false
		}
	}
	return true
}
