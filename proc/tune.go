//go:build !explore

package proc

// Sizes. Under the explore tag they shrink (tune_explore.go), so that every boundary is met in a few steps.
const (
	slabShift = 12 // slots of the table are allocated 4,096 at a time

	// tellAtOnce is how many obituaries are sent in the dying process's own turn.
	tellAtOnce = 512
)
