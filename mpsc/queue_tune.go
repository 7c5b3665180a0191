//go:build !explore

package mpsc

// Sizes of a Queue. Under the explore tag they shrink (queue_tune_explore.go), so that every boundary is met in a few
// steps.
const (
	segmentLen = 64 // slots in a segment; a power of two

	// Consumed segments are kept for the next burst up to this many bytes, and up to spareMin of them however large
	// they are. The rest goes to the garbage collector. 256 KiB is about half of a core's second-level cache.
	spareBytes = 256 << 10
	spareMin   = 4

	firstTableBits = 3 // entries of the directory's first table; each further one has twice as many
)
