//go:build explore

package proc

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// search goes through everything that can happen in a wire: whatever is delivered next, whoever acts next. Depth first, one
// execution after the other from the beginning; where one comes to a state that has been seen before, all that can follow
// has been seen too, and counts.
type search struct {
	w      *wire
	seen   map[searchState]float64 // how many executions follow
	whole  bool                    // states are not looked up: every execution is carried out
	limit  int                     // of runs; 0 for none
	dice   *random                 // choices are thrown, in place of depth first
	path   []searchChoice
	runs   int
	states int
	all    float64 // executions that have been covered
	seeds  [2]maphash.Seed
	key    []byte
}

// searchState is a state's hash.
type searchState [2]uint64

type searchChoice struct {
	state searchState
	n, at int // alternatives, and the one taken
	after float64
}

// finding is what a search has found.
type finding struct {
	message string
	steps   []string
	path    []int
}

func (f *finding) String() string { return f.message + "\n\t" + strings.Join(f.steps, "\n\t") }

// broken unwinds an execution that has failed.
type broken struct{ message string }

func newSearch(p *wireProgram) *search {
	s := &search{w: newWire(p), seen: map[searchState]float64{}}
	s.seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	return s
}

// run searches to the end, or to the first finding.
func (s *search) run() *finding {
	for {
		s.runs++
		if why := s.once(); why != "" {
			return s.explain(why)
		}
		if s.runs == s.limit {
			return nil
		}
		if s.dice != nil {
			s.path = s.path[:0]
		} else if !s.backtrack() {
			return nil
		}
	}
}

// once carries out one execution, along the path as far as that goes.
func (s *search) once() (why string) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case broken:
			why = p.message
		default:
			panic(p)
		}
	}()
	s.w.begin()
	for depth := 0; ; depth++ {
		steps := s.w.moves()
		if depth == len(s.path) && s.over(steps) {
			return ""
		}
		s.w.do(steps[s.path[depth].at])
	}
}

// over decides what follows a state that is new on this path, and reports whether the execution ends with it.
func (s *search) over(steps []move) bool {
	if len(steps) == 0 {
		s.w.atRest()
		s.count(1)
		return true
	}
	if s.dice != nil {
		s.path = append(s.path, searchChoice{n: len(steps), at: s.dice.below(len(steps))})
		return false
	}
	var k searchState
	if !s.whole {
		s.key = s.w.encode(s.key[:0])
		k = searchState{maphash.Bytes(s.seeds[0], s.key), maphash.Bytes(s.seeds[1], s.key)}
		if n, ok := s.seen[k]; ok {
			s.count(n)
			return true
		}
	}
	s.states++
	s.path = append(s.path, searchChoice{state: k, n: len(steps)})
	return false
}

func (s *search) count(n float64) {
	if len(s.path) == 0 {
		s.all += n
		return
	}
	s.path[len(s.path)-1].after += n
}

func (s *search) backtrack() bool {
	for len(s.path) > 0 {
		d := &s.path[len(s.path)-1]
		if d.at++; d.at < d.n {
			return true
		}
		n := d.after
		if !s.whole {
			s.seen[d.state] = n
		}
		s.path = s.path[:len(s.path)-1]
		s.count(n)
	}
	return false
}

// explain repeats the execution that has failed and names its steps.
func (s *search) explain(why string) *finding {
	f := &finding{message: why}
	for _, d := range s.path {
		f.path = append(f.path, d.at)
	}
	f.steps = s.w.replay(f.path, why)
	return f
}

// replay repeats an execution, which must fail as before, in a wire of its own.
func (w *wire) replay(path []int, why string) (names []string) {
	again := newWire(w.program)
	defer func() {
		p, ok := recover().(broken)
		if !ok || p.message != why {
			names = append(names, fmt.Sprintf("and the replay says %q", p.message))
		}
	}()
	again.begin()
	for _, at := range path {
		s := again.moves()[at]
		names = append(names, again.describe(s))
		again.do(s)
	}
	again.atRest()
	return names
}
