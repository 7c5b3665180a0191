//go:build !shuffle

package sched

// Shuffled makes the scheduler's choices random where any choice is right, so that tests see orders that are rare otherwise: the
// LIFO slot, the length of turns, sharing and stealing, where a worker lets others run. Build with -tags shuffle for it.
const Shuffled = false

// chance reports true once in n times, when the choices are shuffled.
func (c *Core) chance(uint32) bool { return false }
