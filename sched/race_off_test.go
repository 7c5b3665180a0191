//go:build !race

package sched

// raced says that the race detector is at work: everything is some ten times slower.
const raced = false
