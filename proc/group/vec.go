package group

import "slices"

// vec is a persistent sequence: whoever has one may read it for ever, on any goroutine, while the next version is made from it.
// One goroutine at a time makes versions, each from the last one.
//
// The last few elements lie in tail. All others lie in leaves of width elements, under a tree of nodes with up to width
// kids. A version shares with the one before it everything but the nodes on the way to what differs, so a change copies at
// most width words a level: in a million elements, four levels.
//
// Appending writes behind the end of tail, in memory that older versions share but cannot reach. Shortening cuts the
// capacity of tail too, so the next append to it copies.
type vec[T any] struct {
	n     int
	shift uint     // of root, whose kid for element i is number i>>shift
	root  *node[T] // nil while everything is in tail
	tail  []T      // empty only when n is 0
}

// node is an inner node, with kids, or a leaf, with width items. It is not changed once it is in a version.
type node[T any] struct {
	kids  []*node[T]
	items []T
}

const (
	bits  = 5
	width = 1 << bits
	mask  = width - 1
)

func (v *vec[T]) at(i int) T {
	if first := v.n - len(v.tail); i >= first {
		return v.tail[i-first]
	}
	nd := v.root
	for s := v.shift; s > 0; s -= bits {
		nd = nd.kids[i>>s&mask]
	}
	return nd.items[i&mask]
}

// push returns v with x appended.
func (v vec[T]) push(x T) vec[T] {
	if len(v.tail) == width {
		leaf, i := &node[T]{items: v.tail}, v.n-width
		switch {
		case v.root == nil:
			v.shift = bits
		case i == 1<<(v.shift+bits):
			v.root = &node[T]{kids: []*node[T]{v.root}}
			v.shift += bits
		}
		v.root = v.root.with(v.shift, i, leaf)
		v.tail = nil
	}
	v.tail = append(v.tail, x)
	v.n++
	return v
}

// pop returns v without its last element. There must be one.
func (v vec[T]) pop() vec[T] {
	v.n--
	k := len(v.tail) - 1
	v.tail = v.tail[:k:k]
	switch {
	case k > 0:
	case v.n == 0:
		v.tail = nil
	default:
		v.root, v.tail = v.root.cut(v.shift)
		if v.root == nil {
			v.shift = 0
		} else if len(v.root.kids) == 1 && v.shift > bits {
			v.root = v.root.kids[0]
			v.shift -= bits
		}
	}
	return v
}

// set returns v with x as element i.
func (v vec[T]) set(i int, x T) vec[T] {
	if first := v.n - len(v.tail); i >= first {
		v.tail = slices.Clone(v.tail)
		v.tail[i-first] = x
		return v
	}
	v.root = v.root.set(v.shift, i, x)
	return v
}

// parts calls f with all elements, some at a time, until it returns false.
func (v *vec[T]) parts(f func([]T) bool) bool {
	return (v.root == nil || v.root.parts(f)) && (v.n == 0 || f(v.tail))
}

// with returns a copy of nd, which may be nil, with leaf for element i.
func (nd *node[T]) with(shift uint, i int, leaf *node[T]) *node[T] {
	if shift == 0 {
		return leaf
	}
	k := i >> shift & mask
	c := &node[T]{kids: make([]*node[T], k+1)}
	var old *node[T]
	if nd != nil {
		copy(c.kids, nd.kids)
		old = c.kids[k]
	}
	c.kids[k] = old.with(shift-bits, i, leaf)
	return c
}

// cut returns a copy of nd without its last leaf, nil if that was all, and what was in the leaf.
func (nd *node[T]) cut(shift uint) (rest *node[T], items []T) {
	if shift == 0 {
		return nil, nd.items
	}
	k := len(nd.kids) - 1
	last, items := nd.kids[k].cut(shift - bits)
	switch {
	case last != nil:
		c := &node[T]{kids: slices.Clone(nd.kids)}
		c.kids[k] = last
		return c, items
	case k > 0:
		return &node[T]{kids: slices.Clone(nd.kids[:k])}, items
	}
	return nil, items
}

// set returns a copy of nd with x as element i.
func (nd *node[T]) set(shift uint, i int, x T) *node[T] {
	if shift == 0 {
		c := &node[T]{items: slices.Clone(nd.items)}
		c.items[i&mask] = x
		return c
	}
	c := &node[T]{kids: slices.Clone(nd.kids)}
	k := i >> shift & mask
	c.kids[k] = c.kids[k].set(shift-bits, i, x)
	return c
}

func (nd *node[T]) parts(f func([]T) bool) bool {
	if nd.items != nil {
		return f(nd.items)
	}
	for _, kid := range nd.kids {
		if !kid.parts(f) {
			return false
		}
	}
	return true
}
