//go:build unix

package meter

import (
	"syscall"
	"time"
)

// ProcessorTime returns the time this program has spent on processors, user and
// system together. ok is false where the operating system does not say.
func ProcessorTime() (d time.Duration, ok bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
