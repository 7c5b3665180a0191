package difftest

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// minimise drops steps of a failing program, first processes, parts of seq and options of spawn as long as it still fails.
// fails returns the index of the first program of several that fails, -1 when none does: all candidates of a round run in one
// Erlang system. It makes do with what it has after a minute.
func minimise(p program, fails func([]program) (int, error)) (program, error) {
	end := time.Now().Add(time.Minute)
	for size := max(1, len(p.steps)/2); ; {
		cut := smaller(p, size)
		i, err := fails(cut)
		switch {
		case err != nil:
			return p, err
		case i >= 0:
			p = cut[i]
			p.id = cut[0].id
			size = min(size, max(1, len(p.steps)/2))
		case size == 1, time.Now().After(end):
			return p, nil
		default:
			size /= 2
		}
	}
}

// smaller lists what a program can be cut down to by leaving out size steps in a row, or, for size 1, a part of one. They get
// numbers of their own.
func smaller(p program, size int) []program {
	var ps []program
	add := func(roots, steps []term) {
		ps = append(ps, program{p.id + len(ps), p.race, roots, steps})
	}
	for i := 0; i < len(p.steps); i += size {
		add(p.roots, slices.Delete(slices.Clone(p.steps), i, min(i+size, len(p.steps))))
	}
	if size > 1 {
		return ps
	}
	for i := len(p.roots) - 1; i >= 0; i-- {
		if n := num(p.roots[i], 0); !mentions(p.steps, n) {
			add(slices.Delete(slices.Clone(p.roots), i, i+1), p.steps)
		}
	}
	for i, s := range p.steps {
		for _, less := range lesser(s.(tuple)[1].(tuple)) {
			steps := slices.Clone(p.steps)
			steps[i] = tuple{num(s, 0), less}
			add(p.roots, steps)
		}
	}
	return ps
}

// lesser lists an instruction with one of its parts left out.
func lesser(instr tuple) (all []tuple) {
	at, nested := map[string]int{"seq": 1, "spawn": 2, "par": 1}[op(instr)], op(instr) == "par"
	if at == 0 {
		return nil
	}
	parts := instr[at].(list)
	with := func(parts list) {
		less := slices.Clone(instr)
		less[at] = parts
		all = append(all, less)
	}
	for j, part := range parts {
		with(slices.Delete(slices.Clone(parts), j, j+1))
		if !nested {
			continue
		}
		script := part.(tuple)[1].(list)
		for k := range script {
			fewer := slices.Clone(parts)
			fewer[j] = tuple{num(part, 0), slices.Delete(slices.Clone(script), k, k+1)}
			with(fewer)
		}
	}
	return all
}

// mentions says whether a number occurs anywhere in the steps; it may be that of a process.
func mentions(t term, n int) bool {
	switch t := t.(type) {
	case int:
		return t == n
	case []term:
		return slices.ContainsFunc(t, func(t term) bool { return mentions(t, n) })
	case tuple:
		return mentions([]term(t), n)
	case list:
		return mentions([]term(t), n)
	}
	return false
}

// TestMinimiseKeepsWhatTheFailureNeeds cuts down a program whose failure needs three of its steps.
func TestMinimiseKeepsWhatTheFailureNeeds(t *testing.T) {
	p := generate(3)
	needed := []term{p.steps[2], p.steps[len(p.steps)/2], p.steps[len(p.steps)-1]}
	tried := 0
	got, err := minimise(p, func(ps []program) (int, error) {
		tried += len(ps)
		return slices.IndexFunc(ps, func(p program) bool {
			left := needed
			for _, s := range p.steps {
				if len(left) > 0 && text(s) == text(left[0]) {
					left = left[1:]
				}
			}
			return len(left) == 0
		}), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.steps) != fmt.Sprint(needed) {
		t.Errorf("left after %d trials:\n%swanted the steps %s", tried, got, text(list(needed)))
	}
}
