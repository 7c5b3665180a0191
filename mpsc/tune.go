//go:build !explore

package mpsc

// Sizes. Under the explore tag they shrink (tune_explore.go), so that every boundary is met in a few steps.
const (
	// blockLen messages fill a chunk. At 32 bytes a message a block is just under 1 KiB: across cores 16 messages a
	// chunk already bring the cost of a message to 4 ns, and an odd number of lines keeps neighbouring blocks out of
	// the same cache set.
	blockLen = 31

	slabBits  = 8   // chunks are allocated 256 at a time
	openSlots = 64  // receivers whose open chunk a core remembers; a power of two
	flushAt   = 16  // consumed chunks of another core are sent home in chains of this length
	handLimit = 512 // small chunks a core keeps before it hands half of them on
)
