package meter

import (
	"bytes"
	"os"
	"strconv"
)

// residentSet reads the second field of statm: resident pages.
func residentSet() (int64, bool) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(string(f[1]), 10, 64)
	if err != nil {
		return 0, false
	}
	return pages * int64(os.Getpagesize()), true
}

// Available returns the bytes of memory that can be had without swapping. ok is
// false where the operating system does not say.
func Available() (n int64, ok bool) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(b) {
		rest, found := bytes.CutPrefix(line, []byte("MemAvailable:"))
		f := bytes.Fields(rest)
		if !found || len(f) < 1 {
			continue
		}
		kb, err := strconv.ParseInt(string(f[0]), 10, 64)
		return kb << 10, err == nil
	}
	return 0, false
}
