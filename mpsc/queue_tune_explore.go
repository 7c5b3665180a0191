//go:build explore

package mpsc

const (
	segmentLen     = 2
	spareBytes     = 0
	spareMin       = 2
	firstTableBits = 0
)
