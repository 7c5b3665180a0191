//go:build !linux

package profiles

// threadTime returns 0: the standard library does not tell the processor time of a thread.
func threadTime() int64 { return 0 }
