//go:build !linux

package meter

func residentSet() (int64, bool) { return 0, false }

// Available returns the bytes of memory that can be had without swapping. ok is
// false where the operating system does not say.
func Available() (n int64, ok bool) { return 0, false }
