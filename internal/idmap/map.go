// Package idmap is a map for identifiers that are handed out one after the other: the addresses of processes, numbers of requests and
// monitors. Sixteen that follow each other lie in one place, so a supervisor that meets its million children in the order in which it has
// started them waits for memory once in several of them; Go's map, which scatters them, makes it wait for each.
//
// It grows by extendible hashing (Fagin, Nievergelt, Pippenger, Strong: Extendible hashing, 1979): a page that is full is split, so no
// insertion moves more than a page, however large the map.
package idmap

import (
	"iter"
	"unsafe"
)

// Map is a map from identifiers. The zero value is empty. It is not safe for use by several goroutines at a time.
//
// A key has 8 or 16 bytes, all of which count, so no strings, pointers to be moved, floats or padding. The zero key is nobody's.
type Map[K comparable, V any] struct {
	// dir has the page of each value of the first bits of a hash; a page that has not been split as often as others is there several times.
	dir  []*page[K, V]
	bits uint8 // of a hash that dir tells apart
	n    int
}

type page[K comparable, V any] struct {
	slots []slot[K, V] // a power of two, at least minSlots; at least one is empty
	n     int
	depth uint8 // bits that all its hashes have in common
}

// slot is an entry, or empty when its key is zero. No empty one lies between an entry and its home.
type slot[K comparable, V any] struct {
	key K
	val V
}

const (
	bucketBits = 4 // of a key that say where in its bucket it belongs
	bucketLen  = 1 << bucketBits
	minSlots   = 4 * bucketLen
	maxSlots   = 32 * bucketLen
	spread     = 16 // entries that there are for each of the directory, at least, when it grows
)

// full is how many of so many slots are used at the most.
func full(slots int) int { return slots / 4 * 3 }

// bits returns a key as one word; different ones of 8 bytes have different words.
func bits[K comparable](k *K) uint64 {
	if unsafe.Sizeof(*k) == 16 {
		w := *(*[2]uint64)(unsafe.Pointer(k))
		return w[0] ^ w[1]*0xd6e8feb86659fd93
	}
	return *(*uint64)(unsafe.Pointer(k))
}

// hash spreads the buckets of keys: the first bits choose a page, others a bucket in it. What counts the lives of a process in the
// high bits of its address makes a difference for both.
func hash(bits uint64) uint64 {
	return (bits>>bucketBits ^ bits>>37) * 0x9e3779b97f4a7c15
}

// home returns where in a page of so many slots a key belongs.
func home(bits, hash uint64, slots int) int {
	return int(hash>>24<<bucketBits|bits&(bucketLen-1)) & (slots - 1)
}

// Len returns the number of entries.
func (m *Map[K, V]) Len() int { return m.n }

func (m *Map[K, V]) page(hash uint64) *page[K, V] { return m.dir[hash>>1>>(63-m.bits)] }

// find returns the slot of k, or the empty one where it would be.
func (p *page[K, V]) find(k K, bits, hash uint64) int {
	var none K
	mask := len(p.slots) - 1
	i := home(bits, hash, len(p.slots))
	for p.slots[i&mask].key != k && p.slots[i&mask].key != none {
		i++
	}
	return i & mask
}

// Get returns what k has, and whether it is there.
func (m *Map[K, V]) Get(k K) (v V, ok bool) {
	if m.n == 0 {
		return v, false
	}
	b := bits(&k)
	h := hash(b)
	p := m.page(h)
	s := &p.slots[p.find(k, b, h)]
	if s.key != k {
		return v, false
	}
	return s.val, true
}

// Put sets what k has.
func (m *Map[K, V]) Put(k K, v V) {
	if m.dir == nil {
		m.dir = []*page[K, V]{{slots: make([]slot[K, V], minSlots)}}
	}
	b := bits(&k)
	h := hash(b)
	for {
		p := m.page(h)
		s := &p.slots[p.find(k, b, h)]
		if s.key == k {
			s.val = v
			return
		}
		if p.n < full(len(p.slots)) {
			s.key, s.val = k, v
			p.n++
			m.n++
			return
		}
		m.grow(p, h)
	}
}

// grow makes room in the page of a hash.
func (m *Map[K, V]) grow(p *page[K, V], hash uint64) {
	if len(p.slots) < maxSlots || p.depth == m.bits && m.n < spread*len(m.dir) { // or hashes that begin alike would make the directory huge
		p.resize(2 * len(p.slots))
		return
	}
	if p.depth == m.bits {
		dir := make([]*page[K, V], 2*len(m.dir))
		for i, q := range m.dir {
			dir[2*i], dir[2*i+1] = q, q
		}
		m.dir = dir
		m.bits++
	}
	m.split(p, hash)
}

// resize gives a page another number of slots.
func (p *page[K, V]) resize(slots int) {
	old := p.slots
	p.slots = make([]slot[K, V], slots)
	p.n = 0
	p.fill(old)
}

// fill adds entries that are not there yet, and for which there is room.
func (p *page[K, V]) fill(entries []slot[K, V]) {
	var none K
	for i := range entries {
		if e := &entries[i]; e.key != none {
			p.add(e)
		}
	}
}

func (p *page[K, V]) add(e *slot[K, V]) {
	b := bits(&e.key)
	p.slots[p.find(e.key, b, hash(b))] = *e
	p.n++
}

// split makes two pages of the one of a hash. The directory tells them apart.
func (m *Map[K, V]) split(p *page[K, V], h uint64) {
	var none K
	depth := p.depth + 1
	old := p.slots
	zero := &page[K, V]{slots: make([]slot[K, V], len(old)), depth: depth}
	one := &page[K, V]{slots: make([]slot[K, V], len(old)), depth: depth}
	for i := range old {
		e := &old[i]
		switch {
		case e.key == none:
		case hash(bits(&e.key))>>(64-depth)&1 == 0:
			zero.add(e)
		default:
			one.add(e)
		}
	}
	run := 1 << (m.bits - p.depth) // of the directory's entries have this page
	at := int(h>>1>>(63-p.depth)) * run
	for i := range run {
		if i < run/2 {
			m.dir[at+i] = zero
		} else {
			m.dir[at+i] = one
		}
	}
}

// Delete removes k and returns what it had. When the last entry goes, the memory of all goes with it.
func (m *Map[K, V]) Delete(k K) (v V, ok bool) {
	if m.n == 0 {
		return v, false
	}
	b := bits(&k)
	h := hash(b)
	p := m.page(h)
	i := p.find(k, b, h)
	if p.slots[i].key != k {
		return v, false
	}
	v = p.slots[i].val
	if m.n--; m.n == 0 {
		*m = Map[K, V]{}
		return v, true
	}
	p.n--
	p.close(i)
	return v, true
}

// close empties a slot and moves up those behind it that an empty one would cut off from their home.
func (p *page[K, V]) close(i int) {
	var none K
	mask := len(p.slots) - 1
	for j := (i + 1) & mask; p.slots[j].key != none; j = (j + 1) & mask {
		b := bits(&p.slots[j].key)
		if (j-home(b, hash(b), len(p.slots)))&mask >= (j-i)&mask {
			p.slots[i] = p.slots[j]
			i = j
		}
	}
	p.slots[i] = slot[K, V]{}
}

// Each calls f with the entries, in no particular order, until it returns false, and reports whether it never did. f must not change the map.
func (m *Map[K, V]) Each(f func(K, V) bool) bool {
	var none K
	for at := 0; at < len(m.dir); {
		p := m.dir[at]
		at += 1 << (m.bits - p.depth)
		for i := range p.slots {
			if s := &p.slots[i]; s.key != none && !f(s.key, s.val) {
				return false
			}
		}
	}
	return true
}

// All iterates over the entries, in no particular order. The loop must not change the map.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.Each(yield) }
}

// Trim gives back the memory that entries which have gone have left unused.
func (m *Map[K, V]) Trim() {
	var t Map[K, V]
	m.Each(func(k K, v V) bool { t.Put(k, v); return true })
	*m = t
}
