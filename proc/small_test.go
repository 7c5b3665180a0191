package proc

import (
	"maps"
	"testing"
)

// The small map does what a map does, below and above its limit.
func TestSmallMapAgreesWithAMap(t *testing.T) {
	for seed := range uint64(20) {
		r := seeded(seed)
		var s small[int, int]
		model := map[int]int{}
		for i := range 2000 {
			k := 1 + r.below(2+int(seed)*2) // from always tiny to often big
			switch r.below(5) {
			case 0, 1:
				s.put(k, i)
				model[k] = i
			case 2, 3:
				v, ok := s.del(k)
				if w, has := model[k]; v != w || ok != has {
					t.Fatalf("seed %d: del(%d): %d, %v; want %d, %v", seed, k, v, ok, w, has)
				}
				delete(model, k)
			default:
				v, ok := s.get(k)
				if w, has := model[k]; v != w || ok != has {
					t.Fatalf("seed %d: get(%d): %d, %v; want %d, %v", seed, k, v, ok, w, has)
				}
			}
			if s.len() != len(model) {
				t.Fatalf("seed %d: %d entries, want %d", seed, s.len(), len(model))
			}
			if i%50 == 0 && !maps.Equal(maps.Collect(s.all()), model) {
				t.Fatalf("seed %d: %v, want %v", seed, maps.Collect(s.all()), model)
			}
		}
	}
}

// A loop over it may be left.
func TestSmallMapLoopMayBeLeft(t *testing.T) {
	for _, n := range []int{3, 100} {
		var s small[int, int]
		for i := range n {
			s.put(i+1, i)
		}
		seen := 0
		for range s.all() {
			if seen++; seen == 2 {
				break
			}
		}
		if seen != 2 {
			t.Errorf("%d entries were seen, want two", seen)
		}
	}
}
