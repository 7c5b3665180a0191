//go:build explore

package atomics

import "github.com/thrum-go/thrum/internal/explore"

// Barrier is a full memory barrier on every thread that runs Go code. In an exploration it is one step that empties
// all store buffers; outside of one it stops the world.
func Barrier() { explore.Barrier() }
