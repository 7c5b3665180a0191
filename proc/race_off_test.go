//go:build !race

package proc

// raced says that the race detector is at work: everything is some ten times slower.
const raced = false
