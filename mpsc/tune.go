//go:build !explore

package mpsc

// Sizes. Under the explore tag they shrink (tune_explore.go), so that every boundary is met in a few steps.
const (
	// blockLen messages fill a block, a power of two. At 32 bytes a message that is 1 KiB: across cores 16 messages at a
	// time already bring the cost of a message to 4 ns.
	blockLen = 32

	slabBits  = 8   // chunks and blocks are allocated 256 at a time
	openSlots = 64  // receivers whose open block a core remembers; a power of two
	flushAt   = 16  // consumed blocks of another core are sent home in chains of this length
	handLimit = 512 // small chunks a core keeps before it hands half of them on
)
