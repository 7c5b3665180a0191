package proc

import (
	"iter"

	"github.com/thrum-go/thrum/internal/idmap"
)

// small is a map that is mostly tiny: up to smallMax entries lie in a slice, which is smaller and faster. The zero value is
// empty. Its keys are identifiers, as idmap wants them.
type small[K comparable, V any] struct {
	list []entry[K, V]
	big  *idmap.Map[K, V] // in place of list
}

type entry[K comparable, V any] struct {
	key K
	val V
}

const smallMax = 12

func (s *small[K, V]) len() int {
	if s.big != nil {
		return s.big.Len()
	}
	return len(s.list)
}

func (s *small[K, V]) get(k K) (v V, ok bool) {
	if s.big != nil {
		return s.big.Get(k)
	}
	for i := len(s.list) - 1; i >= 0; i-- {
		if s.list[i].key == k {
			return s.list[i].val, true
		}
	}
	return v, false
}

func (s *small[K, V]) put(k K, v V) {
	if s.big != nil {
		s.big.Put(k, v)
		return
	}
	for i := range s.list {
		if s.list[i].key == k {
			s.list[i].val = v
			return
		}
	}
	if len(s.list) < smallMax {
		s.list = append(s.list, entry[K, V]{k, v})
		return
	}
	s.big = new(idmap.Map[K, V])
	for _, e := range s.list {
		s.big.Put(e.key, e.val)
	}
	s.big.Put(k, v)
	s.list = nil
}

// del removes k and returns what it had.
func (s *small[K, V]) del(k K) (v V, ok bool) {
	if s.big != nil {
		if v, ok = s.big.Delete(k); s.big.Len() == 0 {
			s.big = nil
		}
		return v, ok
	}
	for i := len(s.list) - 1; i >= 0; i-- {
		if s.list[i].key != k {
			continue
		}
		v = s.list[i].val
		last := len(s.list) - 1
		s.list[i] = s.list[last]
		s.list[last] = entry[K, V]{}
		s.list = s.list[:last]
		return v, true
	}
	return v, false
}

// each calls f with the entries, in no particular order, until it returns false, and returns whether it never did. f must not change s.
// Unlike a loop over all it allocates nothing.
func (s *small[K, V]) each(f func(K, V) bool) bool {
	for i := range s.list {
		if !f(s.list[i].key, s.list[i].val) {
			return false
		}
	}
	return s.big == nil || s.big.Each(f)
}

// all iterates over the entries, in no particular order. The loop must not change s.
func (s *small[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { s.each(yield) }
}

// trim gives back what is not needed and returns the number of entries.
func (s *small[K, V]) trim() int {
	n := s.len()
	switch {
	case n == 0:
		*s = small[K, V]{}
	case s.big == nil:
		s.list = append([]entry[K, V](nil), s.list...)
	default:
		s.big.Trim()
	}
	return n
}
