package meter

import (
	"syscall"
	"time"
)

// ProcessorTime returns the time this program has spent on processors, user and
// system together. ok is false where the operating system does not say.
func ProcessorTime() (d time.Duration, ok bool) {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0, false
	}
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(self, &created, &exited, &kernel, &user); err != nil {
		return 0, false
	}
	return ticks(kernel) + ticks(user), true
}

// ticks turns a span of 100 ns units into a duration. Filetime.Nanoseconds would
// take it for a date.
func ticks(f syscall.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}
