package proc

import (
	"slices"
	"testing"
)

// The stash does what two lists would: what has been looked at, and what is to be handled again.
func TestStashAgreesWithTwoLists(t *testing.T) {
	for seed := range uint64(20) {
		r := seeded(seed)
		var s stash
		var looked, again []uint64
		for i := range uint64(3000) {
			switch r.below(6) {
			case 0: // held: for later
				s.hold(Message{Word: i}, 0)
				again = append(again, i)
			case 1: // passed: looked at
				s.pass(Message{Word: i}, 0)
				looked = append(looked, i)
			case 2, 3:
				m, ok := s.next()
				if ok != (len(again) > 0) || ok && m.Word != again[0] {
					t.Fatalf("seed %d: next: %d, %v; want the first of %v", seed, m.Word, ok, again)
				}
				if ok {
					again = again[1:]
				}
			case 4:
				if r.below(10) == 0 {
					s.rewind()
					looked, again = nil, append(looked, again...)
				}
			case 5: // a selective receive takes any
				n := r.below(len(looked) + len(again) + 1)
				h := s.head
				for range n {
					h = h.next
				}
				if h == nil {
					continue
				}
				s.take(h)
				if n < len(looked) {
					looked = slices.Delete(slices.Clone(looked), n, n+1)
				} else {
					n -= len(looked)
					again = slices.Delete(slices.Clone(again), n, n+1)
				}
			}
			var all []uint64
			s.each(func(m *Message) bool { all = append(all, m.Word); return true })
			if want := append(slices.Clone(looked), again...); !slices.Equal(all, want) || s.n != len(want) {
				t.Fatalf("seed %d: %v (%d), want %v", seed, all, s.n, want)
			}
			if s.spares > sparesMax {
				t.Fatalf("seed %d: %d spare entries", seed, s.spares)
			}
		}
	}
}
