package idmap

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

type pair struct{ a, b uint64 }

// agrees does random operations on a map and on Go's, with keys from below.
func agrees[K comparable](t *testing.T, r *rand.Rand, steps int, key func() K) {
	t.Helper()
	var m Map[K, int]
	model := map[K]int{}
	check := func() {
		t.Helper()
		if got := maps.Collect(m.All()); !maps.Equal(got, model) || m.Len() != len(model) {
			t.Fatalf("%d entries, %d met; want %d", m.Len(), len(got), len(model))
		}
	}
	grows := true
	for i := range steps {
		if i%(steps/4+1) == 0 {
			grows = !grows || i == 0
		}
		k := key()
		switch n := r.IntN(8); {
		case n < 2 || n < 5 && grows:
			m.Put(k, i)
			model[k] = i
		case n < 7:
			v, ok := m.Delete(k)
			if w, has := model[k]; v != w || ok != has {
				t.Fatalf("Delete(%v): %d, %v; want %d, %v", k, v, ok, w, has)
			}
			delete(model, k)
		default:
			v, ok := m.Get(k)
			if w, has := model[k]; v != w || ok != has {
				t.Fatalf("Get(%v): %d, %v; want %d, %v", k, v, ok, w, has)
			}
		}
		if i%1000 == 0 {
			check()
		}
		if i%5000 == 4999 {
			m.Trim()
			check()
		}
	}
	check()
	for k, want := range model {
		if v, ok := m.Delete(k); !ok || v != want {
			t.Fatalf("Delete(%v): %d, %v; want %d", k, v, ok, want)
		}
	}
	if m.Len() != 0 || m.dir != nil {
		t.Errorf("an empty map has %d entries, and holds %d pages", m.Len(), len(m.dir))
	}
}

// It does what Go's map does, whatever the keys have in common.
func TestMapAgreesWithGosMap(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		for _, span := range []uint64{3, 100, 5000, 1 << 40} {
			for name, key := range map[string]func() uint64{
				"dense":       func() uint64 { return 1 + r.Uint64N(span) },
				"strided":     func() uint64 { return (1 + r.Uint64N(span)) << 10 },
				"lives":       func() uint64 { return 77 | (1+r.Uint64N(span))<<40 },
				"high halves": func() uint64 { return 5 | (1+r.Uint64N(span))<<32 },
			} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, span, seed), func(t *testing.T) { agrees(t, r, 8000, key) })
			}
			t.Run(fmt.Sprintf("pairs/%d/%d", span, seed), func(t *testing.T) {
				agrees(t, r, 8000, func() pair { return pair{1 + r.Uint64N(span), r.Uint64N(span)} })
			})
		}
	}
}

// longest returns how many slots a search looks at, on the average and at the most.
func (m *Map[K, V]) longest() (mean float64, most int) {
	sum := 0
	m.Each(func(k K, _ V) bool {
		b := bits(&k)
		h := hash(b)
		p := m.page(h)
		d := (p.find(k, b, h)-home(b, h, len(p.slots)))&(len(p.slots)-1) + 1
		sum += d
		most = max(most, d)
		return true
	})
	return float64(sum) / float64(m.n), most
}

// Keys that have most of their bits in common are told apart, and take no more memory than others.
func TestNoKindOfKeysIsSlow(t *testing.T) {
	const n = 100_000
	r := rand.New(rand.NewPCG(1, 2))
	for name, key := range map[string]func(i uint64) uint64{
		"dense":         func(i uint64) uint64 { return i },
		"every third":   func(i uint64) uint64 { return 3 * i },
		"every eighth":  func(i uint64) uint64 { return 8 * i },
		"every 256th":   func(i uint64) uint64 { return 256 * i },
		"every 1024th":  func(i uint64) uint64 { return 1024*i + 5 },
		"lives of one":  func(i uint64) uint64 { return i<<40 | 12345 },
		"lives of many": func(i uint64) uint64 { return i%77<<40 | i/77 },
		"deadlines":     func(i uint64) uint64 { return i/50<<32 | i },
		"same low half": func(i uint64) uint64 { return i<<32 | 7 },
		"random":        func(uint64) uint64 { return r.Uint64() | 1 },
	} {
		var m Map[uint64, int]
		for i := range uint64(n) {
			m.Put(key(i+1), int(i))
		}
		slots := 0
		for at := 0; at < len(m.dir); at += 1 << (m.bits - m.dir[at].depth) {
			slots += len(m.dir[at].slots)
		}
		mean, most := m.longest()
		t.Logf("%-14s mean %.1f, most %d, %.2f slots a key, directory %.3f", name, mean, most, float64(slots)/n, float64(len(m.dir))/n)
		if mean > 16 || most > maxSlots || slots > 4*n || len(m.dir) > n/8 {
			t.Errorf("%s: a search looks at %.1f slots, at the most %d; %d slots and %d directory entries for %d keys", name, mean, most, slots, len(m.dir), n)
		}
	}
}

// Keys whose hashes begin alike take no more memory than others.
func TestHashesThatBeginAlikeNeedNoHugeDirectory(t *testing.T) {
	var m Map[uint64, uint64]
	model := map[uint64]uint64{}
	for k := uint64(1); len(model) < 5000; k++ {
		if b := k; hash(b)>>52 == 0xabc {
			m.Put(k, k)
			model[k] = k
		}
	}
	if len(m.dir) > len(model) {
		t.Errorf("%d entries have a directory of %d", len(model), len(m.dir))
	}
	for k := range uint64(10_000) {
		m.Put(k+1, k)
		model[k+1] = k
	}
	if got := maps.Collect(m.All()); !maps.Equal(got, model) || m.Len() != len(model) {
		t.Errorf("%d entries, %d met; want %d", m.Len(), len(got), len(model))
	}
	for k := range model {
		if _, ok := m.Delete(k); !ok {
			t.Fatalf("%d is not found", k)
		}
	}
}

// Nothing is allocated but for what there has not been yet.
func TestMapInItsSteadyStateAllocatesNothing(t *testing.T) {
	var m Map[uint64, int]
	next := uint64(1)
	for ; next < 1000; next++ {
		m.Put(next, 1)
	}
	if n := testing.AllocsPerRun(100, func() {
		m.Delete(next - 900)
		m.Put(next-900, 2)
		m.Get(next)
		m.Each(func(uint64, int) bool { return true })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A loop over it may be left.
func TestLoopMayBeLeft(t *testing.T) {
	var m Map[uint64, int]
	for i := range uint64(1000) {
		m.Put(i+1, 1)
	}
	seen := 0
	for range m.All() {
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d entries were seen, want two", seen)
	}
}

func BenchmarkMap(b *testing.B) {
	for _, n := range []int{16, 1000, 1_000_000} {
		keys := make([]uint64, n)
		for i := range keys {
			keys[i] = uint64(i+1) | 1<<40
		}
		b.Run(fmt.Sprintf("idmap/%d", n), func(b *testing.B) {
			for i := 0; i < b.N; {
				var m Map[uint64, *int]
				for _, k := range keys {
					m.Put(k, nil)
				}
				for _, k := range keys {
					if _, ok := m.Get(k); !ok {
						b.Fatal(k)
					}
				}
				for _, k := range keys {
					m.Delete(k)
				}
				i += n
			}
		})
		b.Run(fmt.Sprintf("map/%d", n), func(b *testing.B) {
			for i := 0; i < b.N; {
				m := map[uint64]*int{}
				for _, k := range keys {
					m[k] = nil
				}
				for _, k := range keys {
					if _, ok := m[k]; !ok {
						b.Fatal(k)
					}
				}
				for _, k := range keys {
					delete(m, k)
				}
				i += n
			}
		})
	}
}
