package difftest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A trace is what a program has observed, in lines of
//
//	STEP pN KIND TOKEN
//
// where KIND is = for what an instruction of pN has logged, + for what a waiting pN has got, and x for its end, with the
// reason. [A B | C] is a set of messages, or a mailbox: A and B have come in steps before the one C has come in.
type trace []string

// A moment is what one process has observed in one step.
type moment struct {
	step int
	proc string
}

// canonical brings a trace into a form in which two traces that Erlang's rules do not tell apart are equal.
func canonical(t trace) (map[moment][]string, error) {
	m := map[moment][]string{}
	dead := map[moment]string{}
	for _, line := range t {
		f := strings.SplitN(line, " ", 4)
		step, err := strconv.Atoi(f[0])
		if err != nil || len(f) != 4 {
			return nil, fmt.Errorf("bad line in trace: %q", line)
		}
		at := moment{step, f[1]}
		if f[2] == "x" {
			dead[at] = f[2] + " " + f[3]
			continue
		}
		m[at] = append(m[at], f[2]+" "+canonicalToken(f[3]))
	}
	// Whether a process that dies in a step comes to log what it did or got in it is a race: only the end counts.
	for at, end := range dead {
		m[at] = []string{end}
	}
	return m, nil
}

func canonicalToken(token string) string {
	if !strings.HasPrefix(token, "[") {
		return token
	}
	var groups []string
	for _, group := range strings.Split(strings.Trim(token, "[]"), "|") {
		if g := canonicalGroup(strings.Fields(group)); g != "" {
			groups = append(groups, g)
		}
	}
	return "[" + strings.Join(groups, " | ") + "]"
}

// canonicalGroup orders messages that have come in one step: first the ordinary ones, which a single process has sent; then
// the others by sender. From one sender EXIT and DOWN stay in their order, while several DOWN in a row have none.
func canonicalGroup(messages []string) string {
	var plain []string
	from := map[string][]string{}
	for _, m := range messages {
		if s := sender(m); s != "" {
			from[s] = append(from[s], m)
		} else {
			plain = append(plain, m)
		}
	}
	senders := make([]string, 0, len(from))
	for s := range from {
		senders = append(senders, s)
	}
	slices.Sort(senders)
	for _, s := range senders {
		ms := from[s]
		for i := 0; i < len(ms); i++ {
			j := i
			for j < len(ms) && isDown(ms[j]) {
				j++
			}
			slices.Sort(ms[i:j])
			i = max(i, j-1)
		}
		plain = append(plain, ms...)
	}
	return strings.Join(plain, " ")
}

func isDown(m string) bool {
	return strings.HasPrefix(m, "down(") || strings.HasPrefix(m, "rep(") && strings.Contains(m, ",down,")
}

// sender says which process, or service, has caused a message that may come in any order with those of others.
func sender(m string) string {
	name, args, _ := strings.Cut(strings.TrimSuffix(m, ")"), "(")
	f := strings.Split(args, ",")
	switch {
	case name == "exit":
		return f[0]
	case name == "down":
		return f[1]
	case name == "rep" && len(f) > 2 && f[1] == "down":
		return f[2]
	case name == "t", name == "timeout":
		return m // each timer is a sender of its own
	}
	return ""
}

// difference compares a trace of Thrum with one of Erlang and says where they first differ, "" if they do not.
func difference(erlang, thrum trace) string {
	want, err := canonical(erlang)
	if err != nil {
		return "Erlang: " + err.Error()
	}
	got, err := canonical(thrum)
	if err != nil {
		return "Thrum: " + err.Error()
	}
	var at []moment
	for k := range want {
		at = append(at, k)
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			at = append(at, k)
		}
	}
	slices.SortFunc(at, func(a, b moment) int {
		if a.step != b.step {
			return a.step - b.step
		}
		return strings.Compare(a.proc, b.proc)
	})
	first, lines := 0, []string(nil)
	for _, k := range at {
		if len(lines) > 0 && k.step != first {
			break
		}
		if !slices.Equal(want[k], got[k]) {
			first = k.step
			lines = append(lines, fmt.Sprintf("step %d, %s: Erlang %s, Thrum %s", k.step, k.proc, said(want[k]), said(got[k])))
		}
	}
	return strings.Join(lines, "\n")
}

func said(tokens []string) string {
	if len(tokens) == 0 {
		return "nothing"
	}
	return strings.Join(tokens, ", ")
}

// parseTraces reads traces as the interpreters write them: a line "prog ID", the trace, a line "end".
func parseTraces(s string) (map[int]trace, error) {
	all := map[int]trace{}
	id, t := -1, trace(nil)
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		switch n, isProg := strings.CutPrefix(line, "prog "); {
		case isProg:
			i, err := strconv.Atoi(n)
			if err != nil || id >= 0 {
				return nil, fmt.Errorf("trace begins out of place: %q", line)
			}
			id, t = i, trace{}
		case id < 0:
			return nil, fmt.Errorf("line outside a trace: %q", line)
		case line == "end":
			all[id] = t
			id = -1
		default:
			t = append(t, line)
		}
	}
	if id >= 0 {
		return nil, fmt.Errorf("trace of program %d has no end", id)
	}
	return all, nil
}

// formatTrace is what parseTraces reads.
func formatTrace(id int, t trace) string {
	var b strings.Builder
	fmt.Fprintf(&b, "prog %d\n", id)
	for _, line := range t {
		b.WriteString(line + "\n")
	}
	b.WriteString("end\n")
	return b.String()
}
