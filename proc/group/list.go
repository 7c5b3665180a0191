package group

import (
	"iter"

	"github.com/thrum-go/thrum/proc"
)

// List is the members of a group at one moment, in no particular order. A process that has joined several times is listed as
// often. It does not change, costs nothing to keep or pass on, and any goroutine may read it. The zero List is empty.
type List struct{ v vec[proc.PID] }

// Len returns how many members there are.
func (l List) Len() int { return l.v.n }

// At returns member i, from 0 to Len()-1. As with a slice, any other i is a panic. It takes some nanoseconds, so a group can be a
// pool of workers: l.At(rand.IntN(l.Len())).
func (l List) At(i int) proc.PID {
	if i < 0 || i >= l.v.n {
		panic("group: List.At: no member has that index; there are fewer, see Len")
	}
	return l.v.at(i)
}

// All iterates over the members.
func (l List) All() iter.Seq[proc.PID] {
	return func(yield func(proc.PID) bool) {
		l.v.parts(func(pids []proc.PID) bool {
			for _, pid := range pids {
				if !yield(pid) {
					return false
				}
			}
			return true
		})
	}
}
