//go:build amd64 && !race && !explore

package sched

import "sync/atomic"

// stamp is a number that one party at a time writes and anyone may read: of the fields of a Timer those that belong to a life and
// that Remaining and Tag want to know. The writer is whoever starts the timer, then the holder of its core.
//
// On amd64 an atomic store costs as much as all the rest of a timer's start, because it is a full barrier. Here a plain one does: it
// is one MOV of an aligned word, it becomes visible after everything that its writer stored before, and the compiler leaves it
// where it stands among other stores and atomic operations (see atomics.Mark). What a reader makes of it is safe because it
// looks at Timer.word before and after: the number belongs to the life that it has found both times.
type stamp struct{ v int64 }

func (s *stamp) set(v int64) { s.v = v }

func (s *stamp) get() int64 { return atomic.LoadInt64(&s.v) }
