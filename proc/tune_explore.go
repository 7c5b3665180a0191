//go:build explore

package proc

const (
	slabShift  = 6
	tellAtOnce = 2
)
