package meter

import (
	"runtime/debug"
	"runtime/metrics"
)

// Resident returns the bytes of memory the program occupies now, after a garbage
// collection and after everything free was given back to the operating system.
// On Linux it is the resident set, elsewhere what Go's runtime holds.
func Resident() int64 {
	// Pools and stacks let go of what they kept only in a second collection.
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	if n, ok := residentSet(); ok {
		return n
	}
	return Held()
}

// Held returns the bytes that Go's runtime holds from the operating system at
// this instant: heap, stacks and its own tables, without what it gave back. It
// neither collects garbage nor stops the program.
func Held() int64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}
