package explore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/internal/explore"
)

// processor is a machine with store buffers spelt out: each drain of one write is a transition of its own. What the
// explorer's shorter way of exploring them finds must be the same.
type processor struct {
	words   [2]uint64
	marks   [4]uint64
	buffers [3][]write
	pc      [3]int
	results [3]string
}

type write struct {
	mark  int
	value uint64
}

// states adds all final states that can be reached.
func (m processor) states(p [][]instruction, found map[string]bool) {
	moved := false
	for id, code := range p {
		if len(m.buffers[id]) > 0 {
			moved = true
			next := m
			next.drain(id, 1)
			next.states(p, found)
		}
		if m.pc[id] < len(code) {
			moved = true
			next := m
			next.step(id, code[m.pc[id]])
			next.states(p, found)
		}
	}
	if !moved {
		found[fmt.Sprint(m.words, m.marks, m.results)] = true
	}
}

func (m *processor) drain(id, n int) {
	for _, w := range m.buffers[id][:n] {
		m.marks[w.mark] = w.value
	}
	m.buffers[id] = slices.Clone(m.buffers[id][n:])
}

func (m *processor) step(id int, in instruction) {
	m.pc[id]++
	see := func(v any) { m.results[id] += fmt.Sprint(v) }
	if in.what == doStore || in.what == doAdd || in.what == doCAS {
		m.drain(id, len(m.buffers[id]))
	}
	switch in.what {
	case doLoad:
		see(m.words[in.word])
	case doStore:
		m.words[in.word] = in.new
	case doAdd:
		m.words[in.word] += in.new
		see(m.words[in.word])
	case doCAS:
		ok := m.words[in.word] == in.old
		if ok {
			m.words[in.word] = in.new
		}
		see(ok)
	case doMark:
		m.buffers[id] = append(slices.Clone(m.buffers[id]), write{id, in.new})
	case doReadMark:
		v := m.marks[in.old]
		for _, w := range m.buffers[id] {
			if w.mark == int(in.old) {
				v = w.value
			}
		}
		see(v)
	case doBarrier:
		for id := range m.buffers {
			m.drain(id, len(m.buffers[id]))
		}
	}
}

func TestStoreBuffersBehaveAsTotalStoreOrder(t *testing.T) {
	kinds := []int{doLoad, doStore, doAdd, doCAS, doMark, doMark, doMark, doReadMark, doReadMark, doReadMark, doBarrier}
	r := rand.New(rand.NewPCG(3, 3))
	stateCount := 0
	for range rounds(t, 120) {
		threads := 2 + r.IntN(2)
		p := randomProgram(r, threads, 6-threads, len(kinds))
		for _, code := range p {
			for i := range code {
				code[i].what = kinds[code[i].what]
			}
		}
		want := map[string]bool{}
		processor{}.states(p, want)
		stateCount += len(want)
		for _, cfg := range []explore.Config{{}, {Reduce: true}} {
			got := map[string]bool{}
			explore.Run(t, cfg, func(x *explore.Exec) {
				m := &machine{x: x}
				for id, code := range p {
					x.Go(fmt.Sprint("t", id), func() { m.run(id, code) })
				}
				x.After(func() {
					var s processor
					for i := range s.words {
						s.words[i] = m.words[i].v.Load()
					}
					for i := range s.marks {
						s.marks[i] = uint64(m.marks[i].Load())
					}
					for i := range s.results {
						s.results[i] = m.results[i].String()
					}
					state := fmt.Sprint(s.words, s.marks, s.results)
					if !want[state] {
						x.Failf("program %v: state %s is impossible", p, state)
					}
					got[state] = true
				})
			})
			for state := range want {
				if !got[state] {
					t.Fatalf("program %v, %+v: state %s is possible but not found", p, cfg, state)
				}
			}
		}
	}
	t.Logf("%d states", stateCount)
}

func TestStoreBufferOfTwoOwnersIsRefused(t *testing.T) {
	r := mustFail(t, explore.Config{}, func(x *explore.Exec) {
		b := new(explore.Buffered)
		x.Go("a", func() { b.Store(1) })
		x.Go("b", func() { b.Store(2) })
	})
	if !strings.Contains(r.Failure.Message, "two owners") {
		t.Errorf("failure is %q", r.Failure.Message)
	}
}

// Ownership may pass by an atomic write.
func TestStoreBufferIsHandedOver(t *testing.T) {
	explore.Run(t, explore.Config{}, func(x *explore.Exec) {
		b, turn := new(explore.Buffered), new(word)
		x.Go("a", func() {
			b.Store(1)
			turn.store(1)
		})
		x.Go("b", func() {
			if turn.load() == 1 {
				if b.Load() != 1 {
					x.Failf("the new owner does not see the last write of the old one")
				}
				b.Store(2)
				if b.Load() != 2 {
					x.Failf("the owner does not see its own write")
				}
			}
		})
	})
}

// A reader that spins sees a plain write in the end, although nothing drains it.
func TestSpinningReaderSeesPlainWriteInTheEnd(t *testing.T) {
	r := explore.Run(t, explore.Config{MaxSteps: 100}, func(x *explore.Exec) {
		b := new(explore.Buffered)
		x.Go("writer", func() { b.Store(1) })
		x.Go("reader", func() {
			for b.Load() == 0 {
				explore.Yield()
			}
		})
	})
	if !r.Complete {
		t.Error("not complete")
	}
}

func TestConditionOfWaitMustNotReadStoreBuffers(t *testing.T) {
	r := explore.Run(nil, explore.Config{}, func(x *explore.Exec) {
		b := new(explore.Buffered)
		x.Go("a", func() { explore.Wait(func() bool { return b.Load() == 1 }) })
	})
	if r.Failure == nil || !strings.Contains(r.Failure.Message, "condition of Wait") {
		t.Errorf("failure is %v", r.Failure)
	}
}
