package profiles

import (
	"syscall"
	"unsafe"
)

// threadTime returns the processor time of the thread, in ns. Getrusage would be coarser: it knows the time as of the last tick.
func threadTime() int64 {
	const threadClock = 3 // CLOCK_THREAD_CPUTIME_ID
	var t syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		panic(errno)
	}
	return t.Nano()
}
