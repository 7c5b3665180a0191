//go:build !explore

package atomics

import "runtime"

// Relax stands in a loop that waits for another thread's next step. It lets other goroutines run.
func Relax() { runtime.Gosched() }
