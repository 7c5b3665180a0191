package explore

import "math/bits"

// set is a set of threads, by their numbers.
type set uint32

func (s set) has(t *thread) bool { return s&t.bit != 0 }
func (s set) lowest() int        { return bits.TrailingZeros32(uint32(s)) }
func (s set) single() bool       { return s&(s-1) == 0 && s != 0 }
func (s set) count() int         { return bits.OnesCount32(uint32(s)) }
func bit(id int) set             { return 1 << id }
