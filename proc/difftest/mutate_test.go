package difftest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestEveryFalsifiedTraceIsNoticed shows that the comparison can fail: whatever is changed in a trace that Erlang determines
// makes a difference.
func TestEveryFalsifiedTraceIsNoticed(t *testing.T) {
	_, traces := recorded(t)
	r := rand.New(rand.NewPCG(1, 2))
	tried := map[string]int{}
	for id, tr := range traces {
		if d := difference(tr, tr); d != "" {
			t.Fatalf("program %d differs from itself: %s", id, d)
		}
		for _, m := range mutations {
			for range 3 {
				wrong, ok := m.apply(r, append(trace(nil), tr...))
				if !ok {
					continue
				}
				tried[m.name]++
				if difference(tr, wrong) == "" && hides(tr, wrong) == "" {
					t.Errorf("program %d: not noticed (%s)", id, m.name)
				}
			}
		}
	}
	for _, m := range mutations {
		if tried[m.name] < 20 {
			t.Errorf("%s: tried only %d times", m.name, tried[m.name])
		}
	}
}

// hides names the reason why a change may go unnoticed: the process dies in that step, so only its end counts.
func hides(a, b trace) string {
	dead := map[string]bool{}
	for _, l := range a {
		if f := strings.SplitN(l, " ", 4); f[2] == "x" {
			dead[f[0]+" "+f[1]] = true
		}
	}
	keep := func(t trace) string {
		var b strings.Builder
		for _, l := range t {
			if f := strings.SplitN(l, " ", 4); f[2] == "x" || !dead[f[0]+" "+f[1]] {
				b.WriteString(l + "\n")
			}
		}
		return b.String()
	}
	if keep(a) == keep(b) {
		return "its process dies in the step"
	}
	return ""
}

var mutations = []struct {
	name  string
	apply func(r *rand.Rand, t trace) (trace, bool)
}{
	{"a line is lost", func(r *rand.Rand, t trace) (trace, bool) {
		i := r.IntN(len(t))
		return append(t[:i], t[i+1:]...), true
	}},
	{"an instruction answers something else", pick(
		func(f []string) bool { return f[2] == "=" && (f[3] == "true" || f[3] == "false" || f[3] == "ok") },
		func(f []string) { f[3] = "other" })},
	{"another reason of an end", pick(
		func(f []string) bool { return f[2] == "x" },
		func(f []string) { f[3] += "x" })},
	{"a process ends a step later", pick(
		func(f []string) bool { return f[2] == "x" },
		func(f []string) { f[0] += "0" })},
	{"another process ends", pick(
		func(f []string) bool { return f[2] == "x" },
		func(f []string) { f[1] = "p77" })},
	{"a message is missing", pick(
		func(f []string) bool { return len(groups(f[3])) > 0 },
		func(f []string) {
			g := groups(f[3])
			g[0] = g[0][1:]
			f[3] = bracket(g)
		})},
	{"a message comes twice", pick(
		func(f []string) bool { return len(groups(f[3])) > 0 },
		func(f []string) {
			g := groups(f[3])
			g[0] = append(g[0], g[0][0])
			f[3] = bracket(g)
		})},
	{"two ordinary messages change places", pick(
		func(f []string) bool { return swapped(groups(f[3]), plain, plain) != nil },
		func(f []string) { f[3] = bracket(swapped(groups(f[3]), plain, plain)) })},
	{"messages of two steps change places", pick(
		func(f []string) bool {
			g := groups(f[3])
			return len(g) > 1 && !slices.Equal(g[0], g[1])
		},
		func(f []string) {
			g := groups(f[3])
			g[0], g[1] = g[1], g[0]
			f[3] = bracket(g)
		})},
	{"DOWN comes before EXIT of the same process", pick(
		func(f []string) bool { return swapped(groups(f[3]), isExit, isDown) != nil },
		func(f []string) { f[3] = bracket(swapped(groups(f[3]), isExit, isDown)) })},
}

func plain(m string) bool  { return sender(m) == "" }
func isExit(m string) bool { return strings.HasPrefix(m, "exit(") }

// pick changes one line that fits, of those that there are.
func pick(fits func([]string) bool, change func([]string)) func(*rand.Rand, trace) (trace, bool) {
	return func(r *rand.Rand, t trace) (trace, bool) {
		for _, i := range r.Perm(len(t)) {
			if f := strings.SplitN(t[i], " ", 4); fits(f) {
				change(f)
				t[i] = strings.Join(f, " ")
				return t, true
			}
		}
		return t, false
	}
}

func groups(token string) [][]string {
	if !strings.HasPrefix(token, "[") {
		return nil
	}
	var gs [][]string
	for _, g := range strings.Split(strings.Trim(token, "[]"), "|") {
		if ms := strings.Fields(g); len(ms) > 0 {
			gs = append(gs, ms)
		}
	}
	return gs
}

func bracket(gs [][]string) string {
	var parts []string
	for _, g := range gs {
		parts = append(parts, strings.Join(g, " "))
	}
	return fmt.Sprintf("[%s]", strings.Join(parts, " | "))
}

// swapped exchanges two neighbours of these kinds, which one process has sent; nil when there are none.
func swapped(gs [][]string, first, second func(string) bool) [][]string {
	for _, g := range gs {
		for i := 0; i+1 < len(g); i++ {
			if first(g[i]) && second(g[i+1]) && g[i] != g[i+1] && sender(g[i]) == sender(g[i+1]) {
				g[i], g[i+1] = g[i+1], g[i]
				return gs
			}
		}
	}
	return nil
}
