//go:build !explore

package sched

// ringLen is how many tasks a core can offer to thieves at a time, a power of two; tokio's figure. Under the explore tag it shrinks
// (tune_explore.go), so that the ring is full and wraps around in a few steps.
const ringLen = 256
