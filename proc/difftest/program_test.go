package difftest

import (
	"fmt"
	"strconv"
	"strings"
)

// A term is a string (an atom), an int, a tuple or a list: what programs are written in.
type term any

type (
	tuple []term
	list  []term
)

// A program in stepped mode: its first processes, then instructions one after another. On paper it is an Erlang term,
//
//	{prog, Id, [{P, Opts}, ...], [{P, Instruction}, ...]}.
//
// Processes, monitors, aliases, timers and calls are numbered by the program. The instructions, with what they log:
//
//	{spawn, P, Opts, Style}        Opts: link, {monitor, R}, trap, {name, N}, {die, Reason}          ok | taken
//	{link, P} {unlink, P}                                                                           true | noproc
//	{monitor, R, P} {monitor_name, R, N}                                                            ok
//	{demonitor, R, plain|info|flush}                                                                ok | true | false
//	{exit, P, Reason}              an explicit exit signal                                          true
//	{return, Reason}               the process ends itself; crash is a failure in its code
//	{trap, Bool}                   trap_exit                                                        the old value
//	{send, P, Tag, Id} {send_name, N, Tag, Id} {send_alias, A, Tag, Id}                             ok | badarg
//	{alias, A, explicit|reply} {unalias, A}                                                         ok; true | false
//	{register, N, P} {unregister, N} {whereis, N}                                                   true | badarg; p1 | none
//	{alive, P}                     in direct style only                                             true | false
//	{recv, Pattern}                takes what is there                                              a message | empty
//	{wait, {tag, T}|{exit, P}|{down, R}|{rep, K}}   waits for it                                    wait, later a message
//	{peek}                         the whole mailbox, without taking                                [messages]
//	{after_long, T, P, Tag, Id} {timer_long, T, P}      timers of an hour                           ok
//	{after_short, T, Ms, P, Tag, Id} {timer_short, T, Ms, P}   the step ends when they have fired   ok
//	{name_long, T, N, Tag, Id} {name_short, T, Ms, N, Tag, Id}   timers for a name, not in direct style
//	{after_die, Ms, P, Tag, Id, Reason}                 a short timer, and the end of its owner
//	{cancel, T} {read, T}                                                                           true | false
//	{call, K, P, Ms|infinity}      as gen:call does it                                              calls, later ret(K,...)
//	{request, K, P} {abandon, K}   not in direct style: the answer comes as a message               ok; true | false
//	{reply, K, V}                  to a call or request that has been received                      ok
//	{seq, [Instruction, ...]}      several in one step
//	{par, [{P, [Instruction, ...]}, ...]}   several processes at the same time, as the step of process 0; also in it:
//	{take, Pattern} {yield} {spin, N}       take takes the first message that fits
//
// Patterns of recv are any, exit, down and those of wait, and {req, K}. Whatever speaks of something that does not exist, or
// not for this process, logs skip.
type program struct {
	id    int
	race  bool   // on paper {race, ...}: what its steps leave in the mailboxes is not separated by marks
	roots []term // {P, Opts}
	steps []term // {P, Instruction}
}

// String is the program as Erlang reads it, a line for each step.
func (p program) String() string {
	var b strings.Builder
	kind := "prog"
	if p.race {
		kind = "race"
	}
	fmt.Fprintf(&b, "{%s,%d,%s,[\n", kind, p.id, text(list(p.roots)))
	for i, s := range p.steps {
		b.WriteString("  " + text(s))
		if i < len(p.steps)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}.\n")
	return b.String()
}

// text writes a term as Erlang does.
func text(t term) string {
	var b strings.Builder
	writeTerm(&b, t)
	return b.String()
}

func writeTerm(b *strings.Builder, t term) {
	all := func(open byte, ts []term, end byte) {
		b.WriteByte(open)
		for i, t := range ts {
			if i > 0 {
				b.WriteByte(',')
			}
			writeTerm(b, t)
		}
		b.WriteByte(end)
	}
	switch t := t.(type) {
	case string:
		b.WriteString(t)
	case int:
		b.WriteString(strconv.Itoa(t))
	case tuple:
		all('{', t, '}')
	case list:
		all('[', t, ']')
	default:
		panic(fmt.Sprintf("not a term: %T", t))
	}
}

// parseTerm reads one term and returns what follows it.
func parseTerm(s string) (term, string, error) {
	s = strings.TrimLeft(s, " \n\t")
	if s == "" {
		return nil, s, fmt.Errorf("term expected, found the end")
	}
	switch {
	case s[0] == '{':
		ts, rest, err := parseTerms(s[1:], '}')
		return tuple(ts), rest, err
	case s[0] == '[':
		ts, rest, err := parseTerms(s[1:], ']')
		return list(ts), rest, err
	}
	n := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(atomRunes, r) })
	if n < 0 {
		n = len(s)
	}
	if n == 0 {
		return nil, s, fmt.Errorf("term expected, found %.10q", s)
	}
	if i, err := strconv.Atoi(s[:n]); err == nil {
		return i, s[n:], nil
	}
	return s[:n], s[n:], nil
}

const atomRunes = "-_abcdefghijklmnopqrstuvwxyz0123456789"

func parseTerms(s string, end byte) ([]term, string, error) {
	var ts []term
	for {
		s = strings.TrimLeft(s, " \n\t,")
		if s != "" && s[0] == end {
			return ts, s[1:], nil
		}
		t, rest, err := parseTerm(s)
		if err != nil {
			return nil, s, err
		}
		ts, s = append(ts, t), rest
	}
}

// parsePrograms reads what String writes, one program after another.
func parsePrograms(s string) ([]program, error) {
	var ps []program
	for {
		s = strings.TrimLeft(s, " \n\t.")
		if s == "" {
			return ps, nil
		}
		t, rest, err := parseTerm(s)
		if err != nil {
			return nil, err
		}
		p, ok := programOf(t)
		if !ok {
			return nil, fmt.Errorf("not a program: %.60s", text(t))
		}
		ps, s = append(ps, p), rest
	}
}

func programOf(t term) (program, bool) {
	f, ok := t.(tuple)
	if !ok || len(f) != 4 || f[0] != "prog" && f[0] != "race" {
		return program{}, false
	}
	id, ok1 := f[1].(int)
	roots, ok2 := f[2].(list)
	steps, ok3 := f[3].(list)
	return program{id, f[0] == "race", roots, steps}, ok1 && ok2 && ok3
}

// Access to the parts of an instruction. The generator and the parser give them the shapes listed above.

func op(t term) string          { return t.(tuple)[0].(string) }
func num(t term, i int) int     { return t.(tuple)[i].(int) }
func atom(t term, i int) string { return t.(tuple)[i].(string) }

// opt finds an option of spawn: the atom name, or the second part of {name, Value}.
func opt(opts term, name string) (term, bool) {
	for _, o := range opts.(list) {
		if o == name {
			return true, true
		}
		if o, ok := o.(tuple); ok && o[0] == name {
			return o[1], true
		}
	}
	return nil, false
}
