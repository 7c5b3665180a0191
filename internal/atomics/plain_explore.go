//go:build explore

package atomics

import "github.com/thrum-go/thrum/internal/explore"

// Plain is a scheduling point: what stands behind it is a plain access to memory that a protocol hands from thread to thread.
func Plain() { explore.Point(explore.Step, 0) }
