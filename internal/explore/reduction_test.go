package explore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// Programs for comparing an exploration with and without Reduce: a few threads of a few random instructions each. What a
// thread has seen goes into its own results, so a final state is the words and the results.

type instruction struct {
	what     int
	word     int
	old, new uint64
}

const (
	doLoad = iota
	doStore
	doAdd
	doCAS
	plainInstructions // those above operate on words only
)

const (
	doRelease = iota + plainInstructions
	doAcquire
	doTryAcquire
	doWait
	doChoose
	doMark
	doReadMark
	doBarrier
	doStep
	doGo
	allInstructions
)

func randomProgram(r *rand.Rand, threads, length, kinds int) (p [][]instruction) {
	for range threads {
		var code []instruction
		for range 1 + r.IntN(length) {
			code = append(code, instruction{r.IntN(kinds), r.IntN(2), r.Uint64N(3), r.Uint64N(3)})
		}
		p = append(p, code)
	}
	return p
}

// machine is one execution of a program.
type machine struct {
	x       *explore.Exec
	words   [2]word
	marks   [4]explore.Buffered // one for each thread
	sems    [2]*explore.Semaphore
	results [8]strings.Builder
	parent  [4]bool    // of a child; written by the thread itself
	order   [2]history // of the operations on each word
}

func (m *machine) run(id int, code []instruction) {
	out := &m.results[id]
	for _, in := range code {
		w := &m.words[in.word]
		label := byte('a' + id)
		switch in.what {
		case doLoad:
			fmt.Fprint(out, w.load())
			label = byte('A' + id)
		case doStore:
			w.store(in.new)
		case doAdd:
			fmt.Fprint(out, w.add(in.new))
		case doCAS:
			fmt.Fprint(out, w.cas(in.old, in.new))
		case doRelease:
			fmt.Fprint(out, m.sems[in.word].Release())
		case doAcquire:
			m.sems[in.word].Acquire()
		case doTryAcquire:
			fmt.Fprint(out, m.sems[in.word].TryAcquire())
		case doWait:
			explore.Wait(func() bool { return w.v.Load() != in.old })
		case doChoose:
			fmt.Fprint(out, explore.Choose(2))
		case doMark:
			m.marks[id%4].Store(uint32(in.new))
		case doReadMark:
			fmt.Fprint(out, m.marks[in.old].Load())
		case doBarrier:
			explore.Barrier()
		case doStep:
			explore.Point(explore.Step, 0)
		case doGo:
			if !m.parent[id] {
				m.parent[id] = true
				m.x.Go("child", func() { fmt.Fprint(&m.results[id+4], w.add(1)) })
			}
		}
		if in.what < plainInstructions {
			m.order[in.word].add(string(label))
		}
	}
}

// equivalence returns a text that two executions have in common if they differ in the order of commuting operations
// only.
func (m *machine) equivalence() (s string) {
	for i := range m.order {
		var loads []string
		for _, c := range m.order[i].s + "." {
			if c >= 'A' && c <= 'Z' {
				loads = append(loads, string(c))
				continue
			}
			sort.Strings(loads)
			s += strings.Join(loads, "") + string(c)
			loads = nil
		}
	}
	return s
}

func (m *machine) state() (s string) {
	for i := range m.words {
		s += fmt.Sprint(m.words[i].v.Load(), " ")
	}
	for i := range m.results {
		s += m.results[i].String() + " "
	}
	for i := range m.marks {
		s += fmt.Sprint(m.marks[i].Load())
	}
	return s
}

// final explores the program and returns how often each final state, or class of equivalent executions, occurs.
func final(cfg explore.Config, p [][]instruction, class bool) (map[string]int, explore.Result) {
	found := map[string]int{}
	r := explore.Run(nil, cfg, func(x *explore.Exec) {
		m := &machine{x: x, sems: [2]*explore.Semaphore{explore.NewSemaphore(1), explore.NewSemaphore(2)}}
		m.sems[0].Release()
		for id, code := range p {
			x.Go(fmt.Sprint("t", id), func() { m.run(id, code) })
		}
		x.After(func() {
			if class {
				found[m.equivalence()]++
			} else {
				found[m.state()]++
			}
		})
	})
	return found, r
}

func TestReductionExploresEachClassOfEquivalentExecutionsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	all, reduced, pruned := 0, 0, 0
	for range rounds(t, 300) {
		p := randomProgram(r, 2+r.IntN(2), 4, plainInstructions)
		want, full := final(explore.Config{}, p, true)
		got, less := final(explore.Config{Reduce: true}, p, true)
		for class := range want {
			if got[class] != 1 {
				t.Errorf("program %v: the executions %s were explored %d times", p, class, got[class])
			}
		}
		if len(got) != len(want) || !less.Complete {
			t.Fatalf("program %v: %d classes with the reduction, %d without", p, len(got), len(want))
		}
		all, reduced, pruned = all+full.Executions, reduced+less.Executions, pruned+less.Pruned
	}
	t.Logf("%d executions in all, %d with the reduction, of which %d were cut short", all, reduced, pruned)
}

func TestReductionKeepsFinalStatesAndFailures(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	all, reduced, failed := 0, 0, 0
	for range rounds(t, 300) {
		threads := 2 + r.IntN(2)
		p := randomProgram(r, threads, 6-threads, allInstructions)
		want, full := final(explore.Config{}, p, false)
		got, less := final(explore.Config{Reduce: true}, p, false)
		if (full.Failure == nil) != (less.Failure == nil) {
			t.Fatalf("program %v: without the reduction %v, with it %v", p, full.Failure, less.Failure)
		}
		if full.Failure != nil {
			failed++
			continue
		}
		for state := range maps.Keys(want) {
			if got[state] == 0 {
				t.Errorf("program %v: the state %s is not found", p, state)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("program %v: %d states with the reduction, %d without", p, len(got), len(want))
		}
		all, reduced = all+full.Executions, reduced+less.Executions
	}
	t.Logf("%d executions in all, %d with the reduction; %d programs fail", all, reduced, failed)
}

func TestIndependentThreadsNeedOneExecutionUnderReduction(t *testing.T) {
	for _, counts := range [][]int{{5, 5}, {3, 3, 3}, {10, 10, 10, 10}} {
		r := explore.Run(t, explore.Config{Reduce: true}, steps(counts...))
		if r.Executions != 1 || !r.Complete {
			t.Errorf("threads of %v steps: %d executions, want 1", counts, r.Executions)
		}
	}
}

func TestReductionRefusesWhatItCannotDo(t *testing.T) {
	for _, cfg := range []explore.Config{
		{Reduce: true, Random: true},
		{Reduce: true, Preemptions: 2},
		{Reduce: true, Preemptions: explore.NoPreemption},
	} {
		if recovered(func() { explore.Run(nil, cfg, steps(1)) }) == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	r := explore.Run(nil, explore.Config{Reduce: true}, func(x *explore.Exec) {
		x.Go("spinner", func() { explore.Yield() })
	})
	if r.Failure == nil || !strings.Contains(r.Failure.Message, "Yield") {
		t.Errorf("Yield under Reduce: %v", r.Failure)
	}
}
