//go:build !amd64 || race || explore

package sched

import "github.com/thrum-go/thrum/internal/atomics"

// stamp is a number that one party at a time writes and anyone may read; see the other file. In this build its stores are atomic: for
// the race detector, which would rightly report plain ones, for the explorer, and for processors on which they become visible in
// another order.
type stamp struct{ v atomics.Int64 }

func (s *stamp) set(v int64) { s.v.Store(v) }

func (s *stamp) get() int64 { return s.v.Load() }
