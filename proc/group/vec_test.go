package group

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func (v *vec[T]) slice() (all []T) {
	v.parts(func(part []T) bool {
		all = append(all, part...)
		return true
	})
	return all
}

// Every version stays as it was, whatever is made from it, and is what a slice would be.
func TestEveryVersionOfAListStaysWhatItWas(t *testing.T) {
	type version struct {
		v    vec[int]
		want []int
	}
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var v vec[int]
		var want []int
		var kept []version
		high := 1 + rnd.IntN(3*width*width) // how far it grows before it shrinks
		grow := true
		for step := range 4 * high {
			switch {
			case len(want) == 0:
				grow = true
			case len(want) >= high:
				grow = false
			}
			switch n := rnd.IntN(10); {
			case n < 2 && len(want) > 0:
				i := rnd.IntN(len(want))
				v = v.set(i, -step)
				want[i] = -step
			case n < 8 == grow || len(want) == 0:
				v = v.push(step)
				want = append(want, step)
			default:
				v = v.pop()
				want = want[:len(want)-1]
			}
			if step%(high/20+1) == 0 {
				kept = append(kept, version{v, slices.Clone(want)})
			}
		}
		for i, k := range kept {
			if got := k.v.slice(); !slices.Equal(got, k.want) {
				t.Fatalf("seed %d: version %d has %d elements, want %d; or others", seed, i, len(got), len(k.want))
			}
			for i, x := range k.want {
				if k.v.at(i) != x {
					t.Fatalf("seed %d: element %d is %d, want %d", seed, i, k.v.at(i), x)
				}
			}
		}
	}
}

// Each border at which a level is added or taken away is crossed to and fro.
func TestListAtTheBordersOfItsLevels(t *testing.T) {
	var v vec[int]
	check := func() {
		t.Helper()
		for _, i := range []int{0, v.n / 2, v.n - 1} {
			if v.n > 0 && v.at(i) != i {
				t.Fatalf("of %d elements, number %d is %d", v.n, i, v.at(i))
			}
		}
	}
	const most = width*width*width + 3*width // three levels, and a bit of a fourth
	border := func(n int) bool { return n%width < 2 && (n < 3*width || n%(width*width) < 2*width) }
	for v.n < most {
		if v = v.push(v.n); border(v.n) {
			for range 3 {
				v = v.pop()
				check()
				v = v.push(v.n)
				check()
			}
		}
	}
	for v.n > 0 {
		if v = v.pop(); border(v.n) {
			v = v.push(v.n)
			check()
			v = v.pop()
			check()
		}
	}
	if v.root != nil || v.tail != nil || v.shift != 0 {
		t.Errorf("an empty list is left with %+v", v)
	}
}

// A reader sees one version, however fast others are made.
func TestReadersOfAListSeeOneVersion(t *testing.T) {
	var v vec[int]
	versions := make(chan vec[int], 8)
	done := make(chan bool)
	for range 2 {
		go func() {
			for v := range versions {
				for i, x := range v.slice() {
					if x>>32 != i {
						t.Errorf("element %d is %d", i, x>>32)
					}
				}
			}
			done <- true
		}()
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		switch n := rnd.IntN(4); {
		case n == 0 && v.n > 0:
			i := rnd.IntN(v.n)
			v = v.set(i, i<<32|rnd.IntN(100))
		case n == 1 && v.n > 0:
			v = v.pop()
		default:
			v = v.push(v.n << 32)
		}
		versions <- v
	}
	close(versions)
	<-done
	<-done
}
