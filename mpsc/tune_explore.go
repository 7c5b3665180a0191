//go:build explore

package mpsc

const (
	blockLen  = 2
	slabBits  = 3
	openSlots = 2
	flushAt   = 1
	handLimit = 4
)
